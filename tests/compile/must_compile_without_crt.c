// The wide routines are declared where only include/km is on the include path, too.
// without crt

#include <ntddk.h>
#include <wchar.h>

INT Compare(PCWSTR First, PWSTR Second);

INT Compare(PCWSTR First, PWSTR Second)
{
    swprintf(Second, L"%s", First);
    return _wcsicmp(First, Second);
}

// A wide routine of the C library's that poolemu does not have is an error where it is called.
// code

#include <ntddk.h>
#include <wchar.h>

VOID Say(PCWSTR Text);

VOID Say(PCWSTR Text)
{
#if defined(EXPECT_OK)
    DbgPrint("%ws %u", Text, (ULONG)wcslen(Text));
#else
    wprintf(L"%s", Text);
#endif
}

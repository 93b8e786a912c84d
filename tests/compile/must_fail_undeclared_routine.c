// A routine that no header declares is an error: its result would be an int, which cuts a pointer.

#include <ntddk.h>

PVOID Allocate(VOID);

#if defined(EXPECT_OK)
PVOID ExSomethingNew(ULONG Tag);
#endif

PVOID Allocate(VOID)
{
    return ExSomethingNew('looP');
}

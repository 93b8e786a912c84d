// A pointer does not become an integer by itself, nor an integer a pointer.

#include <ntddk.h>

ULONG Cut(PVOID Address);

ULONG Cut(PVOID Address)
{
#if defined(EXPECT_OK)
    return (ULONG)(ULONG_PTR)Address;
#else
    return Address;
#endif
}

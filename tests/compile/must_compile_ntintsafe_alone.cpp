// ntintsafe.h needs nothing before it in C++17 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror

#include <ntintsafe.h>

NTSTATUS Use(ULONG A, ULONG B, ULONG *C);
NTSTATUS Use(ULONG A, ULONG B, ULONG *C)
{
    return RtlULongMult(A, B, C);
}

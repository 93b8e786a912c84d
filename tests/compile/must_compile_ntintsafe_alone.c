// ntintsafe.h needs nothing before it in C11 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror -Wstrict-prototypes

#include <ntintsafe.h>

NTSTATUS Use(ULONG A, ULONG B, ULONG *C);
NTSTATUS Use(ULONG A, ULONG B, ULONG *C)
{
    return RtlULongMult(A, B, C);
}

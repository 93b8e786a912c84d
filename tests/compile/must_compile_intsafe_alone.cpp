// intsafe.h needs nothing before it in C++17 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror

#include <intsafe.h>

HRESULT Use(ULONG A, ULONG B, ULONG *C);
HRESULT Use(ULONG A, ULONG B, ULONG *C)
{
    return ULongAdd(A, B, C);
}

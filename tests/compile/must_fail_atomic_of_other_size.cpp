// EMU_ATOMIC_ macros take an operand of the size that Bits says.

#include <emu_compiler.h>

#if defined(EXPECT_OK)
#define BITS 32
#else
#define BITS 64
#endif

unsigned int Count(unsigned int *Counter)
{
    return EMU_ATOMIC_ADD(BITS, Counter, 1u, EMU_ORDER_FULL) + EMU_ATOMIC_EXCHANGE(32, Counter, 2u, EMU_ORDER_FULL);
}

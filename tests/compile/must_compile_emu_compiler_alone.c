// emu_compiler.h needs nothing before it in C11 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror -Wstrict-prototypes

#include <emu_compiler.h>

EMU_ALIGN(64) int Use;

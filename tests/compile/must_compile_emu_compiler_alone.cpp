// emu_compiler.h needs nothing before it in C++17 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror

#include <emu_compiler.h>

EMU_ALIGN(64) int Use;

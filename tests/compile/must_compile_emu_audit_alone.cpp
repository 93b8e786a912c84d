// emu_audit.h needs nothing before it in C++17 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror

#include <emu_audit.h>

static_assert(sizeof(EMU_AUDIT_RECORD) == 24, "the name follows without a gap");
EMU_AUDIT_KEPT EMU_AUDIT_CONSTANT(Record, EMU_AUDIT_FILE, EMU_AUDIT_NONE, 0, 0, 0x06010000);

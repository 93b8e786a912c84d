// The library's <linux/fscrypt.h>, with the kernel headers' names out of its way: see emu_enter.h.
#pragma GCC system_header
#if defined(EMU_IN_LIBRARY)
#include_next <linux/fscrypt.h>
#else
#include "../emu_enter.h"
#include_next <linux/fscrypt.h>
#include "../emu_leave.h"
#endif

// Without -fshort-wchar the headers stop with a message.
// flags: -fno-short-wchar

#if defined(EXPECT_OK)
#include <emu_compiler.h>
#else
#include <wdm.h>
#endif

/* imports_lookaside_inline.c: the same driver built for Windows 7: there the pair is inline. */
#define NTDDI_VERSION 0x06010000

#include "imports_lookaside.c"

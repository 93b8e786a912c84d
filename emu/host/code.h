/* code.h: whose code lies at an address: the emulator's own, the C library's, or a driver's; and which call of a
 * driver's led here. */
#ifndef EMU_HOST_CODE_H
#define EMU_HOST_CODE_H

#include "ntdef.h"

/* Is the code at that address neither the emulator's own, nor that of the C library or a sanitizer? Where the host
 * cannot tell the emulator's code from the program's, all of it counts as a driver's. */
BOOLEAN HostIsDriverCode(ULONG_PTR Instruction);

/* The return address of the innermost call by a driver's code: Caller itself where it is one, else the first on the
 * calling thread's stack, from Caller outwards where that is found. Caller (which may be NULL) when there is none. */
PVOID HostFindDriverCall(PVOID Caller);

/* "function (file.c:12)" for a return address; "function (image)" without debug information, "image+0x12" when the
 * function is not known either. */
VOID HostDescribeCall(PVOID Caller, PSTR Text, SIZE_T Bytes);

#endif

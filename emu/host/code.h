/* code.h: whose code lies at an address: the emulator's own, the C library's, or a driver's; and which call of a
 * driver's led here. */
#ifndef EMU_HOST_CODE_H
#define EMU_HOST_CODE_H

#include "host/host.h"

/* Is it the emulator's? FALSE where the host cannot tell it from the program's. */
BOOLEAN HostIsOwnCode(ULONG_PTR Instruction);

/* Is the code at that address neither the emulator's own, nor that of the C library or a sanitizer? Where the host
 * cannot tell the emulator's code from the program's, all of it counts as a driver's. */
BOOLEAN HostIsDriverCode(ULONG_PTR Instruction);

/* The return address of the innermost call by a driver's code: Caller itself where it is one, else the first on the
 * calling thread's stack, from Caller outwards where that is found. Caller (which may be NULL) when there is none. */
PVOID HostFindDriverCall(PVOID Caller);

/* Did a driver's code do it, itself or by a routine of the C library that it called? */
BOOLEAN HostIsDriverFault(const HOST_FAULT *Fault);

/* "function (file.c:12)" for a return address; "function (image)" without debug information, "image+0x12" when the
 * function is not known either. */
VOID HostDescribeCall(PVOID Caller, PSTR Text, SIZE_T Bytes);

#endif

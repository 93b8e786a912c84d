/* exception.h: raising exceptions from inside the emulator, on behalf of the code at an address. */
#ifndef EMU_CORE_EXCEPTION_H
#define EMU_CORE_EXCEPTION_H

#include "poolemu.h"

/* Would KiRaiseAt find a handler? */
BOOLEAN KiIsExceptionHandled(VOID);

/* Unwinds to the innermost handler, be it a __try of the driver or an EMU_CATCH_EXCEPTION of the test; without one
 * this is KMODE_EXCEPTION_NOT_HANDLED. The parameters of an access violation: 0 read, 1 write, 8 execute; where. */
DECLSPEC_NORETURN VOID KiRaiseAt(ULONG_PTR Address, NTSTATUS Status, ULONG ParameterCount, ULONG_PTR Parameter0,
                                 ULONG_PTR Parameter1);

#endif

/* stub.c: the routines that the headers declare and poolemu does not implement. A call of one stops and names it. A
 * definition of the same name in the program or the driver takes the stub's place: the symbols are weak. The list is
 * made from the headers include/km/emu_*_stubs.h. */
#include "core/bugcheck.h"

#if defined(EMU_WEAK_ROUTINE)

static DECLSPEC_NORETURN VOID EmupStopInStub(PCSTR Name, PVOID Caller)
{
    KiStopF(Caller, KiBugCheck((ULONG)STATUS_NOT_IMPLEMENTED, (ULONG_PTR)Name, (ULONG_PTR)Caller, 0, 0),
            "%s was called, and poolemu does not implement it. Define a routine of that name with its documented "
            "prototype in the test: it takes the place of this stub.",
            Name);
}

/* The C name is another one than the symbol's, so that the prototype of the headers does not get in the way. */
#define STUB(Name)                                                                                                     \
    EMU_WEAK_ROUTINE(EmupStub##Name, #Name);                                                                           \
    VOID EmupStub##Name(VOID)                                                                                          \
    {                                                                                                                  \
        EmupStopInStub(#Name, EMU_RETURN_ADDRESS());                                                                   \
    }

#include "stubs.inc"

#endif

// Structured exception handling: __try, __except, __finally, __leave, exception codes and records.
// Microsoft's compiler has the keywords itself; for the others they are macros over setjmp, described below.

#ifndef _INC_EXCPT
#define _INC_EXCPT

#include "emu_compiler.h"

#include "basetsd.h"

#define EXCEPTION_EXECUTE_HANDLER 1
#define EXCEPTION_CONTINUE_SEARCH 0
#define EXCEPTION_CONTINUE_EXECUTION (-1)

#define EXCEPTION_NONCONTINUABLE 0x1
#define EXCEPTION_MAXIMUM_PARAMETERS 15

#ifdef EMU_NATIVE_SEH
typedef long EMU_STATUS;
typedef unsigned long EMU_ULONG;
#else
typedef int EMU_STATUS;
typedef unsigned int EMU_ULONG;
#endif

typedef enum _EXCEPTION_DISPOSITION {
    ExceptionContinueExecution,
    ExceptionContinueSearch,
    ExceptionNestedException,
    ExceptionCollidedUnwind
} EXCEPTION_DISPOSITION;

typedef struct _EXCEPTION_RECORD {
    EMU_STATUS ExceptionCode;
    EMU_ULONG ExceptionFlags;
    struct _EXCEPTION_RECORD *ExceptionRecord;
    void *ExceptionAddress;
    EMU_ULONG NumberParameters;
    ULONG_PTR ExceptionInformation[EXCEPTION_MAXIMUM_PARAMETERS];
} EXCEPTION_RECORD, *PEXCEPTION_RECORD;
EMU_STATIC_ASSERT(sizeof(EXCEPTION_RECORD) == EMU_BY_WIDTH(0x98, 0x50), "EXCEPTION_RECORD");

// Processor registers are not emulated: ContextRecord is NULL.
typedef struct _EXCEPTION_POINTERS {
    PEXCEPTION_RECORD ExceptionRecord;
    struct _CONTEXT *ContextRecord;
} EXCEPTION_POINTERS, *PEXCEPTION_POINTERS;

#ifdef EMU_NATIVE_SEH

#define GetExceptionCode _exception_code
#define GetExceptionInformation() ((struct _EXCEPTION_POINTERS *)_exception_info())
#define AbnormalTermination _abnormal_termination

#else

#include <setjmp.h>

// How the macros work
//
//     __try { body } __except (filter) { handler }
//     __try { body } __finally { last }
//
// become
//
//     {                                                   __try
//         EMU_TRY_FRAME Frame; EmuEnterTry(&Frame);
//         if (setjmp(Frame.Context) == 0) {
//             { body }
//             EmuLeave:;                                  __leave goes here
//         } else EmuTryFilter(filter);                    __except (filter)
//     }                                                   EmuLeaveTry(&Frame), on every way out of the block
//     if (EmuTryHandler()) { handler }
//
//     {                                                   __try, as above
//         ...
//         } else EmuTryUnwind();                          __finally
//     }
//     for (EMU_FINALLY EmuFinally = {0}; EmuFinallyNext(&EmuFinally);) { last }
//
// so break, continue, return and goto in a body or a handler do what they do in any other block.
//
// What the library keeps for each thread
//
//     Innermost   the frame entered last and not yet left; frames are linked through Previous
//     Pending     nothing, Handle or Unwind: what the statement after a block has to do
//     Exception   record and pointers of the exception that Pending is about; the handler's GetExceptionCode reads it
//
// and what its functions do
//
//     EmuEnterTry       Previous = Innermost; Phase = EMU_TRY_BODY; Code = 0; Irql = the current IRQL; Kind is set to
//                       EMU_TRY_KIND_EXCEPTION; Innermost = the frame. Context, Record and Pointers stay as they are.
//     EmuLeaveTry       if the frame is linked, unlinks it together with every frame entered after it; else nothing.
//                       Runs at the end of the block and when break, continue, return or goto leaves it.
//     raising           (ExRaiseStatus and the translation of faults) walks from Innermost outwards to the first
//                       frame of Kind EMU_TRY_KIND_EXCEPTION with Phase EMU_TRY_BODY; frames whose filter runs are
//                       skipped. Found, and no EMU_CATCH_EXCEPTION was entered after it: Innermost = that frame;
//                       Phase = EMU_TRY_CAUGHT; Code and Record are filled in (Record.ExceptionCode == Code);
//                       Pointers.ExceptionRecord = &Record; Pointers.ContextRecord = NULL; longjmp(Context, 1).
//                       Neither found: KMODE_EXCEPTION_NOT_HANDLED (code, address, parameter 0, parameter 1). The
//                       IRQL stays as it is at the raise, as in the kernel; Irql is there for reports. A signal
//                       handler has to unblock its signal first: setjmp does not save signal masks.
//     EmuTryFilter      is called with Innermost == the frame and Phase == EMU_TRY_CAUGHT. Value > 0: Exception = the
//                       frame's Record and Code (Pointers set to the copy), Pending = Handle, returns; the block ends.
//                       Value == 0: unlinks the frame and raises the same record from there outwards, does not return.
//                       Value < 0: unlinks the frame and raises STATUS_NONCONTINUABLE_EXCEPTION (0xC0000025), with
//                       Record.ExceptionRecord of the new record pointing to a copy of the old one; does not return.
//     EmuTryHandler     returns 1 and clears Pending if Pending is Handle; else returns 0.
//     EmuTryUnwind      is called as EmuTryFilter is. Exception = the frame's record, Pending = Unwind.
//     EmuFinallyNext    first call (Phase == 0): Phase = 1; if Pending is Unwind, copies Exception's record into the
//                       argument, sets Abnormal = 1 and clears Pending; returns 1. Second call: if Abnormal, raises the
//                       record outwards and does not return; else returns 0. A __finally block left by break, return
//                       or goto ends the exception, as in Windows; nothing is to be undone then.
//     EmuExceptionPointers  while a filter runs (Innermost->Phase == EMU_TRY_CAUGHT), the address of that frame's
//                       Pointers; else the address of the pointers to Exception.
//     EmuExceptionCode  EmuExceptionPointers()->ExceptionRecord->ExceptionCode.
//
// A longjmp past frames without leaving them (a bug check caught by a test) has to restore Innermost to what it was
// where it lands, and to clear Pending.
//
// Limits
//
//     - The filter runs after the frames inside have been left, so inner __finally blocks have run by then and
//       EXCEPTION_CONTINUE_EXECUTION cannot resume anything.
//     - The compiler does not know that a load or store can lead to the handler, and may move other stores of the body
//       behind the one that faults. What a handler reads of its body has to be volatile.
//     - break, continue, return and goto that leave a __try body with a __finally skip the __finally block; __leave
//       does not.
//     - A local variable that the body changes and the handler or __finally block reads after an exception has to be
//       volatile, as with setjmp.
//     - __try expands to two statements: in an if, else or loop without braces, add the braces.
//     - A function that only returns inside __try and __except bodies looks to the compiler as if it could fall off its
//       end (-Wreturn-type): return behind them.
//     - GetExceptionCode() and GetExceptionInformation() in a handler describe the exception caught last by this
//       thread: read them before the handler enters another __try.
//     - C++: destructors of objects that a raise jumps over do not run. The C++ library's headers use the name __try
//       themselves; the folder crt/, in front of theirs on the include path, gives it to them. Without it include them
//       first, or define EMU_NO_KEYWORD_MACROS and write EMU_TRY, EMU_EXCEPT, EMU_FINALLY_BLOCK and EMU_LEAVE.

#define EMU_TRY_BODY 1
#define EMU_TRY_CAUGHT 2

#define EMU_TRY_KIND_EXCEPTION 0

typedef struct _EMU_TRY_FRAME {
    struct _EMU_TRY_FRAME *Previous;
    int Phase;
    EMU_STATUS Code;
    EMU_ULONG Kind;
    unsigned char Irql;
    EXCEPTION_POINTERS Pointers;
    EXCEPTION_RECORD Record;
    jmp_buf Context;
} EMU_TRY_FRAME;

typedef struct _EMU_FINALLY {
    int Phase;
    int Abnormal;
    EXCEPTION_RECORD Record;
} EMU_FINALLY;

EMU_EXTERN_C_BEGIN

EMU_API void EmuEnterTry(EMU_TRY_FRAME *Frame);
EMU_API void EmuLeaveTry(EMU_TRY_FRAME *Frame);
EMU_API void EmuTryFilter(int Value);
EMU_API void EmuTryUnwind(void);
EMU_API int EmuTryHandler(void);
EMU_API int EmuFinallyNext(EMU_FINALLY *Finally);
EMU_API EXCEPTION_POINTERS *EmuExceptionPointers(void);
EMU_API EMU_STATUS EmuExceptionCode(void);

EMU_EXTERN_C_END

#define EMU_TRY EMU_TRY_NAMED(EMU_PASTE(EmuFrame, __COUNTER__))
#define EMU_TRY_NAMED(Frame)                                                                                           \
    {                                                                                                                  \
        EMU_TRY_FRAME Frame EMU_CLEANUP(EmuLeaveTry);                                                                  \
        EmuEnterTry(&Frame);                                                                                           \
        if (EMU_SETJMP(Frame.Context) == 0) {                                                                          \
            __label__ EmuLeave;
#define EMU_BODY_END                                                                                                   \
    EmuLeave:                                                                                                          \
    EMU_UNUSED;                                                                                                        \
    }
#define EMU_EXCEPT(Filter)                                                                                             \
    EMU_BODY_END                                                                                                       \
    else                                                                                                               \
    {                                                                                                                  \
        EmuTryFilter(Filter);                                                                                          \
    }                                                                                                                  \
    }                                                                                                                  \
    if (EmuTryHandler())
#define EMU_FINALLY_BLOCK                                                                                              \
    EMU_BODY_END                                                                                                       \
    else                                                                                                               \
    {                                                                                                                  \
        EmuTryUnwind();                                                                                                \
    }                                                                                                                  \
    }                                                                                                                  \
    for (EMU_FINALLY EmuFinally = EMU_ZERO_INITIALISER; EmuFinallyNext(&EmuFinally);)
#define EMU_LEAVE goto EmuLeave

#ifndef EMU_NO_KEYWORD_MACROS
#define EMU_HAS_KEYWORD_MACROS 1
// clang-format off
#undef __try
#undef __except
#undef __finally
#undef __leave
#define __try EMU_TRY
#define __except(...) EMU_EXCEPT((__VA_ARGS__))
#define __finally EMU_FINALLY_BLOCK
#define __leave EMU_LEAVE
// clang-format on
#endif

#define GetExceptionCode() EmuExceptionCode()
#define GetExceptionInformation() EmuExceptionPointers()
#define AbnormalTermination() (EmuFinally.Abnormal)

#endif

// In C the lower-case words are the same.
#if !defined(__cplusplus) && !defined(EMU_NO_KEYWORD_MACROS)
// clang-format off
#undef try
#undef except
#undef finally
#undef leave
#define try __try
#define except __except
#define finally __finally
#define leave __leave
// clang-format on
#endif

#endif

/* exception.c: raised exceptions and what stands behind __try; excpt.h says how the two work together. */
#include "core/exception.h"

#include "core/bugcheck.h"
#include "host/host.h"
#include "core/thread.h"

/* The exception that KiThread.Pending is about, and the one that it came from. */
static EMU_THREAD_LOCAL EXCEPTION_RECORD KiRecord;
static EMU_THREAD_LOCAL EXCEPTION_RECORD KiOriginalRecord;
static EMU_THREAD_LOCAL EXCEPTION_POINTERS KiPointers;

/* ---- Finding a handler ---------------------------------------------------------------------------------------- */

/* Where the search for a handler stands: both are the innermost of their kind that are still in question. */
typedef struct KI_SEARCH {
    EMU_TRY_FRAME *TryFrame;
    EMU_CATCH_FRAME *CatchFrame;
} KI_SEARCH;

/* The two chains are one nesting: a catch frame is inside every __try but those entered after it, and it remembers
 * which one was the innermost at its own entry. An EMU_CATCH_BUGCHECK lets exceptions pass. Returns TRUE when one of
 * the two handles the exception: the catch frame if it stands directly inside the __try, else the __try. */
static BOOLEAN KiFindHandler(KI_SEARCH *Search)
{
    Search->TryFrame = KiThread.TryFrame;
    Search->CatchFrame = KiThread.CatchFrame;

    for (;;) {
        EMU_TRY_FRAME *TryFrame = Search->TryFrame;
        EMU_CATCH_FRAME *CatchFrame = Search->CatchFrame;

        if (CatchFrame != NULL && CatchFrame->TryFrame == TryFrame) {
            if (CatchFrame->Status != NULL) {
                Search->TryFrame = NULL;
                return TRUE;
            }
            Search->CatchFrame = CatchFrame->Previous;
        } else if (TryFrame == NULL) {
            return FALSE;
        } else if (TryFrame->Kind == EMU_TRY_KIND_EXCEPTION && TryFrame->Phase == EMU_TRY_BODY) {
            return TRUE;
        } else {
            Search->TryFrame = TryFrame->Previous;
        }
    }
}

BOOLEAN KiIsExceptionHandled(VOID)
{
    KI_SEARCH Search;

    return KiFindHandler(&Search);
}

/* ---- Raising -------------------------------------------------------------------------------------------------- */

static DECLSPEC_NORETURN VOID KiUnwindToTry(const KI_SEARCH *Search, const EXCEPTION_RECORD *Record)
{
    EMU_TRY_FRAME *Frame = Search->TryFrame;

    KiThread.TryFrame = Frame;
    KiThread.CatchFrame = Search->CatchFrame;
    KiThread.Pending = KiNothingPending;

    Frame->Phase = EMU_TRY_CAUGHT;
    Frame->Code = Record->ExceptionCode;
    Frame->Record = *Record;
    Frame->Pointers.ExceptionRecord = &Frame->Record;
    Frame->Pointers.ContextRecord = NULL;
    longjmp(Frame->Context, 1);
}

static DECLSPEC_NORETURN VOID KiStopUnhandled(const EXCEPTION_RECORD *Record)
{
    /* As NTSTATUS is signed, so is the first parameter: 0xFFFFFFFFC0000005 for an access violation. */
    KiStopF(Record->ExceptionAddress,
            KiBugCheck(KMODE_EXCEPTION_NOT_HANDLED, (ULONG_PTR)(LONG_PTR)Record->ExceptionCode,
                       (ULONG_PTR)Record->ExceptionAddress, Record->ExceptionInformation[0],
                       Record->ExceptionInformation[1]),
            "exception 0x%08X was raised, and there is neither a __try nor an EMU_CATCH_EXCEPTION around it",
            (ULONG)Record->ExceptionCode);
}

/* An image may have __try from its compiler: such handlers that are further in than the one found come first. */
static VOID KiRaiseForHost(const EXCEPTION_RECORD *Record, const KI_SEARCH *Search)
{
    HOST_EXCEPTION Exception = {
        .Code = (ULONG)Record->ExceptionCode,
        .NonContinuable = (Record->ExceptionFlags & EXCEPTION_NONCONTINUABLE) != 0,
        .ParameterCount = Record->NumberParameters,
        .Parameters = Record->ExceptionInformation,
    };

    HostRaise(&Exception, Search == NULL             ? NULL
                          : Search->TryFrame != NULL ? (PVOID)Search->TryFrame
                                                     : (PVOID)Search->CatchFrame);
}

static DECLSPEC_NORETURN VOID KiRaise(const EXCEPTION_RECORD *Record)
{
    KI_SEARCH Search;

    if (!KiFindHandler(&Search)) {
        KiRaiseForHost(Record, NULL);
        KiStopUnhandled(Record);
    }
    KiRaiseForHost(Record, &Search);
    if (Search.TryFrame != NULL) {
        KiUnwindToTry(&Search, Record);
    }

    *Search.CatchFrame->Status = Record->ExceptionCode;
    KiUnwindToCatch(Search.CatchFrame);
}

VOID KiRaiseAt(ULONG_PTR Address, NTSTATUS Status, ULONG ParameterCount, ULONG_PTR Parameter0, ULONG_PTR Parameter1)
{
    EXCEPTION_RECORD Record = {0};

    Record.ExceptionCode = Status;
    Record.ExceptionFlags = EXCEPTION_NONCONTINUABLE;
    Record.ExceptionAddress = (PVOID)Address;
    Record.NumberParameters = ParameterCount;
    Record.ExceptionInformation[0] = Parameter0;
    Record.ExceptionInformation[1] = Parameter1;
    KiRaise(&Record);
}

/* ---- Behind __try --------------------------------------------------------------------------------------------- */

VOID EmuEnterTry(EMU_TRY_FRAME *Frame)
{
    Frame->Previous = KiThread.TryFrame;
    Frame->Phase = EMU_TRY_BODY;
    Frame->Code = STATUS_SUCCESS;
    Frame->Kind = EMU_TRY_KIND_EXCEPTION;
    Frame->Irql = KiThread.Irql;
    KiThread.TryFrame = Frame;
}

VOID EmuLeaveTry(EMU_TRY_FRAME *Frame)
{
    for (EMU_TRY_FRAME *Linked = KiThread.TryFrame; Linked != NULL; Linked = Linked->Previous) {
        if (Linked == Frame) {
            KiThread.TryFrame = Frame->Previous;
            return;
        }
    }
}

static VOID KiRememberException(const EXCEPTION_RECORD *Record, KI_PENDING Pending)
{
    KiRecord = *Record;
    KiPointers.ExceptionRecord = &KiRecord;
    KiPointers.ContextRecord = NULL;
    KiThread.Pending = Pending;
}

VOID EmuTryFilter(INT Value)
{
    EMU_TRY_FRAME *Frame = KiThread.TryFrame;
    EXCEPTION_RECORD Refused = {0};

    if (Value > 0) {
        KiRememberException(&Frame->Record, KiHandlePending);
        return;
    }

    KiThread.TryFrame = Frame->Previous;
    if (Value == 0) {
        KiRaise(&Frame->Record);
    }

    KiOriginalRecord = Frame->Record;
    Refused.ExceptionCode = STATUS_NONCONTINUABLE_EXCEPTION;
    Refused.ExceptionFlags = EXCEPTION_NONCONTINUABLE;
    Refused.ExceptionRecord = &KiOriginalRecord;
    Refused.ExceptionAddress = Frame->Record.ExceptionAddress;
    KiRaise(&Refused);
}

VOID EmuTryUnwind(VOID)
{
    KiRememberException(&KiThread.TryFrame->Record, KiUnwindPending);
}

INT EmuTryHandler(VOID)
{
    if (KiThread.Pending != KiHandlePending) {
        return 0;
    }

    KiThread.Pending = KiNothingPending;
    return 1;
}

INT EmuFinallyNext(EMU_FINALLY *Finally)
{
    if (Finally->Phase != 0) {
        if (Finally->Abnormal) {
            KiRaise(&Finally->Record);
        }
        return 0;
    }

    Finally->Phase = 1;
    if (KiThread.Pending == KiUnwindPending) {
        KiThread.Pending = KiNothingPending;
        Finally->Record = KiRecord;
        Finally->Abnormal = 1;
    }
    return 1;
}

EXCEPTION_POINTERS *EmuExceptionPointers(VOID)
{
    EMU_TRY_FRAME *Frame = KiThread.TryFrame;

    if (Frame != NULL && Frame->Phase == EMU_TRY_CAUGHT) {
        return &Frame->Pointers;
    }

    KiPointers.ExceptionRecord = &KiRecord;
    return &KiPointers;
}

NTSTATUS EmuExceptionCode(VOID)
{
    return EmuExceptionPointers()->ExceptionRecord->ExceptionCode;
}

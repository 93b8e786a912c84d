/* bugcheck.c: bug checks, the stop screen, and the blocks of a test that catch bug checks and exceptions. */
#include "core/bugcheck.h"

#include <stdarg.h>
#include <string.h>

#include "host/code.h"
#include "host/host.h"
#include "host/text.h"
#include "core/thread.h"
#include "core/hooks.h"
#include "core/object.h"

/* ---- EMU_CATCH_BUGCHECK and EMU_CATCH_EXCEPTION --------------------------------------------------------------- */

BOOLEAN EmuNextCatch(EMU_CATCH_FRAME *Frame)
{
    if (Frame->State != 0) {
        EmuLeaveCatch(Frame);
        return FALSE;
    }

    if (Frame->Stop != NULL) {
        memset(Frame->Stop, 0, sizeof(*Frame->Stop));
    }
    if (Frame->Status != NULL) {
        *Frame->Status = STATUS_SUCCESS;
    }

    Frame->State = 1;
    Frame->Irql = KiThread.Irql;
    Frame->ApcDisable = KiThread.ApcDisable;
    Frame->TryFrame = KiThread.TryFrame;
    Frame->FailureLoops = KiThread.FailureLoops;
    Frame->Previous = KiThread.CatchFrame;
    KiThread.CatchFrame = Frame;
    return TRUE;
}

/* Also runs when break or return leaves the block, and again behind the block: then the frame is not linked. The IRQL
 * and the critical regions are the block's own result; KiUnwindToCatch has restored them when it was cut short. */
VOID EmuLeaveCatch(EMU_CATCH_FRAME *Frame)
{
    for (EMU_CATCH_FRAME *Linked = KiThread.CatchFrame; Linked != NULL; Linked = Linked->Previous) {
        if (Linked == Frame) {
            KiThread.CatchFrame = Frame->Previous;
            KiThread.TryFrame = Frame->TryFrame;
            Frame->State = 2;
            return;
        }
    }
}

VOID KiUnwindToCatch(EMU_CATCH_FRAME *Frame)
{
    KiThread.CatchFrame = Frame;
    KiThread.TryFrame = Frame->TryFrame;
    KiHooks.SetIrql(Frame->Irql);
    KiThread.ApcDisable = Frame->ApcDisable;
    KiThread.Pending = KiNothingPending;
    KiThread.Inside = 0;
    KiThread.Probe = NULL;
    if (KiThread.FailureLoops > Frame->FailureLoops) {
        KiHooks.LeaveLoops(Frame->FailureLoops);
    }
    if ((EMU_ATOMIC_LOAD(&KiUnusual, EMU_ORDER_NONE) & KI_LOADING) != 0) {
        KiSetUnusual(KI_LOADING, FALSE); /* a DriverEntry that ran does not any more */
    }
    longjmp(Frame->Context, 1);
}

/* ---- The stop screen ------------------------------------------------------------------------------------------ */

static PCSTR KiIrqlName(KIRQL Irql)
{
    switch (Irql) {
    case PASSIVE_LEVEL:
        return "PASSIVE_LEVEL";
    case APC_LEVEL:
        return "APC_LEVEL";
    case DISPATCH_LEVEL:
        return "DISPATCH_LEVEL";
    case HIGH_LEVEL:
        return "HIGH_LEVEL";
    default:
        return "device IRQL";
    }
}

static VOID KiShowStopScreen(PVOID Caller, const EMU_BUGCHECK *Stop)
{
    const EMU_WINDOWS *Windows = EmuWindows();
    int Digits = 2 * (int)sizeof(ULONG_PTR);
    CHAR Screen[2048];
    CHAR Code[512];

    HostDescribeCall(HostFindDriverCall(Caller), Code, sizeof(Code));

    snprintf(Screen, sizeof(Screen),
             "\n*** STOP: 0x%08X (0x%0*llX,0x%0*llX,0x%0*llX,0x%0*llX)\n"
             "    %s\n"
             "%s%s%s"
             "    by %s\n"
             "    Windows: %s (%u.%u.%u); IRQL: %u (%s)\n\n",
             Stop->Code, Digits, (ULONGLONG)Stop->Parameter[0], Digits, (ULONGLONG)Stop->Parameter[1], Digits,
             (ULONGLONG)Stop->Parameter[2], Digits, (ULONGLONG)Stop->Parameter[3],
             Stop->Name == NULL ? "(a bug check without a name)" : Stop->Name, Stop->Text[0] == 0 ? "" : "    ",
             Stop->Text, Stop->Text[0] == 0 ? "" : "\n", Code, Windows->Title, Windows->Major, Windows->Minor,
             Windows->Build, KiThread.Irql, KiIrqlName(KiThread.Irql));
    HostWriteError(Screen);
    KiHooks.PrintLastFailure();
}

/* ---- Bug checks ----------------------------------------------------------------------------------------------- */

static EMU_CATCH_FRAME *KiFindBugCheckCatch(VOID)
{
    EMU_CATCH_FRAME *Frame = KiThread.CatchFrame;

    while (Frame != NULL && Frame->Stop == NULL) {
        Frame = Frame->Previous;
    }

    return Frame;
}

BOOLEAN KiIsStopCaught(VOID)
{
    return KiFindBugCheckCatch() != NULL;
}

PVOID KiInnermostHandler(VOID)
{
    ULONG_PTR Catch = (ULONG_PTR)KiThread.CatchFrame, Try = (ULONG_PTR)KiThread.TryFrame;

    return (PVOID)(Catch == 0 || Try == 0 ? Catch | Try : min(Catch, Try));
}

static VOID KiFillStop(EMU_BUGCHECK *Stop, KI_BUGCHECK BugCheck, PCSTR Format, va_list Arguments)
{
    Stop->Code = BugCheck.Code;
    memcpy(Stop->Parameter, BugCheck.Parameter, sizeof(Stop->Parameter));
    Stop->Name = KiBugCheckName(BugCheck.Code);
    vsnprintf(Stop->Text, sizeof(Stop->Text), Format, Arguments);
    HostMakePrintable(Stop->Text, TRUE);
}

VOID KiPrintStopF(PVOID Caller, KI_BUGCHECK BugCheck, PCSTR Format, ...)
{
    EMU_BUGCHECK Stop;
    va_list Arguments;

    va_start(Arguments, Format);
    KiFillStop(&Stop, BugCheck, Format, Arguments);
    va_end(Arguments);
    KiShowStopScreen(Caller, &Stop);
}

VOID KiStopF(PVOID Caller, KI_BUGCHECK BugCheck, PCSTR Format, ...)
{
    EMU_CATCH_FRAME *Frame = KiFindBugCheckCatch();
    EMU_BUGCHECK Uncaught;
    EMU_BUGCHECK *Stop = Frame == NULL ? &Uncaught : Frame->Stop;
    va_list Arguments;

    va_start(Arguments, Format);
    KiFillStop(Stop, BugCheck, Format, Arguments);
    va_end(Arguments);

    if (Frame == NULL) {
        KiShowStopScreen(Caller != NULL ? Caller : EMU_RETURN_ADDRESS(), Stop);
        HostAbort();
    }
    KiThread.BornBeforeStop = KiCountBirths();
    KiUnwindToCatch(Frame);
}

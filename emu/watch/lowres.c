/* lowres.c: low resources simulation: which calls fail, and the log of those that did. */
#include "watch/lowres.h"

#include <string.h>

#include "core/assert.h"
#include "core/hooks.h"
#include "core/option.h"
#include "core/start.h"
#include "host/hash.h"
#include "host/code.h"
#include "host/host.h"
#include "mem/block.h"
#include "watch/pattern.h"
#include "watch/stackset.h"
#include "watch/verifier.h"

enum {
    VF_LOG_ENTRIES = 1024,
};

/* All under the lock. */
static struct {
    HOST_LOCK Lock;
    EMU_LOW_RESOURCES Settings;
    BOOLEAN Armed;         /* by the settings */
    BOOLEAN ArmedByOption; /* which are those of an option of Driver Verifier */
    ULONG Loops;           /* EMU_FOR_EACH_FAILURE of all threads */
    ULONG64 Start;         /* of the settings, in HostMilliseconds */
    VF_STACK_SET *Stacks;
    EMU_LOW_RESOURCES_STATISTICS Statistics;
    ULONG64 Logged;                  /* so many failures in all */
    EMU_FAILURE Log[VF_LOG_ENTRIES]; /* the last of them */
} VfLowRes;

VOID VfAcquireLowResources(VOID)
{
    HostAcquire(&VfLowRes.Lock);
}

VOID VfReleaseLowResources(VOID)
{
    HostRelease(&VfLowRes.Lock);
}

/* The pool's fast paths are closed before a call is failed, and those of lookaside lists, for good. */
static VOID VfUpdateUnusual(VOID)
{
    BOOLEAN Injecting = VfLowRes.Armed || VfLowRes.Loops != 0;

    KI_ASSERT(HostIsHeld(&VfLowRes.Lock));
    KiSetUnusual(KI_LOW_RESOURCES, Injecting);
    if (Injecting) {
        KiHooks.ShareLists();
    }
}

/* ---- Settings ------------------------------------------------------------------------------------------------- */

static BOOLEAN VfIsSystematic(const EMU_LOW_RESOURCES *Settings)
{
    return Settings->Mode == EmuFailSystematically || Settings->Mode == EmuRecordSystematically;
}

/* What is impossible about the settings, or NULL. */
static PCSTR VfCheckSettings(const EMU_LOW_RESOURCES *Settings)
{
    static const EMU_LOW_RESOURCES Default;

    if (memcmp(Settings->Reserved, Default.Reserved, sizeof(Settings->Reserved)) != 0) {
        return "Reserved is not 0";
    }
    if ((ULONG)Settings->Mode > EmuRecordSystematically) {
        return "Mode is none of EMU_FAILURE_MODE";
    }
    if (Settings->Probability > 10000) {
        return "Probability is more than 10000";
    }
    if ((Settings->Mode == EmuFailNth || Settings->Mode == EmuFailFromNth) && Settings->Nth == 0) {
        return "Nth is 0; the first call is 1";
    }
    if (Settings->Mode == EmuFailByCallback && Settings->Callback == NULL) {
        return "Callback is NULL";
    }
    if (Settings->StateFile[0] != 0 && !VfIsSystematic(Settings)) {
        return "StateFile has no meaning in this Mode";
    }
    if (memchr(Settings->StateFile, 0, sizeof(Settings->StateFile)) == NULL ||
        memchr(Settings->Tags, 0, sizeof(Settings->Tags)) == NULL ||
        memchr(Settings->Include, 0, sizeof(Settings->Include)) == NULL ||
        memchr(Settings->Exclude, 0, sizeof(Settings->Exclude)) == NULL) {
        return "a text has no terminating 0";
    }
    return NULL;
}

/* The lock is held. */
static VOID VfUse(const EMU_LOW_RESOURCES *Settings, VF_STACK_SET *Stacks)
{
    KI_ASSERT(HostIsHeld(&VfLowRes.Lock));
    VfCloseStackSet(VfLowRes.Stacks);
    VfLowRes.Stacks = Stacks;
    VfLowRes.Settings = *Settings;
    if (VfLowRes.Settings.Probability == 0) {
        VfLowRes.Settings.Probability = EMU_DEFAULT_PROBABILITY;
    }
    VfLowRes.Statistics = (EMU_LOW_RESOURCES_STATISTICS){.KnownStacks = Stacks == NULL ? 0 : VfStackCount(Stacks)};
    VfLowRes.Logged = 0;
    VfLowRes.Start = HostMilliseconds();
    VfLowRes.Armed = TRUE;
    VfLowRes.ArmedByOption = FALSE;
    VfUpdateUnusual();
}

static NTSTATUS VfPrepare(EMU_LOW_RESOURCES *Settings, VF_STACK_SET **Stacks)
{
    PCSTR Wrong = VfCheckSettings(Settings);

    *Stacks = NULL;
    Settings->Error[0] = 0;
    if (Wrong != NULL) {
        snprintf(Settings->Error, sizeof(Settings->Error), "%s", Wrong);
        return STATUS_INVALID_PARAMETER;
    }
    if (VfIsSystematic(Settings)) {
        *Stacks = VfOpenStackSet(Settings->StateFile, Settings->Error, sizeof(Settings->Error));
        return *Stacks == NULL ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
    }
    return STATUS_SUCCESS;
}

NTSTATUS EmuSetLowResources(EMU_LOW_RESOURCES *Settings)
{
    VF_STACK_SET *Stacks;

    KiStart();
    if (Settings == NULL) {
        VfAcquireLowResources();
        VfLowRes.Armed = FALSE;
        VfLowRes.ArmedByOption = FALSE;
        VfUpdateUnusual();
        VfReleaseLowResources();
        return STATUS_SUCCESS;
    }
    NTSTATUS Status = VfPrepare(Settings, &Stacks);
    if (NT_SUCCESS(Status)) {
        VfAcquireLowResources();
        VfUse(Settings, Stacks);
        VfReleaseLowResources();
    }
    return Status;
}

VOID EmuFailNthAllocation(ULONG64 Nth)
{
    EMU_LOW_RESOURCES Settings = {.Mode = EmuFailNth, .Nth = max(Nth, 1)};

    EmuSetLowResources(&Settings);
}

VOID EmuFailAllocationsFrom(ULONG64 Nth)
{
    EMU_LOW_RESOURCES Settings = {.Mode = EmuFailFromNth, .Nth = max(Nth, 1)};

    EmuSetLowResources(&Settings);
}

VOID VfBeginLowResources(VOID)
{
    PCSTR Text = KiOptionText(KiOptionFaults);
    EMU_LOW_RESOURCES Settings;
    VF_STACK_SET *Stacks;

    if (Text != NULL &&
        (!NT_SUCCESS(EmuParseLowResources(Text, &Settings)) || !NT_SUCCESS(VfPrepare(&Settings, &Stacks)))) {
        KiRefuseOption(KiOptionFaults, Settings.Error);
    }
    VfAcquireLowResources();
    if (Text != NULL) {
        VfUse(&Settings, Stacks);
    } else {
        VfUpdateUnusual();
    }
    VfReleaseLowResources();
}

/* Without a state file stacks are remembered as long as the simulation goes on. */
static VOID VfBeginOption(EMU_FAILURE_MODE Mode)
{
    EMU_LOW_RESOURCES Settings = {.Mode = Mode};
    VF_STACK_SET *Stacks;

    KI_ASSERT(HostIsHeld(&VfLowRes.Lock));
    if (!NT_SUCCESS(VfPrepare(&Settings, &Stacks))) {
        HostFatal("low resources simulation: %s", Settings.Error);
    }
    VfUse(&Settings, Stacks);
    VfLowRes.ArmedByOption = TRUE;
}

VOID VfSetLowResources(BOOLEAN Enable, EMU_FAILURE_MODE Mode)
{
    VfAcquireLowResources();
    if (Enable && (!VfLowRes.Armed || (VfLowRes.ArmedByOption && VfLowRes.Settings.Mode != Mode))) {
        VfBeginOption(Mode);
    }
    if (!Enable && VfLowRes.ArmedByOption) {
        VfLowRes.Armed = FALSE;
        VfLowRes.ArmedByOption = FALSE;
        VfUpdateUnusual();
    }
    VfReleaseLowResources();
}

BOOLEAN VfSettle(VOID)
{
    KiStart();
    VfAcquireLowResources();
    BOOLEAN Injecting = VfLowRes.Armed || VfLowRes.Loops != 0;
    VfReleaseLowResources();
    return Injecting;
}

VOID VfCountLoop(BOOLEAN Begins)
{
    VfAcquireLowResources();
    VfLowRes.Loops = Begins ? VfLowRes.Loops + 1 : VfLowRes.Loops - 1;
    VfUpdateUnusual();
    VfReleaseLowResources();
}

VOID VfResetLowResources(VOID)
{
    VfAcquireLowResources();
    VfCloseStackSet(VfLowRes.Stacks);
    VfLowRes.Stacks = NULL;
    VfLowRes.Armed = FALSE;
    VfLowRes.ArmedByOption = FALSE;
    VfLowRes.Statistics = (EMU_LOW_RESOURCES_STATISTICS){0};
    VfLowRes.Logged = 0;
    VfUpdateUnusual();
    VfReleaseLowResources();
}

/* ---- Deciding ------------------------------------------------------------------------------------------------- */

typedef struct VF_CALL {
    EMU_FAILURE Call;
    PVOID Caller;
    BOOLEAN HasStack;
    VF_STACK Stack;
} VF_CALL;

static VOID VfTakeStack(VF_CALL *Call)
{
    if (!Call->HasStack) {
        VfCaptureStack(&Call->Stack, Call->Caller);
        Call->HasStack = TRUE;
        Call->Call.StackId = Call->Stack.Id;
        Call->Call.FrameCount = min(Call->Stack.Count, (ULONG)EMU_FAILURE_FRAMES);
        memcpy(Call->Call.Frames, Call->Stack.Frames, Call->Call.FrameCount * sizeof(PVOID));
    }
}

/* As the tag is printed; or without its trailing blanks and zeros, as the list's words have no blanks. */
static BOOLEAN VfIsTagWanted(ULONG Tag)
{
    CHAR Text[5];

    if (VfLowRes.Settings.Tags[0] == 0) {
        return TRUE;
    }
    if (Tag == 0) {
        return FALSE;
    }
    MiTagText(Tag, Text);
    if (VfMatchesOneOf(VfLowRes.Settings.Tags, Text)) {
        return TRUE;
    }
    for (SIZE_T Length = 4; Length > 0 && (Tag >> 8 * (Length - 1) == 0 || Text[Length - 1] == ' '); Length--) {
        Text[Length - 1] = 0;
    }
    return VfMatchesOneOf(VfLowRes.Settings.Tags, Text);
}

static BOOLEAN VfIsStackWanted(VF_CALL *Call)
{
    if (VfLowRes.Settings.Include[0] == 0 && VfLowRes.Settings.Exclude[0] == 0) {
        return TRUE;
    }
    VfTakeStack(Call);
    return (VfLowRes.Settings.Include[0] == 0 || VfIsStackOneOf(&Call->Stack, VfLowRes.Settings.Include)) &&
           !VfIsStackOneOf(&Call->Stack, VfLowRes.Settings.Exclude);
}

/* The same for the same seed and number, and for nothing else (splitmix64's mixing function). */
static ULONG64 VfRandom(ULONG64 Seed, ULONG64 Number)
{
    ULONG64 Mixed = Seed + HostHash64(Number);

    Mixed = (Mixed ^ Mixed >> 30) * 0xBF58476D1CE4E5B9u;
    Mixed = (Mixed ^ Mixed >> 27) * 0x94D049BB133111EBu;
    return Mixed ^ Mixed >> 31;
}

static BOOLEAN VfIsNewStack(VF_CALL *Call)
{
    BOOLEAN Fails = VfLowRes.Settings.Mode == EmuFailSystematically;

    KI_ASSERT(HostIsHeld(&VfLowRes.Lock));
    VfTakeStack(Call);
    VF_STACK_STATE State = VfStateOfStack(VfLowRes.Stacks, Call->Stack.Id);
    if (State != VfStackNew && !(Fails && State == VfStackRecorded)) {
        return FALSE;
    }
    VfRememberStack(VfLowRes.Stacks, Fails ? VfStackFailed : VfStackRecorded, Call->Call.Routine, &Call->Stack);
    VfLowRes.Statistics.KnownStacks = VfStackCount(VfLowRes.Stacks);
    VfLowRes.Statistics.NewStacks++;
    return Fails;
}

/* A callback is called later, without the lock. */
static BOOLEAN VfIsChosen(VF_CALL *Call)
{
    switch (VfLowRes.Settings.Mode) {
    case EmuFailAtRandom:
        return VfRandom(VfLowRes.Settings.Seed, VfLowRes.Statistics.Considered) % 10000 < VfLowRes.Settings.Probability;
    case EmuFailNth:
        return VfLowRes.Statistics.Considered == VfLowRes.Settings.Nth;
    case EmuFailFromNth:
        return VfLowRes.Statistics.Considered >= VfLowRes.Settings.Nth;
    case EmuFailByCallback:
        VfTakeStack(Call);
        return TRUE;
    case EmuFailSystematically:
    case EmuRecordSystematically:
        return VfIsNewStack(Call);
    }
    return FALSE;
}

/* The lock is held. *Callback is the one who has the last word, or NULL. */
static BOOLEAN VfIsFailed(VF_CALL *Call, EMU_FAILURE_CALLBACK **Callback, PVOID *Context)
{
    KI_ASSERT(HostIsHeld(&VfLowRes.Lock));
    if (!VfLowRes.Armed) {
        return FALSE;
    }
    VfLowRes.Statistics.Calls++;
    if ((VfLowRes.Settings.Delay != 0 && HostMilliseconds() - VfLowRes.Start < VfLowRes.Settings.Delay) ||
        !VfIsTagWanted(Call->Call.Tag) || !VfIsStackWanted(Call)) {
        return FALSE;
    }
    Call->Call.Number = ++VfLowRes.Statistics.Considered;
    *Callback = VfLowRes.Settings.Mode == EmuFailByCallback ? VfLowRes.Settings.Callback : NULL;
    *Context = VfLowRes.Settings.Context;
    return VfIsChosen(Call);
}

static BOOLEAN VfIsFailedBySettings(VF_CALL *Call)
{
    EMU_FAILURE_CALLBACK *Callback = NULL;
    PVOID Context = NULL;

    VfAcquireLowResources();
    BOOLEAN Fails = VfIsFailed(Call, &Callback, &Context);
    VfReleaseLowResources();
    return Fails && (Callback == NULL || Callback(&Call->Call, Context));
}

/* ---- The log -------------------------------------------------------------------------------------------------- */

static VOID VfPrintFailure(const EMU_FAILURE *Failure, FILE *Stream)
{
    CHAR Tag[MI_QUOTED_TAG], Code[512];

    MiQuoteTag(Failure->Tag, Tag);
    fprintf(Stream, "failed deliberately: %s%s%s, call %llu, stack #%016llX\n", Failure->Routine,
            Failure->Tag != 0 ? ", tag " : "", Failure->Tag != 0 ? Tag : "", (ULONGLONG)Failure->Number,
            (ULONGLONG)Failure->StackId);
    for (ULONG Index = 0; Index < Failure->FrameCount; Index++) {
        HostDescribeCall(Failure->Frames[Index], Code, sizeof(Code));
        fprintf(Stream, "    %s\n", Code);
    }
}

static VOID VfLogFailure(const EMU_FAILURE *Failure)
{
    VfAcquireLowResources();
    VfLowRes.Log[VfLowRes.Logged++ % VF_LOG_ENTRIES] = *Failure;
    VfLowRes.Statistics.Failed++;
    BOOLEAN Print = VfLowRes.Armed && VfLowRes.Settings.Print;
    VfReleaseLowResources();
    if (Print) {
        VfPrintFailure(Failure, stderr);
    }
}

static PCSTR VfOrdinalEnd(ULONG64 Number)
{
    static const PCSTR Ends[] = {"th", "st", "nd", "rd"};

    return Number % 100 / 10 == 1 || Number % 10 > 3 ? "th" : Ends[Number % 10];
}

VOID VfPrintLastFailure(VOID)
{
    EMU_FAILURE Failure = {0};

    if (!VfMayInject()) {
        return;
    }
    VfAcquireLowResources();
    if (VfLowRes.Logged != 0 && (KiThread.FailureLoops != 0 || VfLowRes.Armed)) {
        Failure = VfLowRes.Log[(VfLowRes.Logged - 1) % VF_LOG_ENTRIES];
    }
    VfReleaseLowResources();
    if (Failure.Routine != NULL) {
        fprintf(stderr, "before that, the %llu%s call that can fail was failed by %s:\n", (ULONGLONG)Failure.Number,
                VfOrdinalEnd(Failure.Number),
                KiThread.FailureLoops != 0 ? "EMU_FOR_EACH_FAILURE" : "low resources simulation");
        VfPrintFailure(&Failure, stderr);
    }
}

/* Most of a stack frame goes to the call's stack, so it is not in the frame of the routine that asks. */
EMU_NOINLINE BOOLEAN VfDecide(PCSTR Routine, ULONG Tag, PVOID Caller)
{
    VF_CALL Call;

    KiStart();
    Call.Call = (EMU_FAILURE){.Routine = Routine, .Tag = Tag};
    Call.Caller = Caller;
    Call.HasStack = FALSE;
    BOOLEAN Fails = KiThread.FailureLoops != 0 ? KiHooks.FailsInLoop(&Call.Call, Caller) : VfIsFailedBySettings(&Call);
    if (Fails) {
        VfTakeStack(&Call);
        VfLogFailure(&Call.Call);
    }
    return Fails;
}

VOID EmuQueryLowResources(EMU_LOW_RESOURCES_STATISTICS *Statistics)
{
    if (Statistics == NULL) {
        return;
    }
    VfAcquireLowResources();
    *Statistics = VfLowRes.Statistics;
    VfReleaseLowResources();
}

/* The lock is not held while the test's callback runs. */
VOID EmuForEachInjectedFailure(EMU_FAILURE_CALLBACK *Callback, PVOID Context)
{
    if (Callback == NULL) {
        return;
    }
    BOOLEAN More = TRUE;

    for (ULONG64 Index = 0; More; Index++) {
        EMU_FAILURE Failure;
        VfAcquireLowResources();
        Index = VfLowRes.Logged > VF_LOG_ENTRIES ? max(Index, VfLowRes.Logged - VF_LOG_ENTRIES) : Index;
        More = Index < VfLowRes.Logged;
        if (More) {
            Failure = VfLowRes.Log[Index % VF_LOG_ENTRIES];
        }
        VfReleaseLowResources();
        More = More && Callback(&Failure, Context);
    }
}

static BOOLEAN VfPrintNextFailure(const EMU_FAILURE *Failure, PVOID Stream)
{
    VfPrintFailure(Failure, Stream);
    return TRUE;
}

VOID EmuPrintInjectedFailures(FILE *Stream)
{
    if (Stream == NULL) {
        return;
    }
    EmuForEachInjectedFailure(VfPrintNextFailure, Stream);
}

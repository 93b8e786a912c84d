/* lowres.c: low resources simulation: which calls fail, and the log of those that did. */
#include "watch/lowres.h"

#include <string.h>

#include "core/hooks.h"
#include "host/hash.h"
#include "host/host.h"
#include "mem/block.h"
#include "watch/pattern.h"
#include "watch/stackset.h"
#include "watch/verifier.h"

enum {
    VF_LOG_ENTRIES = 1024,
};

/* All under the lock. */
static HOST_LOCK VfLock;
static EMU_LOW_RESOURCES VfSettings;
static BOOLEAN VfArmed;         /* by the settings */
static BOOLEAN VfArmedByOption; /* which are those of an option of Driver Verifier */
static BOOLEAN VfAsked;         /* POOLEMU_FAULTS was looked at, or the test has spoken */
static ULONG VfLoops;           /* EMU_FOR_EACH_FAILURE of all threads */
static ULONG64 VfStart;         /* of the settings, in HostMilliseconds */
static VF_STACK_SET *VfStacks;
static EMU_LOW_RESOURCES_STATISTICS VfStatistics;

/* The last VF_LOG_ENTRIES of VfLogged. */
static EMU_FAILURE VfLog[VF_LOG_ENTRIES];
static ULONG64 VfLogged;

static VOID VfAcquire(VOID)
{
    HostAcquireFloor(HostForkLowResources, &VfLock);
}

static VOID VfRelease(VOID)
{
    HostRelease(&VfLock);
}

/* The pool's fast paths are closed before a call is failed, and those of lookaside lists, for good. */
static VOID VfUpdateUnusual(VOID)
{
    BOOLEAN Injecting = VfArmed || VfLoops != 0;

    KiSetUnusual(KI_LOW_RESOURCES, !VfAsked || Injecting);
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
    VfCloseStackSet(VfStacks);
    VfStacks = Stacks;
    VfSettings = *Settings;
    if (VfSettings.Probability == 0) {
        VfSettings.Probability = EMU_DEFAULT_PROBABILITY;
    }
    VfStatistics = (EMU_LOW_RESOURCES_STATISTICS){.KnownStacks = Stacks == NULL ? 0 : VfStackCount(Stacks)};
    VfLogged = 0;
    VfStart = HostMilliseconds();
    VfArmed = TRUE;
    VfArmedByOption = FALSE;
    VfAsked = TRUE;
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

    if (Settings == NULL) {
        VfAcquire();
        VfArmed = FALSE;
        VfArmedByOption = FALSE;
        VfAsked = TRUE;
        VfUpdateUnusual();
        VfRelease();
        return STATUS_SUCCESS;
    }
    NTSTATUS Status = VfPrepare(Settings, &Stacks);
    if (NT_SUCCESS(Status)) {
        VfAcquire();
        VfUse(Settings, Stacks);
        VfRelease();
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

/* The lock is held. */
static VOID VfAskEnvironment(VOID)
{
    PCSTR Text = HostEnvironment("POOLEMU_FAULTS");
    EMU_LOW_RESOURCES Settings;
    VF_STACK_SET *Stacks;
    CHAR Error[768];

    VfAsked = TRUE;
    if (Text == NULL || *Text == 0) {
        VfUpdateUnusual();
        return;
    }
    if (!NT_SUCCESS(EmuParseLowResources(Text, &Settings)) || !NT_SUCCESS(VfPrepare(&Settings, &Stacks))) {
        snprintf(Error, sizeof(Error), "poolemu: the environment variable POOLEMU_FAULTS: %s\n", Settings.Error);
        HostWriteError(Error);
        HostAbort();
    }
    VfUse(&Settings, Stacks);
}

/* Without a state file stacks are remembered as long as the simulation goes on. */
static VOID VfBeginOption(EMU_FAILURE_MODE Mode)
{
    EMU_LOW_RESOURCES Settings = {.Mode = Mode};
    VF_STACK_SET *Stacks;
    CHAR Error[640];

    if (!NT_SUCCESS(VfPrepare(&Settings, &Stacks))) {
        snprintf(Error, sizeof(Error), "poolemu: low resources simulation: %s\n", Settings.Error);
        HostWriteError(Error);
        HostAbort();
    }
    VfUse(&Settings, Stacks);
    VfArmedByOption = TRUE;
}

VOID VfSetLowResources(BOOLEAN Enable, EMU_FAILURE_MODE Mode)
{
    VfAcquire();
    if (Enable && !VfAsked) {
        VfAskEnvironment();
    }
    if (Enable && (!VfArmed || (VfArmedByOption && VfSettings.Mode != Mode))) {
        VfBeginOption(Mode);
    }
    if (!Enable && VfArmedByOption) {
        VfArmed = FALSE;
        VfArmedByOption = FALSE;
        VfUpdateUnusual();
    }
    VfRelease();
}

/* POOLEMU_VERIFIER and POOLEMU_FAULTS are read when somebody asks first. */
BOOLEAN VfSettle(VOID)
{
    VfIsOn();
    VfAcquire();
    if (!VfAsked) {
        VfAskEnvironment();
    }
    BOOLEAN Injecting = VfArmed || VfLoops != 0;
    VfRelease();
    return Injecting;
}

VOID VfCountLoop(BOOLEAN Begins)
{
    VfAcquire();
    VfLoops = Begins ? VfLoops + 1 : VfLoops - 1;
    VfUpdateUnusual();
    VfRelease();
}

VOID VfResetLowResources(VOID)
{
    VfAcquire();
    VfCloseStackSet(VfStacks);
    VfStacks = NULL;
    VfArmed = FALSE;
    VfArmedByOption = FALSE;
    VfAsked = FALSE;
    VfStatistics = (EMU_LOW_RESOURCES_STATISTICS){0};
    VfLogged = 0;
    VfUpdateUnusual();
    VfRelease();
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

    if (VfSettings.Tags[0] == 0) {
        return TRUE;
    }
    if (Tag == 0) {
        return FALSE;
    }
    MiTagText(Tag, Text);
    if (VfMatchesOneOf(VfSettings.Tags, Text)) {
        return TRUE;
    }
    for (SIZE_T Length = 4; Length > 0 && (Tag >> 8 * (Length - 1) == 0 || Text[Length - 1] == ' '); Length--) {
        Text[Length - 1] = 0;
    }
    return VfMatchesOneOf(VfSettings.Tags, Text);
}

static BOOLEAN VfIsStackWanted(VF_CALL *Call)
{
    if (VfSettings.Include[0] == 0 && VfSettings.Exclude[0] == 0) {
        return TRUE;
    }
    VfTakeStack(Call);
    return (VfSettings.Include[0] == 0 || VfIsStackOneOf(&Call->Stack, VfSettings.Include)) &&
           !VfIsStackOneOf(&Call->Stack, VfSettings.Exclude);
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
    BOOLEAN Fails = VfSettings.Mode == EmuFailSystematically;

    VfTakeStack(Call);
    VF_STACK_STATE State = VfStateOfStack(VfStacks, Call->Stack.Id);
    if (State != VfStackNew && !(Fails && State == VfStackRecorded)) {
        return FALSE;
    }
    VfRememberStack(VfStacks, Fails ? VfStackFailed : VfStackRecorded, Call->Call.Routine, &Call->Stack);
    VfStatistics.KnownStacks = VfStackCount(VfStacks);
    VfStatistics.NewStacks++;
    return Fails;
}

/* A callback is called later, without the lock. */
static BOOLEAN VfIsChosen(VF_CALL *Call)
{
    switch (VfSettings.Mode) {
    case EmuFailAtRandom:
        return VfRandom(VfSettings.Seed, VfStatistics.Considered) % 10000 < VfSettings.Probability;
    case EmuFailNth:
        return VfStatistics.Considered == VfSettings.Nth;
    case EmuFailFromNth:
        return VfStatistics.Considered >= VfSettings.Nth;
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
    if (!VfAsked) {
        VfAskEnvironment();
    }
    if (!VfArmed) {
        return FALSE;
    }
    VfStatistics.Calls++;
    if ((VfSettings.Delay != 0 && HostMilliseconds() - VfStart < VfSettings.Delay) || !VfIsTagWanted(Call->Call.Tag) ||
        !VfIsStackWanted(Call)) {
        return FALSE;
    }
    Call->Call.Number = ++VfStatistics.Considered;
    *Callback = VfSettings.Mode == EmuFailByCallback ? VfSettings.Callback : NULL;
    *Context = VfSettings.Context;
    return VfIsChosen(Call);
}

static BOOLEAN VfIsFailedBySettings(VF_CALL *Call)
{
    EMU_FAILURE_CALLBACK *Callback = NULL;
    PVOID Context = NULL;

    VfIsOn();
    VfAcquire();
    BOOLEAN Fails = VfIsFailed(Call, &Callback, &Context);
    VfRelease();
    return Fails && (Callback == NULL || Callback(&Call->Call, Context));
}

/* ---- The log -------------------------------------------------------------------------------------------------- */

static VOID VfPrintFailure(const EMU_FAILURE *Failure, FILE *Stream)
{
    CHAR Tag[5], Code[512];

    MiTagText(Failure->Tag, Tag);
    fprintf(Stream, "failed deliberately: %s%s%s%s, call %llu, stack #%016llX\n", Failure->Routine,
            Failure->Tag != 0 ? ", tag '" : "", Failure->Tag != 0 ? Tag : "", Failure->Tag != 0 ? "'" : "",
            (ULONGLONG)Failure->Number, (ULONGLONG)Failure->StackId);
    for (ULONG Index = 0; Index < Failure->FrameCount; Index++) {
        HostDescribeCode((ULONG_PTR)Failure->Frames[Index] - 1, Code, sizeof(Code));
        fprintf(Stream, "    %s\n", Code);
    }
}

static VOID VfLogFailure(const EMU_FAILURE *Failure)
{
    VfAcquire();
    VfLog[VfLogged++ % VF_LOG_ENTRIES] = *Failure;
    VfStatistics.Failed++;
    BOOLEAN Print = VfArmed && VfSettings.Print;
    VfRelease();
    if (Print) {
        VfPrintFailure(Failure, stderr);
    }
}

/* Most of a stack frame goes to the call's stack, so it is not in the frame of the routine that asks. */
EMU_NOINLINE BOOLEAN VfDecide(PCSTR Routine, ULONG Tag, PVOID Caller)
{
    VF_CALL Call;

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
    VfAcquire();
    *Statistics = VfStatistics;
    VfRelease();
}

/* The lock is not held while the test's callback runs. */
VOID EmuForEachInjectedFailure(EMU_FAILURE_CALLBACK *Callback, PVOID Context)
{
    BOOLEAN More = TRUE;

    for (ULONG64 Index = 0; More; Index++) {
        EMU_FAILURE Failure;
        VfAcquire();
        Index = VfLogged > VF_LOG_ENTRIES ? max(Index, VfLogged - VF_LOG_ENTRIES) : Index;
        More = Index < VfLogged;
        if (More) {
            Failure = VfLog[Index % VF_LOG_ENTRIES];
        }
        VfRelease();
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
    EmuForEachInjectedFailure(VfPrintNextFailure, Stream);
}

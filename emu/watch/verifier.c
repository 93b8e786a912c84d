/* verifier.c: EmuSetVerifier and POOLEMU_VERIFIER, the counters, and code integrity. */
#include "watch/verifier.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "watch/caller.h"
#include "host/host.h"
#include "core/bugcheck.h"
#include "core/hooks.h"
#include "core/option.h"
#include "core/start.h"
#include "core/violation.h"
#include "mem/block.h"
#include "core/windows.h"
#include "watch/irql.h"
#include "watch/lowres.h"
#include "watch/track.h"

EMU_VERIFIER_COUNTERS VfCounters;

/* ---- The options ---------------------------------------------------------------------------------------------- */

enum {
    VF_ALL_FLAGS = EMU_VERIFIER_STANDARD | EMU_VERIFIER_LOW_RESOURCES | EMU_VERIFIER_SYSTEMATIC_LOW_RESOURCES |
                   EMU_VERIFIER_CODE_INTEGRITY,
};

static ULONG VfFlags;
static BOOLEAN VfCountsCodeIntegrity;

/* tests/verifierwords.py holds the header, the command's help, the documentation and the fuzzer's dictionary against
 * this. */
static const struct {
    PCSTR Word;
    ULONG Flags;
} VfWords[] = {
    {"special", EMU_VERIFIER_SPECIAL_POOL},
    {"irql", EMU_VERIFIER_FORCE_IRQL},
    {"lowres", EMU_VERIFIER_LOW_RESOURCES},
    {"tracking", EMU_VERIFIER_POOL_TRACKING},
    {"io", EMU_VERIFIER_IO},
    {"deadlock", EMU_VERIFIER_DEADLOCK},
    {"dma", EMU_VERIFIER_DMA},
    {"security", EMU_VERIFIER_SECURITY},
    {"misc", EMU_VERIFIER_MISCELLANEOUS},
    {"ddi", EMU_VERIFIER_DDI_COMPLIANCE},
    {"systematic", EMU_VERIFIER_SYSTEMATIC_LOW_RESOURCES},
    {"codeintegrity", EMU_VERIFIER_CODE_INTEGRITY},
    {"standard", EMU_VERIFIER_STANDARD},
};

/* 0: no such word. */
static ULONG VfFlagsOfWord(PCSTR Word, SIZE_T Length)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(VfWords); Index++) {
        if (strlen(VfWords[Index].Word) == Length && memcmp(VfWords[Index].Word, Word, Length) == 0) {
            return VfWords[Index].Flags;
        }
    }
    if (Length == 0 || Word[0] < '0' || Word[0] > '9') {
        return 0;
    }
    char *End;
    ULONG64 Number = strtoull(Word, &End, 0);
    return End == Word + Length && (Number & ~(ULONG64)VF_ALL_FLAGS) == 0 ? (ULONG)Number : 0;
}

NTSTATUS EmuFindVerifierFlags(PCSTR Words, ULONG *Flags)
{
    if (Words == NULL || Flags == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    ULONG Found = 0;

    for (PCSTR Word = Words;; Word++) {
        SIZE_T Length = strcspn(Word, ",");
        ULONG More = VfFlagsOfWord(Word, Length);
        if (More == 0) {
            return STATUS_NOT_FOUND;
        }
        Found |= More;
        Word += Length;
        if (*Word == 0) {
            *Flags = Found;
            return STATUS_SUCCESS;
        }
    }
}

static ULONG VfEnvironmentFlags(VOID)
{
    PCSTR Words = KiOptionText(KiOptionVerifier);
    ULONG Flags = 0;

    if (Words != NULL && !NT_SUCCESS(EmuFindVerifierFlags(Words, &Flags))) {
        KiRefuseOption(KiOptionVerifier, NULL);
    }
    return Flags;
}

/* Tracking that the test has begun itself stays. */
static VOID VfSetFlags(ULONG Flags)
{
    ULONG Before = EMU_ATOMIC_LOAD(&VfFlags, EMU_ORDER_ACQUIRE);
    BOOLEAN Systematic = (Flags & EMU_VERIFIER_SYSTEMATIC_LOW_RESOURCES) != 0;

    EMU_ATOMIC_STORE(&VfFlags, Flags, EMU_ORDER_RELEASE);
    VfSetIrqlChecking((Flags & EMU_VERIFIER_FORCE_IRQL) != 0);
    if (((Before | Flags) & EMU_VERIFIER_POOL_TRACKING) != 0) {
        VfSetTracking((Flags & EMU_VERIFIER_POOL_TRACKING) != 0);
    }
    VfSetLowResources(Systematic || (Flags & EMU_VERIFIER_LOW_RESOURCES) != 0,
                      Systematic ? EmuFailSystematically : EmuFailAtRandom);
    if (Flags != 0) {
        KiHooks.WatchLists();
    }
    KiSetUnusual(KI_VERIFIER, Flags != 0);
}

ULONG VfReadFlags(VOID)
{
    KiStart();
    return EMU_ATOMIC_LOAD(&VfFlags, EMU_ORDER_ACQUIRE);
}

NTSTATUS EmuSetVerifier(ULONG Flags)
{
    if ((Flags & ~(ULONG)VF_ALL_FLAGS) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    KiStart();
    VfSetFlags(Flags);
    return STATUS_SUCCESS;
}

ULONG EmuVerifier(VOID)
{
    return VfReadFlags();
}

VOID EmuQueryVerifier(EMU_VERIFIER_COUNTERS *Counters)
{
    if (Counters == NULL) {
        return;
    }
    EMU_TRACKING Tracking;

    *Counters = VfCounters;
    EmuQueryTracking(&Tracking);
    Counters->AllocationsNotTracked = Tracking.NotTracked;
    Counters->NonPaged = Tracking.NonPaged;
    Counters->Paged = Tracking.Paged;
}

VOID VfBeginVerifier(VOID)
{
    VfSetFlags(VfEnvironmentFlags());
}

VOID VfResetVerifier(VOID)
{
    VfCountsCodeIntegrity = FALSE;
    memset(&VfCounters, 0, sizeof(VfCounters));
}

/* ---- Code integrity ------------------------------------------------------------------------------------------- */

VOID EmuStopOnCodeIntegrity(BOOLEAN Enable)
{
    VfCountsCodeIntegrity = !Enable;
}

static VOID VfReportCode(PVOID Caller, ULONG_PTR Cause, ULONG_PTR P3, ULONG_PTR P4, PCSTR Text)
{
    VfCount(Cause == KI_C4_EXECUTABLE_POOL         ? &VfCounters.ExecutePoolTypes
            : Cause == KI_C4_EXECUTABLE_PROTECTION ? &VfCounters.ExecutePageProtections
                                                   : &VfCounters.ExecutePageMappings);
    if (VfCountsCodeIntegrity) {
        KiRecordViolation(EmuViolationCodeIntegrity, Caller, "%s", Text);
    } else {
        KiStopF(Caller, KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, Cause, (ULONG_PTR)Caller, P3, P4), "%s", Text);
    }
}

VOID VfCheckPoolType(PVOID Caller, POOL_TYPE PoolType, ULONG Tag)
{
    CHAR Text[192], TagWords[5];

    /* A Windows without no-execute pool has nothing else to ask for. */
    if (VfIsSet(EMU_VERIFIER_CODE_INTEGRITY) && (PoolType & (PagedPool | POOL_NX_ALLOCATION)) == 0 && KiHasNxPool()) {
        MiTagText(Tag, TagWords);
        snprintf(Text, sizeof(Text),
                 "executable pool was asked for: pool type %u, tag '%s' (0x%08X); NonPagedPoolNx is expected",
                 (unsigned)PoolType, TagWords, Tag);
        VfReportCode(Caller, KI_C4_EXECUTABLE_POOL, (ULONG_PTR)PoolType, Tag, Text);
    }
}

VOID VfCheckProtection(PVOID Caller, ULONG Protection)
{
    ULONG Execute = PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;
    CHAR Text[128];

    if (VfIsAuditing()) {
        VfAuditMapping("MmProtectMdlSystemAddress", Caller, (Protection & Execute) != 0);
    }
    if (VfIsSet(EMU_VERIFIER_CODE_INTEGRITY) && (Protection & Execute) != 0) {
        snprintf(Text, sizeof(Text), "an executable page protection, 0x%X, was asked for", Protection);
        VfReportCode(Caller, KI_C4_EXECUTABLE_PROTECTION, Protection, 0, Text);
    }
}

VOID VfCheckMapping(PCSTR Routine, PVOID Caller, ULONG Priority)
{
    BOOLEAN AsksForIt = (Priority & MdlMappingNoExecute) == 0;
    CHAR Text[160];

    if (VfIsAuditing()) {
        VfAuditMapping(Routine, Caller, AsksForIt || !KiHasNxPool());
    }
    if (VfIsSet(EMU_VERIFIER_CODE_INTEGRITY) && AsksForIt && KiHasNxPool()) {
        snprintf(Text, sizeof(Text),
                 "an executable mapping of an MDL was asked for: priority 0x%X; MdlMappingNoExecute is expected",
                 Priority);
        VfReportCode(Caller, KI_C4_EXECUTABLE_MAPPING, Priority, 0, Text);
    }
}

/* callers.c: a stop screen and a violation name the driver's code: a static function, its file and its line. Linked
 * with the static library and, as test_callers_shared, with the shared one. */
#include <criterion/criterion.h>

#include <stdlib.h>

#include "child.h"
#include "ntifs.h"
#include "poolemu.h"

#define TAG 'llaC'

/* Behind a call, so that it is none in tail position, whose return address would be another function's. */
static volatile ULONG Calls;

/* ---- One mistake a function ------------------------------------------------------------------------------------- */

static EMU_NOINLINE VOID BugCheck(VOID)
{
    KeBugCheckEx(BAD_POOL_CALLER, 1, 2, 3, 4);
}

static EMU_NOINLINE VOID BugCheckWithoutParameters(VOID)
{
    KeBugCheck(MANUALLY_INITIATED_CRASH);
}

static EMU_NOINLINE VOID RaiseStatus(VOID)
{
    ExRaiseStatus(STATUS_UNSUCCESSFUL);
}

static EMU_NOINLINE VOID RaiseAccessViolation(VOID)
{
    ExRaiseAccessViolation();
}

static EMU_NOINLINE VOID FailAssertion(VOID)
{
    RtlAssert("FALSE", "file.c", 1, NULL);
    Calls++;
}

static EMU_NOINLINE VOID AllocateAtHighLevel(VOID)
{
    KIRQL Irql;

    KeRaiseIrql(HIGH_LEVEL, &Irql);
    ExAllocatePoolWithTag(PagedPool, 64, TAG);
    Calls++;
}

static EMU_NOINLINE VOID AllocateMustSucceed(VOID)
{
    ExAllocatePoolWithTag(NonPagedPoolMustSucceed, 64, TAG);
    Calls++;
}

static EMU_NOINLINE VOID AllocateWithoutTag(VOID)
{
    ExAllocatePoolWithTag(NonPagedPoolNx, 64, 0);
    Calls++;
}

static EMU_NOINLINE VOID FreeTwice(VOID)
{
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);

    ExFreePoolWithTag(Block, TAG);
    ExFreePoolWithTag(Block, TAG);
    Calls++;
}

static EMU_NOINLINE VOID FreeWithWrongTag(VOID)
{
    ExFreePoolWithTag(ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG), 'gnrW');
    Calls++;
}

static EMU_NOINLINE VOID FreeStack(VOID)
{
    ULONG64 Local[8];

    ExFreePool(Local);
    Calls++;
}

static EMU_NOINLINE VOID FreeInterior(VOID)
{
    ExFreePool((PUCHAR)ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG) + 16);
    Calls++;
}

static EMU_NOINLINE VOID FreeAtHighLevel(VOID)
{
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);
    KIRQL Irql;

    KeRaiseIrql(HIGH_LEVEL, &Irql);
    ExFreePoolWithTag(Block, TAG);
    Calls++;
}

static EMU_NOINLINE VOID FreeWithParameters(VOID)
{
    ExFreePool2(NULL, TAG, NULL, 0);
    Calls++;
}

static EMU_NOINLINE VOID AllocateFlagsAtHighLevel(VOID)
{
    KIRQL Irql;

    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    ExAllocatePool2(POOL_FLAG_PAGED, 10, TAG);
    Calls++;
}

static EMU_NOINLINE VOID QueryNoBlock(VOID)
{
    BOOLEAN QuotaCharged;

    ExQueryPoolBlockSize(NULL, &QuotaCharged);
    Calls++;
}

static EMU_NOINLINE VOID Underrun(VOID)
{
    volatile UCHAR *Block = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);

    for (LONG Byte = 1; Byte <= 8; Byte++) {
        Block[-Byte] = 0x5A;
    }
    ExFreePoolWithTag((PVOID)Block, TAG);
    Calls++;
}

static EMU_NOINLINE VOID InitializeTinyList(VOID)
{
    static NPAGED_LOOKASIDE_LIST List;

    ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 1, TAG, 0);
    Calls++;
}

static EMU_NOINLINE VOID DeleteListWithoutInitialization(VOID)
{
    static NPAGED_LOOKASIDE_LIST List;

    ExDeleteNPagedLookasideList(&List);
    Calls++;
}

static EMU_NOINLINE VOID DestroyNoPool(VOID)
{
    ExDestroyPool(NULL);
    Calls++;
}

static EMU_NOINLINE VOID FreeNoContiguousMemory(VOID)
{
    MmFreeContiguousMemory(ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, TAG));
    Calls++;
}

static EMU_NOINLINE VOID FreeContiguousMemoryOfOtherSize(VOID)
{
    PHYSICAL_ADDRESS Zero = {.QuadPart = 0};
    PHYSICAL_ADDRESS Highest = {.QuadPart = -1};
    PVOID Memory = MmAllocateContiguousMemorySpecifyCache(PAGE_SIZE, Zero, Highest, Zero, MmCached);

    MmFreeContiguousMemorySpecifyCache(Memory, 2 * PAGE_SIZE, MmCached);
    Calls++;
}

static EMU_NOINLINE VOID FreeNoNonCachedMemory(VOID)
{
    MmFreeNonCachedMemory(ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, TAG), PAGE_SIZE);
    Calls++;
}

static EMU_NOINLINE VOID FreeNonCachedMemoryOfOtherSize(VOID)
{
    MmFreeNonCachedMemory(MmAllocateNonCachedMemory(PAGE_SIZE), 2 * PAGE_SIZE);
    Calls++;
}

static PMDL MakeMdl(VOID)
{
    return IoAllocateMdl(ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, TAG), PAGE_SIZE, FALSE, FALSE, NULL);
}

static EMU_NOINLINE VOID UnlockUnlockedPages(VOID)
{
    MmUnlockPages(MakeMdl());
    Calls++;
}

static EMU_NOINLINE VOID MapUnlockedPages(VOID)
{
    MmMapLockedPagesSpecifyCache(MakeMdl(), KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
    Calls++;
}

static EMU_NOINLINE VOID UnmapUnmappedPages(VOID)
{
    PMDL Mdl = MakeMdl();

    MmUnmapLockedPages(MmGetMdlVirtualAddress(Mdl), Mdl);
    Calls++;
}

static EMU_NOINLINE VOID BuildPartialMdlOutside(VOID)
{
    PMDL Mdl = MakeMdl();

    MmBuildMdlForNonPagedPool(Mdl);
    IoBuildPartialMdl(Mdl, Mdl, MmGetMdlVirtualAddress(Mdl), 3 * PAGE_SIZE);
    Calls++;
}

static EMU_NOINLINE VOID ReserveNothing(VOID)
{
    MmAllocateMappingAddress(0, TAG);
    Calls++;
}

static EMU_NOINLINE VOID FreeNoReservation(VOID)
{
    MmFreeMappingAddress((PVOID)&Calls, TAG);
    Calls++;
}

static EMU_NOINLINE VOID AdvanceOverFreedTimer(VOID)
{
    PKTIMER Timer = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Timer), TAG);
    LARGE_INTEGER Due = {.QuadPart = -500000}; /* when it is freed */
    LARGE_INTEGER Wait = {.QuadPart = -10000000};
    KEVENT Never;

    KeInitializeEvent(&Never, NotificationEvent, FALSE);
    KeInitializeTimer(Timer);
    KeSetTimer(Timer, Due, NULL);
    ExFreePoolWithTag(Timer, TAG);
    KeWaitForSingleObject(&Never, Executive, KernelMode, FALSE, &Wait);
    Calls++;
}

static EMU_NOINLINE VOID ReleaseFreeSpinLock(VOID)
{
    KSPIN_LOCK Lock;

    KeInitializeSpinLock(&Lock);
    KeReleaseSpinLock(&Lock, PASSIVE_LEVEL);
    Calls++;
}

static EMU_NOINLINE VOID ReleaseFreeResource(VOID)
{
    static ERESOURCE Resource;

    ExInitializeResourceLite(&Resource);
    ExReleaseResourceLite(&Resource);
    Calls++;
}

static EMU_NOINLINE VOID ExecutePool(VOID)
{
    VOID (*volatile Code)(VOID) = (VOID(*)(VOID))(ULONG_PTR)ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);

    Code();
    Calls++;
}

static EMU_NOINLINE VOID CopyFromFreedMapping(VOID)
{
    UCHAR To[512];
    PVOID Memory = MmAllocateNonCachedMemory(PAGE_SIZE);

    MmFreeNonCachedMemory(Memory, PAGE_SIZE);
    RtlCopyMemory(To, *(PVOID volatile *)&Memory, sizeof(To));
    Calls += To[1];
}

static EMU_NOINLINE VOID RaiseToLowerIrql(VOID)
{
    KIRQL Irql;

    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    KeRaiseIrql(APC_LEVEL, &Irql);
    Calls++;
}

static EMU_NOINLINE VOID LowerToHigherIrql(VOID)
{
    KeLowerIrql(DISPATCH_LEVEL);
    Calls++;
}

static EMU_NOINLINE VOID LeaveNoRegion(VOID)
{
    KeLeaveCriticalRegion();
    Calls++;
}

static EMU_NOINLINE VOID SetEventAtHighLevel(VOID)
{
    static KEVENT Event;
    KIRQL Irql;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    KeRaiseIrql(HIGH_LEVEL, &Irql);
    KeSetEvent(&Event, 0, FALSE);
    Calls++;
}

static EMU_NOINLINE VOID TouchPagedPoolAtDispatchLevel(VOID)
{
    volatile ULONG *Block = ExAllocatePoolWithTag(PagedPool, 64, TAG);
    KIRQL Irql;

    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    *Block = 1;
    Calls++;
}

static EMU_NOINLINE VOID WriteBehindBlock(VOID)
{
    volatile UCHAR *Block = ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, TAG);

    Block[PAGE_SIZE] = 1;
    ExFreePoolWithTag((PVOID)Block, TAG);
    Calls++;
}

static EMU_NOINLINE VOID AllocateNothing(VOID)
{
    ExAllocatePoolWithTag(NonPagedPoolNx, 0, TAG);
    Calls++;
}

typedef struct MISTAKE {
    VOID (*Routine)(VOID);
    PCSTR Name;
    BOOLEAN VerifiedOnly; /* without Driver Verifier it is no stop */
} MISTAKE;

static const MISTAKE Mistakes[] = {
    {BugCheck, "BugCheck", FALSE},
    {BugCheckWithoutParameters, "BugCheckWithoutParameters", FALSE},
    {RaiseStatus, "RaiseStatus", FALSE},
    {RaiseAccessViolation, "RaiseAccessViolation", FALSE},
    {FailAssertion, "FailAssertion", FALSE},
    {AllocateAtHighLevel, "AllocateAtHighLevel", FALSE},
    {AllocateMustSucceed, "AllocateMustSucceed", FALSE},
    {AllocateWithoutTag, "AllocateWithoutTag", FALSE},
    {FreeTwice, "FreeTwice", FALSE},
    {FreeWithWrongTag, "FreeWithWrongTag", FALSE},
    {FreeStack, "FreeStack", FALSE},
    {FreeInterior, "FreeInterior", FALSE},
    {FreeAtHighLevel, "FreeAtHighLevel", FALSE},
    {FreeWithParameters, "FreeWithParameters", FALSE},
    {AllocateFlagsAtHighLevel, "AllocateFlagsAtHighLevel", FALSE},
    {QueryNoBlock, "QueryNoBlock", FALSE},
    {Underrun, "Underrun", FALSE},
    {InitializeTinyList, "InitializeTinyList", FALSE},
    {DeleteListWithoutInitialization, "DeleteListWithoutInitialization", TRUE},
    {DestroyNoPool, "DestroyNoPool", FALSE},
    {FreeNoContiguousMemory, "FreeNoContiguousMemory", FALSE},
    {FreeContiguousMemoryOfOtherSize, "FreeContiguousMemoryOfOtherSize", FALSE},
    {FreeNoNonCachedMemory, "FreeNoNonCachedMemory", FALSE},
    {FreeNonCachedMemoryOfOtherSize, "FreeNonCachedMemoryOfOtherSize", FALSE},
    {UnlockUnlockedPages, "UnlockUnlockedPages", FALSE},
    {MapUnlockedPages, "MapUnlockedPages", FALSE},
    {UnmapUnmappedPages, "UnmapUnmappedPages", FALSE},
    {BuildPartialMdlOutside, "BuildPartialMdlOutside", FALSE},
    {ReserveNothing, "ReserveNothing", FALSE},
    {FreeNoReservation, "FreeNoReservation", FALSE},
    {AdvanceOverFreedTimer, "AdvanceOverFreedTimer", FALSE},
    {ReleaseFreeSpinLock, "ReleaseFreeSpinLock", TRUE},
    {ReleaseFreeResource, "ReleaseFreeResource", TRUE},
    {ExecutePool, "ExecutePool", FALSE},
    {CopyFromFreedMapping, "CopyFromFreedMapping", FALSE},
    {RaiseToLowerIrql, "RaiseToLowerIrql", TRUE},
    {LowerToHigherIrql, "LowerToHigherIrql", TRUE},
    {LeaveNoRegion, "LeaveNoRegion", TRUE},
    {SetEventAtHighLevel, "SetEventAtHighLevel", TRUE},
    {TouchPagedPoolAtDispatchLevel, "TouchPagedPoolAtDispatchLevel", TRUE},
    {WriteBehindBlock, "WriteBehindBlock", TRUE},
    {AllocateNothing, "AllocateNothing", TRUE},
};

/* ---- What is said of it ----------------------------------------------------------------------------------------- */

static const MISTAKE *Mistake;

static VOID Make(VOID)
{
    Mistake->Routine();
    Calls++;
}

Test(callers, every_stop_names_the_drivers_function_and_line, .timeout = 300)
{
    BOOLEAN Verified = EmuVerifier() != 0;
    CHAR Screen[4096], Expected[128];

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Mistakes); Index++) {
        Mistake = &Mistakes[Index];
        if (Mistake->VerifiedOnly && !Verified) {
            continue;
        }
        RunChild(Make, Screen, sizeof(Screen));
        snprintf(Expected, sizeof(Expected), "\n    by %s (callers.c:", Mistake->Name);
        cr_expect_not_null(strstr(Screen, Expected), "%s:%s", Mistake->Name, Screen);
    }
}

static EMU_NOINLINE VOID AllocateNxOnWindows7(VOID)
{
    ExFreePoolWithTag(ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG), TAG);
    Calls++;
}

Test(callers, a_violation_names_the_drivers_function_and_line)
{
    CHAR Text[1024] = "";
    FILE *Stream = tmpfile();

    EmuSetWindows("win7sp1");
    AllocateNxOnWindows7();
    cr_assert_eq(EmuViolationCount(), 1);
    EmuPrintViolations(Stream);
    rewind(Stream);
    Text[fread(Text, 1, sizeof(Text) - 1, Stream)] = 0;
    fclose(Stream);
    cr_expect_not_null(strstr(Text, ", by AllocateNxOnWindows7 (callers.c:"), "%s", Text);
}

static VOID NameAnUnknownOption(VOID)
{
#if defined(_WIN32)
    _putenv("POOLEMU_\x1b[2J=1");
#else
    putenv((char *)"POOLEMU_\x1b[2J=1");
#endif
    FreeTwice();
}

Test(callers, the_name_of_an_option_is_printed_without_control_characters)
{
    CHAR Errors[4096];

    RunChild(NameAnUnknownOption, Errors, sizeof(Errors));
    cr_expect_null(strchr(Errors, '\x1b'), "%s", Errors);
    cr_expect_not_null(strstr(Errors, "there is no option POOLEMU_?[2J;"), "%s", Errors);
}

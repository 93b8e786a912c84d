/* arena.c: reserves and maps the three arenas. An arena's protection is set here and never changed again. */
#include "mem/arena.h"

#include <stdlib.h>

#include "host/host.h"
#include "core/thread.h"
#include "mem/cache.h"
#include "mem/engine.h"
#include "mem/fault.h"
#include "mem/mapping.h"
#include "mem/page.h"
#include "mem/slab.h"
#include "mem/space.h"
#include "core/sanitizer.h"
#include "mem/region.h"

/* Address space, not memory, an arena: 16 GiB, on x86 256 MiB, or what POOLEMU_ARENA_MIB or the host's limits leave of
 * it. Where mapping takes memory the tables that grow with it do, too, so it is 4 GiB there, and of the executable
 * arena, which is mapped at once, 512 MiB or what POOLEMU_EXECUTE_MIB says. */
enum {
    MiDefaultShift = EMU_BY_WIDTH(MI_LARGEST_SHIFT, 28),
    MiDefaultShiftWhereMappingTakesMemory = 32,
    MiDefaultShiftUnderMemcheck = 28, /* it goes through all that is mapped, and through what is protected */
    MiSmallestShift = 26,
    MiExecuteBytes = 512 << 20,
    MiFirstBytes = 32 << 20, /* of an arena, in small pages: where little is in use, large ones would be a waste */
};

#define MI_LARGEST_MIB EMU_TEXT_BY_WIDTH("16384", "1024")
#define MI_DEFAULT_MIB EMU_TEXT_BY_WIDTH("16384", "256")

EMU_HOT EMU_ALIGN(PAGE_SIZE)
MI_RANGES MiRanges;

static SIZE_T MiExecutableBytes; /* of the executable arena, mapped */
static HOST_LOCK MiInitializeLock;
static HOST_LOCK MiFastPathsLock;

static DECLSPEC_NORETURN VOID MiRefuse(PCSTR What)
{
    HostFatal("%s", What);
}

/* The bytes that an environment variable asks for in MiB, from 64 MiB to the largest arena. */
static SIZE_T MiWantedBytes(PCSTR Variable, SIZE_T Default, PCSTR Complaint)
{
    PCSTR Text = HostEnvironment(Variable);
    char *End = NULL;

    if (Text == NULL) {
        return Default;
    }
    ULONG64 Mib = strtoull(Text, &End, 10);
    if (End == Text || *End != 0 || Mib < (1u << MiSmallestShift) >> 20 || Mib > (1ull << MI_LARGEST_SHIFT) >> 20) {
        MiRefuse(Complaint);
    }
    return (SIZE_T)Mib << 20;
}

static ULONG MiWantedShift(VOID)
{
    ULONG Default = HostMapTakesMemory()          ? MiDefaultShiftWhereMappingTakesMemory
                    : KiSanitizer() == KiMemcheck ? MiDefaultShiftUnderMemcheck
                                                  : MiDefaultShift;
    SIZE_T Bytes = MiWantedBytes("POOLEMU_ARENA_MIB", (SIZE_T)1 << Default,
                                 "POOLEMU_ARENA_MIB: want a number of MiB from 64 to " MI_LARGEST_MIB
                                 ", the address space of each of the three arenas");
    ULONG Shift = MiSmallestShift;

    while ((SIZE_T)1 << Shift < Bytes) {
        Shift++;
    }
    return Shift;
}

/* In whole steps of the smallest arena, which is what the memory engine counts in. */
static SIZE_T MiWantedExecutableBytes(VOID)
{
    SIZE_T Step = (SIZE_T)1 << MiSmallestShift;
    SIZE_T Bytes = MiWantedBytes("POOLEMU_EXECUTE_MIB", MiExecuteBytes,
                                 "POOLEMU_EXECUTE_MIB: want a number of MiB from 64 to " MI_LARGEST_MIB
                                 ", the memory set aside for executable pool");

    return HostMapTakesMemory() ? min((Bytes + Step - 1) & ~(Step - 1), MiArenaBytes()) : MiArenaBytes();
}

SIZE_T MiUsableBytes(MI_ARENA Arena)
{
    return Arena == MiNonPagedExecute ? MiExecutableBytes : MiArenaBytes();
}

static VOID MiReserveArenas(VOID)
{
    ULONG Shift = MiWantedShift();
    PVOID Base = HostReserve((SIZE_T)MiArenaCount << Shift, (SIZE_T)1 << MiSmallestShift);

    while (Base == NULL && Shift > MiSmallestShift) {
        Shift--;
        Base = HostReserve((SIZE_T)MiArenaCount << Shift, (SIZE_T)1 << MiSmallestShift);
    }
    if (Base == NULL) {
        MiRefuse("the host has no 192 MiB of address space left for the pool (ulimit -v?)");
    }
    MiRanges.Base = (ULONG_PTR)Base;
    MiRanges.Shift = Shift;
    MiRanges.Cookie = (ULONG_PTR)HostRandom();
    MiExecutableBytes = MiWantedExecutableBytes();
    for (ULONG Arena = 0; Arena < (HostMapTakesMemory() ? MiPaged : MiArenaCount); Arena++) {
        if (!HostMap((PVOID)MiArenaBase((MI_ARENA)Arena), MiUsableBytes((MI_ARENA)Arena),
                     MiAccessOf((MI_ARENA)Arena))) {
            MiRefuse(Arena == MiNonPagedExecute
                         ? "the host refuses memory that is writable and executable, which executable pool is "
                           "(SELinux execmem? too little memory: lower POOLEMU_EXECUTE_MIB?)"
                         : "the host refuses to map an arena; lower POOLEMU_ARENA_MIB (MiB an arena, " MI_DEFAULT_MIB
                           " by default)");
        }
        if (MiUsableBytes((MI_ARENA)Arena) > MiFirstBytes) {
            HostPreferLargePages((PVOID)(MiArenaBase((MI_ARENA)Arena) + MiFirstBytes),
                                 MiUsableBytes((MI_ARENA)Arena) - MiFirstBytes);
        }
    }
}

static VOID MiMakeArenas(VOID)
{
    MiReserveArenas();
    SIZE_T Bytes = MiArenaCount * MiArenaBytes();
    if (!MiInitializePages(Bytes) || !MiInitializeSlabs(Bytes)) {
        MiRefuse("the host has no address space left for the page table (ulimit -v?)");
    }
    MiInitializeCaches();
    MiInitializeEngine();
    HostCatchFaults(MiOnFault);
    EMU_ATOMIC_STORE(&MiRanges.Bytes, Bytes, EMU_ORDER_RELEASE);
    MiSettleFastPaths();
}

static VOID MiStopInitializing(VOID)
{
    HostAcquire(&MiInitializeLock);
    HostAcquire(&MiFastPathsLock);
    MiBeforeFork();
    MiAcquireMappings();
    MiAcquireSpaces();
}

static VOID MiGoOnInParent(VOID)
{
    MiReleaseSpaces();
    MiReleaseMappings();
    MiAfterForkInParent();
    HostRelease(&MiFastPathsLock);
    HostRelease(&MiInitializeLock);
}

static VOID MiGoOnInChild(VOID)
{
    MiReleaseSpaces();
    MiReleaseMappings();
    MiAfterForkInChild();
    HostRelease(&MiFastPathsLock);
    HostRelease(&MiInitializeLock);
}

static VOID MiCatchForks(VOID)
{
    static const HOST_FORK Fork = {MiStopInitializing, MiGoOnInParent, MiGoOnInChild};

    HostAtFork(HostForkMm, &Fork);
}

/* Several threads may have changed something: the last one to get here finds all of it. */
VOID MiSettleFastPaths(VOID)
{
    MiCatchForks();
    HostAcquire(&MiFastPathsLock);
    BOOLEAN Open = EMU_ATOMIC_LOAD(&KiUnusual, EMU_ORDER_FULL) == 0 && MiHasFastThreads();
    EMU_ATOMIC_STORE(&MiRanges.FastGranules,
                     Open ? EMU_ATOMIC_LOAD(&MiRanges.Bytes, EMU_ORDER_ACQUIRE) / MI_GRANULE : 0, EMU_ORDER_RELEASE);
    MiOpenTags(Open);
    HostRelease(&MiFastPathsLock);
}

VOID MiInitializeArenas(VOID)
{
    if (!MiHasArenas()) {
        MiCatchForks();
        HostAcquire(&MiInitializeLock);
        if (MiRanges.Bytes == 0) {
            MiMakeArenas();
        }
        HostRelease(&MiInitializeLock);
    }
}

HOST_PROTECTION MiQueryProtection(PVOID Address)
{
    HOST_PROTECTION Protection = HostQueryProtection(Address);

    if (Protection.End == 0 && MiRegionOf((ULONG_PTR)Address) != NULL) {
        Protection.Start = (ULONG_PTR)PAGE_ALIGN(Address);
        Protection.End = Protection.Start + PAGE_SIZE;
        Protection.Read = Protection.Write = TRUE;
        Protection.Execute = MiAccessAt((ULONG_PTR)Address) == HostReadWriteExecute;
    }
    if (Protection.End == 0 && MiIsPoolAddress((ULONG_PTR)Address)) {
        MI_ARENA Arena = MiArenaOf((ULONG_PTR)Address);
        Protection.Start = MiArenaBase(Arena);
        Protection.End = Protection.Start + MiArenaBytes();
        Protection.Read = TRUE;
        Protection.Write = TRUE;
        Protection.Execute = MiAccessOf(Arena) == HostReadWriteExecute;
    }
    return Protection;
}

/* arena.c: reserves and maps the three arenas. An arena's protection is set here and never changed again. */
#include "mem/arena.h"

#include "host/host.h"
#include "core/option.h"
#include "core/start.h"
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

/* Address space, not memory, an arena: what POOLEMU_ARENA_MIB says, or what the host's limits leave of it. Where
 * mapping takes memory the executable arena, which is mapped at once, is as small as POOLEMU_EXECUTE_MIB says. */
enum {
    MiSmallestShift = 26,
    MiFirstBytes = 32 << 20, /* of an arena, in small pages: where little is in use, large ones would be a waste */
};

C_ASSERT((ULONG64)KI_LEAST_ARENA_MIB << 20 == (ULONG64)1 << MiSmallestShift);
C_ASSERT((ULONG64)EMU_BY_WIDTH(KI_MOST_ARENA_MIB, KI_MOST_ARENA_MIB_ON_X86) << 20 == (ULONG64)1 << MI_LARGEST_SHIFT);

EMU_HOT EMU_ALIGN(PAGE_SIZE)
MI_RANGES MiRanges;

static SIZE_T MiExecutableBytes; /* of the executable arena, mapped */
static HOST_LOCK MiInitializeLock;
static HOST_LOCK MiFastPathsLock;

/* A part of texts. */
#define MI_NEEDS "the pool needs 700 MiB of ulimit -v and of ulimit -d, and POOLEMU_ARENA_MIB is not to ask for more"

static DECLSPEC_NORETURN VOID MiRefuse(PCSTR What)
{
    HostFatal("%s", What);
}

/* The power of two that is not less than POOLEMU_ARENA_MIB. */
static ULONG MiWantedShift(VOID)
{
    SIZE_T Bytes = (SIZE_T)KiOptionNumber(KiOptionArenaMib) << 20;
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
    SIZE_T Bytes = (SIZE_T)KiOptionNumber(KiOptionExecuteMib) << 20;

    return HostMapTakesMemory() ? min((Bytes + Step - 1) & ~(Step - 1), MiArenaBytes()) : MiArenaBytes();
}

SIZE_T MiUsableBytes(MI_ARENA Arena)
{
    return Arena == MiNonPagedExecute ? MiExecutableBytes : MiArenaBytes();
}

/* What else the emulator will want of the host: physical memory, mappings, special pool, the logs. As much as the
 * arenas, up to what all of those want. Where mapping takes memory, nothing limits addresses. */
static BOOLEAN MiIsRoomForOthers(VOID)
{
    SIZE_T Bytes = min(MiArenaCount * MiArenaBytes(), (SIZE_T)EMU_BY_WIDTH(24ull << 30, 512 << 20));
    PVOID Room = HostMapTakesMemory() ? NULL : HostAllocate(Bytes);

    if (Room != NULL) {
        HostFree(Room, Bytes);
    }
    return Room != NULL || HostMapTakesMemory();
}

/* NULL, or what the host refuses. */
static PCSTR MiMapArenas(VOID)
{
    for (ULONG Arena = 0; Arena < (HostMapTakesMemory() ? MiPaged : MiArenaCount); Arena++) {
        if (!HostMap((PVOID)MiArenaBase((MI_ARENA)Arena), MiUsableBytes((MI_ARENA)Arena),
                     MiAccessOf((MI_ARENA)Arena))) {
            return Arena == MiNonPagedExecute
                       ? "the host refuses memory that is writable and executable, which executable pool is "
                         "(SELinux execmem? too little memory: lower POOLEMU_EXECUTE_MIB?); " MI_NEEDS
                       : "the host refuses to map an arena; " MI_NEEDS;
        }
    }
    return NULL;
}

/* Arenas of that size, with what has to be there beside them. NULL, or what the host refuses. */
static PCSTR MiReserve(ULONG Shift)
{
    PVOID Base = HostReserve((SIZE_T)MiArenaCount << Shift, (SIZE_T)1 << MiSmallestShift);

    if (Base == NULL) {
        return "the host has no address space left for the pool; " MI_NEEDS;
    }
    MiRanges.Base = (ULONG_PTR)Base;
    MiRanges.Shift = Shift;
    MiExecutableBytes = MiWantedExecutableBytes();
    PCSTR Refused = MiMapArenas();
    if (Refused == NULL && !MiReserveShadows()) {
        Refused = "the host has no address space left for the memory engine; " MI_NEEDS;
    }
    if (Refused == NULL && !MiIsRoomForOthers() && Shift > MiSmallestShift) {
        MiFreeShadows();
        Refused = "";
    }
    if (Refused != NULL) {
        HostFree(Base, (SIZE_T)MiArenaCount << Shift);
    }
    return Refused;
}

static VOID MiReserveArenas(VOID)
{
    PCSTR Refused;

    for (ULONG Shift = MiWantedShift(); (Refused = MiReserve(Shift)) != NULL; Shift--) {
        if (Shift == MiSmallestShift) {
            MiRefuse(Refused);
        }
    }
    MiRanges.Cookie = (ULONG_PTR)HostRandom();
    for (ULONG Arena = 0; Arena < MiArenaCount; Arena++) {
        SIZE_T Bytes = MiUsableBytes((MI_ARENA)Arena);
        if (Bytes > MiFirstBytes && !HostMapTakesMemory()) {
            HostPreferLargePages((PVOID)(MiArenaBase((MI_ARENA)Arena) + MiFirstBytes), Bytes - MiFirstBytes);
        }
    }
}

PVOID MiReserveShare(SIZE_T *Bytes, SIZE_T Least)
{
    for (SIZE_T Wanted = *Bytes; Wanted >= Least; Wanted = Wanted / 2 & ~(SIZE_T)(PAGE_SIZE - 1)) {
        PVOID Base = HostReserve(Wanted, PAGE_SIZE);
        PVOID Rest = Base == NULL ? NULL : HostReserve(Wanted, PAGE_SIZE);
        if (Rest != NULL) {
            HostFree(Rest, Wanted);
            *Bytes = Wanted;
            return Base;
        }
        if (Base != NULL) {
            HostFree(Base, Wanted);
        }
    }
    return NULL;
}

static VOID MiMakeArenas(VOID)
{
    MiReserveArenas();
    SIZE_T Bytes = MiArenaCount * MiArenaBytes();
    if (!MiInitializePages(Bytes) || !MiInitializeSlabs(Bytes)) {
        MiRefuse("the host has no address space left for the page table; " MI_NEEDS);
    }
    MiInitializeCaches();
    MiInitializeEngine();
    HostCatchFaults(MiOnFault);
    EMU_ATOMIC_STORE(&MiRanges.Bytes, Bytes, EMU_ORDER_RELEASE);
    MiSettleFastPaths();
}

VOID MiHoldMemory(VOID)
{
    HostAcquire(&MiInitializeLock);
    HostAcquire(&MiFastPathsLock);
    MiBeforeFork();
    MiAcquireMappings();
    MiAcquireSpaces();
}

VOID MiReleaseMemory(VOID)
{
    MiReleaseSpaces();
    MiReleaseMappings();
    MiAfterForkInParent();
    HostRelease(&MiFastPathsLock);
    HostRelease(&MiInitializeLock);
}

VOID MiReleaseMemoryInChild(VOID)
{
    MiReleaseSpaces();
    MiReleaseMappings();
    MiAfterForkInChild();
    HostRelease(&MiFastPathsLock);
    HostRelease(&MiInitializeLock);
}

/* Several threads may have changed something: the last one to get here finds all of it. */
VOID MiSettleFastPaths(VOID)
{
    HostAcquire(&MiFastPathsLock);
    BOOLEAN Open = EMU_ATOMIC_LOAD(&KiUnusual, EMU_ORDER_FULL) == 0 && MiHasFastThreads();
    EMU_ATOMIC_STORE(&MiRanges.FastGranules,
                     Open ? EMU_ATOMIC_LOAD(&MiRanges.Bytes, EMU_ORDER_ACQUIRE) / MI_GRANULE : 0, EMU_ORDER_RELEASE);
    MiOpenTags(Open);
    HostRelease(&MiFastPathsLock);
}

VOID MiInitializeArenas(VOID)
{
    KiStart();
    if (!MiHasArenas()) {
        HostAcquire(&MiInitializeLock);
        if (MiRanges.Bytes == 0) {
            MiMakeArenas();
        }
        HostRelease(&MiInitializeLock);
    }
}

HOST_PROTECTION MiQueryProtection(HOST_MAP *Map, PVOID Address)
{
    HOST_PROTECTION Protection = Map == NULL ? HostQueryProtection(Address) : HostQueryMap(Map, Address);

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

/* arena.c: reserves and maps the three arenas. An arena's protection is set here and never changed again. */
#include "mm/arena.h"

#include <stdlib.h>

#include "host/host.h"
#include "ke/thread.h"
#include "mm/cache.h"
#include "mm/engine.h"
#include "mm/fault.h"
#include "mm/mapping.h"
#include "mm/page.h"
#include "mm/slab.h"
#include "mm/space.h"
#include "vf/special.h"

/* Address space, not memory: 16 GiB an arena, or what POOLEMU_ARENA_MIB or the host's limits leave of it. */
enum {
    MiSmallestShift = 26,
};

MI_RANGES MiRanges;

static HOST_LOCK MiInitializeLock;

static const HOST_ACCESS MiAccessOf[MiArenaCount] = {HostReadWriteExecute, HostReadWrite, HostReadWrite};

static DECLSPEC_NORETURN VOID MiRefuse(PCSTR What)
{
    HostWriteError("poolemu: ");
    HostWriteError(What);
    HostWriteError("\n");
    HostAbort();
}

static ULONG MiWantedShift(VOID)
{
    PCSTR Text = HostEnvironment("POOLEMU_ARENA_MIB");
    ULONG Shift = MiSmallestShift;

    if (Text == NULL) {
        return MI_LARGEST_SHIFT;
    }
    char *End = NULL;
    ULONG64 Mib = strtoull(Text, &End, 10);
    if (End == Text || *End != 0 || Mib < (1u << MiSmallestShift) >> 20 || Mib > (1ull << MI_LARGEST_SHIFT) >> 20) {
        MiRefuse(
            "POOLEMU_ARENA_MIB: want a number of MiB from 64 to 16384, the address space of each of the three arenas");
    }
    while (1ull << Shift < Mib << 20) {
        Shift++;
    }
    return Shift;
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
    for (ULONG Arena = 0; Arena < MiArenaCount; Arena++) {
        if (!HostMap((PVOID)MiArenaBase((MI_ARENA)Arena), MiArenaBytes(), MiAccessOf[Arena])) {
            MiRefuse(
                Arena == MiNonPagedExecute
                    ? "the host refuses memory that is writable and executable, which executable pool is "
                      "(SELinux execmem?)"
                    : "the host refuses to map an arena; lower POOLEMU_ARENA_MIB (MiB an arena, 16384 by default)");
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
    MiOpenFastPaths(EMU_ATOMIC_LOAD(&KiUnusual, EMU_ORDER_NONE) == 0);
}

static VOID MiStopInitializing(VOID)
{
    HostAcquire(&MiInitializeLock);
    MiBeforeFork();
    MiAcquireMappings();
    MiAcquireSpaces();
}

static VOID MiGoOnInParent(VOID)
{
    MiReleaseSpaces();
    MiReleaseMappings();
    MiAfterForkInParent();
    HostRelease(&MiInitializeLock);
}

static VOID MiGoOnInChild(VOID)
{
    MiReleaseSpaces();
    MiReleaseMappings();
    MiAfterForkInChild();
    HostRelease(&MiInitializeLock);
}

static VOID MiCatchForks(VOID)
{
    static const HOST_FORK Fork = {MiStopInitializing, MiGoOnInParent, MiGoOnInChild};

    HostAtFork(HostForkMm, &Fork);
}

VOID MiOpenFastPaths(BOOLEAN Open)
{
    MiCatchForks();
    EMU_ATOMIC_STORE(&MiRanges.FastBytes, Open ? EMU_ATOMIC_LOAD(&MiRanges.Bytes, EMU_ORDER_ACQUIRE) : 0,
                     EMU_ORDER_RELEASE);
    MiOpenTags(Open);
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

    if (Protection.End == 0 && VfIsSpecial((ULONG_PTR)Address)) {
        Protection.Start = (ULONG_PTR)PAGE_ALIGN(Address);
        Protection.End = Protection.Start + PAGE_SIZE;
        Protection.Read = Protection.Write = TRUE;
        Protection.Execute = VfSpecialAccess((ULONG_PTR)Address) == HostReadWriteExecute;
    }
    if (Protection.End == 0 && MiIsPoolAddress((ULONG_PTR)Address)) {
        MI_ARENA Arena = MiArenaOf((ULONG_PTR)Address);
        Protection.Start = MiArenaBase(Arena);
        Protection.End = Protection.Start + MiArenaBytes();
        Protection.Read = TRUE;
        Protection.Write = TRUE;
        Protection.Execute = MiAccessOf[Arena] == HostReadWriteExecute;
    }
    return Protection;
}

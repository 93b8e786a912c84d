/* engine.c: mimalloc behind engine.h, and the shadows that it manages. mimalloc is either linked in privately, or
 * Debian's library loaded with its symbols kept to itself: that one defines malloc, and linked the usual way it would
 * replace the C library's in every user. */
#include "mem/engine.h"

#include <mimalloc.h>

#include "host/host.h"
#include "core/assert.h"
#include "core/thread.h"
#include "mem/backing.h"
#include "mem/firstfit.h"
#include "mem/page.h"
#include "core/sanitizer.h"

#if defined(POOLEMU_MIMALLOC_STATIC)
#define MI_ROUTINE(Name) .Name = Name
#else
#define MI_ROUTINE(Name) .Name = NULL
#endif

static struct {
    __typeof__(&mi_version) mi_version;
    __typeof__(&mi_option_set) mi_option_set;
    __typeof__(&mi_manage_os_memory_ex) mi_manage_os_memory_ex;
    __typeof__(&mi_heap_new_in_arena) mi_heap_new_in_arena;
    __typeof__(&mi_heap_malloc) mi_heap_malloc;
    __typeof__(&mi_heap_malloc_aligned) mi_heap_malloc_aligned;
    __typeof__(&mi_heap_collect) mi_heap_collect;
    __typeof__(&mi_free) mi_free;
} Mi = {
    MI_ROUTINE(mi_version),           MI_ROUTINE(mi_option_set),  MI_ROUTINE(mi_manage_os_memory_ex),
    MI_ROUTINE(mi_heap_new_in_arena), MI_ROUTINE(mi_heap_malloc), MI_ROUTINE(mi_heap_malloc_aligned),
    MI_ROUTINE(mi_heap_collect),      MI_ROUTINE(mi_free),
};

enum {
    MI_DISCARD_BYTES = 1 << 20,              /* from here on zeroing costs more than new pages do */
    MI_KEPT_BYTES = 64 << 20,                /* as much free memory of an arena is not given back to the host */
    MI_SEGMENT_SHIFT = EMU_BY_WIDTH(25, 22), /* mimalloc's; shadows begin at a multiple of it */
};

/* What mimalloc manages for an arena: Base + N of the shadow stands for the arena's base + (N << Scale). */
typedef struct MI_SHADOW {
    ULONG_PTR Base;
    SIZE_T Bytes;
    ULONG Scale;
} MI_SHADOW;

static HOST_LOCK MiEngineLock;
static BOOLEAN MiIsFirstFit; /* a sanitizer watches: mimalloc is not used */
static MI_SHADOW MiShadow[MiArenaCount];
static struct {
    PVOID Base;
    SIZE_T Bytes;
} MiShadows; /* all of them, and what is around */
static mi_heap_t *MiHeap[MiArenaCount];
static SIZE_T MiBytesKept[MiArenaCount]; /* free, and as far as is known backed by memory */
static BOOLEAN MiHasFreed[MiArenaCount]; /* since mimalloc collected the arena's heap */

static DECLSPEC_NORETURN VOID MiEngineFails(PCSTR What, PCSTR Why)
{
    HostFatal("mimalloc: %s%s%s", What, Why != NULL ? ": " : "", Why != NULL ? Why : "");
}

/* 209 is 2.0.9; from 2.4.0 on two digits a part: 30403 is 3.4.3. */
static int MiMajor(int Version)
{
    return Version < 1000 ? Version / 100 : Version / 10000;
}

static int MiMinor(int Version)
{
    return Version < 1000 ? Version / 10 % 10 : Version / 100 % 100;
}

#if !defined(POOLEMU_MIMALLOC_STATIC)

static VOID MiLoadEngine(VOID)
{
    PCSTR Why = NULL;
    PVOID Library = HostLoadLibrary(POOLEMU_MIMALLOC_SONAME, &Why);

    if (Library == NULL) {
        MiEngineFails("cannot load " POOLEMU_MIMALLOC_SONAME " (Debian: apt-get install libmimalloc2.0)", Why);
    }
    static const struct {
        PCSTR Name;
        PVOID Routine;
    } Wanted[] = {
        {"mi_version", &Mi.mi_version},
        {"mi_option_set", &Mi.mi_option_set},
        {"mi_manage_os_memory_ex", &Mi.mi_manage_os_memory_ex},
        {"mi_heap_new_in_arena", &Mi.mi_heap_new_in_arena},
        {"mi_heap_malloc", &Mi.mi_heap_malloc},
        {"mi_heap_malloc_aligned", &Mi.mi_heap_malloc_aligned},
        {"mi_heap_collect", &Mi.mi_heap_collect},
        {"mi_free", &Mi.mi_free},
    };
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Wanted); Index++) {
        PVOID Routine = HostFindSymbol(Library, Wanted[Index].Name);
        if (Routine == NULL) {
            MiEngineFails("this library lacks a routine (2.0.9 or later is needed)", Wanted[Index].Name);
        }
        RtlCopyMemory(Wanted[Index].Routine, &Routine, sizeof(Routine));
    }
    if (MiMajor(Mi.mi_version()) != MiMajor(MI_MALLOC_VERSION)) {
        MiEngineFails("the library loaded has another major version than the header poolemu was built with", NULL);
    }
}

#endif

static VOID MiMakeHeaps(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    /* On hosts where memory is committed, mimalloc 2 would commit a heap's first segment page by page, which a pinned
     * arena does not do. */
    Mi.mi_option_set(mi_option_eager_commit_delay, 0);
    for (ULONG Arena = 0; Arena < MiArenaCount; Arena++) {
        mi_arena_id_t Id;
        const MI_SHADOW *Shadow = &MiShadow[Arena];
        /* Where mapping takes memory mimalloc commits and decommits. Elsewhere all is mapped, and stays. */
        BOOLEAN IsMapped = !HostMapTakesMemory();
        if (!Mi.mi_manage_os_memory_ex((PVOID)Shadow->Base, Shadow->Bytes, IsMapped, IsMapped, TRUE, -1, TRUE, &Id)) {
            MiEngineFails("it refuses to manage an arena", NULL);
        }
        MiHeap[Arena] = Mi.mi_heap_new_in_arena(Id);
        if (MiHeap[Arena] == NULL) {
            MiEngineFails("no memory for a heap", NULL);
        }
    }
}

/* ---- Shadows -------------------------------------------------------------------------------------------------- */

/* With a scale of 5 the shadow has 128 bytes for a page, with 1 it has 2048. mimalloc 2.0.9 aligns blocks of up to 1024
 * bytes to no more than 128, whatever it is asked for, so there is nothing in between. It gives a block of more than
 * half a segment whole segments, so a shadow needs several. */
static ULONG MiScaleFor(SIZE_T Bytes)
{
    enum {
        LeastSegments = 8,
    };
    SIZE_T Segments = Bytes >> MI_SEGMENT_SHIFT;

    return Segments >> 5 >= LeastSegments ? 5 : Segments >> 1 >= LeastSegments ? 1 : 0;
}

/* Somewhere in a range that is larger, so that no distance from an arena leads there. */
static ULONG_PTR MiReserveSomewhere(SIZE_T Bytes)
{
    SIZE_T Segment = (SIZE_T)1 << MI_SEGMENT_SHIFT;
    SIZE_T Slack = EMU_BY_WIDTH(min(MiArenaBytes(), 64 * Segment), 2 * Segment);
    SIZE_T Offset = Segment + (SIZE_T)(HostRandom() % (Slack / Segment - 1)) * Segment;

    MiShadows.Bytes = Bytes + Slack;
    MiShadows.Base = HostReserve(MiShadows.Bytes, Segment);
    if (MiShadows.Base == NULL) {
        return 0;
    }
    if (!HostMapTakesMemory() && !HostMap((PUCHAR)MiShadows.Base + Offset, Bytes, HostReadWrite)) {
        MiFreeShadows();
        return 0;
    }
    return (ULONG_PTR)MiShadows.Base + Offset;
}

BOOLEAN MiReserveShadows(VOID)
{
    SIZE_T Segment = (SIZE_T)1 << MI_SEGMENT_SHIFT;
    SIZE_T Bytes = 0;

    if (KiSanitizer() != KiNoSanitizer) {
        return TRUE;
    }
    for (ULONG Arena = 0; Arena < MiArenaCount; Arena++) {
        MI_SHADOW *Shadow = &MiShadow[Arena];
        Shadow->Scale = MiScaleFor(MiUsableBytes((MI_ARENA)Arena));
        Shadow->Bytes = MiUsableBytes((MI_ARENA)Arena) >> Shadow->Scale & ~(Segment - 1);
        Bytes += Shadow->Bytes;
    }
    ULONG_PTR Base = MiReserveSomewhere(Bytes);
    if (Base == 0) {
        return FALSE;
    }
    for (ULONG Arena = 0; Arena < MiArenaCount; Arena++) {
        MiShadow[Arena].Base = Base;
        Base += MiShadow[Arena].Bytes;
    }
    return TRUE;
}

VOID MiFreeShadows(VOID)
{
    if (MiShadows.Base != NULL) {
        HostFree(MiShadows.Base, MiShadows.Bytes);
        MiShadows.Base = NULL;
    }
}

/* What it gives is checked, as what it keeps may have been overwritten in spite of all. */
static PVOID MiRunOfShadow(MI_ARENA Arena, PVOID InShadow, SIZE_T Bytes)
{
    const MI_SHADOW *Shadow = &MiShadow[Arena];
    SIZE_T Offset = (ULONG_PTR)InShadow - Shadow->Base;
    PVOID Run = (PVOID)(MiArenaBase(Arena) + (Offset << Shadow->Scale));

    if (Offset >= Shadow->Bytes || Bytes >> Shadow->Scale > Shadow->Bytes - Offset || BYTE_OFFSET(Run) != 0) {
        MiEngineFails("it gives memory that it does not have; something wrote to what it keeps", NULL);
    }
    MI_PAGE_KIND Kind = MiKindOf(MiPageOf((ULONG_PTR)Run));
    if (Kind == MiPageSlab || Kind == MiPageLarge || Kind == MiPageCached) {
        MiEngineFails("it gives memory that is in use; something wrote to what it keeps", NULL);
    }
    return Run;
}

static PVOID MiShadowOfRun(MI_ARENA Arena, PVOID Run)
{
    return (PVOID)(MiShadow[Arena].Base + (((ULONG_PTR)Run - MiArenaBase(Arena)) >> MiShadow[Arena].Scale));
}

VOID MiInitializeEngine(VOID)
{
    MiIsFirstFit = KiSanitizer() != KiNoSanitizer;
    MiInitializeBacking();
    if (MiIsFirstFit) {
        MiInitializeFirstFit();
        for (ULONG Arena = 0; Arena < MiArenaCount; Arena++) {
            KiWatchArena((PVOID)MiArenaBase(Arena), MiUsableBytes(Arena));
        }
        return;
    }
#if !defined(POOLEMU_MIMALLOC_STATIC)
    MiLoadEngine();
#endif
    int Version = Mi.mi_version();
    if (MiMajor(Version) > 3 || (MiMajor(Version) == 3 && MiMinor(Version) >= 2)) {
        MiMakeHeaps(NULL); /* heaps belong to the process */
    } else if (!HostRunOnKeeper(MiMakeHeaps, NULL)) {
        /* Before 3.2 a heap belongs to the thread that made it and ends with it, and what it leaves behind is never
         * reused by a heap of an arena. So the heaps belong to a thread that never ends; the lock does the rest. */
        MiEngineFails("cannot start the thread that owns its heaps", NULL);
    }
}

/* Runs of whole pages come aligned by themselves most of the time, and cost less than those asked to be. */
static PVOID MiAllocateAligned(MI_ARENA Arena, SIZE_T Bytes, SIZE_T Alignment)
{
    ULONG Scale = MiShadow[Arena].Scale;
    PVOID Run = Mi.mi_heap_malloc(MiHeap[Arena], Bytes >> Scale);

    if (((ULONG_PTR)Run & ((Alignment >> Scale) - 1)) != 0) {
        Mi.mi_free(Run);
        Run = Mi.mi_heap_malloc_aligned(MiHeap[Arena], Bytes >> Scale, Alignment >> Scale);
    }
    return Run == NULL ? NULL : MiRunOfShadow(Arena, Run, Bytes);
}

static VOID MiGiveToEngine(MI_ARENA Arena, PVOID Run, SIZE_T Bytes)
{
    if (MiIsFirstFit) {
        MiGiveFirstFit(Arena, Run, Bytes);
    } else {
        Mi.mi_free(MiShadowOfRun(Arena, Run));
        MiHasFreed[Arena] = TRUE;
    }
}

/* A run comes into use: for a sanitizer nobody may touch it yet, and it may hold pointers to memory of the program's.
 * The lowest free pages are taken, so what was ever taken has one end. The caller holds the engine's lock. */
static VOID MiShowRun(MI_ARENA Arena, PVOID Run, SIZE_T Bytes)
{
    KI_ASSERT(HostIsHeld(&MiEngineLock));
    enum {
        Step = 1 << 20
    };
    static ULONG_PTR Ends[MiArenaCount];

    KiCloseBytes(Run, Bytes);
    for (Ends[Arena] = max(Ends[Arena], MiArenaBase(Arena)); Ends[Arena] < (ULONG_PTR)Run + Bytes;
         Ends[Arena] += Step) {
        KiAddRoots((PVOID)Ends[Arena], Step);
    }
}

/* mimalloc keeps what was freed for blocks of the same size, and whole segments for small blocks. When it has no room,
 * it collects all that, once for all that was freed. */
static PVOID MiAllocateOrCollect(MI_ARENA Arena, SIZE_T Bytes, SIZE_T Alignment)
{
    PVOID Run = MiAllocateAligned(Arena, Bytes, Alignment);

    if (Run == NULL && MiHasFreed[Arena]) {
        MiHasFreed[Arena] = FALSE;
        Mi.mi_heap_collect(MiHeap[Arena], TRUE);
        Run = MiAllocateAligned(Arena, Bytes, Alignment);
    }
    return Run;
}

static PVOID MiTakeBackedRun(MI_ARENA Arena, SIZE_T Bytes, SIZE_T Alignment, BOOLEAN *IsFresh)
{
    PVOID Run = MiIsFirstFit ? MiTakeFirstFit(Arena, Bytes, Alignment) : MiAllocateOrCollect(Arena, Bytes, Alignment);

    if (Run != NULL && !MiBackRun(Arena, Run, Bytes, IsFresh)) {
        MiGiveToEngine(Arena, Run, Bytes);
        return NULL;
    }
    if (Run != NULL && MiIsFirstFit) {
        MiShowRun(Arena, Run, Bytes);
    }
    return Run;
}

/* Memory given back to the host reads as zero, and costs nothing until it is touched. */
static VOID MiZeroRun(PVOID Run, SIZE_T Bytes)
{
    if (Bytes >= MI_DISCARD_BYTES || MiIsFirstFit) {
        HostDiscard(Run, Bytes);
    } else {
        KiEnterInside(); /* the run may be paged, and another thread at DISPATCH_LEVEL */
        RtlZeroMemory(Run, Bytes);
        KiLeaveInside();
    }
}

PVOID MiAllocateRun(MI_ARENA Arena, SIZE_T Bytes, SIZE_T Alignment, BOOLEAN Zero)
{
    BOOLEAN IsFresh = FALSE;

    HostAcquire(&MiEngineLock);
    KiEnterInside(); /* a fault is not the driver's */
    PVOID Run = MiTakeBackedRun(Arena, Bytes, Alignment, &IsFresh);
    MiBytesKept[Arena] -= min(MiBytesKept[Arena], Bytes);
    KiLeaveInside();
    HostRelease(&MiEngineLock);
    if (Zero && Run != NULL && (!IsFresh || MiIsFirstFit)) {
        MiZeroRun(Run, Bytes);
    }
    return Run;
}

/* mimalloc knows nothing of the arena's memory, so it is given back here, beyond a limit. */
VOID MiFreeRun(MI_ARENA Arena, PVOID Run, SIZE_T Bytes)
{
    HostAcquire(&MiEngineLock);
    KiEnterInside();
    if (MiBytesKept[Arena] + Bytes <= MI_KEPT_BYTES) {
        MiBytesKept[Arena] += Bytes;
    } else {
        MiUnbackRun(Arena, Run, Bytes);
    }
    MiGiveToEngine(Arena, Run, Bytes);
    KiLeaveInside();
    HostRelease(&MiEngineLock);
}

VOID MiAcquireEngine(VOID)
{
    HostAcquire(&MiEngineLock);
}

VOID MiReleaseEngine(VOID)
{
    HostRelease(&MiEngineLock);
}

#if DBG
BOOLEAN MiHoldsEngine(VOID)
{
    return HostIsHeld(&MiEngineLock);
}
#endif

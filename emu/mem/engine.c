/* engine.c: mimalloc behind engine.h. It is either linked in privately, or Debian's library loaded with its symbols
 * kept to itself: that one defines malloc, and linked the usual way it would replace the C library's in every user. */
#include "mem/engine.h"

#include <mimalloc.h>

#include "host/host.h"
#include "core/assert.h"
#include "core/thread.h"
#include "mem/firstfit.h"
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
    __typeof__(&mi_heap_zalloc) mi_heap_zalloc;
    __typeof__(&mi_heap_malloc_aligned) mi_heap_malloc_aligned;
    __typeof__(&mi_heap_zalloc_aligned) mi_heap_zalloc_aligned;
    __typeof__(&mi_free) mi_free;
} Mi = {
    MI_ROUTINE(mi_version),
    MI_ROUTINE(mi_option_set),
    MI_ROUTINE(mi_manage_os_memory_ex),
    MI_ROUTINE(mi_heap_new_in_arena),
    MI_ROUTINE(mi_heap_malloc),
    MI_ROUTINE(mi_heap_zalloc),
    MI_ROUTINE(mi_heap_malloc_aligned),
    MI_ROUTINE(mi_heap_zalloc_aligned),
    MI_ROUTINE(mi_free),
};

enum {
    MI_DISCARD_BYTES = 1 << 20, /* from here on zeroing costs more than new pages do */
    MI_KEPT_BYTES = 64 << 20,   /* as much free memory of an arena is not given back to the host */
};

static HOST_LOCK MiEngineLock;
static BOOLEAN MiIsFirstFit; /* a sanitizer watches: mimalloc is not used */
static mi_heap_t *MiHeap[MiArenaCount];
static SIZE_T MiBytesKept[MiArenaCount]; /* free, and as far as is known backed by memory */

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
        {"mi_heap_zalloc", &Mi.mi_heap_zalloc},
        {"mi_heap_malloc_aligned", &Mi.mi_heap_malloc_aligned},
        {"mi_heap_zalloc_aligned", &Mi.mi_heap_zalloc_aligned},
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
        /* mimalloc recommits what it decommitted with read-write protection, which would take the execute right
         * away: an executable arena is given as pinned, which mimalloc never decommits. */
        BOOLEAN Pinned = MiAccessOf((MI_ARENA)Arena) == HostReadWriteExecute;
        if (!Mi.mi_manage_os_memory_ex((PVOID)MiArenaBase(Arena), MiUsableBytes(Arena), Pinned, Pinned, TRUE, -1, TRUE,
                                       &Id)) {
            MiEngineFails("it refuses to manage an arena", NULL);
        }
        MiHeap[Arena] = Mi.mi_heap_new_in_arena(Id);
        if (MiHeap[Arena] == NULL) {
            MiEngineFails("no memory for a heap", NULL);
        }
    }
}

VOID MiInitializeEngine(VOID)
{
    MiIsFirstFit = KiSanitizer() != KiNoSanitizer;
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
static PVOID MiAllocateAligned(mi_heap_t *Heap, SIZE_T Bytes, SIZE_T Alignment, BOOLEAN Zero)
{
    PVOID Run = (Zero ? Mi.mi_heap_zalloc : Mi.mi_heap_malloc)(Heap, Bytes);

    if (((ULONG_PTR)Run & (Alignment - 1)) != 0) {
        Mi.mi_free(Run);
        Run = (Zero ? Mi.mi_heap_zalloc_aligned : Mi.mi_heap_malloc_aligned)(Heap, Bytes, Alignment);
    }
    return Run;
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

PVOID MiAllocateRun(MI_ARENA Arena, SIZE_T Bytes, SIZE_T Alignment, BOOLEAN Zero)
{
    /* Memory given back to the host reads as zero, and costs nothing until it is touched. */
    BOOLEAN ByDiscarding = Zero && (Bytes >= MI_DISCARD_BYTES || MiIsFirstFit);

    HostAcquire(&MiEngineLock);
    KiEnterInside(); /* the engine keeps its own notes in the arenas */
    PVOID Run = MiIsFirstFit ? MiTakeFirstFit(Arena, Bytes, Alignment)
                             : MiAllocateAligned(MiHeap[Arena], Bytes, Alignment, Zero && !ByDiscarding);
    if (MiIsFirstFit && Run != NULL) {
        MiShowRun(Arena, Run, Bytes);
    }
    MiBytesKept[Arena] -= min(MiBytesKept[Arena], Bytes);
    KiLeaveInside();
    HostRelease(&MiEngineLock);
    if (ByDiscarding && Run != NULL) {
        HostDiscard(Run, Bytes);
    }
    return Run;
}

/* mimalloc gives memory back late or, in a pinned arena, never. So beyond a limit it is done here, before mimalloc
 * gets the run: afterwards it keeps a link in the run's first page. */
VOID MiFreeRun(MI_ARENA Arena, PVOID Run, SIZE_T Bytes)
{
    HostAcquire(&MiEngineLock);
    BOOLEAN IsKept = MiBytesKept[Arena] + Bytes <= MI_KEPT_BYTES;
    if (IsKept) {
        MiBytesKept[Arena] += Bytes;
    } else {
        HostDiscard(Run, Bytes);
    }
    if (MiIsFirstFit) {
        MiGiveFirstFit(Arena, Run, Bytes);
    } else {
        KiEnterInside();
        Mi.mi_free(Run);
        KiLeaveInside();
    }
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

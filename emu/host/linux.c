/* linux.c: host.h on Linux: mmap, POSIX threads, the dynamic loader. */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#define _TIME_BITS 64 /* waiting for ever ends far in the future */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "host/hash.h"
#include "host/host.h"
#include "host/linux.h"

/* ---- Memory --------------------------------------------------------------------------------------------------- */

PVOID HostReserve(SIZE_T Bytes, SIZE_T Alignment)
{
    if (Bytes > SIZE_MAX - Alignment) {
        return NULL;
    }
    UCHAR *Raw = mmap(NULL, Bytes + Alignment, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (Raw == MAP_FAILED) {
        return NULL;
    }
    UCHAR *Base = (UCHAR *)(((ULONG_PTR)Raw + Alignment - 1) & ~(Alignment - 1));
    if (Base > Raw) {
        munmap(Raw, (SIZE_T)(Base - Raw));
    }
    SIZE_T Tail = (SIZE_T)(Raw + Alignment - Base);
    if (Tail > 0) {
        munmap(Base + Bytes, Tail);
    }
    return Base;
}

static const int HostProtectionOf[] = {
    [HostNoAccess] = PROT_NONE,
    [HostReadWrite] = PROT_READ | PROT_WRITE,
    [HostReadWriteExecute] = PROT_READ | PROT_WRITE | PROT_EXEC,
    [HostReadOnly] = PROT_READ,
    [HostReadExecute] = PROT_READ | PROT_EXEC,
};

BOOLEAN HostMap(PVOID Base, SIZE_T Bytes, HOST_ACCESS Access)
{
    PVOID Mapped =
        mmap(Base, Bytes, HostProtectionOf[Access], MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    if (Mapped != Base) {
        return FALSE;
    }
    madvise(Base, Bytes, MADV_DONTDUMP);
    return TRUE;
}

BOOLEAN HostMapTakesMemory(VOID)
{
    return FALSE;
}

VOID HostAllowDump(PVOID Base, SIZE_T Bytes)
{
    madvise(Base, Bytes, MADV_DODUMP);
}

PVOID HostAllocate(SIZE_T Bytes)
{
    PVOID Base = mmap(NULL, Bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return Base == MAP_FAILED ? NULL : Base;
}

VOID HostFree(PVOID Base, SIZE_T Bytes)
{
    munmap(Base, Bytes);
}

VOID HostDiscard(PVOID Base, SIZE_T Bytes)
{
    madvise(Base, Bytes, MADV_DONTNEED);
}

VOID HostPreferLargePages(PVOID Base, SIZE_T Bytes)
{
    madvise(Base, Bytes, MADV_HUGEPAGE);
}

BOOLEAN HostProtect(PVOID Base, SIZE_T Bytes, HOST_ACCESS Access)
{
    return mprotect(Base, Bytes, HostProtectionOf[Access]) == 0;
}

/* "7f0000000000-7f0000001000 rw-p ..." */
static BOOLEAN HostParseRange(const char *Line, HOST_PROTECTION *Range)
{
    char *Rest = NULL;

    Range->Start = strtoul(Line, &Rest, 16);
    Range->End = *Rest == '-' ? strtoul(Rest + 1, &Rest, 16) : 0;
    if (*Rest != ' ') {
        return FALSE;
    }
    Range->Read = Rest[1] == 'r';
    Range->Write = Rest[2] == 'w';
    Range->Execute = Rest[3] == 'x';
    return TRUE;
}

/* Calls Routine for each range, by address, until it returns FALSE. FALSE: the host cannot be asked. */
static BOOLEAN HostForEachRange(BOOLEAN (*Routine)(const HOST_PROTECTION *Range, PVOID Context), PVOID Context)
{
    FILE *Maps = fopen("/proc/self/maps", "re");
    char Line[512];
    BOOLEAN IsLineStart = TRUE, Wanted = TRUE;
    HOST_PROTECTION Range;

    if (Maps == NULL) {
        return FALSE;
    }
    while (Wanted && fgets(Line, sizeof(Line), Maps) != NULL) {
        if (IsLineStart && HostParseRange(Line, &Range)) {
            Wanted = Routine(&Range, Context);
        }
        IsLineStart = strchr(Line, '\n') != NULL; /* a file's name may be longer than Line */
    }
    fclose(Maps);
    return TRUE;
}

static BOOLEAN HostTakeRangeAround(const HOST_PROTECTION *Range, PVOID Context)
{
    HOST_PROTECTION *Protection = Context;

    if (Protection->Start >= Range->End) {
        return TRUE;
    }
    if (Protection->Start >= Range->Start) {
        *Protection = *Range;
    }
    return FALSE;
}

static HOST_PROTECTION HostNothingAt(PVOID Address)
{
    return (HOST_PROTECTION){.Start = (ULONG_PTR)Address, .End = (ULONG_PTR)Address + 1};
}

HOST_PROTECTION HostQueryProtection(PVOID Address)
{
    HOST_PROTECTION Protection = HostNothingAt(Address);

    return HostForEachRange(HostTakeRangeAround, &Protection) ? Protection : (HOST_PROTECTION){0};
}

static BOOLEAN HostAddRange(const HOST_PROTECTION *Range, PVOID Context)
{
    HOST_MAP *Map = Context;

    if (Map->Count == Map->Room) {
        SIZE_T Room = Map->Room == 0 ? 256 : 2 * Map->Room;
        HOST_PROTECTION *Larger = realloc(Map->Ranges, Room * sizeof(*Larger));
        if (Larger == NULL) {
            HostFatal("no memory for the host's map of %zu ranges", Room);
        }
        Map->Ranges = Larger;
        Map->Room = Room;
    }
    Map->Ranges[Map->Count++] = *Range;
    return TRUE;
}

static const HOST_PROTECTION *HostFindRange(const HOST_MAP *Map, ULONG_PTR Address)
{
    SIZE_T Low = 0, High = Map->Count;

    while (Low < High) {
        SIZE_T Middle = Low + (High - Low) / 2;
        if (Address >= Map->Ranges[Middle].End) {
            Low = Middle + 1;
        } else {
            High = Middle;
        }
    }
    return Low < Map->Count && Address >= Map->Ranges[Low].Start ? &Map->Ranges[Low] : NULL;
}

HOST_PROTECTION HostQueryMap(HOST_MAP *Map, PVOID Address)
{
    const HOST_PROTECTION *Range = HostFindRange(Map, (ULONG_PTR)Address);

    if (Range == NULL) {
        Map->Count = 0;
        if (!HostForEachRange(HostAddRange, Map)) {
            return (HOST_PROTECTION){0};
        }
        Range = HostFindRange(Map, (ULONG_PTR)Address);
    }
    return Range == NULL ? HostNothingAt(Address) : *Range;
}

VOID HostForgetMap(HOST_MAP *Map)
{
    free(Map->Ranges);
    *Map = (HOST_MAP){0};
}

/* ---- Memory at several addresses ------------------------------------------------------------------------------ */

typedef struct HOST_VIEW {
    struct HOST_VIEW *Next;
    UCHAR *Where;
    SIZE_T Offset;
    SIZE_T Bytes;
    HOST_ACCESS Access;
} HOST_VIEW;

/* Pages that can be shown elsewhere, too: from their mapping, or, where nothing can be mapped a second time (under
 * valgrind and qemu-user), from a file without a name. */
typedef struct HOST_PAGES {
    UCHAR *Base;
    int File; /* -1: none */
} HOST_PAGES;

struct HOST_SECTION {
    HOST_SECTION *Next;
    HOST_VIEW *Views;
    HOST_PAGES Pages;
    SIZE_T Bytes;
    PVOID Copy; /* what a child of the fork that is under way starts with */
};

static pthread_mutex_t HostSectionLock = PTHREAD_MUTEX_INITIALIZER;
static HOST_SECTION *HostSections;

static PVOID HostMapAnywhere(SIZE_T Bytes, int Sharing)
{
    PVOID Base = mmap(NULL, Bytes, PROT_READ | PROT_WRITE, Sharing | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return Base == MAP_FAILED ? NULL : Base;
}

/* Puts pages over those at Where, with their rights already right: nobody sees a state in between. */
static BOOLEAN HostMoveTo(PVOID From, SIZE_T Bytes, HOST_ACCESS Access, PVOID Where)
{
    if (mprotect(From, Bytes, HostProtectionOf[Access]) == 0 &&
        mremap(From, Bytes, Bytes, MREMAP_MAYMOVE | MREMAP_FIXED, Where) == Where) {
        return TRUE;
    }
    munmap(From, Bytes);
    return FALSE;
}

/* Moving nothing from a shared mapping makes a second one of the same pages. */
static PVOID HostMapAgain(PVOID Shared, SIZE_T Bytes)
{
    PVOID Second = mremap(Shared, 0, Bytes, MREMAP_MAYMOVE);

    return Second == MAP_FAILED ? NULL : Second;
}

static BOOLEAN HostShow(const HOST_PAGES *Pages, SIZE_T Offset, SIZE_T Bytes, HOST_ACCESS Access, PVOID Where)
{
    if (Pages->File >= 0) {
        return mmap(Where, Bytes, HostProtectionOf[Access], MAP_SHARED | MAP_FIXED, Pages->File, (off_t)Offset) ==
               Where;
    }
    PVOID Second = HostMapAgain(Pages->Base + Offset, Bytes);

    return Second != NULL && HostMoveTo(Second, Bytes, Access, Where);
}

static BOOLEAN HostCanMapAgain(VOID)
{
    static ULONG Answer; /* 1: no; 2: yes */
    SIZE_T Bytes = (SIZE_T)sysconf(_SC_PAGESIZE);

    if (EMU_ATOMIC_LOAD(&Answer, EMU_ORDER_NONE) == 0) {
        UCHAR *First = HostMapAnywhere(Bytes, MAP_SHARED);
        volatile UCHAR *Second = First == NULL ? NULL : HostMapAgain(First, Bytes);
        if (Second != NULL) {
            Second[0] = 1;
        }
        EMU_ATOMIC_STORE(&Answer, Second != NULL && EMU_ATOMIC_LOAD(First, EMU_ORDER_NONE) == 1 ? 2u : 1u,
                         EMU_ORDER_NONE);
        if (First != NULL) {
            munmap(First, Bytes);
        }
        if (Second != NULL) {
            munmap((PVOID)Second, Bytes);
        }
    }
    return EMU_ATOMIC_LOAD(&Answer, EMU_ORDER_NONE) == 2;
}

static VOID HostClosePages(HOST_PAGES *Pages, SIZE_T Bytes)
{
    if (Pages->Base != NULL) {
        munmap(Pages->Base, Bytes);
    }
    if (Pages->File >= 0) {
        close(Pages->File);
    }
}

static BOOLEAN HostOpenPages(HOST_PAGES *Pages, SIZE_T Bytes)
{
    Pages->File = -1;
    if (HostCanMapAgain()) {
        Pages->Base = HostMapAnywhere(Bytes, MAP_SHARED);
        return Pages->Base != NULL;
    }
    PVOID Base = MAP_FAILED;
    Pages->File = memfd_create("poolemu", MFD_CLOEXEC);
    if (Pages->File >= 0 && ftruncate(Pages->File, (off_t)Bytes) == 0) {
        Base = mmap(NULL, Bytes, PROT_READ | PROT_WRITE, MAP_SHARED, Pages->File, 0);
    }
    Pages->Base = Base == MAP_FAILED ? NULL : Base;
    if (Pages->Base == NULL) {
        HostClosePages(Pages, Bytes);
    }
    return Pages->Base != NULL;
}

/* Mapped as its pages will be when they are given back, so that the host sees one range again. */
PVOID HostReserveForSections(SIZE_T *Bytes)
{
    PVOID Base = HostReserve(*Bytes, (SIZE_T)sysconf(_SC_PAGESIZE));

    if (Base != NULL && !HostMap(Base, *Bytes, HostNoAccess)) {
        HostFree(Base, *Bytes);
        return NULL;
    }
    return Base;
}

HOST_SECTION *HostMakeSection(SIZE_T Bytes, HOST_SECTION_USE Use)
{
    (VOID) Use; /* all can be shown anywhere */
    HOST_SECTION *Section = calloc(1, sizeof(*Section));

    if (Section == NULL || !HostOpenPages(&Section->Pages, Bytes)) {
        free(Section);
        return NULL;
    }
    Section->Bytes = Bytes;
    pthread_mutex_lock(&HostSectionLock);
    Section->Next = HostSections;
    HostSections = Section;
    pthread_mutex_unlock(&HostSectionLock);
    return Section;
}

VOID HostCloseSection(HOST_SECTION *Section)
{
    HOST_SECTION **Link = &HostSections;

    pthread_mutex_lock(&HostSectionLock);
    while (*Link != Section) {
        Link = &(*Link)->Next;
    }
    *Link = Section->Next;
    pthread_mutex_unlock(&HostSectionLock);
    HostClosePages(&Section->Pages, Section->Bytes);
    free(Section);
}

PVOID HostSectionBase(const HOST_SECTION *Section)
{
    return Section->Pages.Base;
}

BOOLEAN HostMapSection(HOST_SECTION *Section, SIZE_T Offset, PVOID Where, SIZE_T Bytes, HOST_ACCESS Access)
{
    HOST_VIEW *View = malloc(sizeof(*View));

    if (View == NULL) {
        return FALSE;
    }
    *View = (HOST_VIEW){NULL, Where, Offset, Bytes, Access};
    pthread_mutex_lock(&HostSectionLock);
    BOOLEAN Shown = HostShow(&Section->Pages, Offset, Bytes, Access, Where);
    if (Shown) {
        View->Next = Section->Views;
        Section->Views = View;
    }
    pthread_mutex_unlock(&HostSectionLock);
    if (!Shown) {
        free(View);
    }
    return Shown;
}

static HOST_VIEW **HostFindView(HOST_SECTION *Section, PVOID Where)
{
    HOST_VIEW **Link = &Section->Views;

    while ((*Link)->Where != Where) {
        Link = &(*Link)->Next;
    }
    return Link;
}

static VOID HostForgetView(HOST_VIEW **Link)
{
    HOST_VIEW *View = *Link;

    *Link = View->Next;
    free(View);
}

BOOLEAN HostProtectView(HOST_SECTION *Section, PVOID Where, HOST_ACCESS Access)
{
    pthread_mutex_lock(&HostSectionLock);
    HOST_VIEW *View = *HostFindView(Section, Where);
    BOOLEAN Done = HostProtect(Where, View->Bytes, Access);
    if (Done) {
        View->Access = Access;
    }
    pthread_mutex_unlock(&HostSectionLock);
    return Done;
}

VOID HostUnmapView(HOST_SECTION *Section, PVOID Where)
{
    pthread_mutex_lock(&HostSectionLock);
    HOST_VIEW **Link = HostFindView(Section, Where);
    if (!HostMap(Where, (*Link)->Bytes, HostNoAccess)) {
        HostFatal("the host refuses to take a mapping back; too many mappings (vm.max_map_count)?");
    }
    HostForgetView(Link);
    pthread_mutex_unlock(&HostSectionLock);
}

/* Does /proc/self/mem have our memory at our addresses? Under qemu-user it may have it elsewhere, and a write would
 * change other memory. */
static BOOLEAN HostIsOwnMemory(int Memory)
{
    static ULONG Answer; /* 1: no; 2: yes */

    if (EMU_ATOMIC_LOAD(&Answer, EMU_ORDER_NONE) == 0) {
        ULONG64 Known = HostRandom(), Seen = 0;
        BOOLEAN Same =
            pread(Memory, &Seen, sizeof(Seen), (off_t)(ULONG_PTR)&Known) == (ssize_t)sizeof(Seen) && Seen == Known;
        EMU_ATOMIC_STORE(&Answer, Same ? 2u : 1u, EMU_ORDER_NONE);
    }
    return EMU_ATOMIC_LOAD(&Answer, EMU_ORDER_NONE) == 2;
}

/* Writes to pages that nobody has access to. */
static BOOLEAN HostFillHidden(PVOID Where, const UCHAR *Contents, SIZE_T Bytes)
{
    int Memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
    BOOLEAN IsOwn = Memory >= 0 && HostIsOwnMemory(Memory);
    SIZE_T Done = 0;

    while (IsOwn && Done < Bytes) {
        ssize_t Written = pwrite(Memory, Contents + Done, Bytes - Done, (off_t)((ULONG_PTR)Where + Done));
        if (Written <= 0) {
            break;
        }
        Done += (SIZE_T)Written;
    }
    if (Memory >= 0) {
        close(Memory);
    }
    return Done == Bytes;
}

/* New pages, filled before anybody sees them: the host joins them with their neighbours, and the number of its mappings
 * is what it was. */
static BOOLEAN HostRenew(PVOID Where, const UCHAR *Contents, SIZE_T Bytes, HOST_ACCESS Access)
{
    PVOID Mapped = mmap(Where, Bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);

    return Mapped == Where && HostFillHidden(Where, Contents, Bytes) && HostProtect(Where, Bytes, Access);
}

/* The same where /proc/self/mem cannot be used: a copy, moved there. */
static BOOLEAN HostReplace(PVOID Where, const UCHAR *Contents, SIZE_T Bytes, HOST_ACCESS Access)
{
    PVOID Copy = HostMapAnywhere(Bytes, MAP_PRIVATE);

    if (Copy == NULL) {
        return FALSE;
    }
    memcpy(Copy, Contents, Bytes);
    return HostMoveTo(Copy, Bytes, Access, Where);
}

BOOLEAN HostKeepView(HOST_SECTION *Section, PVOID Where, HOST_ACCESS Access)
{
    pthread_mutex_lock(&HostSectionLock);
    HOST_VIEW **Link = HostFindView(Section, Where);
    const UCHAR *Contents = Section->Pages.Base + (*Link)->Offset;
    SIZE_T Bytes = (*Link)->Bytes;
    BOOLEAN Done = HostRenew(Where, Contents, Bytes, Access) || HostReplace(Where, Contents, Bytes, Access);
    if (Done) {
        HostForgetView(Link);
    } else if (!HostShow(&Section->Pages, (*Link)->Offset, Bytes, (*Link)->Access, Where)) {
        HostFatal("the host refuses to give pool pages back that it took for a moment");
    }
    pthread_mutex_unlock(&HostSectionLock);
    return Done;
}

/* The pages of a section are shared with a forked child, too. So it gets copies, made before the fork. */
static VOID HostCopySections(VOID)
{
    pthread_mutex_lock(&HostSectionLock);
    for (HOST_SECTION *Section = HostSections; Section != NULL; Section = Section->Next) {
        Section->Copy = HostMapAnywhere(Section->Bytes, MAP_PRIVATE);
        if (Section->Copy != NULL) {
            memcpy(Section->Copy, Section->Pages.Base, Section->Bytes);
        }
    }
}

static VOID HostDropCopies(VOID)
{
    for (HOST_SECTION *Section = HostSections; Section != NULL; Section = Section->Next) {
        if (Section->Copy != NULL) {
            munmap(Section->Copy, Section->Bytes);
        }
    }
    pthread_mutex_unlock(&HostSectionLock);
}

static BOOLEAN HostTakeCopy(HOST_SECTION *Section)
{
    HOST_PAGES Fresh;

    if (Section->Copy == NULL || !HostOpenPages(&Fresh, Section->Bytes)) {
        return FALSE;
    }
    memcpy(Fresh.Base, Section->Copy, Section->Bytes);
    for (HOST_VIEW *View = Section->Views; View != NULL; View = View->Next) {
        if (!HostShow(&Fresh, View->Offset, View->Bytes, View->Access, View->Where)) {
            return FALSE;
        }
    }
    if (Section->Pages.File >= 0) {
        close(Section->Pages.File);
    }
    Section->Pages.File = Fresh.File;
    return HostMoveTo(Fresh.Base, Section->Bytes, HostReadWrite, Section->Pages.Base);
}

static VOID HostTakeCopies(VOID)
{
    for (HOST_SECTION *Section = HostSections; Section != NULL; Section = Section->Next) {
        if (!HostTakeCopy(Section)) {
            HostFatal("the host has no memory for a forked child's copy of mapped pool pages");
        }
    }
    HostDropCopies();
}

/* ---- Threads and processes ------------------------------------------------------------------------------------ */

_Static_assert(sizeof(pthread_mutex_t) <= sizeof(HOST_LOCK), "HOST_LOCK holds a mutex");

/* To be called while the lock is held: right after it was taken, and before it is let go. */
static VOID HostNoteOwner(HOST_LOCK *Lock, BOOLEAN IsHeld)
{
    EMU_ATOMIC_STORE(&Lock->Owner, IsHeld ? HostThreadId() : 0, EMU_ORDER_NONE);
}

BOOLEAN HostIsHeld(const HOST_LOCK *Lock)
{
    return EMU_ATOMIC_LOAD(&Lock->Owner, EMU_ORDER_NONE) == HostThreadId();
}

/* The lock that this thread takes or lets go just now: a signal handler may find it held, and nobody noted. */
static EMU_THREAD_LOCAL HOST_LOCK *volatile HostChangingLock;

VOID HostAcquire(HOST_LOCK *Lock)
{
    pthread_mutex_t *Mutex = (pthread_mutex_t *)Lock;

    if (HostChangingLock == Lock) {
        HostRefuseReentry();
    }
    HostChangingLock = Lock;
    if (pthread_mutex_trylock(Mutex) != 0) {
        if (HostIsHeld(Lock)) {
            HostRefuseReentry();
        }
        pthread_mutex_lock(Mutex);
    }
    HostNoteOwner(Lock, TRUE);
    HostChangingLock = NULL;
}

VOID HostRelease(HOST_LOCK *Lock)
{
    HostChangingLock = Lock;
    HostNoteOwner(Lock, FALSE);
    pthread_mutex_unlock((pthread_mutex_t *)Lock);
    HostChangingLock = NULL;
}

_Static_assert(sizeof(pthread_cond_t) <= sizeof(HOST_CONDITION), "HOST_CONDITION holds a condition variable");

enum {
    HOST_UNITS = 10000000, /* of 100 ns, in a second */
};

VOID HostWait(HOST_CONDITION *Condition, HOST_LOCK *Lock, LONG64 Until)
{
    struct timespec Time = {Until / HOST_UNITS, Until % HOST_UNITS * 100};

    HostNoteOwner(Lock, FALSE);
    pthread_cond_clockwait((pthread_cond_t *)Condition, (pthread_mutex_t *)Lock, CLOCK_MONOTONIC, &Time);
    HostNoteOwner(Lock, TRUE);
}

VOID HostWakeAll(HOST_CONDITION *Condition)
{
    pthread_cond_broadcast((pthread_cond_t *)Condition);
}

static LONG64 HostTimeOf(clockid_t Clock)
{
    struct timespec Time;

    clock_gettime(Clock, &Time);
    return (LONG64)Time.tv_sec * HOST_UNITS + Time.tv_nsec / 100;
}

LONG64 HostInterruptTime(VOID)
{
    return HostTimeOf(CLOCK_MONOTONIC);
}

LONG64 HostSystemTime(VOID)
{
    return HostTimeOf(CLOCK_REALTIME) + 11644473600 * HOST_UNITS; /* seconds between 1601 and 1970 */
}

VOID HostYield(VOID)
{
    sched_yield();
}

ULONG_PTR HostThreadId(VOID)
{
    return (ULONG_PTR)pthread_self();
}

BOOLEAN HostReadyBarrier(VOID)
{
    return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

VOID HostBarrierOnAllThreads(VOID)
{
    if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) != 0) {
        HostFatal("the host took membarrier back");
    }
}

static pthread_key_t HostExitKey;
static pthread_once_t HostExitOnce = PTHREAD_ONCE_INIT;

static void HostRunExitRoutine(void *Value)
{
    VOID (*Routine)(VOID);

    memcpy(&Routine, &Value, sizeof(Routine));
    Routine();
}

static void HostMakeExitKey(void)
{
    if (pthread_key_create(&HostExitKey, HostRunExitRoutine) != 0) {
        HostFatal("no pthread key is left; free one (pthread_key_delete)");
    }
}

VOID HostAtThreadExit(VOID (*Routine)(VOID))
{
    void *Value;

    memcpy(&Value, &Routine, sizeof(Value));
    pthread_once(&HostExitOnce, HostMakeExitKey);
    pthread_setspecific(HostExitKey, Value);
}

static const HOST_FORK *HostFork;

static void HostBeforeFork(void)
{
    HostFork->Before();
    HostAcquireSource();
    HostAcquireImages();
    HostCopySections();
}

static void HostAfterForkInParent(void)
{
    HostDropCopies();
    HostReleaseImages();
    HostReleaseSource();
    HostFork->AfterInParent();
}

static void HostAfterForkInChild(void)
{
    HostTakeCopies();
    HostReleaseImages();
    HostReleaseSource();
    HostFork->AfterInChild();
}

VOID HostCatchForks(const HOST_FORK *Routines)
{
    HostFork = Routines;
    if (pthread_atfork(HostBeforeFork, HostAfterForkInParent, HostAfterForkInChild) != 0) {
        HostFatal("the host has no memory to watch forks");
    }
}

typedef struct HOST_KEEPER {
    VOID (*Routine)(PVOID Context);
    PVOID Context;
    pthread_mutex_t Mutex;
    pthread_cond_t Changed;
    BOOLEAN Done;
} HOST_KEEPER;

/* Then this thread's end is told to nobody. */
static VOID HostForgetThreadValues(VOID)
{
    for (pthread_key_t Key = 0; Key < PTHREAD_KEYS_MAX; Key++) {
        if (pthread_getspecific(Key) != NULL) {
            pthread_setspecific(Key, NULL);
        }
    }
}

/* The thread ends, so that it neither holds the process when its last other thread ends nor is anywhere a signal could
 * go. As nobody joins it, the C library keeps its memory, and with that what belongs to the thread. */
static void *HostKeeperMain(void *Argument)
{
    HOST_KEEPER *Keeper = Argument;

    Keeper->Routine(Keeper->Context);
    HostForgetThreadValues();
    pthread_mutex_lock(&Keeper->Mutex);
    Keeper->Done = TRUE;
    pthread_cond_signal(&Keeper->Changed);
    pthread_mutex_unlock(&Keeper->Mutex); /* Keeper is gone from here on */
    return NULL;
}

static BOOLEAN HostStart(void *(*Main)(void *Argument), void *Argument, int DetachState)
{
    pthread_attr_t Attributes;
    pthread_t Thread;
    sigset_t All, Before;

    pthread_attr_init(&Attributes);
    pthread_attr_setdetachstate(&Attributes, DetachState);
    sigfillset(&All);
    pthread_sigmask(SIG_SETMASK, &All, &Before); /* the thread inherits it: signals are for the application's threads */
    int Error = pthread_create(&Thread, &Attributes, Main, Argument);
    pthread_sigmask(SIG_SETMASK, &Before, NULL);
    pthread_attr_destroy(&Attributes);
    return Error == 0;
}

static void *HostThreadMain(void *Argument)
{
    VOID (*Routine)(VOID) = (VOID(*)(VOID))(ULONG_PTR)Argument;

    Routine();
    return NULL;
}

BOOLEAN HostStartThread(VOID (*Routine)(VOID))
{
    return HostStart(HostThreadMain, (void *)(ULONG_PTR)Routine, PTHREAD_CREATE_DETACHED);
}

BOOLEAN HostRunOnKeeper(VOID (*Routine)(PVOID Context), PVOID Context)
{
    HOST_KEEPER Keeper = {Routine, Context, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, FALSE};

    if (!HostStart(HostKeeperMain, &Keeper, PTHREAD_CREATE_JOINABLE)) {
        return FALSE;
    }
    pthread_mutex_lock(&Keeper.Mutex);
    while (!Keeper.Done) {
        pthread_cond_wait(&Keeper.Changed, &Keeper.Mutex);
    }
    pthread_mutex_unlock(&Keeper.Mutex);
    return TRUE;
}

/* ---- The rest ------------------------------------------------------------------------------------------------- */

PVOID HostLoadLibrary(PCSTR Name, PCSTR *Why)
{
    PVOID Library = dlopen(Name, RTLD_NOW | RTLD_LOCAL);

    *Why = Library == NULL ? dlerror() : NULL;
    return Library;
}

PVOID HostFindSymbol(PVOID Library, PCSTR Name)
{
    return dlsym(Library, Name);
}

VOID HostDescribeCode(ULONG_PTR Instruction, PSTR Text, SIZE_T Bytes)
{
    Dl_info Info;

    if (dladdr((void *)Instruction, &Info) == 0) {
        snprintf(Text, Bytes, "%#lx", (unsigned long)Instruction);
    } else if (Info.dli_sname != NULL) {
        snprintf(Text, Bytes, "%s+%#lx (%s)", Info.dli_sname, (unsigned long)(Instruction - (ULONG_PTR)Info.dli_saddr),
                 Info.dli_fname);
    } else {
        snprintf(Text, Bytes, "%s+%#lx", Info.dli_fname, (unsigned long)(Instruction - (ULONG_PTR)Info.dli_fbase));
    }
}

ULONG HostCaptureStack(PVOID *Frames, ULONG Count)
{
    return (ULONG)backtrace(Frames, (int)Count);
}

/* Set-user-ID, or otherwise more than who started it: who sets its environment is not to steer it. */
static BOOLEAN HostIsPrivileged(VOID)
{
    return getauxval(AT_SECURE) != 0;
}

PCSTR HostEnvironment(PCSTR Name)
{
    return HostIsPrivileged() ? NULL : getenv(Name);
}

VOID HostForEachVariable(VOID (*Routine)(PCSTR Assignment))
{
    for (char **Variable = HostIsPrivileged() ? NULL : environ; Variable != NULL && *Variable != NULL; Variable++) {
        Routine(*Variable);
    }
}

ULONG64 HostMilliseconds(VOID)
{
    struct timespec Now;

    clock_gettime(CLOCK_MONOTONIC, &Now);
    return (ULONG64)Now.tv_sec * 1000 + (ULONG64)Now.tv_nsec / 1000000;
}

ULONG64 HostRandom(VOID)
{
    ULONG64 Value;

    if (getrandom(&Value, sizeof(Value), 0) != (ssize_t)sizeof(Value)) {
        struct timespec Now;
        clock_gettime(CLOCK_MONOTONIC, &Now);
        Value = HostHash64((ULONG64)Now.tv_nsec) ^ (ULONG_PTR)&Value;
    }
    return Value;
}

VOID HostWriteError(PCSTR Text)
{
    SIZE_T Left = strlen(Text);

    while (Left > 0) {
        ssize_t Written = write(STDERR_FILENO, Text, Left);
        if (Written < 0 && errno != EINTR) {
            return;
        }
        if (Written > 0) {
            Text += Written;
            Left -= (SIZE_T)Written;
        }
    }
}

VOID HostAbort(VOID)
{
    abort();
}

PCSTR HostFileName(PCSTR Path)
{
    PCSTR Slash = strrchr(Path, '/');

    return Slash == NULL ? Path : Slash + 1;
}

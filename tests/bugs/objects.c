/* objects.c: events, timers, fast mutexes and resources: where they lie, and what is left of them. */
#include "bugs.h"

/* ---- In the wrong memory -------------------------------------------------------------------------------------- */

typedef struct PENDING {
    LIST_ENTRY Links;
    KEVENT Done;
} PENDING;

static VOID EventInPagedPool(VOID)
{
    PENDING *Pending = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(PENDING), BUG_TAG);

    if (Pending != NULL) {
        KeInitializeEvent(&Pending->Done, NotificationEvent, FALSE);
        KeSetEvent(&Pending->Done, IO_NO_INCREMENT, FALSE);
        ExFreePoolWithTag(Pending, BUG_TAG);
    }
}

static VOID FastMutexInPagedPool(VOID)
{
    PFAST_MUTEX Mutex = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(FAST_MUTEX), BUG_TAG);

    if (Mutex != NULL) {
        ExInitializeFastMutex(Mutex);
        ExAcquireFastMutex(Mutex);
        ExReleaseFastMutex(Mutex);
        ExFreePoolWithTag(Mutex, BUG_TAG);
    }
}

/* ---- Freed while in use --------------------------------------------------------------------------------------- */

typedef struct WATCHDOG {
    KTIMER Timer;
    KDPC Dpc;
    ULONG Ticks;
} WATCHDOG;

static VOID NTAPI OnTick(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2)
{
    WATCHDOG *Watchdog = DeferredContext;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(SystemArgument1);
    UNREFERENCED_PARAMETER(SystemArgument2);
    Watchdog->Ticks++;
}

static VOID StartWatchdog(WATCHDOG *Watchdog)
{
    LARGE_INTEGER DueTime;

    KeInitializeTimer(&Watchdog->Timer);
    KeInitializeDpc(&Watchdog->Dpc, OnTick, Watchdog);
    DueTime.QuadPart = -600 * 10000000LL; /* in ten minutes */
    KeSetTimer(&Watchdog->Timer, DueTime, &Watchdog->Dpc);
}

static VOID ActiveTimerFreed(VOID)
{
    WATCHDOG *Watchdog = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(WATCHDOG), BUG_TAG);

    if (Watchdog != NULL) {
        StartWatchdog(Watchdog);
        ExFreePoolWithTag(Watchdog, BUG_TAG);
    }
}

static VOID TimerNotCancelled(VOID)
{
    static WATCHDOG Watchdog;

    StartWatchdog(&Watchdog);
}

static VOID ResourceNotDeleted(VOID)
{
    PERESOURCE Resource = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(ERESOURCE), BUG_TAG);

    if (Resource != NULL) {
        ExInitializeResourceLite(Resource);
        ExFreePoolWithTag(Resource, BUG_TAG);
    }
}

/* ---- Taken in the wrong way ----------------------------------------------------------------------------------- */

static VOID FastMutexTakenTwice(VOID)
{
    static FAST_MUTEX Mutex;

    ExInitializeFastMutex(&Mutex);
    ExAcquireFastMutex(&Mutex);
    ExAcquireFastMutex(&Mutex);
    ExReleaseFastMutex(&Mutex);
    ExReleaseFastMutex(&Mutex);
}

static VOID FastMutexTakenAtDispatch(VOID)
{
    static FAST_MUTEX Mutex;

    ExInitializeFastMutex(&Mutex);
    KIRQL Irql = KeRaiseIrqlToDpcLevel();
    ExAcquireFastMutex(&Mutex);
    ExReleaseFastMutex(&Mutex);
    KeLowerIrql(Irql);
}

/* The region keeps the thread from being suspended with the resource in its hands. */
static VOID ResourceOutsideCriticalRegion(VOID)
{
    static ERESOURCE Resource;

    ExInitializeResourceLite(&Resource);
    ExAcquireResourceExclusiveLite(&Resource, TRUE);
    ExReleaseResourceLite(&Resource);
    ExDeleteResourceLite(&Resource);
}

static VOID ResourceReleasedTwice(VOID)
{
    static ERESOURCE Resource;

    ExInitializeResourceLite(&Resource);
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&Resource, TRUE);
    ExReleaseResourceLite(&Resource);
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
    ExDeleteResourceLite(&Resource);
}

const BUG ObjectBugs[] = {
    {.Name = "event_in_paged_pool", .Run = EventInPagedPool},
    {.Name = "fast_mutex_in_paged_pool", .Run = FastMutexInPagedPool},
    {.Name = "active_timer_freed", .Run = ActiveTimerFreed},
    {.Name = "timer_not_cancelled", .Run = TimerNotCancelled},
    {.Name = "resource_not_deleted", .Run = ResourceNotDeleted},
    {.Name = "fast_mutex_taken_twice", .Run = FastMutexTakenTwice},
    {.Name = "fast_mutex_taken_at_dispatch", .Run = FastMutexTakenAtDispatch},
    {.Name = "resource_outside_critical_region", .Run = ResourceOutsideCriticalRegion},
    {.Name = "resource_released_twice", .Run = ResourceReleasedTwice},
    {.Name = NULL},
};

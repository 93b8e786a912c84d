/* object_misuse.c: what a driver must not do with the objects that it keeps in memory of its own, and the stop of
 * Driver Verifier for it: used before the initialization or after the delete, initialized again or freed while in use,
 * left on a stack frame that is gone. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <unistd.h>

#include "support.h"

enum {
    MILLISECOND = 10000,
    INITIALIZED_IN_USE = 0x200E0,
    NOT_INITIALIZED = 0x200E1,
    FREED_IN_USE = 0x200E2,
    FRAME_IS_GONE = 0x200E3,
    PUSHED_TWICE = 0x200E4,
    QUOTA_LEFT = 0x200E5,
    MDL_FREED_AS_POOL = 0x200E6,
};

static const LARGE_INTEGER InAnHour = {.QuadPart = -3600ll * 1000 * MILLISECOND};

static VOID Verify(VOID)
{
    cr_assert_eq(EmuSetVerifier(EMU_VERIFIER_STANDARD & ~EMU_VERIFIER_SPECIAL_POOL), STATUS_SUCCESS);
}

TestSuite(object_misuse, .init = Verify, .timeout = 60);

#define STOP_OF(Statement)                                                                                             \
    __extension__({                                                                                                    \
        EMU_BUGCHECK Caught;                                                                                           \
        EMU_CATCH_BUGCHECK(&Caught)                                                                                    \
        {                                                                                                              \
            Statement;                                                                                                 \
        }                                                                                                              \
        Caught;                                                                                                        \
    })

#define EXPECT_C4(Statement, Row, P2, P3, P4)                                                                          \
    EXPECT_STOP(STOP_OF(Statement), DRIVER_VERIFIER_DETECTED_VIOLATION, Row, P2, P3, P4)

static PVOID NewBlock(SIZE_T Bytes)
{
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, TAG);

    cr_assert_not_null(Block);
    memset(Block, 0, Bytes);
    return Block;
}

static VOID NTAPI DoNothing(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
}

/* ---- Events --------------------------------------------------------------------------------------------------- */

Test(object_misuse, an_event_that_is_not_initialized_is_none)
{
    static KEVENT Event;

    EXPECT_C4(KeSetEvent(&Event, IO_NO_INCREMENT, FALSE), 0xE1, &Event, 0, 0);
    EXPECT_C4(KeResetEvent(&Event), 0xE1, &Event, 0, 0);
    EXPECT_C4(KeClearEvent(&Event), 0xE1, &Event, 0, 0);
    EXPECT_C4(KeReadStateEvent(&Event), 0xE1, &Event, 0, 0);
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    EXPECT_NO_STOP(STOP_OF(KeSetEvent(&Event, IO_NO_INCREMENT, FALSE)));
}

static void *WaitInThread(void *Object)
{
    KeWaitForSingleObject(Object, Executive, KernelMode, FALSE, NULL);
    return NULL;
}

/* The thread waits when it returns, or soon. */
static VOID StartWaiter(pthread_t *Waiter, PVOID Object)
{
    cr_assert_eq(pthread_create(Waiter, NULL, WaitInThread, Object), 0);
    usleep(200 * 1000);
}

Test(object_misuse, an_event_is_not_initialized_while_a_thread_waits_for_it)
{
    static KEVENT Event;
    pthread_t Waiter;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    StartWaiter(&Waiter, &Event);
    EXPECT_C4(KeInitializeEvent(&Event, NotificationEvent, FALSE), INITIALIZED_IN_USE, &Event, 0, 0);
    KeSetEvent(&Event, IO_NO_INCREMENT, FALSE);
    pthread_join(Waiter, NULL);
    EXPECT_NO_STOP(STOP_OF(KeInitializeEvent(&Event, NotificationEvent, FALSE)));
}

Test(object_misuse, an_event_is_not_freed_while_a_thread_waits_for_it)
{
    PKEVENT Event = NewBlock(100);
    pthread_t Waiter;

    KeInitializeEvent(Event, NotificationEvent, FALSE);
    StartWaiter(&Waiter, Event);
    EXPECT_C4(ExFreePoolWithTag(Event, TAG), FREED_IN_USE, Event, Event, 100);
    KeSetEvent(Event, IO_NO_INCREMENT, FALSE);
    pthread_join(Waiter, NULL);
    EXPECT_NO_STOP(StopOfFree(Event, TAG));
}

/* ---- Timers and DPCs ------------------------------------------------------------------------------------------ */

Test(object_misuse, a_timer_that_is_not_initialized_is_none)
{
    static KTIMER Timer;

    EXPECT_C4(KeSetTimer(&Timer, InAnHour, NULL), 0xE1, &Timer, 0, 0);
    EXPECT_C4(KeSetTimerEx(&Timer, InAnHour, 1, NULL), 0xE1, &Timer, 0, 0);
    EXPECT_C4(KeCancelTimer(&Timer), 0xE1, &Timer, 0, 0);
    EXPECT_C4(KeReadStateTimer(&Timer), 0xE1, &Timer, 0, 0);
}

Test(object_misuse, a_timer_is_not_initialized_while_it_is_set)
{
    static KTIMER Timer;

    KeInitializeTimer(&Timer);
    KeSetTimer(&Timer, InAnHour, NULL);
    EXPECT_STOP(STOP_OF(KeInitializeTimer(&Timer)), TIMER_OR_DPC_INVALID, 0, &Timer, &Timer, &Timer + 1);
    EXPECT_STOP(STOP_OF(KeInitializeTimerEx(&Timer, SynchronizationTimer)), TIMER_OR_DPC_INVALID, 0, &Timer, &Timer,
                &Timer + 1);
    KeCancelTimer(&Timer);
    EXPECT_NO_STOP(STOP_OF(KeInitializeTimer(&Timer)));
}

Test(object_misuse, a_timer_is_not_freed_while_it_is_set)
{
    PKTIMER Timer = NewBlock(100);

    KeInitializeTimer(Timer);
    KeSetTimer(Timer, InAnHour, NULL);
    EXPECT_C4(ExFreePoolWithTag(Timer, TAG), 0x15, Timer, NonPagedPoolNx, Timer);
}

Test(object_misuse, a_timer_takes_no_DPC_that_is_not_initialized)
{
    static KTIMER Timer;
    static KDPC Dpc;

    KeInitializeTimer(&Timer);
    EXPECT_C4(KeSetTimer(&Timer, InAnHour, &Dpc), NOT_INITIALIZED, &Dpc, 0, 0);
    KeInitializeDpc(&Dpc, DoNothing, NULL);
    EXPECT_NO_STOP(STOP_OF(KeSetTimer(&Timer, InAnHour, &Dpc)));
}

Test(object_misuse, a_DPC_is_not_initialized_while_its_timer_is_set)
{
    static KTIMER Timer;
    static KDPC Dpc;

    KeInitializeTimer(&Timer);
    KeInitializeDpc(&Dpc, DoNothing, NULL);
    KeSetTimer(&Timer, InAnHour, &Dpc);
    EXPECT_STOP(STOP_OF(KeInitializeDpc(&Dpc, DoNothing, NULL)), TIMER_OR_DPC_INVALID, 1, &Dpc, &Dpc, &Dpc + 1);
    KeCancelTimer(&Timer);
    EXPECT_NO_STOP(STOP_OF(KeInitializeDpc(&Dpc, DoNothing, NULL)));
}

Test(object_misuse, a_DPC_is_not_freed_while_its_timer_is_set)
{
    static KTIMER Timer;
    PKDPC Dpc = NewBlock(100);

    KeInitializeTimer(&Timer);
    KeInitializeDpc(Dpc, DoNothing, NULL);
    KeSetTimer(&Timer, InAnHour, Dpc);
    EXPECT_STOP(StopOfFree(Dpc, TAG), TIMER_OR_DPC_INVALID, 1, Dpc, Dpc, (PUCHAR)Dpc + 100);
    KeSetTimer(&Timer, InAnHour, NULL);
    EXPECT_NO_STOP(StopOfFree(Dpc, TAG));
}

/* ---- Locks ---------------------------------------------------------------------------------------------------- */

Test(object_misuse, a_fast_mutex_that_is_not_initialized_is_not_acquired)
{
    static FAST_MUTEX Mutex;

    EXPECT_C4(ExAcquireFastMutex(&Mutex), 0x1002, &Mutex, 0, 0);
    EXPECT_C4(ExTryToAcquireFastMutex(&Mutex), 0x1002, &Mutex, 0, 0);
    EmuSetVerifier(0);
    EXPECT_C4(ExAcquireFastMutex(&Mutex), 0x1002, &Mutex, 0, 0);
}

Test(object_misuse, a_fast_mutex_is_not_initialized_while_a_thread_has_it)
{
    static FAST_MUTEX Mutex;

    ExInitializeFastMutex(&Mutex);
    ExInitializeFastMutex(&Mutex); /* nobody has it */
    ExAcquireFastMutex(&Mutex);
    EXPECT_C4(ExInitializeFastMutex(&Mutex), 0x1005, &Mutex, 0, 0);
}

Test(object_misuse, a_fast_mutex_is_not_freed_while_a_thread_has_it)
{
    PFAST_MUTEX Mutex = NewBlock(sizeof(*Mutex));

    ExInitializeFastMutex(Mutex);
    ExAcquireFastMutex(Mutex);
    EXPECT_C4(ExFreePoolWithTag(Mutex, TAG), 0x100B, Mutex, ThisThread(), 0);
    ExReleaseFastMutex(Mutex);
    EXPECT_NO_STOP(StopOfFree(Mutex, TAG));
}

Test(object_misuse, a_spin_lock_is_not_freed_while_a_thread_has_it)
{
    PKSPIN_LOCK Lock = NewBlock(64);
    ULONG_PTR Thread = ThisThread();
    KIRQL Irql;

    KeInitializeSpinLock(Lock);
    KeAcquireSpinLock(Lock, &Irql);
    EXPECT_C4(ExFreePoolWithTag(Lock, TAG), 0x100B, Lock, Thread, 0);
    KeReleaseSpinLock(Lock, Irql);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    cr_assert(KeTryToAcquireSpinLockAtDpcLevel(Lock));
    EXPECT_C4(ExFreePoolWithTag(Lock, TAG), 0x100B, Lock, Thread, 0);
    KeReleaseSpinLockFromDpcLevel(Lock);
    KeLowerIrql(Irql);
    EXPECT_NO_STOP(StopOfFree(Lock, TAG));
}

Test(object_misuse, before_Windows_7_nothing_looks_at_locks_that_are_freed)
{
    PKSPIN_LOCK Lock = NewBlock(64);
    KIRQL Irql;

    cr_assert_eq(EmuSetWindows("vista"), STATUS_SUCCESS);
    KeAcquireSpinLock(Lock, &Irql);
    EXPECT_NO_STOP(StopOfFree(Lock, TAG));
}

Test(object_misuse, a_resource_is_not_deleted_while_a_thread_has_it)
{
    static ERESOURCE Resource;

    KeEnterCriticalRegion();
    ExInitializeResourceLite(&Resource);
    ExAcquireResourceExclusiveLite(&Resource, TRUE);
    EXPECT_C4(ExDeleteResourceLite(&Resource), 0x100B, &Resource, ThisThread(), 0);
    ExReleaseResourceLite(&Resource);
    ExAcquireResourceSharedLite(&Resource, TRUE);
    EXPECT_C4(ExDeleteResourceLite(&Resource), 0x100B, &Resource, ThisThread(), 0);
    ExReleaseResourceLite(&Resource);
    EXPECT_NO_STOP(STOP_OF(ExDeleteResourceLite(&Resource)));
    KeLeaveCriticalRegion();
}

/* ---- Lookaside lists and sequenced lists ----------------------------------------------------------------------- */

Test(object_misuse, a_lookaside_list_is_not_used_after_its_delete)
{
    static NPAGED_LOOKASIDE_LIST List;
    static PAGED_LOOKASIDE_LIST PagedList;

    ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 64, TAG, 0);
    PVOID Entry = ExAllocateFromNPagedLookasideList(&List);
    ExDeleteNPagedLookasideList(&List);
    EXPECT_C4(ExAllocateFromNPagedLookasideList(&List), NOT_INITIALIZED, &List, 0, 0);
    EXPECT_C4(ExFreeToNPagedLookasideList(&List, Entry), NOT_INITIALIZED, &List, 0, 0);

    ExInitializePagedLookasideList(&PagedList, NULL, NULL, 0, 64, TAG, 0);
    Entry = ExAllocateFromPagedLookasideList(&PagedList);
    ExDeletePagedLookasideList(&PagedList);
    EXPECT_C4(ExAllocateFromPagedLookasideList(&PagedList), NOT_INITIALIZED, &PagedList, 0, 0);
    EXPECT_C4(ExFreeToPagedLookasideList(&PagedList, Entry), NOT_INITIALIZED, &PagedList, 0, 0);
}

Test(object_misuse, an_Ex_lookaside_list_is_not_used_after_its_delete)
{
    static LOOKASIDE_LIST_EX List;

    cr_assert_eq(ExInitializeLookasideListEx(&List, NULL, NULL, NonPagedPoolNx, 0, 64, TAG, 0), STATUS_SUCCESS);
    PVOID Entry = ExAllocateFromLookasideListEx(&List);
    ExDeleteLookasideListEx(&List);
    EXPECT_C4(ExAllocateFromLookasideListEx(&List), NOT_INITIALIZED, &List, 0, 0);
    EXPECT_C4(ExFreeToLookasideListEx(&List, Entry), NOT_INITIALIZED, &List, 0, 0);
    EXPECT_C4(ExFlushLookasideListEx(&List), NOT_INITIALIZED, &List, 0, 0);
}

Test(object_misuse, a_lookaside_list_is_not_used_before_its_initialization)
{
    static NPAGED_LOOKASIDE_LIST List;

    EXPECT_C4(ExAllocateFromNPagedLookasideList(&List), NOT_INITIALIZED, &List, 0, 0);
    EXPECT_C4(ExFreeToNPagedLookasideList(&List, NewBlock(64)), NOT_INITIALIZED, &List, 0, 0);
}

Test(object_misuse, the_inline_routines_find_the_deleted_list_in_its_own_routines)
{
    static NPAGED_LOOKASIDE_LIST List;
    static LOOKASIDE_LIST_EX ListEx;
    PVOID Entry = NewBlock(64);

    ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 64, TAG, 0);
    ExDeleteNPagedLookasideList(&List);
    EXPECT_C4(List.L.Allocate(List.L.Type, List.L.Size, List.L.Tag), NOT_INITIALIZED, &List, 0, 0);
    EXPECT_C4(List.L.Free(Entry), NOT_INITIALIZED, 0, Entry, 0);

    ExInitializeLookasideListEx(&ListEx, NULL, NULL, NonPagedPoolNx, 0, 64, TAG, 0);
    ExDeleteLookasideListEx(&ListEx);
    EXPECT_C4(ListEx.L.AllocateEx(ListEx.L.Type, ListEx.L.Size, ListEx.L.Tag, &ListEx), NOT_INITIALIZED, &ListEx, 0, 0);
    EXPECT_C4(ListEx.L.FreeEx(Entry, &ListEx), NOT_INITIALIZED, &ListEx, 0, 0);
}

EMU_NOINLINE static EMU_BUGCHECK StopOfPush(PSLIST_HEADER List, PSLIST_ENTRY Entry)
{
    return STOP_OF(InterlockedPushEntrySList(List, Entry));
}

Test(object_misuse, an_entry_is_not_pushed_twice_on_a_sequenced_list)
{
    static DECLSPEC_ALIGN(16) SLIST_HEADER List;
    static DECLSPEC_ALIGN(16) SLIST_ENTRY Entry[4 * 3];

    ExInitializeSListHead(&List);
    for (ULONG Index = 0; Index < 3; Index++) {
        EXPECT_NO_STOP(StopOfPush(&List, &Entry[4 * Index]));
    }
    for (ULONG Index = 0; Index < 3; Index++) {
        EXPECT_STOP(StopOfPush(&List, &Entry[4 * Index]), DRIVER_VERIFIER_DETECTED_VIOLATION, PUSHED_TWICE, &List,
                    &Entry[4 * Index], 0);
    }
    cr_expect_eq(ExQueryDepthSList(&List), 3);
    cr_expect_eq(InterlockedPopEntrySList(&List), &Entry[8]);
    EXPECT_NO_STOP(StopOfPush(&List, &Entry[8]));
}

/* ---- MDLs ----------------------------------------------------------------------------------------------------- */

Test(object_misuse, an_MDL_that_is_not_initialized_is_not_used)
{
    static UCHAR Mdl[100];

    EXPECT_C4(MmProbeAndLockPages((PMDL)(PVOID)Mdl, KernelMode, IoReadAccess), NOT_INITIALIZED, Mdl, 0, 0);
    EXPECT_C4(MmBuildMdlForNonPagedPool((PMDL)(PVOID)Mdl), NOT_INITIALIZED, Mdl, 0, 0);
}

Test(object_misuse, an_MDL_is_not_freed_while_its_pages_are_locked)
{
    PVOID Buffer = NewBlock(PAGE_SIZE);
    PMDL Mdl = IoAllocateMdl(Buffer, PAGE_SIZE, FALSE, FALSE, NULL);

    MmProbeAndLockPages(Mdl, KernelMode, IoReadAccess);
    EMU_BUGCHECK Stop = STOP_OF(IoFreeMdl(Mdl));
    EXPECT_STOP(Stop, DRIVER_LEFT_LOCKED_PAGES_IN_PROCESS, Stop.Parameter[0], 0, Mdl, 1);
    cr_expect_neq(Stop.Parameter[0], 0u);
    MmUnlockPages(Mdl);
    EXPECT_NO_STOP(STOP_OF(IoFreeMdl(Mdl)));
}

Test(object_misuse, an_MDL_of_IoAllocateMdl_is_freed_by_IoFreeMdl)
{
    PVOID Buffer = NewBlock(PAGE_SIZE);
    PMDL Mdl = IoAllocateMdl(Buffer, PAGE_SIZE, FALSE, FALSE, NULL);
    SIZE_T Bytes = sizeof(MDL) + sizeof(PFN_NUMBER);

    EXPECT_C4(ExFreePool(Mdl), MDL_FREED_AS_POOL, Mdl, Mdl, Bytes);
    EXPECT_NO_STOP(STOP_OF(IoFreeMdl(Mdl)));
}

/* ---- Stack frames that are gone -------------------------------------------------------------------------------- */

static PVOID volatile Kept;

/* Far below the caller's frame, as deep as any routine of the emulator uses the stack. AddressSanitizer would put the
 * object elsewhere. */
EMU_NOINLINE EMU_NO_SANITIZE static VOID InGoneFrame(VOID (*Initialize)(PVOID Object))
{
    DECLSPEC_ALIGN(16) volatile UCHAR Deep[16 * 1024]; /* the object is where it begins, at the lowest address */

    (void)(Deep[0] = 0);
    Kept = (PVOID)(ULONG_PTR)&Deep[0];
    Initialize(Kept);
}

static VOID MakeEvent(PVOID Object)
{
    KeInitializeEvent(Object, NotificationEvent, FALSE);
}

static VOID MakeTimer(PVOID Object)
{
    KeInitializeTimer(Object);
}

static VOID SetTimer(PVOID Object)
{
    KeInitializeTimer(Object);
    KeSetTimer(Object, InAnHour, NULL);
}

static VOID MakeMutex(PVOID Object)
{
    ExInitializeFastMutex((PFAST_MUTEX)Object);
}

static VOID MakeLock(PVOID Object)
{
    KeInitializeSpinLock(Object);
}

static VOID MakeResource(PVOID Object)
{
    ExInitializeResourceLite(Object);
}

static VOID MakeList(PVOID Object)
{
    ExInitializeNPagedLookasideList(Object, NULL, NULL, 0, 64, TAG, 0);
}

static VOID MakeMdl(PVOID Object)
{
    MmInitializeMdl((PMDL)Object, Object, 1);
}

static VOID UseEvent(VOID)
{
    KeSetEvent(Kept, IO_NO_INCREMENT, FALSE);
}

static VOID UseTimer(VOID)
{
    KeSetTimer(Kept, InAnHour, NULL);
}

static VOID UseMutex(VOID)
{
    ExAcquireFastMutex(Kept);
}

static VOID UseLock(VOID)
{
    KIRQL Irql;

    KeAcquireSpinLock((PKSPIN_LOCK)Kept, &Irql);
}

static VOID UseResource(VOID)
{
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(Kept, TRUE);
}

static VOID UseList(VOID)
{
    ExDeleteNPagedLookasideList(Kept);
}

static VOID UseMdl(VOID)
{
    MmBuildMdlForNonPagedPool(Kept);
}

EMU_NOINLINE static EMU_BUGCHECK StopOfUse(VOID (*Use)(VOID))
{
    return STOP_OF(Use());
}

/* Of every kind that a routine is given. */
Test(object_misuse, an_object_in_a_stack_frame_that_is_gone_is_not_used)
{
    static const struct {
        VOID (*Make)(PVOID Object);
        VOID (*Use)(VOID);
    } Kind[] = {
        {MakeEvent, UseEvent},       {MakeTimer, UseTimer}, {MakeMutex, UseMutex}, {MakeLock, UseLock},
        {MakeResource, UseResource}, {MakeList, UseList},   {MakeMdl, UseMdl},
    };

    for (ULONG Index = 0; Index < COUNT(Kind); Index++) {
        InGoneFrame(Kind[Index].Make);
        EXPECT_STOP(StopOfUse(Kind[Index].Use), DRIVER_VERIFIER_DETECTED_VIOLATION, FRAME_IS_GONE, Kept, 0, 0);
    }
}

Test(object_misuse, a_set_timer_in_a_stack_frame_that_is_gone_is_found_at_the_next_call)
{
    static KEVENT Event;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    InGoneFrame(SetTimer);
    EXPECT_C4(KeReadStateEvent(&Event), FRAME_IS_GONE, Kept, 0, 0);
}

Test(object_misuse, what_a_caught_stop_left_on_the_stack_is_no_mistake)
{
    static KEVENT Event;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    InGoneFrame(SetTimer);
    EXPECT_STOP(STOP_OF(KeBugCheckEx(0xE2, 0, 0, 0, 0)), 0xE2, 0, 0, 0, 0);
    EXPECT_NO_STOP(STOP_OF(KeReadStateEvent(&Event)));
}

/* ---- What a driver leaves ------------------------------------------------------------------------------------- */

static ERESOURCE Left;
static SIZE_T ToCharge[2];

static VOID NTAPI Unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

static NTSTATUS NTAPI EntryWithResource(PDRIVER_OBJECT Driver, PUNICODE_STRING Path)
{
    UNREFERENCED_PARAMETER(Path);
    Driver->DriverUnload = Unload;
    return ExInitializeResourceLite(&Left);
}

static NTSTATUS NTAPI EntryWithQuota(PDRIVER_OBJECT Driver, PUNICODE_STRING Path)
{
    UNREFERENCED_PARAMETER(Path);
    Driver->DriverUnload = Unload;
    PsChargePoolQuota(PsGetCurrentProcess(), NonPagedPoolNx, ToCharge[0] + 7);
    PsChargePoolQuota(PsGetCurrentProcess(), PagedPool, ToCharge[1] + 7);
    PsReturnPoolQuota(PsGetCurrentProcess(), NonPagedPoolNx, 7);
    PsReturnPoolQuota(PsGetCurrentProcess(), PagedPool, 7);
    return STATUS_SUCCESS;
}

Test(object_misuse, a_resource_is_deleted_before_its_driver_is_unloaded)
{
    PDRIVER_OBJECT Driver;

    cr_assert_eq(EmuLoadDriver(EntryWithResource, "left", &Driver), STATUS_SUCCESS);
    EMU_BUGCHECK Stop = STOP_OF(EmuUnloadDriver(Driver));
    cr_expect_eq(Stop.Code, DRIVER_VERIFIER_DETECTED_VIOLATION);
    cr_expect_eq(Stop.Parameter[0], 0xD2);
    cr_expect_eq(Stop.Parameter[1], (ULONG_PTR)&Left);
    cr_expect_leq(Stop.Parameter[2], (ULONG_PTR)&Left);
    cr_expect_gt(Stop.Parameter[2] + Stop.Parameter[3], (ULONG_PTR)&Left);
}

Test(object_misuse, quota_is_returned_before_its_driver_is_unloaded)
{
    PDRIVER_OBJECT Driver;

    cr_assert_eq(EmuLoadDriver(EntryWithQuota, "quota", &Driver), STATUS_SUCCESS);
    EXPECT_NO_STOP(STOP_OF(EmuUnloadDriver(Driver)));
    ToCharge[0] = 100;
    ToCharge[1] = 20;
    cr_assert_eq(EmuLoadDriver(EntryWithQuota, "quota", &Driver), STATUS_SUCCESS);
    EMU_BUGCHECK Stop = STOP_OF(EmuUnloadDriver(Driver));
    EXPECT_STOP(Stop, DRIVER_VERIFIER_DETECTED_VIOLATION, QUOTA_LEFT, Stop.Parameter[1], 100, 20);
    cr_expect_str_eq((PCSTR)Stop.Parameter[1], "quota");
}

Test(object_misuse, without_the_verifier_nothing_looks_at_any_of_it)
{
    static KEVENT Event;
    static KTIMER Timer;
    PKSPIN_LOCK Lock = NewBlock(64);
    KIRQL Irql;

    EmuSetVerifier(0);
    EXPECT_NO_STOP(STOP_OF(KeSetEvent(&Event, IO_NO_INCREMENT, FALSE)));
    EXPECT_NO_STOP(STOP_OF(KeCancelTimer(&Timer)));
    InGoneFrame(MakeEvent);
    EXPECT_NO_STOP(STOP_OF(UseEvent()));
    KeAcquireSpinLock(Lock, &Irql);
    EXPECT_NO_STOP(StopOfFree(Lock, TAG));
}

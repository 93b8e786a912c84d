/* lifetime.c: accesses to memory that is no longer the driver's, or that nobody has written yet; second frees. */
#include "bugs.h"

typedef struct SESSION {
    LIST_ENTRY Links;
    ULONG64 Id;
    ULONG Flags;
    ULONG References;
} SESSION;

static DECLSPEC_NOINLINE SESSION *OpenSession(ULONG64 Id)
{
    SESSION *Session = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(SESSION), BUG_TAG);

    if (Session != NULL) {
        Session->Id = Id;
        Session->References = 1;
    }
    return Session;
}

static DECLSPEC_NOINLINE VOID CloseSession(SESSION *Session)
{
    if (--Session->References == 0) {
        ExFreePoolWithTag(Session, BUG_TAG);
    }
}

/* ---- Uses after the free -------------------------------------------------------------------------------------- */

static VOID ReadAfterFree(VOID)
{
    SESSION *Session = OpenSession(1);

    if (Session != NULL) {
        CloseSession(Session);
        Answer = Session->Id;
    }
}

static VOID WriteAfterFree(VOID)
{
    SESSION *Session = OpenSession(1);

    if (Session != NULL) {
        CloseSession(Session);
        Session->Flags = 0x80;
    }
}

/* A write to where a free block's header or links may be. */
static VOID WriteAtStartAfterFree(VOID)
{
    SESSION *Session = OpenSession(1);

    if (Session != NULL) {
        CloseSession(Session);
        InitializeListHead(&Session->Links);
    }
}

static VOID ReadAfterFreeOfPage(VOID)
{
    PULONG Table = ExAllocatePool2(POOL_FLAG_PAGED, PAGE_SIZE, BUG_TAG);

    if (Table != NULL) {
        ExFreePoolWithTag(Table, BUG_TAG);
        Answer = Table[17];
    }
}

static VOID WriteAfterFreeOfPages(VOID)
{
    PULONG Table = ExAllocatePool2(POOL_FLAG_NON_PAGED, 5 * PAGE_SIZE, BUG_TAG);

    if (Table != NULL) {
        ExFreePoolWithTag(Table, BUG_TAG);
        Table[2 * PAGE_SIZE / sizeof(ULONG)] = 1;
    }
}

/* By then the memory is somebody else's. */
static VOID WriteAfterReuse(VOID)
{
    SESSION *Old = OpenSession(1);

    if (Old != NULL) {
        CloseSession(Old);
    }
    SESSION *New = OpenSession(2);
    if (Old != NULL && New != NULL) {
        Old->Flags = MAXULONG;
    }
    if (New != NULL) {
        Answer = New->Flags;
        CloseSession(New);
    }
}

static VOID WalkOverFreedEntries(VOID)
{
    LIST_ENTRY Sessions;

    InitializeListHead(&Sessions);
    for (ULONG Id = 0; Id < 3; Id++) {
        SESSION *Session = OpenSession(Id);
        if (Session != NULL) {
            InsertTailList(&Sessions, &Session->Links);
        }
    }
    for (PLIST_ENTRY Entry = Sessions.Flink; Entry != &Sessions; Entry = Entry->Flink) {
        CloseSession(CONTAINING_RECORD(Entry, SESSION, Links));
    }
}

/* The cursor still points into the buffer that was too short. */
static VOID PointerIntoOldBuffer(VOID)
{
    PCHAR Text = ExAllocatePool2(POOL_FLAG_PAGED, 64, BUG_TAG);

    if (Text == NULL) {
        return;
    }
    PCHAR Cursor = Text + 40;
    PCHAR Longer = ExAllocatePool2(POOL_FLAG_PAGED, 256, BUG_TAG);
    if (Longer != NULL) {
        RtlCopyMemory(Longer, Text, 64);
        ExFreePoolWithTag(Text, BUG_TAG);
        Text = Longer;
        RtlCopyMemory(Cursor, "and more", 9);
    }
    ExFreePoolWithTag(Text, BUG_TAG);
}

/* The entry is freed by who completes it, and popped afterwards. */
static VOID SListEntryFreedOnList(VOID)
{
    static SLIST_HEADER Pending;
    PSLIST_ENTRY Entry = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, BUG_TAG);

    if (Entry != NULL) {
        InitializeSListHead(&Pending);
        InterlockedPushEntrySList(&Pending, Entry);
        ExFreePoolWithTag(Entry, BUG_TAG);
        PSLIST_ENTRY Popped = InterlockedPopEntrySList(&Pending);
        RtlZeroMemory(Popped, 64);
    }
}

/* ---- Second frees --------------------------------------------------------------------------------------------- */

static VOID DoubleFree(VOID)
{
    PVOID Buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, 200, BUG_TAG);

    if (Buffer != NULL) {
        ExFreePoolWithTag(Buffer, BUG_TAG);
        ExFreePoolWithTag(Buffer, BUG_TAG);
    }
}

static VOID DoubleFreeOfPages(VOID)
{
    PVOID Buffer = ExAllocatePool2(POOL_FLAG_PAGED, 3 * PAGE_SIZE, BUG_TAG);

    if (Buffer != NULL) {
        ExFreePoolWithTag(Buffer, BUG_TAG);
        ExFreePoolWithTag(Buffer, BUG_TAG);
    }
}

/* The second free hits the block that has taken the place. */
static VOID DoubleFreeAfterReuse(VOID)
{
    PVOID Old = ExAllocatePool2(POOL_FLAG_NON_PAGED, 200, BUG_TAG);

    if (Old == NULL) {
        return;
    }
    ExFreePoolWithTag(Old, BUG_TAG);
    PULONG New = ExAllocatePool2(POOL_FLAG_NON_PAGED, 200, BUG_TAG);
    ExFreePoolWithTag(Old, BUG_TAG);
    if (New != NULL) {
        New[0] = 1;
        ExFreePoolWithTag(New, BUG_TAG);
    }
}

/* ---- Memory that nobody has written --------------------------------------------------------------------------- */

static DECLSPEC_NOINLINE BOOLEAN IsLocked(const SESSION *Session)
{
    return (Session->Flags & 1) != 0;
}

static VOID UninitializedBranch(VOID)
{
    SESSION *Session = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(SESSION), BUG_TAG);

    if (Session != NULL) {
        Session->Id = 1;
        if (IsLocked(Session)) {
            Answer++;
        }
        ExFreePoolWithTag(Session, BUG_TAG);
    }
}

/* What the caller gets has what lay there before. */
static VOID UninitializedAnswer(VOID)
{
    static UCHAR Output[sizeof(SESSION)];
    SESSION *Session = ExAllocatePoolWithTag(PagedPool, sizeof(SESSION), BUG_TAG);

    if (Session != NULL) {
        Session->Id = 1;
        RtlCopyMemory(Output, Session, sizeof(Output));
        ExFreePoolWithTag(Session, BUG_TAG);
    }
}

const BUG LifetimeBugs[] = {
    {.Name = "read_after_free", .Run = ReadAfterFree},
    {.Name = "write_after_free", .Run = WriteAfterFree},
    {.Name = "write_at_start_after_free", .Run = WriteAtStartAfterFree},
    {.Name = "read_after_free_of_page", .Run = ReadAfterFreeOfPage},
    {.Name = "write_after_free_of_pages", .Run = WriteAfterFreeOfPages},
    {.Name = "write_after_reuse", .Run = WriteAfterReuse},
    {.Name = "walk_over_freed_entries", .Run = WalkOverFreedEntries},
    {.Name = "pointer_into_old_buffer", .Run = PointerIntoOldBuffer},
    {.Name = "slist_entry_freed_on_list", .Run = SListEntryFreedOnList},
    {.Name = "double_free", .Run = DoubleFree},
    {.Name = "double_free_of_pages", .Run = DoubleFreeOfPages},
    {.Name = "double_free_after_reuse", .Run = DoubleFreeAfterReuse},
    {.Name = "uninitialized_branch", .Run = UninitializedBranch},
    {.Name = "uninitialized_answer", .Run = UninitializedAnswer},
    {.Name = NULL},
};

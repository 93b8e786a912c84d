/* Secure pools: memory that the driver can only read, and what the flags of its blocks forbid. */
#include <criterion/criterion.h>

#include <time.h>

#if !defined(_WIN32)
#include <sys/wait.h>
#endif
#include <unistd.h>

#include "access.h"

enum {
    COOKIE = 0x1234,
    POOL_TAG = 'looP',
    BOTH = SECURE_POOL_FLAGS_FREEABLE | SECURE_POOL_FLAGS_MODIFIABLE,
};

static HANDLE Pool;
static CHAR Words[] = "What a secure pool holds stays as it is.";

static void MakePool(void)
{
    cr_assert_eq(ExCreatePool(POOL_CREATE_FLG_SECURE_POOL, POOL_TAG, NULL, &Pool), STATUS_SUCCESS);
}

TestSuite(secure_pool, .init = MakePool);

static POOL_EXTENDED_PARAMS_SECURE_POOL Secure(PVOID Buffer, ULONG Flags)
{
    return (POOL_EXTENDED_PARAMS_SECURE_POOL){Pool, Buffer, COOKIE, Flags};
}

static PVOID Allocate(POOL_EXTENDED_PARAMS_SECURE_POOL *Params, POOL_FLAGS Flags, SIZE_T Bytes)
{
    POOL_EXTENDED_PARAMETER Parameter = {.Type = PoolExtendedParameterSecurePool};

    Parameter.SecurePoolParams = Params;
    return ExAllocatePool3(Flags, Bytes, TAG, &Parameter, 1);
}

static PVOID MakeBlock(PVOID Buffer, SIZE_T Bytes, ULONG Flags)
{
    POOL_EXTENDED_PARAMS_SECURE_POOL Params = Secure(Buffer, Flags);
    PVOID Block = Allocate(&Params, POOL_FLAG_NON_PAGED, Bytes);

    cr_assert_not_null(Block);
    return Block;
}

static EMU_NOINLINE EMU_BUGCHECK StopOfFreeWith(PVOID Block, ULONG Tag, HANDLE Handle, ULONG_PTR Cookie)
{
    POOL_EXTENDED_PARAMS_SECURE_POOL Params = {Handle, NULL, Cookie, 0};
    POOL_EXTENDED_PARAMETER Parameter = {.Type = PoolExtendedParameterSecurePool};
    EMU_BUGCHECK Stop;

    Parameter.SecurePoolParams = &Params;
    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExFreePool2(Block, Tag, &Parameter, 1);
    }
    return Stop;
}

static EMU_BUGCHECK StopOfSecureFree(PVOID Block)
{
    return StopOfFreeWith(Block, TAG, Pool, COOKIE);
}

/* ---- The pool ------------------------------------------------------------------------------------------------- */

Test(secure_pool, ExCreatePool_wants_the_secure_flag_a_tag_and_a_place_for_the_handle)
{
    POOL_CREATE_EXTENDED_PARAMS Params = {POOL_CREATE_PARAMS_VERSION};
    HANDLE Handle = NULL;

    cr_expect_eq(ExCreatePool(0, POOL_TAG, NULL, &Handle), STATUS_INVALID_PARAMETER);
    cr_expect_eq(ExCreatePool(POOL_CREATE_FLG_USE_GLOBAL_POOL, POOL_TAG, NULL, &Handle), STATUS_INVALID_PARAMETER);
    cr_expect_eq(ExCreatePool(POOL_CREATE_FLG_SECURE_POOL | 4, POOL_TAG, NULL, &Handle), STATUS_INVALID_PARAMETER);
    cr_expect_eq(ExCreatePool(POOL_CREATE_FLG_SECURE_POOL, 0, NULL, &Handle), STATUS_INVALID_PARAMETER);
    cr_expect_eq(ExCreatePool(POOL_CREATE_FLG_SECURE_POOL, POOL_TAG, NULL, NULL), STATUS_INVALID_PARAMETER);
    Params.Version = 2;
    cr_expect_eq(ExCreatePool(POOL_CREATE_FLG_SECURE_POOL, POOL_TAG, &Params, &Handle), STATUS_INVALID_PARAMETER);
    cr_expect_null(Handle);
    Params.Version = POOL_CREATE_PARAMS_VERSION;
    cr_expect_eq(ExCreatePool(POOL_CREATE_FLG_VALID_FLAGS, POOL_TAG, &Params, &Handle), STATUS_SUCCESS);
    cr_expect_not_null(Handle);
    cr_expect_neq(Handle, Pool);
    ExDestroyPool(Handle);
}

static EMU_BUGCHECK StopOfDestroy(HANDLE Handle)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExDestroyPool(Handle);
    }
    return Stop;
}

Test(secure_pool, ExDestroyPool_wants_the_handle_of_a_pool)
{
    EXPECT_STOP(StopOfDestroy(NULL), KERNEL_MODE_HEAP_CORRUPTION, 0x13, 0, 0, 0);
    EXPECT_STOP(StopOfDestroy(&Pool), KERNEL_MODE_HEAP_CORRUPTION, 0x09, &Pool, 0, 0);
    EXPECT_NO_STOP(StopOfDestroy(Pool));
    EXPECT_STOP(StopOfDestroy(Pool), KERNEL_MODE_HEAP_CORRUPTION, 0x09, Pool, 0, 0);
}

Test(secure_pool, ExDestroyPool_frees_the_blocks_with_it)
{
    EMU_TAG_USAGE Usage;
    PVOID Block = MakeBlock(Words, sizeof(Words), SECURE_POOL_FLAGS_NONE);

    ExDestroyPool(Pool);
    EmuQueryTag(TAG, &Usage);
    cr_expect_eq(Usage.NonPaged.Frees, 1u);
    cr_expect_eq(Usage.NonPaged.Bytes, 0u);
    cr_expect_not(IsLive(Block));
    EMU_BUGCHECK Stop = StopOfRead(Block);
    cr_expect_eq(Stop.Code, (ULONG)PAGE_FAULT_IN_NONPAGED_AREA, "%s", Stop.Text);
    cr_expect_eq(Stop.Parameter[0], (ULONG_PTR)Block);
    cr_expect_eq(Stop.Parameter[1], 0u);
}

/* ---- Blocks --------------------------------------------------------------------------------------------------- */

Test(secure_pool, a_block_holds_the_contents_of_the_buffer)
{
    PVOID Block = MakeBlock(Words, sizeof(Words), SECURE_POOL_FLAGS_NONE);

    cr_expect_arr_eq(Block, Words, sizeof(Words));
}

Test(secure_pool, without_a_buffer_it_is_zeroed)
{
    POOL_EXTENDED_PARAMS_SECURE_POOL Params = Secure(NULL, BOTH);

    cr_expect(IsFilledWith(MakeBlock(NULL, 5000, BOTH), 0, 5000));
    PVOID Block = Allocate(&Params, POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, 100);
    cr_assert_not_null(Block);
    cr_expect(IsFilledWith(Block, 0, 100));
}

Test(secure_pool, a_recycled_block_is_zeroed_again)
{
    PVOID Block = MakeBlock(Words, sizeof(Words), BOTH);

    EXPECT_NO_STOP(StopOfSecureFree(Block));
    PVOID Again = MakeBlock(NULL, sizeof(Words), BOTH);
    cr_expect_eq(Again, Block);
    cr_expect(IsFilledWith(Again, 0, sizeof(Words)));
}

Test(secure_pool, blocks_are_placed_as_in_every_pool)
{
    static const SIZE_T Bytes[] = {0, 1, 16, 17, 100, 2000, 3000, 4064, 4095, 4096, 4097, 10000, 65536, 200000};
    static UCHAR Contents[200000];
    PVOID Blocks[COUNT(Bytes) * 3];

    for (SIZE_T Index = 0; Index < COUNT(Blocks); Index++) {
        SIZE_T Size = Bytes[Index % COUNT(Bytes)];
        PVOID Block = MakeBlock(NULL, Size, BOTH);
        Blocks[Index] = Block;
        cr_expect_eq((ULONG_PTR)Block % (Size >= PAGE_SIZE ? PAGE_SIZE : 16), 0u, "%zu", Size);
        cr_expect(Size > PAGE_SIZE || IsOnOnePage(Block, Size), "%zu", Size);
        memset(Contents, (int)Index, Size);
        cr_expect_eq(ExSecurePoolUpdate(Pool, TAG, Block, COOKIE, 0, Size, Contents), STATUS_SUCCESS);
    }
    for (SIZE_T Index = 0; Index < COUNT(Blocks); Index++) {
        cr_expect(IsFilledWith(Blocks[Index], (UCHAR)Index, Bytes[Index % COUNT(Bytes)]), "no two overlap");
        EXPECT_NO_STOP(StopOfSecureFree(Blocks[Index]));
    }
    cr_expect_eq(LiveBlocks(), 0u);
}

Test(secure_pool, a_block_is_known_to_the_questions_and_the_counters)
{
    EMU_BLOCK Info;
    EMU_TAG_USAGE Usage;
    PVOID Block = MakeBlock(NULL, 100, BOTH);

    cr_assert(EmuQueryBlock(Block, &Info));
    cr_expect_eq(Info.Address, Block);
    cr_expect_eq(Info.Size, 100u);
    cr_expect_eq(Info.Tag, (ULONG)TAG);
    cr_expect_eq(Info.PoolType, NonPagedPoolNx);
    cr_expect_not(Info.Executable);
    cr_expect_not(Info.QuotaCharged);
    cr_expect_eq(LiveBlocks(), 1u);
    EmuQueryTag(TAG, &Usage);
    cr_expect(Usage.NonPaged.Allocs == 1 && Usage.NonPaged.Frees == 0 && Usage.NonPaged.Bytes == 100);
    EXPECT_NO_STOP(StopOfSecureFree(Block));
    cr_expect_not(EmuQueryBlock(Block, &Info));
    cr_expect_eq(LiveBlocks(), 0u);
    EmuQueryTag(TAG, &Usage);
    cr_expect(Usage.NonPaged.Allocs == 1 && Usage.NonPaged.Frees == 1 && Usage.NonPaged.Bytes == 0);
}

typedef struct SEEN {
    ULONG_PTR Last;
    ULONG Count;
    BOOLEAN InOrder;
} SEEN;

static BOOLEAN See(const EMU_BLOCK *Block, PVOID Context)
{
    SEEN *Seen = Context;

    Seen->InOrder = Seen->InOrder && (ULONG_PTR)Block->Address > Seen->Last;
    Seen->Last = (ULONG_PTR)Block->Address;
    Seen->Count++;
    return TRUE;
}

Test(secure_pool, many_blocks_cost_time_in_proportion_and_a_walk_shows_each_once_by_address)
{
    enum {
        BLOCKS = 20000,
    };
    static PVOID Blocks[BLOCKS];
    clock_t Start = clock();
    SEEN Seen = {.InOrder = TRUE};

    for (ULONG Index = 0; Index < BLOCKS; Index++) {
        Blocks[Index] = MakeBlock(NULL, 64 + Index % 512, SECURE_POOL_FLAGS_FREEABLE);
    }
    EmuForEachBlock(See, &Seen);
    cr_expect_eq(Seen.Count, BLOCKS);
    cr_expect(Seen.InOrder);
    for (ULONG Index = 0; Index < BLOCKS; Index += 2) {
        EXPECT_NO_STOP(StopOfSecureFree(Blocks[Index]));
    }
    Seen = (SEEN){.InOrder = TRUE};
    EmuForEachBlock(See, &Seen);
    cr_expect_eq(Seen.Count, BLOCKS / 2);
    cr_expect(Seen.InOrder);
    cr_expect_lt(clock() - Start, CLOCKS_PER_SEC, "%f s", (double)(clock() - Start) / CLOCKS_PER_SEC);
}

Test(secure_pool, a_place_that_was_freed_is_found_again)
{
    PVOID First = MakeBlock(NULL, 4000, SECURE_POOL_FLAGS_FREEABLE);

    for (ULONG Index = 1; Index < 32; Index++) { /* 64 KiB are full, and 64 KiB more */
        MakeBlock(NULL, 4000, 0);
    }
    EXPECT_NO_STOP(StopOfSecureFree(First));
    cr_expect_eq(MakeBlock(NULL, 4000, 0), First);
}

Test(secure_pool, a_pool_limit_counts_its_blocks)
{
    POOL_EXTENDED_PARAMS_SECURE_POOL Params = Secure(NULL, BOTH);

    EmuSetPoolLimit(NonPagedPool, 100);
    PVOID Block = MakeBlock(NULL, 100, BOTH);
    cr_expect_null(Allocate(&Params, POOL_FLAG_NON_PAGED, 1));
    EXPECT_NO_STOP(StopOfSecureFree(Block));
    cr_expect_not_null(Allocate(&Params, POOL_FLAG_NON_PAGED, 100));
}

Test(secure_pool, more_than_there_is_is_NULL_or_STATUS_INSUFFICIENT_RESOURCES)
{
    POOL_EXTENDED_PARAMS_SECURE_POOL Params = Secure(NULL, BOTH);
    NTSTATUS Status;

    cr_expect_null(Allocate(&Params, POOL_FLAG_NON_PAGED, (SIZE_T)1 << EMU_BY_WIDTH(40, 30)));
    cr_expect_null(Allocate(&Params, POOL_FLAG_NON_PAGED, MAXSIZE_T));
    EMU_CATCH_EXCEPTION(&Status)
    {
        Allocate(&Params, POOL_FLAG_NON_PAGED | POOL_FLAG_RAISE_ON_FAILURE, MAXSIZE_T);
    }
    cr_expect_eq(Status, STATUS_INSUFFICIENT_RESOURCES);
}

Test(secure_pool, a_request_above_DISPATCH_LEVEL_stops_with_0xC2_0x08)
{
    POOL_EXTENDED_PARAMS_SECURE_POOL Params = Secure(NULL, BOTH);
    EMU_BUGCHECK Stop;
    KIRQL Irql;

    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    cr_expect_not_null(Allocate(&Params, POOL_FLAG_NON_PAGED, 100));
    KeRaiseIrql(DISPATCH_LEVEL + 1, &Irql);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        Allocate(&Params, POOL_FLAG_NON_PAGED, 100);
    }
    EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x08, DISPATCH_LEVEL + 1, NonPagedPoolNx, 100);
    cr_expect_eq(LiveBlocks(), 1u);
}

Test(secure_pool, a_free_above_DISPATCH_LEVEL_stops_with_0xC2_0x09)
{
    PUCHAR Block = MakeBlock(Words, sizeof(Words), BOTH);
    KIRQL Irql;

    KeRaiseIrql(DISPATCH_LEVEL + 1, &Irql);
    EXPECT_STOP(StopOfSecureFree(Block), BAD_POOL_CALLER, 0x09, DISPATCH_LEVEL + 1, NonPagedPoolNx, Block);
    KeLowerIrql(DISPATCH_LEVEL);
    EXPECT_NO_STOP(StopOfSecureFree(Block));
}

/* ---- Malformed requests --------------------------------------------------------------------------------------- */

static void ExpectInvalid(POOL_EXTENDED_PARAMS_SECURE_POOL *Params, POOL_FLAGS Flags)
{
    NTSTATUS Status;

    cr_expect_null(Allocate(Params, Flags, 100));
    EMU_CATCH_EXCEPTION(&Status)
    {
        Allocate(Params, Flags | POOL_FLAG_RAISE_ON_FAILURE, 100);
    }
    cr_expect_eq(Status, STATUS_INVALID_PARAMETER);
}

Test(secure_pool, a_request_names_an_existing_pool_and_known_flags)
{
    POOL_EXTENDED_PARAMS_SECURE_POOL Params = Secure(NULL, BOTH);

    ExpectInvalid(NULL, POOL_FLAG_NON_PAGED);
    Params.SecurePoolFlags = 4;
    ExpectInvalid(&Params, POOL_FLAG_NON_PAGED);
    Params = Secure(NULL, BOTH);
    Params.SecurePoolHandle = NULL;
    ExpectInvalid(&Params, POOL_FLAG_NON_PAGED);
    Params.SecurePoolHandle = &Params;
    ExpectInvalid(&Params, POOL_FLAG_NON_PAGED);
    Params = Secure(NULL, BOTH);
    ExDestroyPool(Pool);
    ExpectInvalid(&Params, POOL_FLAG_NON_PAGED);
}

Test(secure_pool, a_request_asks_for_nonpaged_no_execute_memory_without_quota)
{
    POOL_EXTENDED_PARAMS_SECURE_POOL Params = Secure(NULL, BOTH);

    ExpectInvalid(&Params, POOL_FLAG_PAGED);
    ExpectInvalid(&Params, POOL_FLAG_NON_PAGED_EXECUTE);
    ExpectInvalid(&Params, POOL_FLAG_NON_PAGED | POOL_FLAG_USE_QUOTA);
    ExpectInvalid(&Params, POOL_FLAG_NON_PAGED | POOL_FLAG_SESSION);
    cr_expect_null(Allocate(&Params, POOL_FLAG_NON_PAGED | POOL_FLAG_RESERVED1, 100));
}

Test(secure_pool, an_optional_one_that_cannot_be_honoured_is_ordinary_pool)
{
    POOL_EXTENDED_PARAMETER Parameter = {.Type = PoolExtendedParameterSecurePool, .Optional = 1};
    POOL_EXTENDED_PARAMS_SECURE_POOL Params = Secure(NULL, BOTH);

    Parameter.SecurePoolParams = &Params;
    PVOID Paged = ExAllocatePool3(POOL_FLAG_PAGED, 100, TAG, &Parameter, 1);
    cr_assert_not_null(Paged);
    EXPECT_NO_STOP(StopOfWrite(Paged));
    EXPECT_NO_STOP(StopOfFree(Paged, TAG));
    PVOID Honoured = ExAllocatePool3(POOL_FLAG_NON_PAGED, 100, TAG, &Parameter, 1);
    cr_expect_eq(StopOfWrite(Honoured).Code, (ULONG)ATTEMPTED_WRITE_TO_READONLY_MEMORY);
}

Test(secure_pool, before_Server_2022_the_parameter_is_unknown)
{
    POOL_EXTENDED_PARAMETER Parameter = {.Type = PoolExtendedParameterSecurePool};
    POOL_EXTENDED_PARAMS_SECURE_POOL Params = Secure(NULL, BOTH);
    SIZE_T Rows;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Rows);

    EmuAllowMissingExports(TRUE);
    for (SIZE_T Row = 0; Row < Rows; Row++) {
        cr_assert_eq(EmuSetWindows(Table[Row].Name), STATUS_SUCCESS);
        BOOLEAN Knows = Table[Row].Build >= 20348;
        Parameter.SecurePoolParams = &Params;
        Parameter.Optional = 0;
        PVOID Required = ExAllocatePool3(POOL_FLAG_NON_PAGED, 100, TAG, &Parameter, 1);
        cr_expect_eq(Required != NULL, Knows, "%s", Table[Row].Title);
        Parameter.Optional = 1;
        PVOID Optional = ExAllocatePool3(POOL_FLAG_NON_PAGED, 100, TAG, &Parameter, 1);
        cr_assert_not_null(Optional);
        cr_expect_eq(StopOfWrite(Optional).Code, Knows ? (ULONG)ATTEMPTED_WRITE_TO_READONLY_MEMORY : 0, "%s",
                     Table[Row].Title);
    }
}

/* ---- Reading, writing, executing ------------------------------------------------------------------------------ */

Test(secure_pool, a_write_by_the_driver_is_0xBE_and_changes_nothing)
{
    PUCHAR Block = MakeBlock(Words, sizeof(Words), BOTH);

    for (SIZE_T Offset = 0; Offset < sizeof(Words); Offset += 13) {
        EMU_BUGCHECK Stop = StopOfWrite(Block + Offset);
        EXPECT_STOP(Stop, ATTEMPTED_WRITE_TO_READONLY_MEMORY, Block + Offset,
                    1ull << 63 | ((ULONG_PTR)Block & 0x000FFFFFFFFFF000) | 0x21, 0, 0);
        cr_expect_str_eq(Stop.Name, "ATTEMPTED_WRITE_TO_READONLY_MEMORY");
    }
    cr_expect_arr_eq(Block, Words, sizeof(Words));
    PAGE_RIGHTS Rights = RightsOf(Block);
    cr_expect(Rights.Read && !Rights.Write && !Rights.Execute, "the host says so, too");
}

Test(secure_pool, a_write_through_a_system_call_fails)
{
    PUCHAR Block = MakeBlock(Words, sizeof(Words), BOTH);
    int Pipe[2];

#if defined(_WIN32)
    cr_assert_eq(_pipe(Pipe, 16, 0x8000 /* binary */), 0);
#else
    cr_assert_eq(pipe(Pipe), 0);
#endif
    cr_assert_eq(write(Pipe[1], "X", 1), 1);
    cr_expect_eq(read(Pipe[0], Block, 1), -1);
    cr_expect_arr_eq(Block, Words, sizeof(Words));
}

Test(secure_pool, executing_it_is_0xFC)
{
    EMU_BUGCHECK Stop;
    PVOID Block = MakeBlock((PVOID)(ULONG_PTR)CodeBytes, sizeof(CodeBytes), BOTH);

    cr_expect_eq(RunCode(Block, &Stop), 0u);
    EXPECT_STOP(Stop, ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY, Block,
                1ull << 63 | ((ULONG_PTR)Block & 0x000FFFFFFFFFF000) | 0x21, 0, 0);
}

Test(secure_pool, an_mdl_gives_no_right_to_write)
{
    PUCHAR Block = MakeBlock(Words, sizeof(Words), BOTH);
    PMDL Mdl = IoAllocateMdl(Block, sizeof(Words), FALSE, FALSE, NULL);
    NTSTATUS Status;

    EMU_CATCH_EXCEPTION(&Status)
    {
        MmProbeAndLockPages(Mdl, KernelMode, IoModifyAccess);
    }
    cr_expect_eq(Status, STATUS_ACCESS_VIOLATION);
    MmProbeAndLockPages(Mdl, KernelMode, IoReadAccess);
    PUCHAR Mapped = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
    cr_assert_not_null(Mapped);
    cr_expect_arr_eq(Mapped, Words, sizeof(Words));
    cr_expect_eq(StopOfWrite(Mapped).Code, (ULONG)ATTEMPTED_WRITE_TO_READONLY_MEMORY);
    cr_expect_neq(MmProtectMdlSystemAddress(Mdl, PAGE_READWRITE), STATUS_SUCCESS);
    cr_expect_eq(StopOfWrite(Mapped).Code, (ULONG)ATTEMPTED_WRITE_TO_READONLY_MEMORY);
    MmUnlockPages(Mdl);
}

/* ---- Updating ------------------------------------------------------------------------------------------------- */

Test(secure_pool, ExSecurePoolUpdate_writes_a_part)
{
    PUCHAR Block = MakeBlock(Words, sizeof(Words), SECURE_POOL_FLAGS_MODIFIABLE);
    CHAR Expected[sizeof(Words)];

    memcpy(Expected, Words, sizeof(Words));
    memcpy(Expected + 5, "the", 3);
    cr_expect_eq(ExSecurePoolUpdate(Pool, TAG, Block, COOKIE, 5, 3, "the"), STATUS_SUCCESS);
    cr_expect_arr_eq(Block, Expected, sizeof(Words));
    cr_expect_eq(ExSecurePoolUpdate(Pool, TAG, Block, COOKIE, sizeof(Words), 0, NULL), STATUS_SUCCESS);
    cr_expect_eq(ExSecurePoolUpdate(Pool, TAG, Block, COOKIE, 0, sizeof(Words), Words), STATUS_SUCCESS);
    cr_expect_arr_eq(Block, Words, sizeof(Words));
}

Test(secure_pool, ExSecurePoolUpdate_stays_inside_the_block)
{
    PUCHAR Block = MakeBlock(Words, sizeof(Words), SECURE_POOL_FLAGS_MODIFIABLE);
    CHAR More[2 * sizeof(Words)] = "XXX";

    cr_expect_eq(ExSecurePoolUpdate(Pool, TAG, Block, COOKIE, 0, sizeof(Words) + 1, More), STATUS_INVALID_PARAMETER);
    cr_expect_eq(ExSecurePoolUpdate(Pool, TAG, Block, COOKIE, 1, sizeof(Words), More), STATUS_INVALID_PARAMETER);
    cr_expect_eq(ExSecurePoolUpdate(Pool, TAG, Block, COOKIE, sizeof(Words) + 1, 0, More), STATUS_INVALID_PARAMETER);
    cr_expect_eq(ExSecurePoolUpdate(Pool, TAG, Block, COOKIE, MAXSIZE_T, 2, More), STATUS_INVALID_PARAMETER);
    cr_expect_eq(ExSecurePoolUpdate(Pool, TAG, Block, COOKIE, 1, 1, NULL), STATUS_INVALID_PARAMETER);
    cr_expect_arr_eq(Block, Words, sizeof(Words));
}

Test(secure_pool, ExSecurePoolUpdate_wants_the_right_handle_tag_cookie_and_start)
{
    PUCHAR Block = MakeBlock(Words, sizeof(Words), SECURE_POOL_FLAGS_MODIFIABLE);
    HANDLE Other;

    cr_assert_eq(ExCreatePool(POOL_CREATE_FLG_SECURE_POOL, POOL_TAG, NULL, &Other), STATUS_SUCCESS);
    cr_expect_eq(ExSecurePoolUpdate(NULL, TAG, Block, COOKIE, 0, 1, "X"), STATUS_INVALID_HANDLE);
    cr_expect_eq(ExSecurePoolUpdate(&Other, TAG, Block, COOKIE, 0, 1, "X"), STATUS_INVALID_HANDLE);
    cr_expect_eq(ExSecurePoolUpdate(Other, TAG, Block, COOKIE, 0, 1, "X"), STATUS_INVALID_PARAMETER);
    cr_expect_eq(ExSecurePoolUpdate(Pool, TAG2, Block, COOKIE, 0, 1, "X"), STATUS_INVALID_PARAMETER);
    cr_expect_eq(ExSecurePoolUpdate(Pool, TAG, Block, COOKIE + 1, 0, 1, "X"), STATUS_INVALID_PARAMETER);
    cr_expect_eq(ExSecurePoolUpdate(Pool, TAG, Block + 1, COOKIE, 0, 1, "X"), STATUS_INVALID_PARAMETER);
    cr_expect_eq(ExSecurePoolUpdate(Pool, TAG, NULL, COOKIE, 0, 1, "X"), STATUS_INVALID_PARAMETER);
    cr_expect_arr_eq(Block, Words, sizeof(Words));
}

Test(secure_pool, without_MODIFIABLE_an_update_is_refused)
{
    PUCHAR Block = MakeBlock(Words, sizeof(Words), SECURE_POOL_FLAGS_FREEABLE);

    cr_expect_eq(ExSecurePoolUpdate(Pool, TAG, Block, COOKIE, 0, 1, "X"), STATUS_ACCESS_DENIED);
    cr_expect_arr_eq(Block, Words, sizeof(Words));
}

Test(secure_pool, a_buffer_that_faults_is_a_bug_check_and_leaves_no_lock_held)
{
    POOL_EXTENDED_PARAMS_SECURE_POOL Params;
    PUCHAR Block = MakeBlock(Words, sizeof(Words), SECURE_POOL_FLAGS_MODIFIABLE);
    HANDLE Other;
    EMU_BUGCHECK Stop;

    cr_assert_eq(ExCreatePool(POOL_CREATE_FLG_SECURE_POOL, POOL_TAG, NULL, &Other), STATUS_SUCCESS);
    Params = (POOL_EXTENDED_PARAMS_SECURE_POOL){Other, NULL, COOKIE, 0};
    PUCHAR Gone = Allocate(&Params, POOL_FLAG_NON_PAGED, 100);
    ExDestroyPool(Other);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExSecurePoolUpdate(Pool, TAG, Block, COOKIE, 0, 1, Gone);
    }
    cr_expect_eq(Stop.Code, (ULONG)PAGE_FAULT_IN_NONPAGED_AREA);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        MakeBlock(Gone, 100, BOTH);
    }
    cr_expect_eq(Stop.Code, (ULONG)PAGE_FAULT_IN_NONPAGED_AREA);
    cr_expect_eq(ExSecurePoolUpdate(Pool, TAG, Block, COOKIE, 0, 1, "X"), STATUS_SUCCESS);
    cr_expect_eq(Block[0], 'X');
}

/* ---- Validating ----------------------------------------------------------------------------------------------- */

Test(secure_pool, ExSecurePoolValidate_compares_handle_tag_cookie_and_start)
{
    PUCHAR Block = MakeBlock(Words, sizeof(Words), SECURE_POOL_FLAGS_FREEABLE);
    HANDLE Other;

    cr_assert_eq(ExCreatePool(POOL_CREATE_FLG_SECURE_POOL, POOL_TAG, NULL, &Other), STATUS_SUCCESS);
    cr_expect(ExSecurePoolValidate(Pool, TAG, Block, COOKIE));
    cr_expect_not(ExSecurePoolValidate(Other, TAG, Block, COOKIE));
    cr_expect_not(ExSecurePoolValidate(NULL, TAG, Block, COOKIE));
    cr_expect_not(ExSecurePoolValidate(&Other, TAG, Block, COOKIE));
    cr_expect_not(ExSecurePoolValidate(Pool, TAG2, Block, COOKIE));
    cr_expect_not(ExSecurePoolValidate(Pool, TAG, Block, COOKIE + 1));
    cr_expect_not(ExSecurePoolValidate(Pool, TAG, Block + 16, COOKIE));
    cr_expect_not(ExSecurePoolValidate(Pool, TAG, Words, COOKIE));
    EXPECT_NO_STOP(StopOfSecureFree(Block));
    cr_expect_not(ExSecurePoolValidate(Pool, TAG, Block, COOKIE), "freed");
}

/* ---- Freeing -------------------------------------------------------------------------------------------------- */

Test(secure_pool, without_FREEABLE_a_free_is_a_bug_check_and_the_block_stays)
{
    PVOID Block = MakeBlock(Words, sizeof(Words), SECURE_POOL_FLAGS_MODIFIABLE);

    EXPECT_STOP(StopOfSecureFree(Block), KERNEL_MODE_HEAP_CORRUPTION, 0x09, Pool, Block, 0);
    cr_expect(ExSecurePoolValidate(Pool, TAG, Block, COOKIE));
    cr_expect_arr_eq(Block, Words, sizeof(Words));
}

Test(secure_pool, a_free_names_the_right_pool_tag_and_cookie)
{
    PUCHAR Block = MakeBlock(Words, sizeof(Words), BOTH);
    HANDLE Other;

    cr_assert_eq(ExCreatePool(POOL_CREATE_FLG_SECURE_POOL, POOL_TAG, NULL, &Other), STATUS_SUCCESS);
    EXPECT_STOP(StopOfFreeWith(Block, TAG, NULL, COOKIE), KERNEL_MODE_HEAP_CORRUPTION, 0x13, 0, Block, 0);
    EXPECT_STOP(StopOfFreeWith(Block, TAG, Other, COOKIE), KERNEL_MODE_HEAP_CORRUPTION, 0x0C, Other, Block, 0);
    EXPECT_STOP(StopOfFreeWith(Block, TAG, &Other, COOKIE), KERNEL_MODE_HEAP_CORRUPTION, 0x09, &Other, Block, 0);
    EXPECT_STOP(StopOfFreeWith(Block, TAG2, Pool, COOKIE), BAD_POOL_CALLER, 0x0A, Block, TAG, TAG2);
    EXPECT_STOP(StopOfFreeWith(Block, TAG, Pool, 0), KERNEL_MODE_HEAP_CORRUPTION, 0x09, Pool, Block, 0);
    EXPECT_STOP(StopOfFreeWith(Block + 16, TAG, Pool, COOKIE), KERNEL_MODE_HEAP_CORRUPTION, 0x09, Pool, Block + 16, 0);
    EXPECT_NO_STOP(StopOfSecureFree(Block));
}

Test(secure_pool, a_double_free_is_0x13A_0x08)
{
    PVOID Block = MakeBlock(Words, sizeof(Words), BOTH);

    EXPECT_NO_STOP(StopOfSecureFree(Block));
    EXPECT_STOP(StopOfSecureFree(Block), KERNEL_MODE_HEAP_CORRUPTION, 0x08, Pool, Block, 0);
}

Test(secure_pool, the_other_free_routines_do_not_know_it)
{
    PVOID Block = MakeBlock(Words, sizeof(Words), BOTH);
    EMU_BUGCHECK Stop;

    EXPECT_STOP(StopOfFree(Block, TAG), BAD_POOL_CALLER, 0x46, Block, 0, 0);
    EXPECT_STOP(StopOfUntaggedFree(Block), BAD_POOL_CALLER, 0x46, Block, 0, 0);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExFreePool2(Block, TAG, NULL, 0);
    }
    EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x46, Block, 0, 0);
    cr_expect_not_null(strstr(Stop.Text, "ExFreePool2"), "%s", Stop.Text);
    cr_expect(IsLive(Block));
}

Test(secure_pool, ExFreePool2_frees_ordinary_blocks_as_ExFreePoolWithTag_does)
{
    PVOID Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, TAG);
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExFreePool2(Block, TAG2, NULL, 0);
    }
    EXPECT_STOP(Stop, BAD_POOL_CALLER, 0x0A, Block, TAG, TAG2);
    ExFreePool2(Block, TAG, NULL, 0);
    cr_expect_not(IsLive(Block));
    EXPECT_NO_STOP(StopOfFreeWith(ExAllocatePool2(POOL_FLAG_PAGED, 5000, TAG), TAG, Pool, COOKIE));
}

/* ---- Reset and fork ------------------------------------------------------------------------------------------- */

Test(secure_pool, EmuReset_destroys_all)
{
    PVOID Block = MakeBlock(Words, sizeof(Words), SECURE_POOL_FLAGS_NONE);

    EmuReset();
    cr_expect_eq(LiveBlocks(), 0u);
    cr_expect_eq(ExSecurePoolUpdate(Pool, TAG, Block, COOKIE, 0, 1, "X"), STATUS_INVALID_HANDLE);
    EXPECT_STOP(StopOfDestroy(Pool), KERNEL_MODE_HEAP_CORRUPTION, 0x09, Pool, 0, 0);
    MakePool();
    cr_expect_arr_eq(MakeBlock(Words, sizeof(Words), BOTH), Words, sizeof(Words));
}

#if !defined(_WIN32)

/* In the child: 0 when it has the block as it was, read-only, and can change its own. */
static int UseInChild(PUCHAR Block)
{
    if (memcmp(Block, Words, sizeof(Words)) != 0) {
        return 1;
    }
    if (StopOfWrite(Block).Code != (ULONG)ATTEMPTED_WRITE_TO_READONLY_MEMORY) {
        return 2;
    }
    if (ExSecurePoolUpdate(Pool, TAG, Block, COOKIE, 0, 1, "C") != STATUS_SUCCESS || Block[0] != 'C') {
        return 3;
    }
    return StopOfSecureFree(Block).Code == 0 ? 0 : 4;
}

Test(secure_pool, a_forked_child_has_a_copy)
{
    PUCHAR Block = MakeBlock(Words, sizeof(Words), BOTH);
    int Status;
    pid_t Child = fork();

    if (Child == 0) {
        _exit(UseInChild(Block));
    }
    cr_assert_eq(waitpid(Child, &Status, 0), Child);
    cr_assert(WIFEXITED(Status));
    cr_expect_eq(WEXITSTATUS(Status), 0);
    cr_expect_arr_eq(Block, Words, sizeof(Words), "the child's changes are its own");
    cr_expect_eq(ExSecurePoolUpdate(Pool, TAG, Block, COOKIE, 0, 1, "P"), STATUS_SUCCESS);
    cr_expect_eq(Block[0], 'P');
}

#else

Test(secure_pool, a_forked_child_has_a_copy)
{
    cr_skip_test("Windows has no fork");
}

#endif

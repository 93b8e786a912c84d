/* Which memory can be executed: machine code really runs, or really faults, and the host's page tables say the same. */
#include <criterion/criterion.h>
#include <pthread.h>

#include "support.h"

/* Writes code at Address inside a live block and lets the processor decide. */
static void ExpectCode(UCHAR *Address, BOOLEAN Executable, PCSTR Name)
{
    EMU_BUGCHECK Stop;

    WriteCode(Address);
    ULONG Answer = RunCode(Address, &Stop);
    if (Executable) {
        cr_assert_eq(Stop.Code, 0u, "%s: bug check 0x%X: %s", Name, Stop.Code, Stop.Text);
        cr_assert_eq(Answer, CODE_ANSWER, "%s", Name);
    } else {
        cr_assert_eq(Stop.Code, ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY, "%s: 0x%X", Name, Stop.Code);
        cr_assert_eq(Stop.Parameter[0], (ULONG_PTR)Address, "%s", Name);
        cr_assert_eq(Answer, 0, "%s", Name);
    }
}

static void ExpectRights(PVOID Block, BOOLEAN Executable, PCSTR Name)
{
    PAGE_RIGHTS Rights = RightsOf(Block);
    EMU_BLOCK Info;

    cr_assert(EmuQueryBlock(Block, &Info), "%s", Name);
    cr_assert_eq(Info.Executable, Executable, "%s", Name);
    cr_assert(Rights.Read, "%s", Name);
    cr_assert(Rights.Write, "%s", Name);
    cr_assert_eq(Rights.Execute, Executable, "%s", Name);
}

Test(pool_execute, code_runs_in_executable_pool_of_any_size_and_stops_in_all_other_pool)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
            UCHAR *Block = ExAllocatePoolWithTag(Kinds[Kind].Type, Sizes[Size], TAG);
            cr_assert_not_null(Block);
            ExpectRights(Block, Kinds[Kind].Executable, Kinds[Kind].Name);
            ExpectCode(Block, Kinds[Kind].Executable, Kinds[Kind].Name);
            ExpectCode(Block + (Sizes[Size] - sizeof(CodeBytes)) / 4 * 4, Kinds[Kind].Executable, Kinds[Kind].Name);
            ExFreePoolWithTag(Block, TAG);
        }
    }
}

Test(pool_execute, code_runs_in_POOL_FLAG_NON_PAGED_EXECUTE_only)
{
    for (SIZE_T Size = 0; Size < COUNT(Sizes); Size++) {
        ExpectCode(ExAllocatePool2(POOL_FLAG_NON_PAGED_EXECUTE, Sizes[Size], TAG), TRUE, "NON_PAGED_EXECUTE");
        ExpectCode(ExAllocatePool2(POOL_FLAG_NON_PAGED, Sizes[Size], TAG), FALSE, "NON_PAGED");
        ExpectCode(ExAllocatePool2(POOL_FLAG_PAGED, Sizes[Size], TAG), PAGED_EXECUTES, "PAGED");
    }
}

Test(pool_execute, the_stop_tells_the_address_and_a_page_table_entry_with_the_NX_bit)
{
    UCHAR *Block = ExAllocatePoolWithTag(NonPagedPoolNx, 256, TAG);
    EMU_BUGCHECK Stop;

    WriteCode(Block + 32);
    RunCode(Block + 32, &Stop);
    cr_expect_eq(Stop.Code, 0xFCu);
    cr_expect_str_eq(Stop.Name, "ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY");
    cr_expect_eq(Stop.Parameter[0], (ULONG_PTR)Block + 32);
#if defined(_WIN64)
    cr_expect_eq(Stop.Parameter[1] >> 63, 1u, "NX, as bit 63");
#else
    cr_expect_eq(Stop.Parameter[1], ((ULONG_PTR)Block & ~(PAGE_SIZE - 1)) | 0x63, "the lower half of the entry");
#endif
    cr_expect_eq(Stop.Parameter[1] & 1, 1u, "valid, as bit 0");
    cr_expect_not_null(strstr(Stop.Text, "Test"), "the text names the block's tag: %s", Stop.Text);
}

Test(pool_execute, a_freed_no_execute_block_stays_no_execute)
{
    static const POOL_TYPE Types[] = {NonPagedPoolNx, PagedPool};

    for (SIZE_T Type = 0; Type < (PAGED_EXECUTES ? 1 : COUNT(Types)); Type++) {
        EMU_BUGCHECK Stop;
        UCHAR *Block = ExAllocatePoolWithTag(Types[Type], 64, TAG);
        WriteCode(Block);
        ExFreePoolWithTag(Block, TAG);
        cr_expect_eq(RunCode(Block, &Stop), 0);
        cr_expect_eq(Stop.Code, 0xFCu);
        cr_expect_eq(Stop.Parameter[0], (ULONG_PTR)Block);
    }
}

Test(pool_execute, code_in_every_page_of_a_large_executable_block_runs)
{
    SIZE_T Bytes = 4 << 20;
    UCHAR *Block = ExAllocatePoolWithTag(NonPagedPoolExecute, Bytes, TAG);

    for (SIZE_T Offset = 0; Offset < Bytes; Offset += PAGE_SIZE) {
        ExpectCode(Block + Offset, TRUE, "4 MiB");
    }
}

Test(pool_execute, code_in_every_page_of_a_large_no_execute_block_stops)
{
    SIZE_T Bytes = 1 << 20;
    UCHAR *Block = ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, TAG);

    for (SIZE_T Offset = 0; Offset < Bytes; Offset += PAGE_SIZE) {
        ExpectCode(Block + Offset, FALSE, "1 MiB");
    }
}

Test(pool_execute, code_runs_in_recycled_executable_blocks_of_every_size)
{
    for (ULONG Round = 0; Round < 20; Round++) {
        for (SIZE_T Bytes = 16; Bytes <= 1 << 20; Bytes = Bytes * 3 / 2) {
            UCHAR *Block = ExAllocatePoolWithTag(NonPagedPoolExecute, Bytes, TAG);
            ExpectCode(Block, TRUE, "recycled");
            ExFreePoolWithTag(Block, TAG);
        }
    }
}

/* Memory that the engine gave back to the host in between must come back with the same rights. */
Test(pool_execute, code_runs_after_the_whole_executable_pool_was_given_back_and_taken_again)
{
    enum {
        BLOCKS = 3000,
    };
    static UCHAR *Blocks[BLOCKS];

    for (ULONG Round = 0; Round < 4; Round++) {
        for (ULONG Index = 0; Index < BLOCKS; Index++) {
            SIZE_T Bytes = Index % 10 == 0 ? 65536 + Index * 16 : 16 + Index % 4000;
            Blocks[Index] = ExAllocatePoolWithTag(NonPagedPoolExecute, Bytes, TAG);
            cr_assert_not_null(Blocks[Index]);
            memset(Blocks[Index], 0xCC, Bytes);
        }
        for (ULONG Index = 0; Index < BLOCKS; Index += 7) {
            ExpectCode(Blocks[Index], TRUE, "taken again");
        }
        ExpectRights(Blocks[0], TRUE, "taken again");
        for (ULONG Index = 0; Index < BLOCKS; Index++) {
            ExFreePoolWithTag(Blocks[Index], TAG);
        }
    }
}

static EMU_BUGCHECK StopOfReadingAndWriting(UCHAR *Block, SIZE_T Bytes)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        memset(Block, 0x77, Bytes);
        cr_expect(IsFilledWith(Block, 0x77, Bytes));
    }
    return Stop;
}

Test(pool_execute, reading_and_writing_a_block_of_any_type_is_no_fault)
{
    for (SIZE_T Kind = 0; Kind < COUNT(Kinds); Kind++) {
        UCHAR *Block = ExAllocatePoolWithTag(Kinds[Kind].Type, 20000, TAG);
        EXPECT_NO_STOP(StopOfReadingAndWriting(Block, 20000));
    }
}

/* ---- Threads that come and go --------------------------------------------------------------------------------- */

enum {
    WAVES = 64,
    WAVE_THREADS = 4,
    OPERATIONS = 4000, /* a thread; more than a million in all */
    HELD = 64,
};

typedef struct CHURNER {
    pthread_t Thread;
    ULONG64 Seed;
    BOOLEAN Failed;
} CHURNER;

static void *Churn(void *Argument)
{
    CHURNER *Churner = Argument;
    ULONG64 State = Churner->Seed;
    PVOID Held[HELD] = {NULL};
    EMU_BUGCHECK Stop;

    for (ULONG Operation = 0; Operation < OPERATIONS; Operation++) {
        PVOID *Place = &Held[Random(&State) % HELD];
        if (*Place != NULL) {
            ExFreePoolWithTag(*Place, TAG);
        }
        SIZE_T Bytes = Random(&State) % 200 == 0 ? 4096 + Random(&State) % 60000 : 16 + Random(&State) % 2000;
        ULONG Kind = Random(&State) % 3;
        *Place = ExAllocatePoolWithTag(Kinds[Kind].Type, Bytes, TAG);
        if (*Place == NULL) {
            Churner->Failed = TRUE;
            return NULL;
        }
        if (Operation % 64 == 0) {
            WriteCode(*Place);
            ULONG Wanted = Kinds[Kind].Executable ? CODE_ANSWER : 0;
            Churner->Failed |= RunCode(*Place, &Stop) != Wanted;
            Churner->Failed |= Stop.Code != (Kinds[Kind].Executable ? 0u : 0xFCu);
        }
    }
    for (ULONG Index = 0; Index < HELD; Index++) {
        if (Held[Index] != NULL) {
            ExFreePoolWithTag(Held[Index], TAG);
        }
    }
    return NULL;
}

Test(pool_execute, rights_hold_after_a_million_allocations_by_threads_that_came_and_went, .timeout = 120)
{
    CHURNER Churners[WAVE_THREADS];

    for (ULONG Wave = 0; Wave < Rounds(WAVES); Wave++) {
        for (ULONG Index = 0; Index < WAVE_THREADS; Index++) {
            Churners[Index] = (CHURNER){.Seed = Wave * 1000 + Index + 1};
            cr_assert_eq(pthread_create(&Churners[Index].Thread, NULL, Churn, &Churners[Index]), 0);
        }
        for (ULONG Index = 0; Index < WAVE_THREADS; Index++) {
            pthread_join(Churners[Index].Thread, NULL);
            cr_assert_not(Churners[Index].Failed, "wave %u", Wave);
        }
    }

    EMU_TAG_USAGE Usage;
    EmuQueryTag(TAG, &Usage);
    cr_expect_eq(Usage.NonPaged.Allocs + Usage.Paged.Allocs, (ULONG64)Rounds(WAVES) * WAVE_THREADS * OPERATIONS);
    cr_expect_eq(Usage.NonPaged.Allocs, Usage.NonPaged.Frees);
    cr_expect_eq(Usage.Paged.Allocs, Usage.Paged.Frees);

    for (ULONG Index = 0; Index < 1500; Index++) {
        SIZE_T Bytes = 16 + Index * 7 % 9000;
        ExpectCode(ExAllocatePoolWithTag(NonPagedPoolExecute, Bytes, TAG), TRUE, "afterwards");
        if (Index % 10 == 0) {
            ExpectCode(ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, TAG), FALSE, "afterwards");
            ExpectCode(ExAllocatePoolWithTag(PagedPool, Bytes, TAG), PAGED_EXECUTES, "afterwards");
        }
    }
}

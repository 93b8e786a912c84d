/* Threads that come and go, each leaving blocks to those after it: blocks of ended threads stay intact and can be
 * freed, counters are exact, code runs in every executable block and in no other. Returns 0 when all is well. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "poolemu.h"

enum {
    WAVES = 50,
    VERIFIED_WAVES = 6, /* under Driver Verifier, where a block costs the host several calls */
    THREADS = 5,        /* at a time */
    OPERATIONS = 4000,
    HELD = 48,
    LEFT = 16, /* of them stay when the thread ends */
    TAG = 'tseT',
};

#if defined(_ARM64_)
static const ULONG Code[] = {0x52800540, 0xD65F03C0}; /* returns 42 */
#else
static const UCHAR Code[] = {0xB8, 0x2A, 0x00, 0x00, 0x00, 0xC3};
#endif

typedef struct BLOCK {
    UCHAR *Address;
    ULONG Bytes;
    UCHAR Value;
    UCHAR Type;
} BLOCK;

static const POOL_TYPE Types[] = {NonPagedPoolExecute, PagedPool, NonPagedPoolNx};

typedef struct WORKER {
    pthread_t Thread;
    ULONG64 Seed;
    BLOCK Inherited[LEFT];
    BLOCK Left[LEFT];
    ULONG Failures;
} WORKER;

static ULONG Random(ULONG64 *State)
{
    *State ^= *State << 13;
    *State ^= *State >> 7;
    *State ^= *State << 17;
    return (ULONG)(*State >> 32);
}

static BLOCK Allocate(ULONG64 *State)
{
    BLOCK Block = {.Type = (UCHAR)(Random(State) % 3), .Value = (UCHAR)Random(State)};

    Block.Bytes = Random(State) % 300 == 0 ? 4096 + Random(State) % 100000 : 16 + Random(State) % 1500;
    Block.Address = ExAllocatePoolWithTag(Types[Block.Type], Block.Bytes, TAG);
    if (Block.Address != NULL) {
        RtlFillMemory(Block.Address, Block.Bytes, Block.Value);
    }
    return Block;
}

/* TRUE when the block is as its thread left it. */
static BOOLEAN Free(BLOCK *Block)
{
    BOOLEAN Intact =
        Block->Address[0] == Block->Value && memcmp(Block->Address, Block->Address + 1, Block->Bytes - 1) == 0;

    ExFreePoolWithTag(Block->Address, TAG);
    Block->Address = NULL;
    return Intact;
}

static void *Work(void *Argument)
{
    WORKER *Worker = Argument;
    ULONG64 State = Worker->Seed;
    BLOCK Held[HELD];

    memset(Held, 0, sizeof(Held));
    for (ULONG Index = 0; Index < LEFT; Index++) {
        Worker->Failures += Worker->Inherited[Index].Address != NULL && !Free(&Worker->Inherited[Index]);
    }
    for (ULONG Operation = 0; Operation < OPERATIONS; Operation++) {
        BLOCK *Block = &Held[Random(&State) % HELD];
        if (Block->Address != NULL) {
            Worker->Failures += !Free(Block);
        }
        *Block = Allocate(&State);
        Worker->Failures += Block->Address == NULL;
    }
    for (ULONG Index = 0; Index < HELD; Index++) {
        if (Index < LEFT) {
            Worker->Left[Index] = Held[Index];
        } else if (Held[Index].Address != NULL) {
            Worker->Failures += !Free(&Held[Index]);
        }
    }
    return NULL;
}

/* Whether the processor runs code in a block of that type, and whether it should. */
static BOOLEAN RunsAsItShould(ULONG Type, SIZE_T Bytes)
{
    typedef ULONG ROUTINE(VOID);
    PVOID Block = ExAllocatePoolWithTag(Types[Type], Bytes, TAG);
    EMU_BUGCHECK Stop;
    EMU_BLOCK Info;
    volatile ULONG Answer = 0;

    memcpy(Block, Code, sizeof(Code));
    __builtin___clear_cache((char *)Block, (char *)Block + sizeof(Code));
    EMU_CATCH_BUGCHECK(&Stop)
    {
        Answer = ((ROUTINE *)(ULONG_PTR)Block)();
    }
    BOOLEAN Executable = Types[Type] == NonPagedPoolExecute || (EMU_BY_WIDTH(FALSE, TRUE) && Types[Type] == PagedPool);
    BOOLEAN Right = EmuQueryBlock(Block, &Info) && Info.Executable == Executable &&
                    (Executable ? Stop.Code == 0 && Answer == 42
                                : Stop.Code == ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY &&
                                      Stop.Parameter[0] == (ULONG_PTR)Block && Answer == 0);
    ExFreePoolWithTag(Block, TAG);
    return Right;
}

static int Expect(const char *What, ULONG64 Is, ULONG64 Wanted)
{
    if (Is != Wanted) {
        fprintf(stderr, "%s: %llu, not %llu\n", What, (unsigned long long)Is, (unsigned long long)Wanted);
    }
    return Is != Wanted;
}

int main(void)
{
    static WORKER Workers[2][THREADS];
    EMU_TAG_USAGE Usage;
    ULONG Waves = EmuVerifier() != 0 ? VERIFIED_WAVES : WAVES;
    ULONG64 Failures = 0, Probes = 0;
    int Wrong = 0;

    for (ULONG Wave = 0; Wave < Waves; Wave++) {
        WORKER *Now = Workers[Wave % 2], *Before = Workers[(Wave + 1) % 2];
        for (ULONG Index = 0; Index < THREADS; Index++) {
            memset(&Now[Index], 0, sizeof(Now[Index]));
            Now[Index].Seed = Wave * 1000 + Index + 1;
            memcpy(Now[Index].Inherited, Before[(Index + 1) % THREADS].Left, sizeof(Now[Index].Inherited));
        }
        for (ULONG Index = 0; Index < THREADS; Index++) {
            if (pthread_create(&Now[Index].Thread, NULL, Work, &Now[Index]) != 0) {
                return 1;
            }
        }
        for (ULONG Index = 0; Index < THREADS; Index++) {
            pthread_join(Now[Index].Thread, NULL);
            Failures += Now[Index].Failures;
        }
        for (ULONG Index = 0; Index < 12; Index++, Probes++) {
            Failures += !RunsAsItShould(Index % 3, 16 + (Wave * 97 + Index * 331) % 6000);
        }
    }
    for (ULONG Index = 0; Index < THREADS; Index++) {
        for (ULONG Left = 0; Left < LEFT; Left++) {
            BLOCK *Block = &Workers[(Waves - 1) % 2][Index].Left[Left];
            Failures += Block->Address != NULL && !Free(Block);
        }
    }
    EmuQueryTag(TAG, &Usage);
    Wrong |= Expect("failures", Failures, 0);
    Wrong |= Expect("allocations", Usage.NonPaged.Allocs + Usage.Paged.Allocs,
                    (ULONG64)Waves * THREADS * OPERATIONS + Probes);
    Wrong |= Expect("nonpaged frees", Usage.NonPaged.Frees, Usage.NonPaged.Allocs);
    Wrong |= Expect("paged frees", Usage.Paged.Frees, Usage.Paged.Allocs);
    Wrong |= Expect("bytes", Usage.NonPaged.Bytes + Usage.Paged.Bytes, 0);
    return Wrong;
}

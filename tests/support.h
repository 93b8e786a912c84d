/* support.h: what the pool's suites share: the kinds of pool, the Windows releases, machine code to run, the host's own
 * word on a page's protection, patterns and random numbers. */
#ifndef TESTS_SUPPORT_H
#define TESTS_SUPPORT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntifs.h"
#include "poolemu.h"

enum {
    TAG = 'tseT',
    TAG2 = 'rhtO',
    HEADER_BYTES = EMU_BY_WIDTH(16, 8),
    UNIT = MEMORY_ALLOCATION_ALIGNMENT,
    LARGEST_SMALL = EMU_BY_WIDTH(4064, 4080), /* one byte more has a page of its own, and no header */
};

/* A size that no arena has room for. */
#define MORE_THAN_AN_ARENA EMU_BY_WIDTH((SIZE_T)1 << 40, (SIZE_T)1 << 31)

#define COUNT(Array) (sizeof(Array) / sizeof((Array)[0]))

/* ---- What differs between hosts ------------------------------------------------------------------------------- */

#if defined(_WIN32)
#define DRIVER_SUFFIX ".sys"
#define HAS_SECOND_ADDRESSES FALSE /* pages of the pool cannot be mapped a second time */
#define NOT_AN_IMAGE "not a PE"
#define PROGRAM_WITHOUT_POOLEMU "C:\\windows\\system32\\kernel32.dll"
#define NO_SUCH_LIBRARY "error 126: "

EMU_INLINE int setenv(const char *Name, const char *Value, int Overwrite)
{
    UNREFERENCED_PARAMETER(Overwrite);
    return _putenv_s(Name, Value);
}

EMU_INLINE int unsetenv(const char *Name)
{
    return _putenv_s(Name, "");
}
#else
#define DRIVER_SUFFIX ".so"
#define HAS_SECOND_ADDRESSES TRUE
#define NOT_AN_IMAGE "not an ELF"
#define PROGRAM_WITHOUT_POOLEMU "/bin/sh"
#define NO_SUCH_LIBRARY "No such file"
#endif

/* For tests of very much, before the first allocation: 16 GiB an arena, or 1, which is not the default everywhere. */
EMU_INLINE void WantLargestArenas(void)
{
    setenv("POOLEMU_ARENA_MIB", EMU_BY_WIDTH("16384", "1024"), 1);
}

/* ---- The kinds of pool ---------------------------------------------------------------------------------------- */

typedef struct POOL_KIND {
    PCSTR Name;
    POOL_TYPE Type;
    BOOLEAN Executable; /* on Windows 8 and later */
    BOOLEAN Paged;
    BOOLEAN CacheAligned;
} POOL_KIND;

#define PAGED_EXECUTES EMU_BY_WIDTH(FALSE, TRUE)

EMU_UNUSED static const POOL_KIND Kinds[] = {
    {"NonPagedPoolExecute", NonPagedPoolExecute, TRUE, FALSE, FALSE},
    {"PagedPool", PagedPool, PAGED_EXECUTES, TRUE, FALSE},
    {"NonPagedPoolNx", NonPagedPoolNx, FALSE, FALSE, FALSE},
    {"NonPagedPoolBaseCacheAligned", NonPagedPoolBaseCacheAligned, TRUE, FALSE, TRUE},
    {"PagedPoolCacheAligned", PagedPoolCacheAligned, PAGED_EXECUTES, TRUE, TRUE},
    {"NonPagedPoolNxCacheAligned", NonPagedPoolNxCacheAligned, FALSE, FALSE, TRUE},
    {"NonPagedPoolSession", NonPagedPoolSession, TRUE, FALSE, FALSE},
    {"PagedPoolSession", PagedPoolSession, PAGED_EXECUTES, TRUE, FALSE},
    {"NonPagedPoolCacheAlignedSession", NonPagedPoolCacheAlignedSession, TRUE, FALSE, TRUE},
    {"PagedPoolCacheAlignedSession", PagedPoolCacheAlignedSession, PAGED_EXECUTES, TRUE, TRUE},
    {"NonPagedPoolSessionNx", NonPagedPoolSessionNx, FALSE, FALSE, FALSE},
};

/* A small block, the largest with a header, a page, and more than one. */
EMU_UNUSED static const SIZE_T Sizes[] = {64, LARGEST_SMALL, PAGE_SIZE, 3 * PAGE_SIZE + 5};

/* ---- With Driver Verifier ------------------------------------------------------------------------------------- */

/* A test of many rounds goes fewer: there each block costs the host several calls. */
EMU_INLINE ULONG Rounds(ULONG Plain)
{
    return EmuVerifier() != 0 ? (Plain + 19) / 20 : Plain;
}

/* The largest block that does not begin on a page: special pool has no headers. */
EMU_INLINE SIZE_T LargestInPage(VOID)
{
    return EmuVerifier() != 0 ? PAGE_SIZE - 1 : LARGEST_SMALL;
}

/* ---- Windows releases ----------------------------------------------------------------------------------------- */

EMU_INLINE BOOLEAN HasNxPool(const EMU_WINDOWS *Windows)
{
    return Windows->Major * 100 + Windows->Minor >= 602;
}

EMU_INLINE BOOLEAN ZeroesPool(const EMU_WINDOWS *Windows)
{
    return Windows->Major >= 10 && Windows->Build >= 19041;
}

/* On the last Windows whose pool is no heap: what it finds at a free are rows of 0x19 and 0xC2. heap_stops.c has what
 * later ones say. Routines that came with these may be called. */
EMU_UNUSED static VOID SelectPoolWithoutHeap(VOID)
{
    EmuSetWindows("win10-1809");
    EmuAllowMissingExports(TRUE);
}

EMU_INLINE BOOLEAN HasHeap(const EMU_WINDOWS *Windows)
{
    return Windows->Major >= 10 && Windows->Build >= 18362;
}

/* ---- Blocks --------------------------------------------------------------------------------------------------- */

EMU_INLINE BOOLEAN IsOnOnePage(const VOID *Block, SIZE_T Bytes)
{
    return Bytes == 0 || PAGE_ALIGN(Block) == PAGE_ALIGN((ULONG_PTR)Block + Bytes - 1);
}

EMU_INLINE BOOLEAN IsFilledWith(const VOID *Block, UCHAR Value, SIZE_T Bytes)
{
    const UCHAR *Byte = Block;

    return Bytes == 0 || (Byte[0] == Value && memcmp(Byte, Byte + 1, Bytes - 1) == 0);
}

enum {
    MOST_FILLED = 16 << 20, /* of a larger block the rest is as it was */
};

/* What uninitialized memory reads as: what was there before, or the pattern that the debug configuration puts there. */
EMU_INLINE UCHAR Leftover(UCHAR Dirt)
{
    return POOLEMU_FILL ? 0xCD : Dirt;
}

/* A pattern that no shifted copy of itself and no other seed's pattern equals. */
EMU_INLINE VOID FillPattern(VOID *Block, SIZE_T Bytes, ULONG Seed)
{
    for (SIZE_T Index = 0; Index < Bytes; Index++) {
        ((UCHAR *)Block)[Index] = (UCHAR)((Index + 1) * 2654435761u >> 13 ^ Seed * 40503u >> 5 ^ Seed);
    }
}

EMU_INLINE BOOLEAN HasPattern(const VOID *Block, SIZE_T Bytes, ULONG Seed)
{
    for (SIZE_T Index = 0; Index < Bytes; Index++) {
        if (((const UCHAR *)Block)[Index] != (UCHAR)((Index + 1) * 2654435761u >> 13 ^ Seed * 40503u >> 5 ^ Seed)) {
            return FALSE;
        }
    }
    return TRUE;
}

EMU_INLINE ULONG Random(ULONG64 *State)
{
    *State ^= *State << 13;
    *State ^= *State >> 7;
    *State ^= *State << 17;
    return (ULONG)(*State >> 32);
}

/* As much of a header as a bug check's parameter holds. */
EMU_INLINE ULONG_PTR FirstWord(const VOID *Address)
{
    ULONG_PTR Value;

    memcpy(&Value, Address, sizeof(Value));
    return Value;
}

/* How many kinds and call sites of violations there are, and the one that is listed last. */
typedef struct VIOLATIONS {
    ULONG Count;
    EMU_VIOLATION Last;
} VIOLATIONS;

EMU_INLINE BOOLEAN CollectViolation(const EMU_VIOLATION *Violation, PVOID Context)
{
    VIOLATIONS *Found = (VIOLATIONS *)Context;

    Found->Count++;
    Found->Last = *Violation;
    return TRUE;
}

EMU_INLINE VIOLATIONS Violations(void)
{
    VIOLATIONS Found;

    memset(&Found, 0, sizeof(Found));
    EmuForEachViolation(CollectViolation, &Found);
    return Found;
}

/* The first four bytes of a header, as 0x19 and 0xC2 show them. */
EMU_NO_SANITIZE static inline ULONG HeaderBits(const VOID *Header)
{
    return *(const volatile ULONG *)Header; // of a freed block, too
}

/* The bytes of a small block's slot that are the block's, found out while its header is intact. */
EMU_INLINE SIZE_T SlotBytes(PVOID Block)
{
    BOOLEAN QuotaCharged;

    return ExQueryPoolBlockSize(Block, &QuotaCharged);
}

static inline BOOLEAN EMU_UNUSED CountBlock(const EMU_BLOCK *Block, PVOID Count)
{
    UNREFERENCED_PARAMETER(Block);
    ++*(SIZE_T *)Count;
    return TRUE;
}

EMU_INLINE SIZE_T LiveBlocks(VOID)
{
    SIZE_T Count = 0;

    EmuForEachBlock(CountBlock, &Count);
    return Count;
}

EMU_INLINE BOOLEAN IsLive(PVOID Address)
{
    EMU_BLOCK Block;

    return EmuQueryBlock(Address, &Block);
}

/* What the emulator knows the calling thread by. */
EMU_UNUSED static ULONG_PTR ThisThread(VOID)
{
    FAST_MUTEX Mutex;

    ExInitializeFastMutex(&Mutex);
    ExAcquireFastMutex(&Mutex);
    ULONG_PTR Thread = (ULONG_PTR)Mutex.Owner;
    ExReleaseFastMutex(&Mutex);
    return Thread;
}

/* ---- Stops ---------------------------------------------------------------------------------------------------- */

/* What happened is evaluated once: it may be a call. */
#define EXPECT_STOP(Happened, WantedCode, P0, P1, P2, P3)                                                              \
    do {                                                                                                               \
        EMU_BUGCHECK Was = (Happened);                                                                                 \
        cr_expect_eq(Was.Code, (ULONG)(WantedCode), "bug check 0x%X: %s", Was.Code, Was.Text);                         \
        cr_expect_eq(Was.Parameter[0], (ULONG_PTR)(P0), "parameter 1 is 0x%zx", (size_t)Was.Parameter[0]);             \
        cr_expect_eq(Was.Parameter[1], (ULONG_PTR)(P1), "parameter 2 is 0x%zx", (size_t)Was.Parameter[1]);             \
        cr_expect_eq(Was.Parameter[2], (ULONG_PTR)(P2), "parameter 3 is 0x%zx", (size_t)Was.Parameter[2]);             \
        cr_expect_eq(Was.Parameter[3], (ULONG_PTR)(P3), "parameter 4 is 0x%zx", (size_t)Was.Parameter[3]);             \
    } while (0)

#define EXPECT_NO_STOP(Happened)                                                                                       \
    do {                                                                                                               \
        EMU_BUGCHECK Was = (Happened);                                                                                 \
        cr_expect_eq(Was.Code, 0u, "bug check 0x%X: %s", Was.Code, Was.Text);                                          \
    } while (0)

EMU_UNUSED EMU_NOINLINE static EMU_BUGCHECK StopOfFree(PVOID Address, ULONG Tag)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExFreePoolWithTag(Address, Tag);
    }
    return Stop;
}

EMU_UNUSED EMU_NOINLINE static EMU_BUGCHECK StopOfUntaggedFree(PVOID Address)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExFreePool(Address);
    }
    return Stop;
}

EMU_UNUSED EMU_NOINLINE static EMU_BUGCHECK StopOfAllocation(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        ExAllocatePoolWithTag(Type, Bytes, Tag);
    }
    return Stop;
}

/* ---- Machine code --------------------------------------------------------------------------------------------- */

/* A routine without arguments that returns 42. */
#if defined(_ARM64_)
EMU_UNUSED static const ULONG CodeBytes[] = {0x52800540, 0xD65F03C0};
#else
EMU_UNUSED static const UCHAR CodeBytes[] = {0xB8, 0x2A, 0x00, 0x00, 0x00, 0xC3};
#endif

enum {
    CODE_ANSWER = 42
};

EMU_INLINE VOID WriteCode(PVOID Address)
{
    memcpy(Address, CodeBytes, sizeof(CodeBytes));
    __builtin___clear_cache((char *)Address, (char *)Address + sizeof(CodeBytes));
}

/* Runs what WriteCode wrote; returns 0 when a bug check came instead. */
EMU_UNUSED EMU_NOINLINE static ULONG RunCode(PVOID Address, EMU_BUGCHECK *Stop)
{
    typedef ULONG ROUTINE(VOID);
    volatile ULONG Answer = 0;

    EMU_CATCH_BUGCHECK(Stop)
    {
        Answer = ((ROUTINE *)(ULONG_PTR)Address)();
    }
    return Answer;
}

/* ---- The host's word ------------------------------------------------------------------------------------------ */

typedef struct PAGE_RIGHTS {
    BOOLEAN Read;
    BOOLEAN Write;
    BOOLEAN Execute;
} PAGE_RIGHTS;

#if defined(_WIN32)
/* VirtualQuery and its answer, under names that do not clash with those of windows.h. */
typedef struct HOSTS_WORD {
    PVOID Base, AllocationBase;
    ULONG AllocationProtect, Partition;
    SIZE_T RegionBytes;
    ULONG State, Protect, Type;
} HOSTS_WORD;

__declspec(dllimport) SIZE_T VirtualQuery(const VOID *Address, HOSTS_WORD *Word, SIZE_T Bytes);

EMU_UNUSED static PAGE_RIGHTS RightsOf(const VOID *Address)
{
    HOSTS_WORD Word;

    if (VirtualQuery(Address, &Word, sizeof(Word)) != 0 && Word.State == 0x1000 /* MEM_COMMIT */) {
        switch (Word.Protect) {
        case PAGE_READONLY:
            return (PAGE_RIGHTS){TRUE, FALSE, FALSE};
        case PAGE_READWRITE:
            return (PAGE_RIGHTS){TRUE, TRUE, FALSE};
        case PAGE_EXECUTE_READ:
            return (PAGE_RIGHTS){TRUE, FALSE, TRUE};
        case PAGE_EXECUTE_READWRITE:
            return (PAGE_RIGHTS){TRUE, TRUE, TRUE};
        default:
            break;
        }
    }
    return (PAGE_RIGHTS){FALSE, FALSE, FALSE};
}
#else
/* From /proc/self/maps. */
EMU_UNUSED static PAGE_RIGHTS RightsOf(const VOID *Address)
{
    PAGE_RIGHTS Rights = {FALSE, FALSE, FALSE};
    FILE *Maps = fopen("/proc/self/maps", "r");
    char Line[1024];

    while (Maps != NULL && fgets(Line, sizeof(Line), Maps) != NULL) {
        unsigned long Start, End;
        char Letters[5];
        if (sscanf(Line, "%lx-%lx %4s", &Start, &End, Letters) == 3 && (ULONG_PTR)Address >= Start &&
            (ULONG_PTR)Address < End) {
            Rights = (PAGE_RIGHTS){Letters[0] == 'r', Letters[1] == 'w', Letters[2] == 'x'};
            break;
        }
    }
    if (Maps != NULL) {
        fclose(Maps);
    }
    return Rights;
}
#endif

/* ---- Both together, for the suites of the opt-in macros -------------------------------------------------------- */

/* "runs" or "stops" when code in the block does, and the host's rights and EmuQueryBlock agree with it. */
EMU_UNUSED static PCSTR TryCode(PVOID Block)
{
    PAGE_RIGHTS Rights = RightsOf(Block);
    EMU_BUGCHECK Stop;
    EMU_BLOCK Info;

    if (!EmuQueryBlock(Block, &Info) || Info.Executable != Rights.Execute) {
        return "is no block, or EmuQueryBlock is wrong about it";
    }
    WriteCode(Block);
    ULONG Answer = RunCode(Block, &Stop);
    if (Rights.Execute && Stop.Code == 0 && Answer == CODE_ANSWER) {
        return "runs";
    }
    if (!Rights.Execute && Stop.Code == ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY &&
        Stop.Parameter[0] == (ULONG_PTR)Block && Answer == 0) {
        return "stops";
    }
    return "does what the host's rights do not say";
}

/* An allocation by one and the same call, which compilers neither unroll nor make a jump. */
EMU_UNUSED EMU_NOINLINE static PVOID AllocateHere(POOL_TYPE Type, SIZE_T Bytes)
{
    PVOID volatile Block = ExAllocatePoolWithTag(Type, Bytes, TAG);

    return Block;
}

/* Dirty memory that the next request of that size and type gets: a thread gets back what it freed last. */
EMU_UNUSED static PVOID LeaveDirt(POOL_TYPE Type, SIZE_T Bytes, UCHAR Dirt)
{
    PVOID Block = ExAllocatePoolWithTag(Type, Bytes, TAG);

    memset(Block, Dirt, SlotBytes(Block));
    ExFreePoolWithTag(Block, TAG);
    return Block;
}

#endif

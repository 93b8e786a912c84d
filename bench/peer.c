/* peer.c: poolemu_bench_peer, a worker whose allocator is malloc: the C library's, or the one that is preloaded. */
#include <dlfcn.h>

#include "workloads.h"

static inline void *MallocAllocate(size_t Bytes)
{
    return malloc(Bytes);
}

static inline void MallocFree(void *Block)
{
    free(Block);
}

static inline void *MallocAllocateTagged(size_t Bytes, uint32_t Tag)
{
    (void)Tag;
    return malloc(Bytes);
}

static inline void MallocFreeTagged(void *Block, uint32_t Tag)
{
    (void)Tag;
    free(Block);
}

BENCH_LOOPS(Malloc)
BENCH_SCALE_LOOPS(Malloc)

const BENCH_WAY BenchWays[] = {{"malloc", NULL, {BENCH_LOOPS_OF(Malloc) BENCH_SCALE_LOOPS_OF(Malloc)}}};
const size_t BenchWayCount = 1;

const char *BenchLibrary(void)
{
    Dl_info Info;
    return dladdr(dlsym(RTLD_DEFAULT, "malloc"), &Info) != 0 ? Info.dli_fname : "";
}

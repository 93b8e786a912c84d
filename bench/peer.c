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

BENCH_LOOPS(Malloc)

const BENCH_WAY BenchWays[] = {{"malloc", NULL, {BENCH_LOOPS_OF(Malloc)}}};
const size_t BenchWayCount = 1;

const char *BenchLibrary(void)
{
    Dl_info Info;
    return dladdr(dlsym(RTLD_DEFAULT, "malloc"), &Info) != 0 ? Info.dli_fname : "";
}

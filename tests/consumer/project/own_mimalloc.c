/* own_mimalloc.c: a program with a mimalloc of its own beside the one that poolemu uses. */
#include "pool.h"

#include <mimalloc.h>
#include <stdio.h>

int main(void)
{
    void *mine = mi_malloc(100);
    int ok = mine != NULL && use_pool();
    PVOID block = ExAllocatePoolWithTag(NonPagedPoolNx, 100, 'snoC');
    ok = ok && block != NULL && mi_is_in_heap_region(mine) && !mi_is_in_heap_region(block);
    ExFreePoolWithTag(block, 'snoC');
    mi_free(mine);
    puts(ok ? "ok" : "not ok");
    return !ok;
}

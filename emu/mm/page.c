/* page.c: the page table of the pool. */
#include "mm/page.h"

#include "host/host.h"

C_ASSERT(sizeof(MI_PAGE) == 16);

MI_PAGE *MiPages;

BOOLEAN MiInitializePages(SIZE_T Bytes)
{
    MiPages = HostAllocate((Bytes >> PAGE_SHIFT) * sizeof(MI_PAGE));
    return MiPages != NULL;
}

/* journal.c: data only, so its NonPagedPool may be no-execute. */
#include "driver.h"

#define TAG_JOURNAL 'nruJ'

static PVOID Journal;

NTSTATUS OpenJournal(VOID)
{
    Journal = ExAllocatePoolWithTag(NonPagedPool, 256, TAG_JOURNAL);
    return Journal == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

VOID CloseJournal(VOID)
{
    ExFreePoolWithTag(Journal, TAG_JOURNAL);
}

PVOID GetJournal(VOID)
{
    return Journal;
}

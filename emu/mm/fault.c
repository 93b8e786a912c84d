/* fault.c: executing no-execute pool is bug check 0xFC, by a real fault. And an image compiled with other
 * kernel headers faults where it reads or writes the IRQL in the processor's register: it gets the emulated one. */
#include "mm/fault.h"

#include <stdio.h>

#include "ke/bugcheck.h"
#include "ke/thread.h"
#include "mm/block.h"

/* A page table entry as x64 has it for a writable no-execute page: NX, page frame, dirty, accessed, writable, valid. */
static ULONG_PTR MiPteContents(ULONG_PTR Address)
{
    return (ULONG_PTR)1 << 63 | (Address & 0x000FFFFFFFFFF000) | 0x63;
}

BOOLEAN MiOnFault(const HOST_FAULT *Fault)
{
    CHAR Text[512], Words[256] = "no live block";
    MI_BLOCK Block;

    if (Fault->Kind == HostFaultExecute && MiIsPoolAddress(Fault->Address)) {
        if (MiFindBlockAround(Fault->Address, &Block)) {
            MiDescribeBlock(&Block, Words, sizeof(Words));
        }
        snprintf(Text, sizeof(Text), "An attempt was made to execute no-execute pool at %p: %s.", (PVOID)Fault->Address,
                 Words);
        KiStop(ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY, Fault->Address, MiPteContents(Fault->Address), 0, 0, Text);
    }
    if (Fault->Kind == HostFaultReadIrql) {
        *Fault->Irql = KiThread.Irql;
        return TRUE;
    }
    if (Fault->Kind == HostFaultWriteIrql) {
        KiThread.Irql = (KIRQL)*Fault->Irql;
        return TRUE;
    }
    return FALSE;
}

/* driver.h: what the files of this driver show to one another. */
#ifndef DRIVER_H
#define DRIVER_H

#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

/* compiler.c: makes a routine that returns 42, calls it and drops it. */
NTSTATUS CompileRoutine(VOID);
VOID DropRoutine(VOID);
__declspec(dllexport) PVOID GetRoutine(VOID);
__declspec(dllexport) ULONG CallRoutine(VOID);

/* journal.c: a buffer of notes. */
NTSTATUS OpenJournal(VOID);
VOID CloseJournal(VOID);
__declspec(dllexport) PVOID GetJournal(VOID);

#endif

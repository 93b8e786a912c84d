/* operations.h: what a program consists of: each reads its arguments from the input. main.c has the table. */
#ifndef FUZZ_POOL_OPERATIONS_H
#define FUZZ_POOL_OPERATIONS_H

#include "ntifs.h"

VOID AllocateByType(VOID);
VOID AllocateByFlags(VOID);
VOID FreeBlock(VOID);
VOID FreeAgain(VOID);
VOID FreeBadAddress(VOID);
VOID WriteBlock(VOID);
VOID Overrun(VOID);
VOID Underrun(VOID);
VOID RepairHeaders(VOID);
VOID ExecuteBlock(VOID);
VOID QuerySize(VOID);
VOID QueryBlock(VOID);
VOID Walk(VOID);
VOID UseList(VOID);
VOID UseSList(VOID);
VOID ChangeIrql(VOID);
VOID ChangeWindows(VOID);
VOID ResetOperation(VOID);

#endif

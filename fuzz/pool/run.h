/* run.h: what a call must do, and whether it did. */
#ifndef FUZZ_POOL_RUN_H
#define FUZZ_POOL_RUN_H

#include "pool/call.h"

enum {
    IS_CALLER = 1, /* the parameter is an address in Invoke */
    IS_ANY = 2,
};

/* All zero: it returns. */
typedef struct EXPECTED {
    NTSTATUS Raised;
    ULONG Code;
    ULONG_PTR Parameter[4];
    UCHAR Kind[4]; /* 0: exactly that value */
} EXPECTED;

/* What came of the last call. */
extern EMU_BUGCHECK Stop;
extern NTSTATUS Raised;

extern const EXPECTED ExpectReturn;
EXPECTED ExpectStop(ULONG Code, ULONG_PTR P1, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4);
EXPECTED ExpectRaise(NTSTATUS Status);
BOOLEAN Returns(const EXPECTED *Expected);

VOID Run(CALL *Call, const EXPECTED *Expected);
VOID RunUnchecked(CALL *Call);
VOID Compare(const EXPECTED *Expected);

#endif

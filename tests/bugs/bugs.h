/* bugs.h: drivers with one mistake each, for the matrix in docs/verifier.md. All are one image, whose DriverEntry and
 * DriverUnload are in driver.c; main.c loads it and runs one of them. */
#ifndef TESTS_BUGS_H
#define TESTS_BUGS_H

#include <ntifs.h>

enum {
    BUG_TAG = 'sguB',
};

#define MORE_THAN_THE_POOL_HAS EMU_BY_WIDTH((SIZE_T)1 << 46, (SIZE_T)1 << 31)

/* What happens when. Most have only Run, which stands for a request to the driver. */
typedef struct BUG {
    PCSTR Name;
    VOID (*Run)(VOID);
    NTSTATUS (*Entry)(VOID); /* in DriverEntry */
    VOID (*Late)(VOID);      /* after the driver was unloaded */
} BUG;

/* One table for each file; the last one has no name. */
extern const BUG OverrunBugs[], LifetimeBugs[], CallBugs[], IrqlBugs[], LookasideBugs[], MappingBugs[], LeakBugs[],
    OptInBugs[], ObjectBugs[];

/* What a driver tells its caller; nothing that it reads is left out by the compiler. */
extern volatile ULONG64 Answer;

/* The face of the image for main.c: the mistakes by number (NULL: no more), and the one that is chosen. */
extern DRIVER_INITIALIZE DriverEntry;
const BUG *BugAt(SIZE_T Index);
VOID ChooseBug(const BUG *Bug);

#endif

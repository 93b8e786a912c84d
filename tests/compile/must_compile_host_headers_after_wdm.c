// Headers of the host whose structures and parameters have names of annotations come after a driver's, too.

#include <wdm.h>
#if defined(__linux__)
#include <linux/fs.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <sys/ucontext.h>
#endif

NTSTATUS Reserved(__in PVOID Address, __reserved ULONG Nothing);

/* linux_code.c: whose code lies at an address, on ELF systems. In the static library all code is one range, which
 * code.ld marks; in the shared library it is the image. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>

#include "host/code.h"
#include "host/host.h"

extern EMU_LOCAL EMU_WEAK_IMPORT const UCHAR HostCodeStart[], HostCodeEnd[];

/* Read from memory: an address that no linker script gave is 0 only in data. */
static const UCHAR *volatile HostCodeRange[2] = {HostCodeStart, HostCodeEnd};

BOOLEAN HostIsOwnCode(ULONG_PTR Instruction)
{
    Dl_info Own, Info;
    ULONG_PTR Start = (ULONG_PTR)HostCodeRange[0];

    if (Start != 0) {
        return Instruction >= Start && Instruction < (ULONG_PTR)HostCodeRange[1];
    }
    return dladdr((const void *)(ULONG_PTR)HostIsOwnCode, &Own) != 0 && dladdr((const void *)Instruction, &Info) != 0 &&
           Own.dli_fbase == Info.dli_fbase;
}

/* The C library, the loader, and the runtimes of compilers: their routines work for whoever calls them. */
static BOOLEAN HostIsRuntime(PCSTR Path)
{
    static const PCSTR Names[] = {"libc.",        "libc-",       "libpthread", "ld-",       "ld.",
                                  "libgcc_s.",    "libasan.",    "libtsan.",   "libubsan.", "libhwasan.",
                                  "libclang_rt.", "linux-vdso.", "linux-gate."};
    PCSTR Name = HostFileName(Path);

    for (SIZE_T Index = 0; Index < RTL_NUMBER_OF(Names); Index++) {
        if (strncmp(Name, Names[Index], strlen(Names[Index])) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

BOOLEAN HostIsDriverCode(ULONG_PTR Instruction)
{
    Dl_info Info;

    return dladdr((const void *)Instruction, &Info) != 0 && !HostIsOwnCode(Instruction) &&
           !HostIsRuntime(Info.dli_fname);
}

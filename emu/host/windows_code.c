/* windows_code.c: whose code lies at an address, on Windows. The DLL's code is an image; that of the static library
 * cannot be told from the program's. */
#include "host/code.h"

#include <string.h>

#include "host/host.h"
#include "host/image.h"

BOOLEAN HostIsOwnCode(ULONG_PTR Instruction)
{
    HOST_IMAGE Own, Image;

    return HostFindImage((ULONG_PTR)HostIsOwnCode, &Own) && !Own.IsProgram && HostFindImage(Instruction, &Image) &&
           Own.Start == Image.Start;
}

BOOLEAN HostIsDriverCode(ULONG_PTR Instruction)
{
    static const PCSTR Runtimes[] = {"ntdll.dll", "kernel32.dll", "kernelbase.dll", "msvcrt.dll", "ucrtbase.dll"};
    HOST_IMAGE Image;

    if (!HostFindImage(Instruction, &Image)) {
        return FALSE;
    }
    for (SIZE_T Index = 0; Index < sizeof(Runtimes) / sizeof(Runtimes[0]); Index++) {
        if (_stricmp(HostFileName(Image.Path), Runtimes[Index]) == 0) {
            return FALSE;
        }
    }
    return !HostIsOwnCode(Instruction);
}

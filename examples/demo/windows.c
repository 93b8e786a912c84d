/* windows.c: host.h on Windows. */
#include <windows.h>

#include <stdio.h>
#include <string.h>

#include "host.h"

void *DemoLoad(const char *Path)
{
    void *Library = LoadLibraryA(Path);

    if (Library == NULL) {
        fprintf(stderr, "poolemu_demo: %s: error %lu\n", Path, GetLastError());
    }
    return Library;
}

void *DemoFindRoutine(void *Library, const char *Name)
{
    return (void *)(ULONG_PTR)GetProcAddress(Library, Name);
}

void DemoUnload(void *Library)
{
    FreeLibrary(Library);
}

void DemoAskForProtection(const void *Address, char Protection[4])
{
    MEMORY_BASIC_INFORMATION Region;
    const char *Found = "???";

    if (VirtualQuery(Address, &Region, sizeof(Region)) != 0 && Region.State == MEM_COMMIT) {
        Found = Region.Protect == PAGE_READONLY            ? "r--"
                : Region.Protect == PAGE_READWRITE         ? "rw-"
                : Region.Protect == PAGE_EXECUTE_READ      ? "r-x"
                : Region.Protect == PAGE_EXECUTE_READWRITE ? "rwx"
                                                           : "???";
    }
    strcpy(Protection, Found);
}

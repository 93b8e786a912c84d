/* linux.c: host.h on Linux. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "host.h"

void *DemoLoad(const char *Path)
{
    void *Library = dlopen(Path, RTLD_NOW | RTLD_LOCAL);

    if (Library == NULL) {
        fprintf(stderr, "poolemu_demo: %s\n", dlerror());
    }
    return Library;
}

void *DemoFindRoutine(void *Library, const char *Name)
{
    return dlsym(Library, Name);
}

void DemoUnload(void *Library)
{
    dlclose(Library);
}

void DemoAskForProtection(const void *Address, char Protection[4])
{
    FILE *Maps = fopen("/proc/self/maps", "r");
    char Line[512], Found[5];
    unsigned long Start, End;

    strcpy(Protection, "???");
    while (Maps != NULL && fgets(Line, sizeof(Line), Maps) != NULL) {
        if (sscanf(Line, "%lx-%lx %4s", &Start, &End, Found) == 3 && (unsigned long)Address >= Start &&
            (unsigned long)Address < End) {
            memcpy(Protection, Found, 3);
            break;
        }
    }
    if (Maps != NULL) {
        fclose(Maps);
    }
}

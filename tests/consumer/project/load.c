/* load.c: loads a driver's shared object and sees its block in this program's own pool. */
#include <ntddk.h>
#include <poolemu.h>

#include <dlfcn.h>
#include <stdio.h>

/* The driver has a function of this name, too, and must not come here. */
PVOID DriverAllocate(VOID);

PVOID DriverAllocate(VOID)
{
    return NULL;
}

static int failed(const char *what)
{
    fprintf(stderr, "failed: %s\n", what);
    return 1;
}

int main(int argc, char **argv)
{
    void *image = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    if (image == NULL) {
        return failed(dlerror());
    }
    PDRIVER_INITIALIZE entry = (PDRIVER_INITIALIZE)dlsym(image, "DriverEntry");
    PVOID *block = (PVOID *)dlsym(image, "DriverBlock");
    if (entry == NULL || block == NULL) {
        return failed("the driver's names are not visible");
    }
    PDRIVER_OBJECT driver;
    if (!NT_SUCCESS(EmuLoadDriver(entry, "Consumer", &driver))) {
        return failed("DriverEntry");
    }
    EMU_BLOCK found;
    if (!EmuQueryBlock(*block, &found)) {
        return failed("the driver's block is in another pool than the program's");
    }
    if (!NT_SUCCESS(EmuUnloadDriver(driver)) || EmuLeakCount() != 0 || EmuQueryBlock(*block, &found)) {
        return failed("DriverUnload");
    }
    puts("ok");
    return 0;
}

/* input.c: an input as a text or as a file. */
#define _GNU_SOURCE
#include "shared/input.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int File = -1;

PSTR FuzzText(const uint8_t *Data, size_t Bytes)
{
    PSTR Text = malloc(Bytes + 1);

    if (Text == NULL) {
        FuzzFail("no memory");
    }
    if (Bytes != 0) {
        memcpy(Text, Data, Bytes);
    }
    Text[Bytes] = 0;
    return Text;
}

PCSTR FuzzFile(const uint8_t *Data, size_t Bytes)
{
    static char Path[32];

    if (File < 0) {
        File = memfd_create("input", MFD_CLOEXEC);
        snprintf(Path, sizeof(Path), "/proc/self/fd/%d", File);
    }
    if (File < 0 || ftruncate(File, 0) != 0 || pwrite(File, Data, Bytes, 0) != (ssize_t)Bytes) {
        FuzzFail("no file in memory");
    }
    return Path;
}

size_t FuzzFileBytes(void)
{
    struct stat Status;

    if (fstat(File, &Status) != 0) {
        FuzzFail("no file in memory");
    }
    return (size_t)Status.st_size;
}

void FuzzFail(PCSTR Format, ...)
{
    va_list Arguments;

    va_start(Arguments, Format);
    vfprintf(stderr, Format, Arguments);
    va_end(Arguments);
    fputc('\n', stderr);
    abort();
}

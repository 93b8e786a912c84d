/* os.h: what suites do with the host themselves: load a driver's file, get pages that are not the pool's, and capture
 * what is written to a stream. */
#ifndef TESTS_OS_H
#define TESTS_OS_H

#include <stdio.h>
#include <string.h>

#include "poolemu.h"

#if defined(_WIN32)

__declspec(dllimport) PVOID LoadLibraryA(PCSTR Name);
__declspec(dllimport) PVOID GetProcAddress(PVOID Module, PCSTR Name);
__declspec(dllimport) int FreeLibrary(PVOID Module);
__declspec(dllimport) PVOID VirtualAlloc(PVOID Address, SIZE_T Bytes, ULONG Type, ULONG Protection);
__declspec(dllimport) int VirtualProtect(PVOID Address, SIZE_T Bytes, ULONG Protection, ULONG *Old);
__declspec(dllimport) int VirtualFree(PVOID Address, SIZE_T Bytes, ULONG Type);

static inline PVOID OsLoad(PCSTR Path)
{
    return LoadLibraryA(Path);
}

static inline PVOID OsFind(PVOID Library, PCSTR Name)
{
    return GetProcAddress(Library, Name);
}

static inline VOID OsUnload(PVOID Library)
{
    FreeLibrary(Library);
}

/* Whole pages, writable or not. */
static inline PVOID OsPages(SIZE_T Bytes, BOOLEAN Writable)
{
    return VirtualAlloc(NULL, Bytes, 0x3000 /* MEM_RESERVE | MEM_COMMIT */, Writable ? PAGE_READWRITE : PAGE_READONLY);
}

/* The same, readable, writable and executable. */
static inline PVOID OsCodePages(SIZE_T Bytes)
{
    return VirtualAlloc(NULL, Bytes, 0x3000, PAGE_EXECUTE_READWRITE);
}

static inline VOID OsMakeCode(PVOID Pages, SIZE_T Bytes)
{
    ULONG Old;

    VirtualProtect(Pages, Bytes, PAGE_EXECUTE_READWRITE, &Old);
}

static inline VOID OsDropPages(PVOID Pages, SIZE_T Bytes)
{
    VirtualFree(Pages, Bytes, 0x4000 /* MEM_DECOMMIT */);
}

#else

#include <dlfcn.h>
#include <sys/mman.h>

static inline PVOID OsLoad(PCSTR Path)
{
    return dlopen(Path, RTLD_NOW | RTLD_LOCAL);
}

static inline PVOID OsFind(PVOID Library, PCSTR Name)
{
    return dlsym(Library, Name);
}

static inline VOID OsUnload(PVOID Library)
{
    dlclose(Library);
}

/* Whole pages, writable or not. */
static inline PVOID OsPages(SIZE_T Bytes, BOOLEAN Writable)
{
    return mmap(NULL, Bytes, PROT_READ | (Writable ? PROT_WRITE : 0), MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* The same, readable, writable and executable. */
static inline PVOID OsCodePages(SIZE_T Bytes)
{
    return mmap(NULL, Bytes, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static inline VOID OsMakeCode(PVOID Pages, SIZE_T Bytes)
{
    mprotect(Pages, Bytes, PROT_READ | PROT_WRITE | PROT_EXEC);
}

static inline VOID OsDropPages(PVOID Pages, SIZE_T Bytes)
{
    munmap(Pages, Bytes);
}

#endif

/* Stops the test when the file has no DriverEntry that can be loaded. */
static inline PDRIVER_INITIALIZE OsLoadDriver(PCSTR Path)
{
    PVOID Library = OsLoad(Path);
    PVOID Symbol = Library == NULL ? NULL : OsFind(Library, "DriverEntry");
    PDRIVER_INITIALIZE Entry;

    cr_assert_not_null(Symbol, "%s", Path);
    memcpy(&Entry, &Symbol, sizeof(Entry));
    return Entry;
}

/* Ends what was written to a tmpfile(), and hands it over as a text. */
static inline VOID OsReadBack(FILE *Stream, char *Text, SIZE_T Bytes)
{
    rewind(Stream);
    SIZE_T Count = fread(Text, 1, Bytes - 1, Stream);
    fclose(Stream);
    Text[Count] = 0;
}

#endif

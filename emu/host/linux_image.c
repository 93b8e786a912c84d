/* linux_image.c: image.h on ELF systems: the dynamic loader's list of images, and their dynamic sections. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/host.h"
#include "host/image.h"

/* ---- Finding images ------------------------------------------------------------------------------------------- */

/* Around the loader's own lock, which a child could find taken by a thread of its parent that it does not have. */
static HOST_LOCK HostImageLock;

static VOID HostAcquireImages(VOID)
{
    HostAcquire(&HostImageLock);
}

static VOID HostReleaseImages(VOID)
{
    HostRelease(&HostImageLock);
}

typedef struct HOST_IMAGE_SEARCH {
    ULONG_PTR Address;
    HOST_IMAGE *Image;
    const ElfW(Dyn) * Dynamic;
    ULONG_PTR Bias;
    BOOLEAN IsFirst; /* the loader lists the program first */
} HOST_IMAGE_SEARCH;

static VOID HostSetProgramPath(HOST_IMAGE *Image)
{
    ssize_t Length = readlink("/proc/self/exe", Image->Path, sizeof(Image->Path) - 1);

    Image->Path[Length > 0 ? Length : 0] = 0;
}

static int HostMatchImage(struct dl_phdr_info *Info, size_t Bytes, void *Context)
{
    HOST_IMAGE_SEARCH *Search = Context;
    ULONG_PTR Start = ~(ULONG_PTR)0, End = 0;
    BOOLEAN IsFirst = Search->IsFirst;

    UNREFERENCED_PARAMETER(Bytes);
    Search->IsFirst = FALSE;
    for (ULONG Index = 0; Index < Info->dlpi_phnum; Index++) {
        const ElfW(Phdr) *Segment = &Info->dlpi_phdr[Index];
        if (Segment->p_type == PT_LOAD) {
            ULONG_PTR First = Info->dlpi_addr + Segment->p_vaddr;
            Start = First < Start ? First : Start;
            End = First + Segment->p_memsz > End ? First + Segment->p_memsz : End;
        } else if (Segment->p_type == PT_DYNAMIC) {
            Search->Dynamic = (const ElfW(Dyn) *)(Info->dlpi_addr + Segment->p_vaddr);
        }
    }
    if (Search->Address < Start || Search->Address >= End) {
        Search->Dynamic = NULL;
        return 0;
    }
    Search->Bias = Info->dlpi_addr;
    Search->Image->Start = Start;
    Search->Image->End = End;
    Search->Image->IsProgram = IsFirst;
    if (IsFirst) {
        HostSetProgramPath(Search->Image);
    } else {
        snprintf(Search->Image->Path, sizeof(Search->Image->Path), "%s", Info->dlpi_name);
    }
    return 1;
}

static BOOLEAN HostSearchImages(HOST_IMAGE_SEARCH *Search)
{
    static const HOST_FORK Fork = {HostAcquireImages, HostReleaseImages, HostReleaseImages};

    HostAtFork(HostForkHost, &Fork);
    HostAcquire(&HostImageLock);
    BOOLEAN Found = dl_iterate_phdr(HostMatchImage, Search) != 0;
    HostRelease(&HostImageLock);
    return Found;
}

BOOLEAN HostFindImage(ULONG_PTR Address, HOST_IMAGE *Image)
{
    HOST_IMAGE_SEARCH Search = {.Address = Address, .Image = Image, .IsFirst = TRUE};

    return HostSearchImages(&Search);
}

/* ---- Imports -------------------------------------------------------------------------------------------------- */

typedef struct HOST_DYNAMIC {
    const ElfW(Sym) * Symbols;
    const char *Strings;
    const ElfW(Word) * Hash;
    const ElfW(Word) * GnuHash;
} HOST_DYNAMIC;

/* The GNU C library has turned these addresses of a loaded image into real ones, other C libraries leave them. */
static const void *HostDynamicAddress(ULONG_PTR Bias, ULONG_PTR Address)
{
    return (const void *)(Address < Bias ? Bias + Address : Address);
}

static HOST_DYNAMIC HostReadDynamic(const HOST_IMAGE_SEARCH *Search)
{
    HOST_DYNAMIC Dynamic = {0};

    for (const ElfW(Dyn) *Entry = Search->Dynamic; Entry->d_tag != DT_NULL; Entry++) {
        const void *Address = HostDynamicAddress(Search->Bias, Entry->d_un.d_ptr);
        switch (Entry->d_tag) {
        case DT_SYMTAB:
            Dynamic.Symbols = Address;
            break;
        case DT_STRTAB:
            Dynamic.Strings = Address;
            break;
        case DT_HASH:
            Dynamic.Hash = Address;
            break;
        case DT_GNU_HASH:
            Dynamic.GnuHash = Address;
            break;
        default:
            break;
        }
    }
    return Dynamic;
}

/* Symbols that the image does not define come before those that the GNU hash table knows; the older table tells how
 * many symbols there are. */
static ULONG HostSymbolsToSearch(const HOST_DYNAMIC *Dynamic)
{
    if (Dynamic->Symbols == NULL || Dynamic->Strings == NULL) {
        return 0;
    }
    if (Dynamic->Hash != NULL) {
        return Dynamic->Hash[1];
    }
    return Dynamic->GnuHash != NULL ? Dynamic->GnuHash[1] : 0;
}

VOID HostForEachImport(ULONG_PTR Address, VOID (*Routine)(PCSTR Name, PVOID Context), PVOID Context)
{
    HOST_IMAGE Image;
    HOST_IMAGE_SEARCH Search = {.Address = Address, .Image = &Image, .IsFirst = TRUE};

    if (!HostSearchImages(&Search) || Search.Dynamic == NULL) {
        return;
    }
    HOST_DYNAMIC Dynamic = HostReadDynamic(&Search);
    ULONG Count = HostSymbolsToSearch(&Dynamic);
    for (ULONG Index = 1; Index < Count; Index++) {
        const ElfW(Sym) *Symbol = &Dynamic.Symbols[Index];
        if (Symbol->st_shndx == SHN_UNDEF && Symbol->st_name != 0) {
            Routine(Dynamic.Strings + Symbol->st_name, Context);
        }
    }
}

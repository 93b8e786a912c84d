/* linux_image.c: image.h on ELF systems: the dynamic loader's list of images, their dynamic sections, and files, which
 * libelf reads. */
#define _GNU_SOURCE /* not _FILE_OFFSET_BITS: on x86 -malign-double moves the members of its struct stat */
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <link.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/host.h"
#include "host/image.h"
#include "host/linux.h"

/* ---- Finding images ------------------------------------------------------------------------------------------- */

/* Around the loader's own lock, which a child could find taken by a thread of its parent that it does not have. */
static HOST_LOCK HostImageLock;

VOID HostAcquireImages(VOID)
{
    HostAcquire(&HostImageLock);
}

VOID HostReleaseImages(VOID)
{
    HostRelease(&HostImageLock);
}

typedef struct HOST_IMAGE_SEARCH {
    ULONG_PTR Address;
    HOST_IMAGE *Image;
    const ElfW(Dyn) * Dynamic;
    const UCHAR *UnwindTable;
    ULONG_PTR Bias;
    BOOLEAN IsFirst; /* the loader lists the program first */
} HOST_IMAGE_SEARCH;

VOID HostProgramPath(PSTR Path, SIZE_T Bytes)
{
    ssize_t Length = readlink("/proc/self/exe", Path, Bytes - 1);

    Path[Length > 0 ? Length : 0] = 0;
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
        } else if (Segment->p_type == PT_GNU_EH_FRAME) {
            Search->UnwindTable = (const UCHAR *)(Info->dlpi_addr + Segment->p_vaddr);
        }
    }
    if (Search->Address < Start || Search->Address >= End) {
        Search->Dynamic = NULL;
        Search->UnwindTable = NULL;
        return 0;
    }
    Search->Bias = Info->dlpi_addr;
    Search->Image->Start = Start;
    Search->Image->End = End;
    Search->Image->IsProgram = IsFirst;
    if (IsFirst) {
        HostProgramPath(Search->Image->Path, sizeof(Search->Image->Path));
    } else {
        snprintf(Search->Image->Path, sizeof(Search->Image->Path), "%s", Info->dlpi_name);
    }
    return 1;
}

static BOOLEAN HostSearchImages(HOST_IMAGE_SEARCH *Search)
{
    HostAcquireImages();
    BOOLEAN Found = dl_iterate_phdr(HostMatchImage, Search) != 0;
    HostReleaseImages();
    return Found;
}

BOOLEAN HostFindImage(ULONG_PTR Address, HOST_IMAGE *Image)
{
    HOST_IMAGE_SEARCH Search = {.Address = Address, .Image = Image, .IsFirst = TRUE};

    return HostSearchImages(&Search);
}

const VOID *HostFindUnwindTable(ULONG_PTR Address)
{
    HOST_IMAGE Image;
    HOST_IMAGE_SEARCH Search = {.Address = Address, .Image = &Image, .IsFirst = TRUE};

    return HostSearchImages(&Search) ? Search.UnwindTable : NULL;
}

static int HostReadUnloads(struct dl_phdr_info *Info, size_t Bytes, void *Context)
{
    if (Bytes >= offsetof(struct dl_phdr_info, dlpi_subs) + sizeof(Info->dlpi_subs)) {
        *(ULONG64 *)Context = Info->dlpi_subs;
    }
    return 1;
}

ULONG64 HostCountUnloads(VOID)
{
    ULONG64 Unloads = 0;

    HostAcquireImages();
    dl_iterate_phdr(HostReadUnloads, &Unloads);
    HostReleaseImages();
    return Unloads;
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

/* ---- Files ---------------------------------------------------------------------------------------------------- */

BOOLEAN HostIsSameFile(PCSTR Left, PCSTR Right)
{
    struct stat LeftFile, RightFile;

    return stat(Left, &LeftFile) == 0 && stat(Right, &RightFile) == 0 && LeftFile.st_dev == RightFile.st_dev &&
           LeftFile.st_ino == RightFile.st_ino;
}

/* Loaded when somebody asks for a section: so who uses the library does not have to link libelf, or to have it. */
static struct {
    __typeof__(elf_version) *Version;
    __typeof__(elf_begin) *Begin;
    __typeof__(elf_kind) *Kind;
    __typeof__(elf_getshdrstrndx) *NamesIndex;
    __typeof__(elf_nextscn) *NextSection;
    __typeof__(gelf_getshdr) *Header;
    __typeof__(elf_strptr) *String;
    __typeof__(elf_getdata) *Data;
    __typeof__(elf_end) *End;
} HostElf;

static BOOLEAN HostLoadElf(PCSTR *Why)
{
    static const struct {
        PCSTR Name;
        PVOID *Routine;
    } Routines[] = {
        {"elf_version", (PVOID *)&HostElf.Version},
        {"elf_begin", (PVOID *)&HostElf.Begin},
        {"elf_kind", (PVOID *)&HostElf.Kind},
        {"elf_getshdrstrndx", (PVOID *)&HostElf.NamesIndex},
        {"elf_nextscn", (PVOID *)&HostElf.NextSection},
        {"gelf_getshdr", (PVOID *)&HostElf.Header},
        {"elf_strptr", (PVOID *)&HostElf.String},
        {"elf_getdata", (PVOID *)&HostElf.Data},
        {"elf_end", (PVOID *)&HostElf.End},
    };
    if (HostElf.End != NULL) {
        return TRUE;
    }
    PVOID Library = HostLoadLibrary("libelf.so.1", Why);
    if (Library == NULL) {
        *Why = "reading an image takes libelf, and there is none (on Debian: apt-get install libelf1)";
        return FALSE;
    }
    for (SIZE_T Index = 0; Index < sizeof(Routines) / sizeof(Routines[0]); Index++) {
        *Routines[Index].Routine = HostFindSymbol(Library, Routines[Index].Name);
        if (*Routines[Index].Routine == NULL) {
            *Why = "the libelf of this machine lacks a routine that reading an image takes";
            return FALSE;
        }
    }
    if (HostElf.Version(EV_CURRENT) == EV_NONE) {
        *Why = "the libelf of this machine is older than the one that poolemu was built with";
        return FALSE;
    }
    return TRUE;
}

static VOID HostReadElfSections(Elf *Image, size_t Names, PCSTR Name,
                                VOID (*Routine)(const VOID *Data, SIZE_T Bytes, PVOID Context), PVOID Context)
{
    for (Elf_Scn *Section = HostElf.NextSection(Image, NULL); Section != NULL;
         Section = HostElf.NextSection(Image, Section)) {
        GElf_Shdr Header;
        PCSTR Found = HostElf.Header(Section, &Header) == NULL ? NULL : HostElf.String(Image, Names, Header.sh_name);
        Elf_Data *Data = Found == NULL || strcmp(Found, Name) != 0 ? NULL : HostElf.Data(Section, NULL);
        if (Data != NULL && Data->d_buf != NULL) {
            Routine(Data->d_buf, Data->d_size, Context);
        }
    }
}

static BOOLEAN HostReadElfFile(int File, PCSTR Name, VOID (*Routine)(const VOID *Data, SIZE_T Bytes, PVOID Context),
                               PVOID Context)
{
    Elf *Image = HostElf.Begin(File, ELF_C_READ, NULL);
    size_t Names;
    BOOLEAN IsImage = Image != NULL && HostElf.Kind(Image) == ELF_K_ELF && HostElf.NamesIndex(Image, &Names) == 0;

    if (IsImage) {
        HostReadElfSections(Image, Names, Name, Routine, Context);
    }
    if (Image != NULL) {
        HostElf.End(Image);
    }
    return IsImage;
}

static const CHAR HostNoImage[] = "not an ELF executable, shared object or object file";

/* The headers of an image of 32 and of 64 bits differ in what lies where, not in what there is. */
typedef struct HOST_HEADERS {
    ULONG64 Segments; /* where the program headers begin in the file, how many there are, and of which size */
    ULONG64 SegmentCount;
    ULONG64 SegmentBytes;
    ULONG64 Sections;
    ULONG64 SectionCount;
    ULONG64 SectionBytes;
} HOST_HEADERS;

static BOOLEAN HostReadAt(int File, ULONG64 Offset, PVOID Buffer, SIZE_T Bytes)
{
    return Offset <= (ULONG64)MAXLONG64 - Bytes && pread64(File, Buffer, Bytes, (off64_t)Offset) == (ssize_t)Bytes;
}

static BOOLEAN HostReadHeaders(int File, BOOLEAN *Is64, HOST_HEADERS *Headers)
{
    union {
        Elf32_Ehdr Of32;
        Elf64_Ehdr Of64;
    } Header;

    if (!HostReadAt(File, 0, &Header, sizeof(Header.Of32)) || memcmp(Header.Of32.e_ident, ELFMAG, SELFMAG) != 0) {
        return FALSE;
    }
    *Is64 = Header.Of32.e_ident[EI_CLASS] == ELFCLASS64;
    if (!*Is64) {
        *Headers = (HOST_HEADERS){Header.Of32.e_phoff, Header.Of32.e_phnum, Header.Of32.e_phentsize,
                                  Header.Of32.e_shoff, Header.Of32.e_shnum, Header.Of32.e_shentsize};
        return TRUE;
    }
    memset(Headers, 0, sizeof(*Headers));
    Headers->Segments = MAXULONG64; /* of a header that is cut off */
    Headers->SegmentCount = 1;
    if (HostReadAt(File, 0, &Header, sizeof(Header.Of64))) {
        *Headers = (HOST_HEADERS){Header.Of64.e_phoff, Header.Of64.e_phnum, Header.Of64.e_phentsize,
                                  Header.Of64.e_shoff, Header.Of64.e_shnum, Header.Of64.e_shentsize};
    }
    return TRUE;
}

static BOOLEAN HostIsInFile(ULONG64 Offset, ULONG64 Bytes, ULONG64 FileBytes)
{
    return Offset <= FileBytes && Bytes <= FileBytes - Offset;
}

static BOOLEAN HostHasSegment(int File, BOOLEAN Is64, ULONG64 Offset, ULONG64 FileBytes)
{
    Elf32_Phdr Of32;
    Elf64_Phdr Of64;

    if (Is64) {
        return HostReadAt(File, Offset, &Of64, sizeof(Of64)) && HostIsInFile(Of64.p_offset, Of64.p_filesz, FileBytes);
    }
    return HostReadAt(File, Offset, &Of32, sizeof(Of32)) && HostIsInFile(Of32.p_offset, Of32.p_filesz, FileBytes);
}

static BOOLEAN HostHasSection(int File, BOOLEAN Is64, ULONG64 Offset, ULONG64 FileBytes)
{
    Elf32_Shdr Of32;
    Elf64_Shdr Of64;

    if (Is64) {
        return HostReadAt(File, Offset, &Of64, sizeof(Of64)) &&
               (Of64.sh_type == SHT_NOBITS || Of64.sh_type == SHT_NULL ||
                HostIsInFile(Of64.sh_offset, Of64.sh_size, FileBytes));
    }
    return HostReadAt(File, Offset, &Of32, sizeof(Of32)) && (Of32.sh_type == SHT_NOBITS || Of32.sh_type == SHT_NULL ||
                                                             HostIsInFile(Of32.sh_offset, Of32.sh_size, FileBytes));
}

/* NULL: all that the headers speak of is there. */
static PCSTR HostFindLoss(int File, BOOLEAN Is64, const HOST_HEADERS *Headers, ULONG64 FileBytes)
{
    for (ULONG64 Index = 0; Index < Headers->SegmentCount; Index++) {
        if (!HostHasSegment(File, Is64, Headers->Segments + Index * Headers->SegmentBytes, FileBytes)) {
            return "the file is cut off or damaged: a segment ends behind it";
        }
    }
    for (ULONG64 Index = 0; Index < Headers->SectionCount; Index++) {
        if (!HostHasSection(File, Is64, Headers->Sections + Index * Headers->SectionBytes, FileBytes)) {
            return "the file is cut off or damaged: a section ends behind it";
        }
    }
    return NULL;
}

static PCSTR HostFindWrongKind(mode_t Mode)
{
    if (S_ISREG(Mode)) {
        return NULL;
    }
    if (S_ISDIR(Mode)) {
        return "not a file but a directory";
    }
    return S_ISFIFO(Mode) ? "not a file but a pipe" : "not a file but a device";
}

/* -1, and *Why an explanation. Opening a pipe does not wait for who writes to it. */
static int HostOpenImageFile(PCSTR Path, PCSTR *Why)
{
    int File = open(Path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat Status = {0};
    HOST_HEADERS Headers = {0};
    BOOLEAN Is64 = FALSE;

    *Why = NULL;
    if (File < 0 || fstat(File, &Status) != 0) {
        *Why = strerror(errno);
    } else {
        *Why = HostFindWrongKind(Status.st_mode);
    }
    if (*Why == NULL && !HostReadHeaders(File, &Is64, &Headers)) {
        *Why = HostNoImage;
    } else if (*Why == NULL) {
        *Why = HostFindLoss(File, Is64, &Headers, (ULONG64)Status.st_size);
    }
    if (*Why != NULL && File >= 0) {
        close(File);
        File = -1;
    }
    return File;
}

BOOLEAN HostCheckImageFile(PCSTR Path, PCSTR *Why)
{
    int File = HostOpenImageFile(Path, Why);

    if (File >= 0) {
        close(File);
    }
    return File >= 0;
}

BOOLEAN HostReadSections(PCSTR Path, PCSTR Name, VOID (*Routine)(const VOID *Data, SIZE_T Bytes, PVOID Context),
                         PVOID Context, PCSTR *Why)
{
    if (!HostLoadElf(Why)) {
        return FALSE;
    }
    int File = HostOpenImageFile(Path, Why);
    if (File < 0) {
        return FALSE;
    }
    BOOLEAN IsImage = HostReadElfFile(File, Name, Routine, Context);
    close(File);
    *Why = HostNoImage;
    return IsImage;
}

/* windows_image.c: image.h on Windows: the loader's modules, their import tables, and PE files. */
#define WIN32_LEAN_AND_MEAN
#define _WIN32_WINNT 0x0601
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define _NTDEF_ /* image.h's types are those of windows.h here; their layout is the same */
#include "host/image.h"

/* ---- Finding images ------------------------------------------------------------------------------------------- */

VOID HostProgramPath(PSTR Path, SIZE_T Bytes)
{
    DWORD Length = GetModuleFileNameA(NULL, Path, (DWORD)Bytes);

    Path[Length < Bytes ? Length : 0] = 0;
}

static const IMAGE_NT_HEADERS *HostHeadersOf(HMODULE Module)
{
    const UCHAR *Base = (const UCHAR *)Module;

    return (const IMAGE_NT_HEADERS *)(Base + ((const IMAGE_DOS_HEADER *)Base)->e_lfanew);
}

static HMODULE HostModuleOf(ULONG_PTR Address)
{
    HMODULE Module = NULL;

    GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                       (LPCSTR)Address, &Module);
    return Module;
}

BOOLEAN HostFindImage(ULONG_PTR Address, HOST_IMAGE *Image)
{
    HMODULE Module = HostModuleOf(Address);

    if (Module == NULL) {
        return FALSE;
    }
    Image->Start = (ULONG_PTR)Module;
    Image->End = Image->Start + HostHeadersOf(Module)->OptionalHeader.SizeOfImage;
    Image->IsProgram = Module == GetModuleHandleA(NULL);
    DWORD Length = GetModuleFileNameA(Module, Image->Path, sizeof(Image->Path));
    Image->Path[Length < sizeof(Image->Path) ? Length : 0] = 0;
    return TRUE;
}

/* What LdrRegisterDllNotification calls; only the reason is looked at. */
typedef VOID CALLBACK HOST_ON_DLL(ULONG Reason, const VOID *Data, PVOID Context);
typedef LONG NTAPI HOST_REGISTER(ULONG Flags, HOST_ON_DLL *Callback, PVOID Context, PVOID *Cookie);

static volatile LONG64 HostUnloads;

static VOID CALLBACK HostOnDll(ULONG Reason, const VOID *Data, PVOID Context)
{
    enum {
        Unloaded = 2
    };

    (void)Data;
    (void)Context;
    if (Reason == Unloaded) {
        InterlockedIncrement64(&HostUnloads);
    }
}

static BOOL CALLBACK HostCountFromNow(PINIT_ONCE Once, PVOID Parameter, PVOID *Context)
{
    HOST_REGISTER *Register =
        (HOST_REGISTER *)(ULONG_PTR)GetProcAddress(GetModuleHandleA("ntdll.dll"), "LdrRegisterDllNotification");
    PVOID Cookie;

    (void)Once;
    (void)Parameter;
    (void)Context;
    if (Register != NULL) {
        Register(0, HostOnDll, NULL, &Cookie);
    }
    return TRUE;
}

ULONG64 HostCountUnloads(VOID)
{
    static INIT_ONCE Once = INIT_ONCE_STATIC_INIT;

    InitOnceExecuteOnce(&Once, HostCountFromNow, NULL, NULL);
    return (ULONG64)HostUnloads;
}

/* ---- Imports -------------------------------------------------------------------------------------------------- */

VOID HostForEachImport(ULONG_PTR Address, VOID (*Routine)(PCSTR Name, PVOID Context), PVOID Context)
{
    const UCHAR *Base = (const UCHAR *)HostModuleOf(Address);

    if (Base == NULL) {
        return;
    }
    const IMAGE_DATA_DIRECTORY *Directory =
        &HostHeadersOf((HMODULE)Base)->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT];
    const IMAGE_IMPORT_DESCRIPTOR *From = (const IMAGE_IMPORT_DESCRIPTOR *)(Base + Directory->VirtualAddress);
    for (; Directory->Size != 0 && From->OriginalFirstThunk != 0; From++) {
        const IMAGE_THUNK_DATA *Thunk = (const IMAGE_THUNK_DATA *)(Base + From->OriginalFirstThunk);
        for (; Thunk->u1.AddressOfData != 0; Thunk++) {
            if (!IMAGE_SNAP_BY_ORDINAL(Thunk->u1.Ordinal)) {
                Routine((PCSTR)((const IMAGE_IMPORT_BY_NAME *)(Base + Thunk->u1.AddressOfData))->Name, Context);
            }
        }
    }
}

/* ---- Files ---------------------------------------------------------------------------------------------------- */

static BOOLEAN HostIdentifyFile(PCSTR Path, BY_HANDLE_FILE_INFORMATION *Information)
{
    HANDLE File = CreateFileA(Path, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                              FILE_ATTRIBUTE_NORMAL, NULL);
    BOOL Known = File != INVALID_HANDLE_VALUE && GetFileInformationByHandle(File, Information);

    if (File != INVALID_HANDLE_VALUE) {
        CloseHandle(File);
    }
    return Known != 0;
}

BOOLEAN HostIsSameFile(PCSTR Left, PCSTR Right)
{
    BY_HANDLE_FILE_INFORMATION LeftFile, RightFile;

    return HostIdentifyFile(Left, &LeftFile) && HostIdentifyFile(Right, &RightFile) &&
           LeftFile.dwVolumeSerialNumber == RightFile.dwVolumeSerialNumber &&
           LeftFile.nFileIndexHigh == RightFile.nFileIndexHigh && LeftFile.nFileIndexLow == RightFile.nFileIndexLow;
}

typedef struct HOST_FILE {
    UCHAR *Data;
    SIZE_T Bytes;
} HOST_FILE;

static BOOLEAN HostReadFile(PCSTR Path, HOST_FILE *File, PCSTR *Why)
{
    FILE *Stream = fopen(Path, "rb");
    long Bytes = Stream != NULL && fseek(Stream, 0, SEEK_END) == 0 ? ftell(Stream) : -1;

    File->Data = Bytes < 0 ? NULL : malloc((size_t)Bytes + 1);
    File->Bytes = (SIZE_T)Bytes;
    BOOLEAN Read = File->Data != NULL && fseek(Stream, 0, SEEK_SET) == 0 &&
                   fread(File->Data, 1, File->Bytes, Stream) == File->Bytes;
    *Why = Stream == NULL ? "No such file or directory" : "cannot be read";
    if (Stream != NULL) {
        fclose(Stream);
    }
    if (!Read) {
        free(File->Data);
    }
    return Read;
}

/* The part of the file from Offset on, or NULL when it has not that many bytes. */
static const VOID *HostFilePart(const HOST_FILE *File, SIZE_T Offset, SIZE_T Bytes)
{
    return Offset <= File->Bytes && Bytes <= File->Bytes - Offset ? File->Data + Offset : NULL;
}

/* An object file begins with the file header; an image has it behind the DOS header and a signature. */
static SIZE_T HostFindFileHeader(const HOST_FILE *File)
{
    const IMAGE_DOS_HEADER *Dos = HostFilePart(File, 0, sizeof(*Dos));

    if (Dos == NULL || Dos->e_magic != IMAGE_DOS_SIGNATURE) {
        return 0;
    }
    const DWORD *Signature = HostFilePart(File, (SIZE_T)Dos->e_lfanew, sizeof(*Signature));
    return Signature == NULL || *Signature != IMAGE_NT_SIGNATURE ? 0 : (SIZE_T)Dos->e_lfanew + sizeof(*Signature);
}

static BOOLEAN HostReadPeSections(const HOST_FILE *File, PCSTR Name,
                                  VOID (*Routine)(const VOID *Data, SIZE_T Bytes, PVOID Context), PVOID Context)
{
    SIZE_T Offset = HostFindFileHeader(File);
    const IMAGE_FILE_HEADER *Header = HostFilePart(File, Offset, sizeof(*Header));

    if (Header == NULL || (Header->Machine != IMAGE_FILE_MACHINE_AMD64 && Header->Machine != 0xAA64)) {
        return FALSE;
    }
    Offset += sizeof(*Header) + Header->SizeOfOptionalHeader;
    for (ULONG Index = 0; Index < Header->NumberOfSections; Index++, Offset += sizeof(IMAGE_SECTION_HEADER)) {
        const IMAGE_SECTION_HEADER *Section = HostFilePart(File, Offset, sizeof(*Section));
        if (Section == NULL) {
            return FALSE;
        }
        const VOID *Data = HostFilePart(File, Section->PointerToRawData, Section->SizeOfRawData);
        if (Data != NULL && strncmp((PCSTR)Section->Name, Name, sizeof(Section->Name)) == 0) {
            Routine(Data, Section->SizeOfRawData, Context);
        }
    }
    return TRUE;
}

BOOLEAN HostCheckImageFile(PCSTR Path, PCSTR *Why)
{
    (VOID) Path;
    *Why = NULL; /* Windows's loader refuses them */
    return TRUE;
}

BOOLEAN HostReadSections(PCSTR Path, PCSTR Name, VOID (*Routine)(const VOID *Data, SIZE_T Bytes, PVOID Context),
                         PVOID Context, PCSTR *Why)
{
    HOST_FILE File;

    if (!HostReadFile(Path, &File, Why)) {
        return FALSE;
    }
    BOOLEAN IsImage = HostReadPeSections(&File, Name, Routine, Context);
    free(File.Data);
    *Why = "not a PE executable, library or object file";
    return IsImage;
}

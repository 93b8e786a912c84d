/* audit.c: fuzzes EmuAuditImage with the contents of one section, in an image that is right: a line of text for each
 * record, and what its files have in common. */
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu_audit.h"
#include "poolemu.h"
#include "shared/input.h"

enum {
    MOST_BYTES = 1 << 16,
    SECTION_COUNT = 3,
};

typedef struct IMAGE {
    ElfW(Ehdr) Header;
    ElfW(Shdr) Sections[SECTION_COUNT];
    CHAR Names[24];
    UCHAR Data[MOST_BYTES];
} IMAGE;

static size_t MakeImage(IMAGE *Image, const uint8_t *Data, size_t Bytes)
{
    static const CHAR Names[] = "\0emuaudit\0.shstrtab";
    ElfW(Ehdr) *Header = &Image->Header;

    memset(Image, 0, offsetof(IMAGE, Data));
    memcpy(Header->e_ident, ELFMAG, SELFMAG);
    Header->e_ident[EI_CLASS] = sizeof(PVOID) == 8 ? ELFCLASS64 : ELFCLASS32;
    Header->e_ident[EI_DATA] = ELFDATA2LSB;
    Header->e_ident[EI_VERSION] = EV_CURRENT;
    Header->e_type = ET_REL;
    Header->e_machine = EM_X86_64;
    Header->e_version = EV_CURRENT;
    Header->e_ehsize = sizeof(ElfW(Ehdr));
    Header->e_shoff = offsetof(IMAGE, Sections);
    Header->e_shentsize = sizeof(ElfW(Shdr));
    Header->e_shnum = SECTION_COUNT;
    Header->e_shstrndx = 2;
    Image->Sections[1] = (ElfW(Shdr)){
        .sh_name = 1, .sh_type = SHT_PROGBITS, .sh_offset = offsetof(IMAGE, Data), .sh_size = Bytes, .sh_addralign = 8};
    Image->Sections[2] = (ElfW(Shdr)){
        .sh_name = 10, .sh_type = SHT_STRTAB, .sh_offset = offsetof(IMAGE, Names), .sh_size = sizeof(Names)};
    memcpy(Image->Names, Names, sizeof(Names));
    memcpy(Image->Data, Data, Bytes);
    return offsetof(IMAGE, Data) + Bytes;
}

/* How many records there may be at most: each has the magic number. */
static ULONG CountMagic(const uint8_t *Data, size_t Bytes)
{
    const ULONG64 Magic = EMU_AUDIT_MAGIC;
    ULONG Count = 0;

    for (size_t Offset = 0; Offset + sizeof(Magic) <= Bytes; Offset += sizeof(Magic)) {
        Count += memcmp(Data + Offset, &Magic, sizeof(Magic)) == 0;
    }
    return Count;
}

static void CheckAudit(NTSTATUS Status, const EMU_AUDIT *Audit, ULONG Most, PCSTR Text, size_t TextBytes)
{
    ULONG Lines = 0;

    for (size_t Index = 0; Index < TextBytes; Index++) {
        Lines += Text[Index] == '\n';
    }
    if (NT_SUCCESS(Status) ? Audit->Error[0] != 0 || Most == 0 || Audit->Files + Audit->TestFiles > Most ||
                                 Lines < 1 + Audit->Files + Audit->TestFiles
                           : Status != STATUS_NOT_FOUND || Audit->Error[0] == 0 || TextBytes != 0) {
        FuzzFail("status 0x%08X, '%s', %u files, %u of tests, at most %u; %u lines:\n%s", (unsigned)Status,
                 Audit->Error, (unsigned)Audit->Files, (unsigned)Audit->TestFiles, (unsigned)Most, (unsigned)Lines,
                 Text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Bytes)
{
    static IMAGE Image;
    EMU_AUDIT Audit, Again;
    char *Text = NULL;
    size_t TextBytes = 0;

    if (Bytes > sizeof(Image.Data)) {
        return 0;
    }
    PCSTR Path = FuzzFile((const uint8_t *)&Image, MakeImage(&Image, Data, Bytes));
    FILE *Stream = open_memstream(&Text, &TextBytes);
    NTSTATUS Status = EmuAuditImage(Path, Stream, &Audit);
    fclose(Stream);
    CheckAudit(Status, &Audit, CountMagic(Data, Bytes), Text, TextBytes);
    free(Text);
    if (EmuAuditImage(Path, NULL, &Again) != Status || memcmp(&Again, &Audit, sizeof(Audit)) != 0) {
        FuzzFail("a second audit says something else");
    }
    return 0;
}

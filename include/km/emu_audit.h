// What a source file leaves in its image about the NX pool opt-in: constants in sections of their own, which nothing
// reads at run time. `poolemu audit` and EmuAuditImage print them.

#ifndef EMU_AUDIT_H
#define EMU_AUDIT_H

#include "emu_compiler.h"

#define EMU_AUDIT_MAGIC 0x7469647541756D45ULL // "EmuAudit"

// Kinds of records. A file that includes wdm.h leaves the first; one that calls ExInitializeDriverRuntime the second,
// in its own section, as that one belongs to the function and goes when the linker drops it; one that includes
// poolemu.h the third.
#define EMU_AUDIT_FILE 0
#define EMU_AUDIT_RUNTIME_CALL 1
#define EMU_AUDIT_TEST 2

// What the file made of NonPagedPool.
#define EMU_AUDIT_NONE 0
#define EMU_AUDIT_OPTIN 1
#define EMU_AUDIT_AUTO 2
#define EMU_AUDIT_OPTOUT 3

typedef struct EMU_AUDIT_RECORD {
    unsigned EMU_INT64 Magic;
    unsigned int Bytes; // of the record, with the file's name
    unsigned char Kind;
    unsigned char Mode;
    unsigned char Zeroing; // POOL_ZERO_DOWN_LEVEL_SUPPORT is defined
    unsigned char Forced;  // POOL_NX_OPTIN_AUTO comes from the processor
    unsigned int NtDdi;    // NTDDI_VERSION
    unsigned int Reserved;
} EMU_AUDIT_RECORD; // the file's name follows, with its zero

#define EMU_AUDIT_CONSTANT(Name, Kind, Mode, Zeroing, Forced, NtDdi)                                                   \
    static const struct {                                                                                              \
        EMU_AUDIT_RECORD Record;                                                                                       \
        char File[sizeof(EMU_SOURCE_FILE)];                                                                            \
    } Name = {                                                                                                         \
        {EMU_AUDIT_MAGIC, sizeof(EMU_AUDIT_RECORD) + sizeof(EMU_SOURCE_FILE), Kind, Mode, Zeroing, Forced, NtDdi, 0},  \
        EMU_SOURCE_FILE}

#endif

/* image.h: the images (executables and shared objects) that are loaded into the process. */
#ifndef EMU_HOST_IMAGE_H
#define EMU_HOST_IMAGE_H

#include "ntdef.h"

typedef struct HOST_IMAGE {
    ULONG_PTR Start;
    ULONG_PTR End;
    BOOLEAN IsProgram; /* the process's executable */
    CHAR Path[512];
} HOST_IMAGE;

/* The image that Address lies in; FALSE when it lies in none. */
BOOLEAN HostFindImage(ULONG_PTR Address, HOST_IMAGE *Image);

/* On ELF systems: the .eh_frame_hdr of the image that Address lies in, or NULL. */
const VOID *HostFindUnwindTable(ULONG_PTR Address);

/* How many images were unloaded so far: whether other code may have come to addresses seen before. */
ULONG64 HostCountUnloads(VOID);

/* The process's executable. */
VOID HostProgramPath(PSTR Path, SIZE_T Bytes);

/* Are these two paths of one file? FALSE where one of them is none. */
BOOLEAN HostIsSameFile(PCSTR Left, PCSTR Right);

/* FALSE, and *Why an explanation: loading it as an image would not end with an error, but in a wait or a crash, as it
 * is no ordinary file, or ends before what its headers say. */
BOOLEAN HostCheckImageFile(PCSTR Path, PCSTR *Why);

/* Calls Routine with the contents of each section of that name in an image's file, which need not be loaded. FALSE, and
 * *Why an explanation, when the file cannot be read as an image of this host. */
BOOLEAN HostReadSections(PCSTR Path, PCSTR Name, VOID (*Routine)(const VOID *Data, SIZE_T Bytes, PVOID Context),
                         PVOID Context, PCSTR *Why);

/* Calls Routine with the name of each symbol that the image around Address wants from another one. */
VOID HostForEachImport(ULONG_PTR Address, VOID (*Routine)(PCSTR Name, PVOID Context), PVOID Context);

#endif

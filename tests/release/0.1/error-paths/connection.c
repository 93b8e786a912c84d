/* connection.c: opens and closes connections. AS_FOUND is how it was before EMU_FOR_EACH_FAILURE looked at it. */
#include "connection.h"

#define TAG_CONNECTION 'nnoC'
#define BUFFER_BYTES 0x3000

static NTSTATUS MakeBuffer(CONNECTION *Connection)
{
    Connection->Buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, BUFFER_BYTES, TAG_CONNECTION);
    if (Connection->Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Connection->Mdl = IoAllocateMdl(Connection->Buffer, BUFFER_BYTES, FALSE, FALSE, NULL);
    if (Connection->Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    MmBuildMdlForNonPagedPool(Connection->Mdl);
    Connection->Mapping = MmMapLockedPagesSpecifyCache(Connection->Mdl, KernelMode, MmCached, NULL, FALSE,
                                                       NormalPagePriority | MdlMappingNoExecute);
    return Connection->Mapping == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

VOID CloseConnection(CONNECTION *Connection)
{
    if (Connection->Mapping != NULL) {
        MmUnmapLockedPages(Connection->Mapping, Connection->Mdl);
    }
    if (Connection->Mdl != NULL) {
        IoFreeMdl(Connection->Mdl);
    }
    if (Connection->Buffer != NULL) {
        ExFreePoolWithTag(Connection->Buffer, TAG_CONNECTION);
    }
    if (Connection->Name.Buffer != NULL) {
        ExFreePoolWithTag(Connection->Name.Buffer, TAG_CONNECTION);
    }
    ExFreePoolWithTag(Connection, TAG_CONNECTION);
}

NTSTATUS OpenConnection(PCUNICODE_STRING Name, CONNECTION **Connection)
{
    CONNECTION *New = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(CONNECTION), TAG_CONNECTION);
    NTSTATUS Status;

    *Connection = NULL;
    if (New == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    New->Name.Buffer = ExAllocatePool2(POOL_FLAG_PAGED, Name->Length, TAG_CONNECTION);
    if (New->Name.Buffer == NULL) {
#ifndef AS_FOUND
        CloseConnection(New);
#endif
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    New->Name.MaximumLength = Name->Length;
    RtlCopyUnicodeString(&New->Name, Name);
    Status = MakeBuffer(New);
    if (!NT_SUCCESS(Status)) {
        CloseConnection(New);
        return Status;
    }
    *Connection = New;
    return STATUS_SUCCESS;
}

/* connection.h: a connection of a driver: a copy of its name, and a buffer that the hardware reads through an MDL. */
#ifndef CONNECTION_H
#define CONNECTION_H

#include <ntddk.h>

typedef struct CONNECTION {
    UNICODE_STRING Name;
    PVOID Buffer;
    PMDL Mdl;
    PVOID Mapping; /* of the MDL */
} CONNECTION;

/* STATUS_INSUFFICIENT_RESOURCES, and nothing is left, when memory or addresses are short. */
NTSTATUS OpenConnection(PCUNICODE_STRING Name, CONNECTION **Connection);
VOID CloseConnection(CONNECTION *Connection);

#endif

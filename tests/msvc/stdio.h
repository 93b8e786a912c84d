/* stdio.h: what poolemu.h needs of it. */
#ifndef MSVC_STDIO_H
#define MSVC_STDIO_H

typedef struct _iobuf FILE;

#endif

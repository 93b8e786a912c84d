/* string.h: what include/km/ calls of it. */
#ifndef MSVC_STRING_H
#define MSVC_STRING_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

void *memset(void *Destination, int Value, size_t Bytes);
void *memcpy(void *Destination, const void *Source, size_t Bytes);
void *memmove(void *Destination, const void *Source, size_t Bytes);
int memcmp(const void *First, const void *Second, size_t Bytes);

#ifdef __cplusplus
}
#endif

#endif

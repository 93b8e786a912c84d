/* hash.h: multiplicative hashing. The multipliers are 2^64 and 2^32 divided by the golden ratio, which spreads keys
 * that lie close together; the product's high bits are the good ones. */
#ifndef EMU_HOST_HASH_H
#define EMU_HOST_HASH_H

#include "host/host.h"

static inline ULONG64 HostHash64(ULONG64 Key)
{
    return Key * 0x9E3779B97F4A7C15u;
}

static inline ULONG HostHash32(ULONG Key)
{
    return Key * 0x9E3779B1u;
}

/* A number below Count, which need not be a power of two. */
static inline ULONG HostHashBelow(ULONG64 Key, ULONG Count)
{
    return (ULONG)((HostHash64(Key) >> 32) * Count >> 32);
}

#endif

// GUIDs: the structure, the macros that define one, and comparison.

#ifndef GUID_DEFINED
#define GUID_DEFINED

#include "emu_compiler.h"

#include EMU_STRING_H

typedef struct _GUID {
    unsigned int Data1;
    unsigned short Data2;
    unsigned short Data3;
    unsigned char Data4[8];
} GUID;
EMU_STATIC_ASSERT(sizeof(GUID) == 16, "GUID");

typedef GUID *LPGUID, *PGUID;
typedef const GUID *LPCGUID;
typedef GUID CLSID, *LPCLSID;
typedef GUID IID, *LPIID;

#ifdef __cplusplus
#define EXTERN_GUID_C extern "C"
#define REFGUID const GUID &
#define REFCLSID const CLSID &
#define REFIID const IID &
#define EMU_GUID_ADDRESS(Guid) (&(Guid))
#else
#define EXTERN_GUID_C extern
#define REFGUID const GUID *
#define REFCLSID const CLSID *
#define REFIID const IID *
#define EMU_GUID_ADDRESS(Guid) (Guid)
#endif

EMU_INLINE int EmuIsEqualGuid(const GUID *First, const GUID *Second)
{
    return memcmp(First, Second, sizeof(GUID)) == 0;
}

#define IsEqualGUID(First, Second) EmuIsEqualGuid(EMU_GUID_ADDRESS(First), EMU_GUID_ADDRESS(Second))
#define IsEqualIID(First, Second) IsEqualGUID(First, Second)
#define IsEqualCLSID(First, Second) IsEqualGUID(First, Second)
#define InlineIsEqualGUID(First, Second) IsEqualGUID(First, Second)

#endif

// Outside the guard: initguid.h may come after this header.
#undef DEFINE_GUID
#if defined(INITGUID) && defined(__cplusplus)
#define DEFINE_GUID(Name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8)                                                   \
    EXTERN_GUID_C const GUID EMU_SELECTANY Name = {l, w1, w2, {b1, b2, b3, b4, b5, b6, b7, b8}}
#elif defined(INITGUID)
#define DEFINE_GUID(Name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8)                                                   \
    EXTERN_GUID_C const GUID Name;                                                                                     \
    const GUID EMU_SELECTANY Name = {l, w1, w2, {b1, b2, b3, b4, b5, b6, b7, b8}}
#else
#define DEFINE_GUID(Name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) EXTERN_GUID_C const GUID Name
#endif

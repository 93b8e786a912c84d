/* intrin.h: Microsoft's intrinsics that include/km/ uses, so that clang can read it as Microsoft's compiler does. The
 * four headers of this folder are declarations and nothing else: what uses them is compiled, not linked. */
#ifndef MSVC_INTRIN_H
#define MSVC_INTRIN_H

#ifdef __cplusplus
extern "C" {
#endif

#define MSVC_INTERLOCKED(Width, Type)                                                                                  \
    Type _InterlockedExchange##Width(Type volatile *Target, Type Value);                                               \
    Type _InterlockedExchangeAdd##Width(Type volatile *Addend, Type Value);                                            \
    Type _InterlockedAnd##Width(Type volatile *Target, Type Value);                                                    \
    Type _InterlockedOr##Width(Type volatile *Target, Type Value);                                                     \
    Type _InterlockedXor##Width(Type volatile *Target, Type Value);                                                    \
    Type _InterlockedCompareExchange##Width(Type volatile *Target, Type Value, Type Comparand);
MSVC_INTERLOCKED(8, char)
MSVC_INTERLOCKED(16, short)
MSVC_INTERLOCKED(, long)
MSVC_INTERLOCKED(64, __int64)

void *_InterlockedExchangePointer(void *volatile *Target, void *Value);
void *_InterlockedCompareExchangePointer(void *volatile *Target, void *Value, void *Comparand);
unsigned char _InterlockedCompareExchange128(__int64 volatile *Target, __int64 High, __int64 Low, __int64 *Comparand);
void _ReadWriteBarrier(void);
void __faststorefence(void);
void _mm_pause(void);
void __debugbreak(void);
void *_ReturnAddress(void);

#ifdef __cplusplus
}
#endif

#endif

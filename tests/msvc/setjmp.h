/* setjmp.h: as Microsoft's C library declares it for x64. */
#ifndef MSVC_SETJMP_H
#define MSVC_SETJMP_H

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    unsigned __int64 Part[2];
} SETJMP_FLOAT128;

typedef struct _JUMP_BUFFER {
    unsigned __int64 Frame;
    unsigned __int64 Registers[9];
    unsigned __int64 Control;
    SETJMP_FLOAT128 Xmm[10];
} _JUMP_BUFFER;

typedef SETJMP_FLOAT128 jmp_buf[16];

int __cdecl _setjmp(jmp_buf Buffer);

#ifdef __cplusplus
}
#endif

#endif

/* touch.h: machine code that reads or writes one byte, so that a test knows the address of the instruction that does.
 */
#ifndef TESTS_TOUCH_H
#define TESTS_TOUCH_H

#include "os.h"
#include "support.h"

#if defined(_ARM64_)
static const ULONG TouchCode[] = {0x39400000, 0xD65F03C0, 0x39000001, 0xD65F03C0}; /* ldrb w0, [x0]; strb w1, [x0] */
#define TOUCH_READER 0
#define TOUCH_WRITER 8
#elif defined(EMU_ARCH_X86)
static const UCHAR TouchCode[] = {0x8A, 0x00, 0xC3, 0x88, 0x10, 0xC3}; /* mov al, [eax]; mov [eax], dl */
#define TOUCH_READER 0
#define TOUCH_WRITER 3
#elif defined(_WIN32)
static const UCHAR TouchCode[] = {0x8A, 0x01, 0xC3, 0x40, 0x88, 0x11, 0xC3}; /* mov al, [rcx]; mov [rcx], dl */
#define TOUCH_READER 0
#define TOUCH_WRITER 3
#else
static const UCHAR TouchCode[] = {0x8A, 0x07, 0xC3, 0x40, 0x88, 0x37, 0xC3}; /* mov al, [rdi]; mov [rdi], sil */
#define TOUCH_READER 0
#define TOUCH_WRITER 3
#endif

#if defined(EMU_ARCH_X86)
typedef UCHAR __attribute__((regparm(2))) TOUCH(volatile VOID *Address, ULONG Value);
#else
typedef UCHAR TOUCH(volatile VOID *Address, ULONG Value);
#endif

EMU_UNUSED static ULONG_PTR TouchInstruction(ULONG Offset)
{
    static UCHAR *Code;

    if (Code == NULL) {
        Code = OsCodePages(PAGE_SIZE);
        memcpy(Code, TouchCode, sizeof(TouchCode));
        __builtin___clear_cache((char *)Code, (char *)Code + sizeof(TouchCode));
    }
    return (ULONG_PTR)Code + Offset;
}

EMU_UNUSED EMU_NOINLINE static EMU_BUGCHECK StopOfRead(volatile VOID *Address)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        ((TOUCH *)TouchInstruction(TOUCH_READER))(Address, 0);
    }
    return Stop;
}

EMU_UNUSED EMU_NOINLINE static EMU_BUGCHECK StopOfWrite(volatile VOID *Address, UCHAR Value)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        ((TOUCH *)TouchInstruction(TOUCH_WRITER))(Address, Value);
    }
    return Stop;
}

#endif

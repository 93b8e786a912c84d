/* answer.h: machine code of a routine without arguments that returns 42, and the way to call it. */
#ifndef ANSWER_H
#define ANSWER_H

#if defined(_ARM64_)
static const ULONG AnswerCode[] = {
    0x52800540, /* mov w0, #42 */
    0xD65F03C0, /* ret */
};
#else
static const UCHAR AnswerCode[] = {
    0xB8, 42, 0, 0, 0, /* mov eax, 42 */
    0xC3,              /* ret */
};
#endif

typedef ULONG ANSWER(VOID);

/* AArch64 fetches what the instruction cache held before, until it is told. */
static inline VOID WriteAnswerCode(PVOID Block)
{
    RtlCopyMemory(Block, AnswerCode, sizeof(AnswerCode));
#if defined(__GNUC__)
    __builtin___clear_cache((char *)Block, (char *)Block + sizeof(AnswerCode));
#endif
}

static inline ULONG RunAnswerCode(PVOID Block)
{
    return ((ANSWER *)(ULONG_PTR)Block)();
}

#endif

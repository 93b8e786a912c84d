/* input.c: reads the program: an operation is a byte, its arguments are those behind it. */
#include "pool/input.h"

#include "pool/model.h"

static const UCHAR *Next;
static const UCHAR *End;

VOID BeginInput(const UCHAR *Data, SIZE_T Bytes)
{
    Next = Data;
    End = Data + Bytes;
}

BOOLEAN HasInput(VOID)
{
    return Next < End;
}

ULONG Byte(VOID)
{
    return Next < End ? *Next++ : 0;
}

ULONG Choose(ULONG Count)
{
    return Byte() % Count;
}

ULONG ChooseTag(VOID)
{
    return Tags[Choose(TAG_COUNT)];
}

ULONG ChooseType(VOID)
{
    static const USHORT Types[] = {
        NonPagedPool,
        NonPagedPoolNx,
        PagedPool,
        NonPagedPoolCacheAligned,
        PagedPoolCacheAligned,
        NonPagedPoolNxCacheAligned,
        PagedPool | POOL_NX_ALLOCATION,
        NonPagedPoolSession,
        PagedPoolSession,
        NonPagedPoolSessionNx,
        NonPagedPoolCacheAlignedSession,
        PagedPoolCacheAlignedSession,
        NonPagedPoolMustSucceed,
        DontUseThisType,
        NonPagedPoolCacheAlignedMustS,
        MaxPoolType,
        NonPagedPoolMustSucceedSession,
        NonPagedPoolNx | 64,
        NonPagedPool | 128,
    };
    ULONG Selector = Byte();
    ULONG Type = Types[(Selector & 0x7F) % RTL_NUMBER_OF(Types)];

    if ((Selector & 0x80) != 0) {
        ULONG Modifiers = Byte();
        Type |= (Modifiers & (POOL_QUOTA_FAIL_INSTEAD_OF_RAISE | POOL_RAISE_IF_ALLOCATION_FAILURE)) |
                ((Modifiers & 1) != 0 ? POOL_ZERO_ALLOCATION : 0u) | ((Modifiers & 2) != 0 ? POOL_COLD_ALLOCATION : 0u);
    }
    return Type;
}

SIZE_T ChooseSize(VOID)
{
    static const ULONG Sizes[] = {0,    1,    7,    8,    15,   16,    17,    31,    32,    33,      47,     48,
                                  49,   63,   64,   65,   112,  127,   128,   129,   240,   241,     256,    257,
                                  496,  512,  513,  1008, 1024, 1025,  2016,  2032,  2033,  2048,    2049,   4000,
                                  4016, 4017, 4032, 4048, 4063, 4064,  4065,  4079,  4080,  4081,    4095,   4096,
                                  4097, 8191, 8192, 8193, 9000, 12288, 65535, 65536, 65537, 1048576, 1048577};
    static const SIZE_T HugeSizes[] = {1ull << 36, 1ull << 63, ~(SIZE_T)0 - PAGE_SIZE, ~(SIZE_T)0 - 15, ~(SIZE_T)0};
    ULONG Selector = Byte();

    if (Selector < RTL_NUMBER_OF(Sizes)) {
        return Sizes[Selector];
    }
    if (Selector < RTL_NUMBER_OF(Sizes) + RTL_NUMBER_OF(HugeSizes)) {
        return HugeSizes[Selector - RTL_NUMBER_OF(Sizes)];
    }
    return Selector < 192 ? (Selector - 64) * 16 + Byte() % 32 : (Selector - 192) * 256 + Byte();
}

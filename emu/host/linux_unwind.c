/* linux_unwind.c: unwind.h on ELF systems: the call frame information that compilers leave in .eh_frame, found through
 * the sorted table of .eh_frame_hdr. */
#define _GNU_SOURCE
#include <link.h>
#include <string.h>

#include "host/image.h"
#include "host/unwind.h"

#if defined(__i386__)
enum {
    HOST_FRAME_POINTER = 5,
    HOST_STACK_POINTER = 4,
    HOST_RETURN_ADDRESS = 8,
};
#elif defined(__x86_64__)
enum {
    HOST_FRAME_POINTER = 6,
    HOST_STACK_POINTER = 7,
    HOST_RETURN_ADDRESS = 16,
};
#elif defined(__aarch64__)
enum {
    HOST_FRAME_POINTER = 29,
    HOST_STACK_POINTER = 31,
    HOST_RETURN_ADDRESS = 30,
};
#else
#error "linux_unwind.c: teach it this processor's register numbers"
#endif

/* ---- Reading -------------------------------------------------------------------------------------------------- */

/* LEB128: seven bits a byte, the lowest first. *Bits is how many there were. */
static ULONG64 HostReadLeb(const UCHAR **At, ULONG *Bits)
{
    ULONG64 Value = 0;
    UCHAR Byte;

    *Bits = 0;
    do {
        Byte = *(*At)++;
        Value |= *Bits < 64 ? (ULONG64)(Byte & 0x7F) << *Bits : 0;
        *Bits += 7;
    } while ((Byte & 0x80) != 0);
    return Value;
}

static ULONG64 HostReadUnsigned(const UCHAR **At)
{
    ULONG Bits;

    return HostReadLeb(At, &Bits);
}

static LONG64 HostReadSigned(const UCHAR **At)
{
    ULONG Bits;
    ULONG64 Value = HostReadLeb(At, &Bits);

    if (((*At)[-1] & 0x40) != 0 && Bits < 64) {
        Value |= ~(ULONG64)0 << Bits;
    }
    return (LONG64)Value;
}

static ULONG64 HostReadBytes(const UCHAR **At, SIZE_T Bytes)
{
    ULONG64 Value = 0;

    memcpy(&Value, *At, Bytes); /* little-endian, as all hosts are */
    *At += Bytes;
    return Value;
}

static LONG HostReadLong(const UCHAR *At)
{
    LONG Value;

    memcpy(&Value, At, sizeof(Value));
    return Value;
}

enum {
    HOST_POINTER_SIZE = 0x0F,
    HOST_POINTER_BASE = 0x70,
    HOST_POINTER_PC_RELATIVE = 0x10,
    HOST_POINTER_INDIRECT = 0x80,
};

/* The number of bytes of a pointer so encoded, 0 for what nobody uses here. */
static SIZE_T HostPointerBytes(UCHAR Encoding)
{
    switch (Encoding & HOST_POINTER_SIZE & ~8) {
    case 0:
        return sizeof(ULONG_PTR);
    case 4:
        return 8;
    case 2:
        return 2;
    case 3:
        return 4;
    default:
        return 0;
    }
}

/* FALSE: not one that is read here. */
static BOOLEAN HostReadPointer(const UCHAR **At, UCHAR Encoding, ULONG_PTR *Pointer)
{
    ULONG_PTR Place = (ULONG_PTR)*At;
    SIZE_T Bytes = HostPointerBytes(Encoding);
    UCHAR Base = Encoding & HOST_POINTER_BASE;

    if (Bytes == 0 || (Base != 0 && Base != HOST_POINTER_PC_RELATIVE) || (Encoding & HOST_POINTER_INDIRECT) != 0) {
        return FALSE;
    }
    ULONG64 Value = HostReadBytes(At, Bytes);
    if ((Encoding & 8) != 0 && Bytes < 8) {
        ULONG Unused = 64 - 8 * (ULONG)Bytes;
        Value = (ULONG64)((LONG64)(Value << Unused) >> Unused);
    }
    *Pointer = (ULONG_PTR)Value + (Base == HOST_POINTER_PC_RELATIVE ? Place : 0);
    return TRUE;
}

/* ---- Finding a function's description ------------------------------------------------------------------------- */

/* A description is for Code when its function begins at Code or before, and the next one's behind it. The table is
 * pairs of (function, description), relative to its own beginning. */
static const UCHAR *HostFindDescription(const UCHAR *Table, ULONG_PTR Code)
{
    static const UCHAR Known[4] = {1, 0x1B, 0x03, 0x3B}; /* the version and the encodings that all linkers write */

    if (memcmp(Table, Known, sizeof(Known)) != 0) {
        return NULL;
    }
    const UCHAR *Pairs = Table + 12;
    ULONG Low = 0, High = (ULONG)HostReadLong(Table + 8);
    while (Low < High) {
        ULONG Middle = Low + (High - Low) / 2;
        if ((ULONG_PTR)Table + (ULONG_PTR)HostReadLong(Pairs + 8 * (SIZE_T)Middle) <= Code) {
            Low = Middle + 1;
        } else {
            High = Middle;
        }
    }
    return Low == 0 ? NULL : Table + HostReadLong(Pairs + 8 * (SIZE_T)(Low - 1) + 4);
}

/* ---- Running it ----------------------------------------------------------------------------------------------- */

typedef enum HOST_SAVED {
    HostSavedNowhere, /* the register still has it */
    HostSavedInFrame,
    HostSavedElsewhere,
    HostSavedNever, /* "undefined": of the return address, the outermost function */
} HOST_SAVED;

typedef struct HOST_REGISTER {
    HOST_SAVED Saved;
    LONG64 Offset; /* from the frame's end */
} HOST_REGISTER;

typedef struct HOST_ROW {
    ULONG64 Base; /* a register; or HOST_NO_BASE: an expression */
    LONG64 Bytes;
    HOST_REGISTER Frame;
    HOST_REGISTER Return;
} HOST_ROW;

enum {
    HOST_NO_BASE = 0xFFFF,
    HOST_MOST_ROWS = 8,
};

/* What the descriptions of several functions have in common, and the state of running one. */
typedef struct HOST_UNWINDING {
    ULONG_PTR Wanted; /* the row of this instruction */
    ULONG_PTR Location;
    ULONG64 CodeAlign;
    LONG64 DataAlign;
    UCHAR Encoding; /* of code addresses */
    BOOLEAN HasExtra;
    HOST_ROW Row;
    HOST_ROW Initial;
    HOST_ROW Rows[HOST_MOST_ROWS];
    ULONG Depth;
} HOST_UNWINDING;

static VOID HostSetSaved(HOST_ROW *Row, ULONG64 Register, HOST_SAVED Saved, LONG64 Offset)
{
    HOST_REGISTER *Where = Register == HOST_FRAME_POINTER    ? &Row->Frame
                           : Register == HOST_RETURN_ADDRESS ? &Row->Return
                                                             : NULL;

    if (Where != NULL) {
        *Where = (HOST_REGISTER){Saved, Offset};
    }
}

static VOID HostRestoreSaved(HOST_UNWINDING *State, ULONG64 Register)
{
    if (Register == HOST_FRAME_POINTER) {
        State->Row.Frame = State->Initial.Frame;
    } else if (Register == HOST_RETURN_ADDRESS) {
        State->Row.Return = State->Initial.Return;
    }
}

static VOID HostSkipBlock(const UCHAR **At)
{
    ULONG64 Bytes = HostReadUnsigned(At);

    *At += Bytes;
}

/* One instruction of those with an operation code of their own. FALSE: one that nobody knows. */
static BOOLEAN HostRunExtended(HOST_UNWINDING *State, UCHAR Code, const UCHAR **At)
{
    HOST_ROW *Row = &State->Row;
    ULONG64 Register;

    switch (Code) {
    case 0x00: /* nop */
    case 0x2D: /* AArch64: the return address is signed from here on, or not any more */
        return TRUE;
    case 0x01: /* set_loc */
        return HostReadPointer(At, State->Encoding, &State->Location);
    case 0x02: /* advance_loc1, 2, 4 */
    case 0x03:
    case 0x04:
        State->Location += HostReadBytes(At, (SIZE_T)1 << (Code - 2)) * State->CodeAlign;
        return TRUE;
    case 0x05: /* offset_extended */
        Register = HostReadUnsigned(At);
        HostSetSaved(Row, Register, HostSavedInFrame, (LONG64)HostReadUnsigned(At) * State->DataAlign);
        return TRUE;
    case 0x06: /* restore_extended */
        HostRestoreSaved(State, HostReadUnsigned(At));
        return TRUE;
    case 0x07: /* undefined */
        HostSetSaved(Row, HostReadUnsigned(At), HostSavedNever, 0);
        return TRUE;
    case 0x08: /* same_value */
        HostSetSaved(Row, HostReadUnsigned(At), HostSavedNowhere, 0);
        return TRUE;
    case 0x09: /* register */
        HostSetSaved(Row, HostReadUnsigned(At), HostSavedElsewhere, 0);
        HostReadUnsigned(At);
        return TRUE;
    case 0x0A: /* remember_state */
        if (State->Depth == HOST_MOST_ROWS) {
            return FALSE;
        }
        State->Rows[State->Depth++] = *Row;
        return TRUE;
    case 0x0B: /* restore_state */
        if (State->Depth == 0) {
            return FALSE;
        }
        *Row = State->Rows[--State->Depth];
        return TRUE;
    case 0x0C: /* def_cfa */
        Row->Base = HostReadUnsigned(At);
        Row->Bytes = (LONG64)HostReadUnsigned(At);
        return TRUE;
    case 0x0D: /* def_cfa_register */
        Row->Base = HostReadUnsigned(At);
        return TRUE;
    case 0x0E: /* def_cfa_offset */
        Row->Bytes = (LONG64)HostReadUnsigned(At);
        return TRUE;
    case 0x0F: /* def_cfa_expression */
        Row->Base = HOST_NO_BASE;
        HostSkipBlock(At);
        return TRUE;
    case 0x10: /* expression, val_expression */
    case 0x16:
        HostSetSaved(Row, HostReadUnsigned(At), HostSavedElsewhere, 0);
        HostSkipBlock(At);
        return TRUE;
    case 0x11: /* offset_extended_sf */
        Register = HostReadUnsigned(At);
        HostSetSaved(Row, Register, HostSavedInFrame, HostReadSigned(At) * State->DataAlign);
        return TRUE;
    case 0x12: /* def_cfa_sf */
        Row->Base = HostReadUnsigned(At);
        Row->Bytes = HostReadSigned(At) * State->DataAlign;
        return TRUE;
    case 0x13: /* def_cfa_offset_sf */
        Row->Bytes = HostReadSigned(At) * State->DataAlign;
        return TRUE;
    case 0x14: /* val_offset, val_offset_sf */
    case 0x15:
        HostSetSaved(Row, HostReadUnsigned(At), HostSavedElsewhere, 0);
        HostReadUnsigned(At);
        return TRUE;
    case 0x2E: /* GNU_args_size */
        HostReadUnsigned(At);
        return TRUE;
    default:
        return FALSE;
    }
}

/* Up to the row that holds at Wanted. FALSE: there is something in it that is not read here. */
static BOOLEAN HostRun(HOST_UNWINDING *State, const UCHAR *At, const UCHAR *End)
{
    while (At < End && State->Location <= State->Wanted) {
        UCHAR Code = *At++;
        UCHAR Operand = Code & 0x3F;
        switch (Code >> 6) {
        case 1: /* advance_loc */
            State->Location += Operand * State->CodeAlign;
            break;
        case 2: /* offset */
            HostSetSaved(&State->Row, Operand, HostSavedInFrame, (LONG64)HostReadUnsigned(&At) * State->DataAlign);
            break;
        case 3: /* restore */
            HostRestoreSaved(State, Operand);
            break;
        default:
            if (!HostRunExtended(State, Code, &At)) {
                return FALSE;
            }
        }
    }
    return TRUE;
}

/* Reads what a description says of itself, letter by letter. FALSE: something that is not read here, such as 'S', the
 * frame that the host makes for a signal. */
static BOOLEAN HostReadAugmentation(HOST_UNWINDING *State, const CHAR *Letters, const UCHAR *At)
{
    ULONG_PTR Ignored;

    for (; *Letters != 0; Letters++) {
        switch (*Letters) {
        case 'R':
            State->Encoding = *At++;
            break;
        case 'L':
            At++;
            break;
        case 'P': {
            UCHAR Encoding = *At++ & (UCHAR)~HOST_POINTER_INDIRECT;
            if (!HostReadPointer(&At, Encoding, &Ignored)) {
                return FALSE;
            }
            break;
        }
        case 'B': /* AArch64: return addresses are signed with the other key */
            break;
        default:
            return FALSE;
        }
    }
    return TRUE;
}

/* The part that several descriptions share. */
static BOOLEAN HostReadCommon(HOST_UNWINDING *State, const UCHAR *At)
{
    ULONG Bytes = (ULONG)HostReadBytes(&At, 4);
    const UCHAR *End = At + Bytes;

    At += 4; /* an identifier */
    UCHAR Version = *At++;
    const CHAR *Letters = (const CHAR *)At;
    At += strlen(Letters) + 1;
    State->CodeAlign = HostReadUnsigned(&At);
    State->DataAlign = HostReadSigned(&At);
    ULONG64 ReturnColumn = Version == 1 ? *At++ : HostReadUnsigned(&At);
    if (ReturnColumn != HOST_RETURN_ADDRESS || (Version != 1 && Version != 3)) {
        return FALSE;
    }
    State->HasExtra = *Letters == 'z';
    if (State->HasExtra) {
        SIZE_T Extra = (SIZE_T)HostReadUnsigned(&At);
        if (!HostReadAugmentation(State, Letters + 1, At)) {
            return FALSE;
        }
        At += Extra;
    } else if (*Letters != 0) {
        return FALSE;
    }
    BOOLEAN Ran = HostRun(State, At, End);
    State->Initial = State->Row;
    return Ran;
}

static BOOLEAN HostReadDescription(HOST_UNWINDING *State, const UCHAR *At)
{
    ULONG_PTR Start, Bytes;
    ULONG Length = (ULONG)HostReadBytes(&At, 4);
    const UCHAR *End = At + Length;
    const UCHAR *Common = At - HostReadLong(At);

    if (Length == 0 || Length == ~0u) {
        return FALSE;
    }
    At += 4;
    if (!HostReadCommon(State, Common) || !HostReadPointer(&At, State->Encoding, &Start) ||
        !HostReadPointer(&At, State->Encoding & HOST_POINTER_SIZE, &Bytes) || State->Wanted - Start >= Bytes) {
        return FALSE;
    }
    if (State->HasExtra) {
        HostSkipBlock(&At);
    }
    State->Location = Start;
    return HostRun(State, At, End);
}

static BOOLEAN HostFits(const HOST_REGISTER *Register)
{
    LONG64 Word = sizeof(ULONG_PTR);

    return Register->Saved == HostSavedInFrame && Register->Offset % Word == 0 && Register->Offset / Word >= -0x8000 &&
           Register->Offset / Word <= 0x7FFF;
}

static HOST_UNWIND HostUnwindOfRow(const HOST_ROW *Row)
{
    HOST_UNWIND Unwind = {.Kind = HostUnwindStops};

    if ((Row->Base != HOST_STACK_POINTER && Row->Base != HOST_FRAME_POINTER) || Row->Bytes < 0 ||
        Row->Bytes >= 1 << 23 || !HostFits(&Row->Return)) {
        return Unwind;
    }
    Unwind.Bytes = (LONG)Row->Bytes;
    Unwind.FromFramePointer = Row->Base == HOST_FRAME_POINTER;
    Unwind.ReturnAddress = (SHORT)(Row->Return.Offset / (LONG64)sizeof(ULONG_PTR));
    Unwind.Kind = Row->Frame.Saved == HostSavedNowhere ? HostUnwindKeepsFrame : HostUnwindLosesFrame;
    if (HostFits(&Row->Frame)) {
        Unwind.Kind = HostUnwindRestoresFrame;
        Unwind.FramePointer = (SHORT)(Row->Frame.Offset / (LONG64)sizeof(ULONG_PTR));
    }
    return Unwind;
}

HOST_UNWIND HostFindUnwind(ULONG_PTR ReturnAddress)
{
    static const HOST_UNWIND Stop = {.Kind = HostUnwindStops};
    /* A call may be its function's last instruction: what it belongs to is the byte before. */
    HOST_UNWINDING State = {.Wanted = ReturnAddress - 1, .Row = {.Base = HOST_NO_BASE}};
    const UCHAR *Table = HostFindUnwindTable(State.Wanted);
    const UCHAR *Description = Table == NULL ? NULL : HostFindDescription(Table, State.Wanted);

    return Description != NULL && HostReadDescription(&State, Description) ? HostUnwindOfRow(&State.Row) : Stop;
}

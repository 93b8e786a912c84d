/* sanitize.c: what poolemu adds to a report of AddressSanitizer's. */
#include "watch/sanitize.h"

#include <stdio.h>
#include <string.h>

#include "host/code.h"
#include "host/host.h"
#include "core/hooks.h"
#include "watch/quarantine.h"
#include "watch/track.h"

/* ---- Reports of AddressSanitizer's ------------------------------------------------------------------------------- */

/* The block that an address is said to belong to: live, or the last that was freed there. */
typedef struct VF_SUSPECT {
    MI_BLOCK Block;
    BOOLEAN IsLive;
} VF_SUSPECT;

static ULONG_PTR VfStartOfSuspect(const VF_SUSPECT *Suspect)
{
    return (ULONG_PTR)Suspect->Block.Address;
}

static ULONG_PTR VfEndOfSuspect(const VF_SUSPECT *Suspect)
{
    return VfStartOfSuspect(Suspect) + Suspect->Block.Size;
}

static BOOLEAN VfIsInside(const VF_SUSPECT *Suspect, ULONG_PTR Address)
{
    return Address - VfStartOfSuspect(Suspect) < Suspect->Block.Size;
}

/* The block whose memory begins there. */
static BOOLEAN VfLookAt(ULONG_PTR Start, VF_SUSPECT *Suspect)
{
    Suspect->IsLive = MiFindBlock((PVOID)Start, &Suspect->Block) == MiFoundLive;
    return Suspect->IsLive || (VfFindRetired(Start, 0, &Suspect->Block) && VfStartOfSuspect(Suspect) == Start);
}

/* An address in a slot is inside its block or behind it; one in a header is the nearer neighbour's. */
static BOOLEAN VfSuspectSmall(ULONG_PTR Address, VF_SUSPECT *Suspect)
{
    const MI_CLASS *Class = &MiClasses[MiPageOf(Address)->Class];
    ULONG_PTR Offset = BYTE_OFFSET(Address) > Class->First ? BYTE_OFFSET(Address) - Class->First : 0;
    ULONG_PTR Slot = min(Offset / Class->SlotBytes, Class->PerPage - 1u);
    ULONG_PTR Start = (ULONG_PTR)PAGE_ALIGN(Address) + Class->First + Slot * Class->SlotBytes + MI_HEADER_BYTES;
    VF_SUSPECT Before;

    BOOLEAN Found = VfLookAt(Start, Suspect);
    if (Address >= Start || Slot == 0 || !VfLookAt(Start - Class->SlotBytes, &Before)) {
        return Found;
    }
    if (!Found || Address - VfEndOfSuspect(&Before) < Start - Address) {
        *Suspect = Before;
    }
    return TRUE;
}

/* There is a page without a block on both sides. */
static BOOLEAN VfSuspectLarge(ULONG_PTR Address, VF_SUSPECT *Suspect)
{
    ULONG_PTR Page = (ULONG_PTR)PAGE_ALIGN(Address);

    Suspect->IsLive = MiFindBlockAround(Address, &Suspect->Block) ||
                      (MiIsPoolAddress(Page - PAGE_SIZE) && MiKindOf(MiPageOf(Page - PAGE_SIZE)) != MiPageSlab &&
                       MiFindBlockAround(Page - PAGE_SIZE, &Suspect->Block)) ||
                      MiFindBlock((PVOID)(Page + PAGE_SIZE), &Suspect->Block) == MiFoundLive;
    return Suspect->IsLive || VfFindRetired(Address, PAGE_SIZE, &Suspect->Block);
}

static BOOLEAN VfSuspectAt(ULONG_PTR Address, VF_SUSPECT *Suspect)
{
    if (!MiIsPoolAddress(Address)) {
        Suspect->IsLive = MiFindBlockAround(Address, &Suspect->Block);
        return Suspect->IsLive;
    }
    return MiKindOf(MiPageOf(Address)) == MiPageSlab ? VfSuspectSmall(Address, Suspect)
                                                     : VfSuspectLarge(Address, Suspect);
}

/* "1 byte behind", "2 bytes in front of", "8 bytes into": of the nearest byte of the block. */
static VOID VfDescribePlace(ULONG_PTR Address, const VF_SUSPECT *Suspect, PSTR Text, SIZE_T Bytes)
{
    ULONG_PTR Distance = Address - VfStartOfSuspect(Suspect);
    PCSTR Where = "into";

    if (Address < VfStartOfSuspect(Suspect)) {
        Distance = VfStartOfSuspect(Suspect) - Address;
        Where = "in front of";
    } else if (!VfIsInside(Suspect, Address)) {
        Distance = Address - VfEndOfSuspect(Suspect) + 1;
        Where = "behind";
    }
    snprintf(Text, Bytes, "%zu byte%s %s", (size_t)Distance, Distance == 1 ? "" : "s", Where);
}

static VOID VfPrintStack(PCSTR Verb, ULONG Name)
{
    EMU_STACK Stack = VfStackOf(Name);
    CHAR Call[384], Line[512];

    for (ULONG Frame = 0; Frame < Stack.Count; Frame++) {
        HostDescribeCall(Stack.Frames[Frame], Call, sizeof(Call));
        snprintf(Line, sizeof(Line), Frame == 0 ? "    %s by %s\n" : "        %s by %s\n", Frame == 0 ? Verb : "called",
                 Call);
        HostWriteError(Line);
    }
}

static VOID VfExplain(const CHAR *Report)
{
    ULONG_PTR Address;
    VF_SUSPECT Suspect;
    VF_RECORD Record;
    CHAR Place[64], Tag[MI_QUOTED_TAG], Line[512];

    UNREFERENCED_PARAMETER(Report);
    if (!KiReportedAddress(&Address) || !VfSuspectAt(Address, &Suspect)) {
        return;
    }
    BOOLEAN IsEntry = Suspect.IsLive && VfIsInside(&Suspect, Address);
    VfDescribePlace(Address, &Suspect, Place, sizeof(Place));
    MiQuoteTag(Suspect.Block.Tag, Tag);
    snprintf(Line, sizeof(Line), "poolemu: 0x%zx is %s the %s%zu-byte block %s of %s at 0x%zx%s\n", (size_t)Address,
             Place, Suspect.IsLive ? "" : "freed ", (size_t)Suspect.Block.Size, Tag,
             MiPoolTypeName(Suspect.Block.PoolType), (size_t)Suspect.Block.Address,
             IsEntry ? ", an entry that lies on a lookaside list" : "");
    HostWriteError(Line);
    if (VfFindRecord(Suspect.Block.Address, &Record)) {
        VfPrintStack("allocated", Record.Allocation);
        VfPrintStack("freed", Record.Free);
    }
}

/* ---- Starting ---------------------------------------------------------------------------------------------------- */

VOID VfBeginSanitizing(VOID)
{
    if (KiSanitizer() == KiNoSanitizer || KiIsSanitizing()) {
        return;
    }
    if (KiSanitizer() == KiAddressSanitizer) {
        VfReadyRecords();
        KiExplainReports(VfExplain);
    }
    KiHooks.WatchLists();
    KiSetUnusual(KI_SANITIZE, TRUE);
}

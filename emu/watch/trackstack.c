/* trackstack.c: the call stacks that tracking meets: a hash table without a lock, to which is only added. */
#include "watch/trackstack.h"

#include "host/hash.h"
#include "host/host.h"
#include "host/stack.h"
#include "watch/track.h"

typedef struct VF_NAMED_STACK {
    ULONG64 Hash;
    ULONG Count;
    PVOID Frames[HOST_STACK_FRAMES];
} VF_NAMED_STACK;

enum {
    VF_MOST_STACKS = 1 << 16,
    VF_STACK_SLOTS = 2 * VF_MOST_STACKS,
    VF_FIRST_STACK = VF_STACK_LOST + 1,
};

static struct {
    ULONG *Slots;           /* names by hash; 0: free */
    VF_NAMED_STACK *Stacks; /* by name */
    ULONG Next;             /* name */
} VfNamed = {.Next = VF_FIRST_STACK};

BOOLEAN VfMakeStackTable(VOID)
{
    if (VfNamed.Stacks == NULL) {
        VfNamed.Slots = HostAllocate(VF_STACK_SLOTS * sizeof(*VfNamed.Slots));
        VfNamed.Stacks = VfNamed.Slots == NULL ? NULL : HostAllocate(VF_MOST_STACKS * sizeof(*VfNamed.Stacks));
    }
    return VfNamed.Stacks != NULL;
}

static ULONG64 VfHashStack(PVOID const *Frames, ULONG Count)
{
    ULONG64 Hash = Count;

    for (ULONG Index = 0; Index < Count; Index++) {
        Hash = HostHash64(Hash ^ (ULONG_PTR)Frames[Index]);
        Hash ^= Hash >> 29;
    }
    return Hash;
}

static BOOLEAN VfIsSameStack(const VF_NAMED_STACK *Stack, ULONG64 Hash, PVOID const *Frames, ULONG Count)
{
    return Stack->Hash == Hash && Stack->Count == Count &&
           RtlEqualMemory(Stack->Frames, Frames, Count * sizeof(*Frames));
}

/* A new name; the entry is written before others can find it. */
static ULONG VfAddStack(ULONG64 Hash, PVOID const *Frames, ULONG Count)
{
    ULONG Name = EMU_ATOMIC_ADD(32, &VfNamed.Next, 1u, EMU_ORDER_NONE);

    if (Name >= VF_MOST_STACKS) {
        EMU_ATOMIC_STORE(&VfNamed.Next, VF_MOST_STACKS, EMU_ORDER_NONE);
        return VF_STACK_LOST;
    }
    VfNamed.Stacks[Name].Hash = Hash;
    VfNamed.Stacks[Name].Count = Count;
    RtlCopyMemory(VfNamed.Stacks[Name].Frames, Frames, Count * sizeof(*Frames));
    return Name;
}

/* When two threads meet the same new stack at once, the slower one's entry stays unused. */
ULONG VfNameStack(PVOID const *Frames, ULONG Count)
{
    ULONG64 Hash = VfHashStack(Frames, Count);
    ULONG Fresh = 0;

    for (ULONG Slot = HostHashBelow(Hash, VF_STACK_SLOTS);; Slot = (Slot + 1) % VF_STACK_SLOTS) {
        ULONG Name = EMU_ATOMIC_LOAD(&VfNamed.Slots[Slot], EMU_ORDER_ACQUIRE);
        if (Name == 0) {
            Fresh = Fresh != 0 ? Fresh : VfAddStack(Hash, Frames, Count);
            if (Fresh == VF_STACK_LOST) {
                return VF_STACK_LOST;
            }
            Name = EMU_ATOMIC_COMPARE_EXCHANGE(32, &VfNamed.Slots[Slot], Fresh, 0u, EMU_ORDER_FULL);
            if (Name == 0) {
                return Fresh;
            }
        }
        if (VfIsSameStack(&VfNamed.Stacks[Name], Hash, Frames, Count)) {
            return Name;
        }
    }
}

ULONG VfStackNames(VOID)
{
    ULONG Next = EMU_ATOMIC_LOAD(&VfNamed.Next, EMU_ORDER_ACQUIRE);

    return min(Next, VF_MOST_STACKS);
}

/* All slots from where the hash of a name is to the next free one: the name's own is among them, or was. */
static VOID VfClearSlots(ULONG64 Hash)
{
    for (ULONG Slot = HostHashBelow(Hash, VF_STACK_SLOTS); VfNamed.Slots[Slot] != 0;
         Slot = (Slot + 1) % VF_STACK_SLOTS) {
        VfNamed.Slots[Slot] = 0;
    }
}

VOID VfForgetStacks(VOID)
{
    enum {
        Few = 1000, /* to clear them costs less than new pages do */
    };
    ULONG Names = VfStackNames();

    if (VfNamed.Stacks == NULL || Names == VF_FIRST_STACK) {
        return;
    }
    if (Names <= Few) {
        for (ULONG Name = VF_FIRST_STACK; Name < Names; Name++) {
            VfClearSlots(VfNamed.Stacks[Name].Hash);
        }
        RtlZeroMemory(VfNamed.Stacks, Names * sizeof(*VfNamed.Stacks));
    } else {
        HostDiscard(VfNamed.Slots, VF_STACK_SLOTS * sizeof(*VfNamed.Slots));
        HostDiscard(VfNamed.Stacks, VF_MOST_STACKS * sizeof(*VfNamed.Stacks));
    }
    VfNamed.Next = VF_FIRST_STACK;
    HostForgetStacks();
}

/* ---- Questions ------------------------------------------------------------------------------------------------ */

EMU_STACK VfStackOf(ULONG Name)
{
    EMU_STACK Stack = {0, 0, NULL};

    if (Name >= VF_FIRST_STACK) {
        Stack.Number = Name;
        Stack.Count = VfNamed.Stacks[Name].Count;
        Stack.Frames = VfNamed.Stacks[Name].Frames;
    }
    return Stack;
}

/* What counts of a return address is the byte before. */
BOOLEAN VfIsStackIn(ULONG Name, ULONG_PTR Start, ULONG_PTR End)
{
    EMU_STACK Stack = VfStackOf(Name);

    for (ULONG Index = 0; Index < Stack.Count; Index++) {
        if ((ULONG_PTR)Stack.Frames[Index] - 1 >= Start && (ULONG_PTR)Stack.Frames[Index] - 1 < End) {
            return TRUE;
        }
    }
    return Stack.Count == 0;
}

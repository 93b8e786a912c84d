/* What a driver author tests: order, limits, both IRQLs, that packets come back to the lookaside list, no leaks. */
#include <criterion/criterion.h>
#include <string.h>

#include "poolemu.h"

#include "queue.h"

#define TAG_PACKET 'tkcP'

static PDRIVER_OBJECT Driver;

static void LoadDriver(void)
{
    cr_assert(NT_SUCCESS(EmuLoadDriver(DriverEntry, "packet-queue", &Driver)));
}

static void UnloadDriver(void)
{
    cr_assert(NT_SUCCESS(EmuUnloadDriver(Driver)));
    cr_expect_eq(EmuLeakCount(), 0);
}

static void ExpectPacket(PCSTR Text)
{
    CHAR Buffer[MAXIMUM_PACKET];
    ULONG Length;

    cr_assert_eq(DequeuePacket(Buffer, &Length), STATUS_SUCCESS);
    cr_expect_eq(Length, strlen(Text));
    cr_expect_arr_eq(Buffer, Text, Length);
}

static ULONG64 PacketsAllocated(void)
{
    EMU_TAG_USAGE Usage;

    EmuQueryTag(TAG_PACKET, &Usage);
    return Usage.NonPaged.Allocs;
}

TestSuite(packet_queue, .init = LoadDriver, .fini = UnloadDriver);

Test(packet_queue, first_in_first_out)
{
    cr_expect_eq(QueuePacket("one", 3), STATUS_SUCCESS);
    cr_expect_eq(QueuePacket("three", 5), STATUS_SUCCESS);
    ExpectPacket("one");
    ExpectPacket("three");
}

Test(packet_queue, empty_queue_gives_nothing)
{
    CHAR Buffer[MAXIMUM_PACKET];
    ULONG Length;

    cr_expect_eq(DequeuePacket(Buffer, &Length), STATUS_NO_MORE_ENTRIES);
}

Test(packet_queue, refuses_empty_and_oversized_packets)
{
    static const CHAR Large[MAXIMUM_PACKET + 1];

    cr_expect_eq(QueuePacket(Large, 0), STATUS_INVALID_BUFFER_SIZE);
    cr_expect_eq(QueuePacket(Large, sizeof(Large)), STATUS_INVALID_BUFFER_SIZE);
    cr_expect_eq(QueuePacket(Large, MAXIMUM_PACKET), STATUS_SUCCESS);
}

Test(packet_queue, works_at_dispatch_level)
{
    KIRQL Irql;

    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    cr_expect_eq(QueuePacket("raised", 6), STATUS_SUCCESS);
    ExpectPacket("raised");
    KeLowerIrql(Irql);
}

Test(packet_queue, asks_the_pool_once_for_packets_that_come_and_go)
{
    for (ULONG Round = 0; Round < 100; Round++) {
        cr_assert_eq(QueuePacket("again", 5), STATUS_SUCCESS);
        ExpectPacket("again");
    }
    cr_expect_eq(PacketsAllocated(), 1);
}

Test(packet_queue, unload_frees_packets_still_queued)
{
    cr_expect_eq(QueuePacket("left", 4), STATUS_SUCCESS);
    cr_expect_eq(QueuePacket("behind", 6), STATUS_SUCCESS);
}

static BOOLEAN ExpectNx(const EMU_BLOCK *Block, PVOID Seen)
{
    if (Block->Tag == TAG_PACKET) {
        cr_expect_eq(Block->PoolType, NonPagedPoolNx);
        cr_expect_not(Block->Executable);
        ++*(ULONG *)Seen;
    }
    return TRUE;
}

Test(packet_queue, packets_are_no_execute)
{
    ULONG Seen = 0;

    cr_expect_eq(QueuePacket("data", 4), STATUS_SUCCESS);
    EmuForEachBlock(ExpectNx, &Seen);
    cr_expect_eq(Seen, 1);
}

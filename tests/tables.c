/* What the library keeps its lists in: arrays that grow, hashing, the hash table without a lock. */
#include <criterion/criterion.h>

#include "core/array.h"
#include "host/table.h"
#include "support.h"

/* ---- core/array.h --------------------------------------------------------------------------------------------- */

Test(tables, an_array_keeps_its_elements_when_it_grows)
{
    ULONG *Numbers = NULL;
    SIZE_T Room = 0;

    for (ULONG Count = 0; Count < 1000; Count++) {
        ULONG *Larger = KiMakeRoom(Numbers, Count, &Room, sizeof(*Numbers));
        cr_assert_not_null(Larger);
        cr_assert_gt(Room, Count);
        Numbers = Larger;
        Numbers[Count] = ~Count;
    }
    for (ULONG Index = 0; Index < 1000; Index++) {
        cr_assert_eq(Numbers[Index], ~Index);
    }
    cr_expect_eq(Room, 1024);
    free(Numbers);
}

Test(tables, an_array_with_room_stays_where_it_is)
{
    ULONG Numbers[2];
    SIZE_T Room = 2;

    cr_expect_eq(KiMakeRoom(Numbers, 1, &Room, sizeof(*Numbers)), Numbers);
    cr_expect_eq(Room, 2);
}

Test(tables, an_array_whose_bytes_no_size_t_holds_stays_as_it_is)
{
    ULONG Numbers[2];
    SIZE_T Room = (SIZE_T)1 << (8 * sizeof(SIZE_T) - 3);

    cr_expect_null(KiMakeRoom(Numbers, Room, &Room, sizeof(*Numbers)));
    cr_expect_eq(Room, (SIZE_T)1 << (8 * sizeof(SIZE_T) - 3));
}

/* ---- host/hash.h ---------------------------------------------------------------------------------------------- */

Test(tables, keys_in_a_row_are_spread_over_any_number_of_places)
{
    static ULONG Found[1000];

    for (ULONG64 Key = 1; Key <= 10000; Key++) {
        ULONG Place = HostHashBelow(Key * 16, COUNT(Found));
        cr_assert_lt(Place, COUNT(Found));
        Found[Place]++;
    }
    for (ULONG Place = 0; Place < COUNT(Found); Place++) {
        cr_assert_geq(Found[Place], 6);
        cr_assert_leq(Found[Place], 12);
    }
}

Test(tables, a_power_of_two_takes_the_high_bits_of_the_hash)
{
    cr_expect_eq(HostHash64(3), 0xDAA66D2C7DDF743Fu);
    cr_expect_eq(HostHash32(3), 0xDAA66D13u);
    cr_expect_eq(HostHashBelow(3, 1 << 16), 0xDAA6);
    cr_expect_eq(HostHashBelow(3, 16), 0xD);
}

/* ---- host/table.h --------------------------------------------------------------------------------------------- */

typedef struct ELEMENT {
    ULONG64 Key;
    ULONG Value;
} ELEMENT;

Test(tables, a_key_has_one_element_until_no_place_is_free)
{
    ELEMENT Elements[7] = {{0, 0}};
    const HOST_TABLE Table = {Elements, sizeof(ELEMENT), COUNT(Elements), COUNT(Elements)};
    BOOLEAN IsNew;

    for (ULONG Key = 1; Key <= COUNT(Elements); Key++) {
        cr_assert_null(HostFindElement(&Table, Key));
        ELEMENT *Element = HostTakeElement(&Table, Key, &IsNew);
        cr_assert_not_null(Element);
        cr_assert_eq(IsNew, TRUE);
        cr_assert_eq(Element->Key, Key);
        Element->Value = 100 + Key;
    }
    for (ULONG Key = 1; Key <= COUNT(Elements); Key++) {
        ELEMENT *Element = HostTakeElement(&Table, Key, &IsNew);
        cr_assert_not_null(Element);
        cr_expect_eq(IsNew, FALSE);
        cr_expect_eq(Element->Value, 100 + Key);
        cr_expect_eq(HostFindElement(&Table, Key), Element);
    }
    cr_expect_null(HostTakeElement(&Table, 8, &IsNew));
    cr_expect_eq(IsNew, FALSE);
    cr_expect_null(HostFindElement(&Table, 8));
}

/* The last place is followed by the first. */
Test(tables, a_key_lies_no_more_steps_away_than_the_table_allows)
{
    ELEMENT Elements[4] = {{0, 0}};
    const HOST_TABLE Table = {Elements, sizeof(ELEMENT), COUNT(Elements), 2};
    BOOLEAN IsNew;

    cr_assert_eq(HostHashBelow(3, 4), 3);
    cr_assert_eq(HostHashBelow(6, 4), 2);
    Elements[3].Key = 11;
    cr_expect_eq(HostTakeElement(&Table, 3, &IsNew), &Elements[0]);
    cr_expect_eq(IsNew, TRUE);
    Elements[0].Key = 12;
    cr_expect_null(HostTakeElement(&Table, 3, &IsNew));
    cr_expect_null(HostFindElement(&Table, 3));
    cr_expect_eq(HostTakeElement(&Table, 6, &IsNew), &Elements[2]);
}

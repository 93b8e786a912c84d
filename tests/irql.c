/* irql.c: the IRQL of a thread: raising, lowering, and the two stops. */
#include <criterion/criterion.h>

#include <pthread.h>

#include "poolemu.h"

Test(irql, a_thread_starts_at_passive_level)
{
    cr_assert_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

Test(irql, raising_returns_the_old_irql)
{
    KIRQL Old = 0xFF;

    KeRaiseIrql(APC_LEVEL, &Old);
    cr_assert_eq(Old, PASSIVE_LEVEL);
    cr_assert_eq(KeGetCurrentIrql(), APC_LEVEL);

    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    cr_assert_eq(Old, APC_LEVEL);
    cr_assert_eq(KeGetCurrentIrql(), DISPATCH_LEVEL);
}

Test(irql, raising_to_the_same_irql_is_allowed)
{
    KIRQL Old = 0xFF;

    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    cr_assert_eq(Old, DISPATCH_LEVEL);
    cr_assert_eq(KeGetCurrentIrql(), DISPATCH_LEVEL);
}

Test(irql, raise_to_dpc_level_returns_the_old_irql)
{
    cr_assert_eq(KeRaiseIrqlToDpcLevel(), PASSIVE_LEVEL);
    cr_assert_eq(KeGetCurrentIrql(), DISPATCH_LEVEL);
}

Test(irql, lowering_sets_the_irql)
{
    KIRQL Old;

    KeRaiseIrql(HIGH_LEVEL, &Old);
    KeLowerIrql(DISPATCH_LEVEL);
    cr_assert_eq(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(DISPATCH_LEVEL);
    cr_assert_eq(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(Old);
    cr_assert_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

Test(irql, raising_to_a_lower_irql_is_irql_not_greater_or_equal)
{
    EMU_BUGCHECK Stop;
    KIRQL Old;

    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeRaiseIrql(APC_LEVEL, &Old);
    }

    cr_assert_eq(Stop.Code, 0x09);
    cr_assert_str_eq(Stop.Name, "IRQL_NOT_GREATER_OR_EQUAL");
    cr_assert_eq(Stop.Parameter[0], DISPATCH_LEVEL);
    cr_assert_eq(Stop.Parameter[1], APC_LEVEL);
    cr_assert_eq(Stop.Parameter[2], 0);
    cr_assert_eq(Stop.Parameter[3], 0);
    cr_assert_eq(KeGetCurrentIrql(), DISPATCH_LEVEL);
}

Test(irql, raise_to_dpc_level_above_it_is_irql_not_greater_or_equal)
{
    EMU_BUGCHECK Stop;
    KIRQL Old;

    KeRaiseIrql(HIGH_LEVEL, &Old);
    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeRaiseIrqlToDpcLevel();
    }

    cr_assert_eq(Stop.Code, 0x09);
    cr_assert_eq(Stop.Parameter[0], HIGH_LEVEL);
    cr_assert_eq(Stop.Parameter[1], DISPATCH_LEVEL);
}

Test(irql, there_is_no_irql_above_high_level)
{
    EMU_BUGCHECK Stop;
    KIRQL Old;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeRaiseIrql(HIGH_LEVEL + 1, &Old);
    }

    cr_assert_eq(Stop.Code, 0x09);
    cr_assert_eq(Stop.Parameter[0], PASSIVE_LEVEL);
    cr_assert_eq(Stop.Parameter[1], HIGH_LEVEL + 1);
    cr_assert_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

Test(irql, lowering_to_a_higher_irql_is_irql_not_less_or_equal)
{
    EMU_BUGCHECK Stop;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        KeLowerIrql(DISPATCH_LEVEL);
    }

    cr_assert_eq(Stop.Code, 0x0A);
    cr_assert_str_eq(Stop.Name, "IRQL_NOT_LESS_OR_EQUAL");
    cr_assert_eq(Stop.Parameter[0], PASSIVE_LEVEL);
    cr_assert_eq(Stop.Parameter[1], DISPATCH_LEVEL);
    cr_assert_eq(Stop.Parameter[2], 0);
    cr_assert_eq(Stop.Parameter[3], 0);
    cr_assert_eq(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void *ReportIrql(void *Context)
{
    *(KIRQL *)Context = KeGetCurrentIrql();
    KeRaiseIrqlToDpcLevel();
    return NULL;
}

Test(irql, every_thread_has_its_own)
{
    KIRQL Other = 0xFF;
    KIRQL Old;
    pthread_t Thread;

    KeRaiseIrql(APC_LEVEL, &Old);
    cr_assert_eq(pthread_create(&Thread, NULL, ReportIrql, &Other), 0);
    pthread_join(Thread, NULL);

    cr_assert_eq(Other, PASSIVE_LEVEL);
    cr_assert_eq(KeGetCurrentIrql(), APC_LEVEL);
}

/* criterion.h: as much of Criterion's interface as the suites use, for hosts that Criterion is not there for. Every
 * test runs in a process of its own here, too: the program starts itself again for each. See runner.c. */
#ifndef RUNNER_CRITERION_H
#define RUNNER_CRITERION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct RUNNER_OPTIONS {
    char Unused; /* so that a test without options is no empty initialiser */
    void (*init)(void);
    void (*fini)(void);
    int signal;
    int exit_code;
    double timeout; /* seconds */
} RUNNER_OPTIONS;

typedef struct RUNNER_TEST {
    const char *Suite;
    const char *Name; /* NULL: these are the suite's own options */
    void (*Body)(void);
    RUNNER_OPTIONS Options;
    int Line;
    struct RUNNER_TEST *Next;
} RUNNER_TEST;

void RunnerAdd(RUNNER_TEST *Test);

#if defined(__MINGW32__) && !defined(__clang__)
#define RUNNER_PRINTF(Format, First) __attribute__((__format__(__gnu_printf__, Format, First)))
#else
#define RUNNER_PRINTF(Format, First) __attribute__((__format__(__printf__, Format, First)))
#endif

/* Says what failed; Format begins with a blank. A fatal failure ends the process. */
RUNNER_PRINTF(5, 6)
void RunnerFail(bool Fatal, const char *File, int Line, const char *Expression, const char *Format, ...);
__attribute__((__noreturn__)) void RunnerSkip(const char *Reason);

#define RUNNER_REGISTER(Id, ...)                                                                                       \
    static RUNNER_TEST Id##_test = __VA_ARGS__;                                                                        \
    __attribute__((__constructor__)) static void Id##_register(void)                                                   \
    {                                                                                                                  \
        RunnerAdd(&Id##_test);                                                                                         \
    }

#define Test(Suite_, Name_, ...)                                                                                       \
    static void Suite_##_##Name_##_body(void);                                                                         \
    RUNNER_REGISTER(Suite_##_##Name_, {.Suite = #Suite_,                                                               \
                                       .Name = #Name_,                                                                 \
                                       .Body = Suite_##_##Name_##_body,                                                \
                                       .Line = __LINE__,                                                               \
                                       .Options = {.Unused = 0, __VA_ARGS__}})                                         \
    static void Suite_##_##Name_##_body(void)

#define TestSuite(Suite_, ...)                                                                                         \
    RUNNER_REGISTER(Suite_##_suite, {.Suite = #Suite_, .Options = {.Unused = 0, __VA_ARGS__}})                         \
    struct RUNNER_TEST

#define RUNNER_CHECK(Fatal, Condition, ...)                                                                            \
    do {                                                                                                               \
        if (!(Condition)) {                                                                                            \
            RunnerFail(Fatal, __FILE__, __LINE__, #Condition, " " __VA_ARGS__);                                        \
        }                                                                                                              \
    } while (0)

#define cr_assert(Condition, ...) RUNNER_CHECK(true, Condition, __VA_ARGS__)
#define cr_assert_not(Condition, ...) RUNNER_CHECK(true, !(Condition), __VA_ARGS__)
#define cr_assert_eq(A, B, ...) RUNNER_CHECK(true, (A) == (B), __VA_ARGS__)
#define cr_assert_neq(A, B, ...) RUNNER_CHECK(true, (A) != (B), __VA_ARGS__)
#define cr_assert_lt(A, B, ...) RUNNER_CHECK(true, (A) < (B), __VA_ARGS__)
#define cr_assert_gt(A, B, ...) RUNNER_CHECK(true, (A) > (B), __VA_ARGS__)
#define cr_assert_leq(A, B, ...) RUNNER_CHECK(true, (A) <= (B), __VA_ARGS__)
#define cr_assert_geq(A, B, ...) RUNNER_CHECK(true, (A) >= (B), __VA_ARGS__)
#define cr_assert_null(A, ...) RUNNER_CHECK(true, (A) == NULL, __VA_ARGS__)
#define cr_assert_not_null(A, ...) RUNNER_CHECK(true, (A) != NULL, __VA_ARGS__)
#define cr_assert_str_eq(A, B, ...) RUNNER_CHECK(true, strcmp((A), (B)) == 0, __VA_ARGS__)
#define cr_assert_arr_eq(A, B, Bytes, ...) RUNNER_CHECK(true, memcmp((A), (B), (Bytes)) == 0, __VA_ARGS__)
#define cr_assert_arr_neq(A, B, Bytes, ...) RUNNER_CHECK(true, memcmp((A), (B), (Bytes)) != 0, __VA_ARGS__)
#define cr_assert_fail(...) RunnerFail(true, __FILE__, __LINE__, "reached", " " __VA_ARGS__)

#define cr_expect(Condition, ...) RUNNER_CHECK(false, Condition, __VA_ARGS__)
#define cr_expect_not(Condition, ...) RUNNER_CHECK(false, !(Condition), __VA_ARGS__)
#define cr_expect_eq(A, B, ...) RUNNER_CHECK(false, (A) == (B), __VA_ARGS__)
#define cr_expect_neq(A, B, ...) RUNNER_CHECK(false, (A) != (B), __VA_ARGS__)
#define cr_expect_lt(A, B, ...) RUNNER_CHECK(false, (A) < (B), __VA_ARGS__)
#define cr_expect_gt(A, B, ...) RUNNER_CHECK(false, (A) > (B), __VA_ARGS__)
#define cr_expect_leq(A, B, ...) RUNNER_CHECK(false, (A) <= (B), __VA_ARGS__)
#define cr_expect_geq(A, B, ...) RUNNER_CHECK(false, (A) >= (B), __VA_ARGS__)
#define cr_expect_null(A, ...) RUNNER_CHECK(false, (A) == NULL, __VA_ARGS__)
#define cr_expect_not_null(A, ...) RUNNER_CHECK(false, (A) != NULL, __VA_ARGS__)
#define cr_expect_str_eq(A, B, ...) RUNNER_CHECK(false, strcmp((A), (B)) == 0, __VA_ARGS__)
#define cr_expect_arr_eq(A, B, Bytes, ...) RUNNER_CHECK(false, memcmp((A), (B), (Bytes)) == 0, __VA_ARGS__)
#define cr_expect_arr_neq(A, B, Bytes, ...) RUNNER_CHECK(false, memcmp((A), (B), (Bytes)) != 0, __VA_ARGS__)
#define cr_skip_test(Reason) RunnerSkip(Reason)

#endif

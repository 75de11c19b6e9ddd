/* SPDX-License-Identifier: MIT */
/* An interrupt at every instruction of every call. The handler is the interferer: it makes a move on the same
 * allocator. It keeps what it took while the call goes on. Afterwards every block is there. */
#include "fixture.h"
#include "step.h"

static fixture_task *task;

/* What the number of a call (step.h) stands for. */
typedef struct test_case {
    size_t variant, start;
    unsigned call;
} test_case;

static test_case test_case_of(size_t number)
{
    return (test_case){.variant = number / fixture_starts / fixture_calls,
                       .start = number % fixture_starts,
                       .call = (unsigned)(number / fixture_starts % fixture_calls)};
}

static void prepare(size_t number)
{
    const test_case a = test_case_of(number);
    fixture_reset(a.variant, a.start);
    fixture_prepare(task, a.call);
}

static void call(size_t number)
{
    (void)number;
    fixture_perform(task);
}

static void make_move(size_t number, size_t move)
{
    (void)number;
    fixture_make_move(&fixture_moves[move]);
}

static void audit(size_t number, size_t move)
{
    const test_case a = test_case_of(number);
    fixture_adopt(task, move == STEP_ALONE ? 0 : fixture_least(a.call, a.start, &fixture_moves[move]));
    fixture_audit(0);
}

static void interrupt(size_t number)
{
    const test_case a = test_case_of(number);
    const size_t stride = fixture_stride(a.variant);
    const call_path *const path = step_record(number);
    for (size_t step = 0; step < path->steps; step++) {
        if (!call_path_is_worth(path, step)) {
            continue;
        }
        for (size_t move = (step + a.start) % stride; move < fixture_moves_of(a.variant); move += stride) {
            step_interrupt(move, step);
        }
    }
}

int main(int argc, char **argv)
{
    static const step_test test = {prepare, call, make_move, audit};
    fixture_begin(oracle_begin(argc, argv));
    step_begin(&test);
    task = fixture_task_of(0);
    for (size_t number = 0; number < (size_t)fixture_variants * fixture_calls * fixture_starts; number++) {
        const test_case a = test_case_of(number);
        if (fixture_has_variant(a.variant) && fixture_has_call(a.variant, a.call, a.start)) {
            interrupt(number);
        }
    }
    return step_end();
}

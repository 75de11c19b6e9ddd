/* SPDX-License-Identifier: MIT */
/* Two processes are stopped, at every pair of instructions of two calls, while an interferer makes a move.
 * (The first move, which does least, is left out.) Then both go on, in either order, and all blocks must be there.
 *
 * Where calls are long not every pair is tested, but every instruction of a call meets many of the other one. */
#include "victim.h"

#define CALLS 16u /* most that any allocator has */
/* With so many pairs, two calls are tested in either order. */
#define PAIRS_BOTH_WAYS 10000u

static victim victims[2];
static unsigned long runs, both_stopped, instructions;

static void test_pair(size_t variant, size_t start, const unsigned call[2], const call_path *const path[2],
                      const size_t step[2])
{
    fixture_reset(variant, start);
    for (unsigned i = 0; i < 2; i++) {
        fixture_prepare(victims[i].task, call[i]);
    }
    const bool first = victim_advance(&victims[0], path[0], step[0]);
    const bool second = victim_advance(&victims[1], path[1], step[1]);
    both_stopped += first && second;
    runs++;
    fixture_make_move(&fixture_moves[1 + runs % (fixture_moves_of(variant) - 1)]);
    for (unsigned i = 0; i < 2; i++) {
        victim_finish(&victims[(i + step[0] + step[1]) % 2]);
    }
    for (unsigned i = 0; i < 2; i++) {
        fixture_adopt(victims[i].task, 0);
    }
    fixture_audit(0);
}

static void test_calls(size_t variant, size_t start, const unsigned call[2], const call_path *const path[2])
{
    const size_t every = path[0]->steps * path[1]->steps / fixture_pairs(variant, start) + 1;
    size_t step[2];
    for (step[0] = 0; step[0] < path[0]->steps; step[0]++) {
        for (step[1] = step[0] % every; step[1] < path[1]->steps; step[1] += every) {
            if (call_path_is_worth(path[0], step[0]) && call_path_is_worth(path[1], step[1])) {
                test_pair(variant, start, call, path, step);
            }
        }
    }
}

static void test_variant(size_t variant, size_t start)
{
    static call_path paths[CALLS];
    for (unsigned i = 0; i < fixture_calls; i++) {
        paths[i].steps = 0;
        if (fixture_is_paired(variant, i)) {
            fixture_reset(variant, start);
            fixture_prepare(victims[0].task, i);
            victim_record(&victims[0], &paths[i]);
            instructions += paths[i].steps;
        }
    }
    for (unsigned both = 0; both < fixture_calls * fixture_calls; both++) {
        const unsigned call[2] = {both / fixture_calls, both % fixture_calls};
        const call_path *const path[2] = {&paths[call[0]], &paths[call[1]]};
        if (call[0] <= call[1] || fixture_pairs(variant, start) >= PAIRS_BOTH_WAYS) {
            test_calls(variant, start, call, path);
        }
    }
}

int main(int argc, char **argv)
{
    fixture_begin(oracle_begin(argc, argv));
    NEED(fixture_calls <= CALLS, "too many calls");
    for (unsigned i = 0; i < 2; i++) {
        victim_start(&victims[i], fixture_task_of(i));
    }
    for (size_t variant = 0; variant < fixture_variants; variant++) {
        for (size_t start = 0; fixture_has_variant(variant) && start < fixture_starts; start++) {
            if (fixture_pairs(variant, start) > 0) {
                test_variant(variant, start);
            }
        }
    }
    victim_kill(&victims[0]);
    victim_kill(&victims[1]);
    return oracle_end("%lu instructions, %lu runs, both stopped in %lu", instructions, runs, both_stopped);
}

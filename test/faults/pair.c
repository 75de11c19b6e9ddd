/* SPDX-License-Identifier: MIT */
/* Two processes are stopped, at every pair of instructions of two calls, while a rival makes one of its moves but the
 * first (which is the least of them). Then both go on, now the one first, now the other, and all blocks must be there.
 *
 * Where calls are long the pairs are thinned out, so that every instruction of either call still meets many of the
 * other. */
#include "check.h"
#include "victim.h"

#define CALLS 16u /* most that any allocator has */
/* As many pairs as this, and the calls are tested the other way round, too. */
#define PAIRS_BOTH_WAYS 10000u

static victim victims[2];
static unsigned long runs, both_stopped, instructions;

static void test_pair(size_t shape, size_t start, const unsigned call[2], const victim_way *const way[2],
                      const size_t step[2])
{
    scene_reset(shape, start);
    for (unsigned i = 0; i < 2; i++) {
        scene_prepare(victims[i].seat, call[i]);
    }
    const bool first = victim_advance(&victims[0], way[0], step[0]);
    const bool second = victim_advance(&victims[1], way[1], step[1]);
    both_stopped += first && second;
    runs++;
    scene_make_move(&scene_moves[1 + runs % (scene_moves_of(shape) - 1)]);
    for (unsigned i = 0; i < 2; i++) {
        victim_finish(&victims[(i + step[0] + step[1]) % 2]);
    }
    for (unsigned i = 0; i < 2; i++) {
        scene_adopt(victims[i].seat, 0);
    }
    scene_settle(0);
}

static void test_calls(size_t shape, size_t start, const unsigned call[2], const victim_way *const way[2])
{
    const size_t every = way[0]->steps * way[1]->steps / scene_pairs(shape, start) + 1;
    size_t step[2];
    for (step[0] = 0; step[0] < way[0]->steps; step[0]++) {
        for (step[1] = step[0] % every; step[1] < way[1]->steps; step[1] += every) {
            if (victim_way_is_worth(way[0], step[0]) && victim_way_is_worth(way[1], step[1])) {
                test_pair(shape, start, call, way, step);
            }
        }
    }
}

static void test_shape(size_t shape, size_t start)
{
    static victim_way ways[CALLS];
    for (unsigned i = 0; i < scene_calls; i++) {
        ways[i].steps = 0;
        if (scene_is_paired(shape, i)) {
            scene_reset(shape, start);
            scene_prepare(victims[0].seat, i);
            victim_record(&victims[0], &ways[i]);
            instructions += ways[i].steps;
        }
    }
    for (unsigned both = 0; both < scene_calls * scene_calls; both++) {
        const unsigned call[2] = {both / scene_calls, both % scene_calls};
        const victim_way *const way[2] = {&ways[call[0]], &ways[call[1]]};
        if (call[0] <= call[1] || scene_pairs(shape, start) >= PAIRS_BOTH_WAYS) {
            test_calls(shape, start, call, way);
        }
    }
}

int main(int argc, char **argv)
{
    scene_begin(verdict_begin(argc, argv));
    CHECK(scene_calls <= CALLS, "too many calls");
    for (unsigned i = 0; i < 2; i++) {
        victim_start(&victims[i], scene_seat_of(i));
    }
    for (size_t shape = 0; shape < scene_shapes; shape++) {
        for (size_t start = 0; scene_has_shape(shape) && start < scene_starts; start++) {
            if (scene_pairs(shape, start) > 0) {
                test_shape(shape, start);
            }
        }
    }
    victim_kill(&victims[0]);
    victim_kill(&victims[1]);
    return verdict_end("%lu instructions, %lu runs, both stopped in %lu", instructions, runs, both_stopped);
}

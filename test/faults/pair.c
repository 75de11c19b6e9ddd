/* SPDX-License-Identifier: MIT */
/* Two processes are stopped, at every pair of instructions of get, put and alloc, while a rival takes all that it can
 * get and gives it back in another order, or exchanges a block. Then both go on, now the one first, now the other, and
 * all blocks must be there.
 *
 * Where calls are long the pairs are thinned out, so that every instruction of either call still meets many of the
 * other. */
#include "victim.h"

/* Pairs of two calls; about 0.1 ms each. */
#define PAIRS_FIXED   15000u
#define PAIRS_DYNAMIC 2500u

static const size_t tested[] = {SHAPE_PLAIN, SHAPE_GROWN, SHAPE_GROW, SHAPE_STEPS};
static const scene_call calls[] = {CALL_GET, CALL_PUT, CALL_ALLOC};
enum {
    CALLS = sizeof calls / sizeof calls[0]
};

static victim victims[2];
static unsigned long runs, both_stopped, instructions;

static void test_pair(size_t shape, const scene_call call[2], const victim_way *const way[2], const size_t step[2])
{
    scene_reset(shape, SHAPE_LIVE - 1);
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

static void test_calls(size_t shape, const scene_call call[2], const victim_way *const way[2])
{
    const size_t most = shapes[shape].shards != 0 ? PAIRS_FIXED : PAIRS_DYNAMIC;
    const size_t every = way[0]->steps * way[1]->steps / most + 1;
    size_t step[2];
    for (step[0] = 0; step[0] < way[0]->steps; step[0]++) {
        for (step[1] = step[0] % every; step[1] < way[1]->steps; step[1] += every) {
            test_pair(shape, call, way, step);
        }
    }
}

static void test_shape(size_t shape)
{
    static victim_way ways[CALLS];
    for (unsigned i = 0; i < CALLS; i++) {
        ways[i].steps = 0;
        if (scene_has_call(shape, calls[i], SHAPE_LIVE - 1)) {
            scene_reset(shape, SHAPE_LIVE - 1);
            scene_prepare(victims[0].seat, calls[i]);
            victim_record(&victims[0], &ways[i]);
            instructions += ways[i].steps;
        }
    }
    const bool is_fixed = shapes[shape].shards != 0;
    for (unsigned both = 0; both < CALLS * CALLS; both++) {
        if (!is_fixed && both / CALLS > both % CALLS) {
            continue; /* the same two, the other way round */
        }
        const scene_call call[2] = {calls[both / CALLS], calls[both % CALLS]};
        const victim_way *const way[2] = {&ways[both / CALLS], &ways[both % CALLS]};
        test_calls(shape, call, way);
    }
}

int main(int argc, char **argv)
{
    scene_begin(verdict_begin(argc, argv));
    for (unsigned i = 0; i < 2; i++) {
        victim_start(&victims[i], scene_seat_of(i));
    }
    for (size_t i = 0; i < sizeof tested / sizeof tested[0]; i++) {
        if (scene_has_shape(tested[i])) {
            test_shape(tested[i]);
        }
    }
    victim_kill(&victims[0]);
    victim_kill(&victims[1]);
    return verdict_end("%lu instructions, %lu runs, both stopped in %lu", instructions, runs, both_stopped);
}

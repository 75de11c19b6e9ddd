/* SPDX-License-Identifier: MIT */
/* Two processes are stopped, at every pair of instructions of get and put, while a rival takes all that it can get and
 * gives it back in another order, or exchanges a block. Then both go on, now the one first, now the other, and all
 * blocks must be there.
 *
 * Where calls are long the pairs are thinned out, so that every instruction of either call still meets many of the
 * other. */
#include "victim.h"

/* Pairs of two calls; about 0.1 ms each. */
#define PAIRS_MOST 10000u

static victim victims[2];
static unsigned long runs, both_stopped;

static void test_pair(const scene_call call[2], const victim_way *const way[2], const size_t step[2],
                      const scene_move *move)
{
    scene_reset(0, SCENE_LIVE - 1);
    for (unsigned i = 0; i < 2; i++) {
        scene_prepare(victims[i].seat, call[i]);
    }
    const bool first = victim_advance(&victims[0], way[0], step[0]);
    const bool second = victim_advance(&victims[1], way[1], step[1]);
    both_stopped += first && second;
    runs++;
    scene_make_move(move);
    for (unsigned i = 0; i < 2; i++) {
        victim_finish(&victims[(i + step[0] + step[1]) % 2]);
    }
    for (unsigned i = 0; i < 2; i++) {
        scene_adopt(victims[i].seat, 0);
    }
    scene_settle(0);
}

static void test_calls(const scene_call call[2], const victim_way *const way[2])
{
    const size_t every = way[0]->steps * way[1]->steps / PAIRS_MOST + 1;
    size_t step[2];
    for (step[0] = 0; step[0] < way[0]->steps; step[0]++) {
        for (step[1] = step[0] % every; step[1] < way[1]->steps; step[1] += every) {
            test_pair(call, way, step, &scene_moves[1 + runs % 2]);
        }
    }
}

int main(int argc, char **argv)
{
    static victim_way ways[2];
    scene_begin(verdict_begin(argc, argv));
    for (unsigned i = 0; i < 2; i++) {
        victim_start(&victims[i], scene_seat_of(i));
    }
    for (unsigned call = CALL_GET; call <= CALL_PUT; call++) {
        scene_reset(0, SCENE_LIVE - 1);
        scene_prepare(victims[0].seat, (scene_call)call);
        victim_record(&victims[0], &ways[call]);
    }
    for (unsigned both = 0; both < 4; both++) {
        const scene_call call[2] = {(scene_call)(both / 2), (scene_call)(both % 2)};
        const victim_way *const way[2] = {&ways[both / 2], &ways[both % 2]};
        test_calls(call, way);
    }
    victim_kill(&victims[0]);
    victim_kill(&victims[1]);
    return verdict_end("%zu instructions of get, %zu of put, %lu runs, both stopped in %lu", ways[0].steps,
                       ways[1].steps, runs, both_stopped);
}

/* SPDX-License-Identifier: MIT */
/* An interrupt at every instruction of every call. There the handler makes a rival's move on the same allocator. What
 * it keeps, it keeps while the call goes on. Afterwards every block is there. */
#include "scene.h"
#include "step.h"

static scene_seat *seat;

/* What a number stands for: a call on a kind of allocator that is so full. */
typedef struct act {
    size_t shape, start;
    unsigned call;
} act;

static act act_of(size_t number)
{
    return (act){.shape = number / scene_starts / scene_calls,
                 .start = number % scene_starts,
                 .call = (unsigned)(number / scene_starts % scene_calls)};
}

static void prepare(size_t number)
{
    const act a = act_of(number);
    scene_reset(a.shape, a.start);
    scene_prepare(seat, a.call);
}

static void call(size_t number)
{
    (void)number;
    scene_perform(seat);
}

static void make_move(size_t number, size_t move)
{
    (void)number;
    scene_make_move(&scene_moves[move]);
}

static void settle(size_t number, size_t move)
{
    const act a = act_of(number);
    scene_adopt(seat, move == STEP_ALONE ? 0 : scene_least(a.call, a.start, &scene_moves[move]));
    scene_settle(0);
}

static void interrupt(size_t number)
{
    const act a = act_of(number);
    const size_t stride = scene_stride(a.shape);
    const victim_way *const way = step_record(number);
    for (size_t step = 0; step < way->steps; step++) {
        if (!victim_way_is_worth(way, step)) {
            continue;
        }
        for (size_t move = (step + a.start) % stride; move < scene_moves_of(a.shape); move += stride) {
            step_interrupt(move, step);
        }
    }
}

int main(int argc, char **argv)
{
    static const step_test test = {prepare, call, make_move, settle};
    scene_begin(verdict_begin(argc, argv));
    step_begin(&test);
    seat = scene_seat_of(0);
    for (size_t number = 0; number < (size_t)scene_shapes * scene_calls * scene_starts; number++) {
        const act a = act_of(number);
        if (scene_has_shape(a.shape) && scene_has_call(a.shape, a.call, a.start)) {
            interrupt(number);
        }
    }
    return step_end();
}

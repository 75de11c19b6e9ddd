/* SPDX-License-Identifier: MIT */
/* A process is stopped at every instruction of every call, while a rival that shares the allocator makes its move; then
 * the process goes on, or is killed there. The rival always gets on (G1); if the victim goes on, nothing is lost; if it
 * does not, what it had in hand is, and not more (G4): growth by several blocks has one of them in hand. */
#include "check.h"
#include "victim.h"

static struct {
    unsigned long runs, kills, lost, steps;
    size_t lost_most; /* by one kill */
} tally;

static victim target;

static void stop_and_go_on(unsigned call, size_t start, const scene_move *move)
{
    scene_make_move(move);
    victim_finish(&target);
    scene_adopt(target.seat, scene_least(call, start, move));
    scene_settle(0);
}

static void stop_and_kill(unsigned call, const scene_move *move)
{
    scene_make_move(move);
    victim_kill(&target);
    const size_t lost = scene_settle(scene_hand(call));
    tally.kills++;
    tally.lost += lost;
    tally.lost_most = lost > tally.lost_most ? lost : tally.lost_most;
    victim_start(&target, target.seat);
}

/* Brings the victim to a point of its call on a new allocator. */
static void stop_at(size_t shape, unsigned call, size_t start, const victim_way *way, size_t step)
{
    scene_reset(shape, start);
    scene_prepare(target.seat, call);
    CHECK(victim_advance(&target, way, step), "a call that nobody disturbed took another way");
    tally.runs++;
}

/* One call on one allocator: every instruction, there every move and then going on, and a death after one of the moves,
 * which all leave the same to a survivor. */
static void test_call(size_t shape, unsigned call, size_t start)
{
    static victim_way way;
    const size_t stride = scene_stride(shape);
    scene_reset(shape, start);
    scene_prepare(target.seat, call);
    victim_record(&target, &way);
    tally.steps += way.steps;
    for (size_t step = 0; step < way.steps; step++) {
        if (!victim_way_is_worth(&way, step)) {
            continue;
        }
        for (size_t move = (step + start) % stride; move < scene_moves_of(shape); move += stride) {
            stop_at(shape, call, start, &way, step);
            stop_and_go_on(call, start, &scene_moves[move]);
        }
        if ((step + start) % stride == 0) {
            stop_at(shape, call, start, &way, step);
            stop_and_kill(call, &scene_moves[step / stride % scene_moves_of(shape)]);
        }
    }
}

int main(int argc, char **argv)
{
    scene_begin(verdict_begin(argc, argv));
    victim_start(&target, scene_seat_of(0));
    for (size_t shape = 0; shape < scene_shapes; shape++) {
        for (unsigned call = 0; scene_has_shape(shape) && call < scene_calls; call++) {
            for (size_t start = 0; start < scene_starts; start++) {
                if (scene_has_call(shape, call, start)) {
                    test_call(shape, call, start);
                }
            }
        }
    }
    victim_kill(&target);
    return verdict_end("%lu instructions, %lu runs, %lu kills, %lu lost by them, at most %zu by one", tally.steps,
                       tally.runs, tally.kills, tally.lost, tally.lost_most);
}

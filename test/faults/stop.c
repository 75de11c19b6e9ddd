/* SPDX-License-Identifier: MIT */
/* A process is stopped at every instruction of every call, while a rival that shares the pool makes its move; then the
 * process goes on, or is killed there. The rival always gets on (G1); if the victim goes on, nothing is lost; if it
 * does not, what it had in hand is, and not more (G4): growth by several blocks has one of them in hand. */
#include "check.h"
#include "victim.h"

/* Blocks that are free when the call begins, and the lists become empty in it or are so. */
static const size_t lefts[] = {SHAPE_LIVE - 1, 1, 0};

static struct {
    unsigned long runs, kills, lost, steps;
    size_t lost_most; /* by one kill */
} tally;

static victim target;

/* Puts need not be tested with few blocks left; and where a new pool takes long to make, not everything is worth it. */
static bool is_tested(size_t which, scene_call call, size_t left)
{
    const bool puts = call == CALL_PUT || call == CALL_PUT_MANY;
    const bool is_large = shapes[which].count > 1000;
    return scene_has_call(which, call, left) && (left == SHAPE_LIVE - 1 || !(puts || (is_large && left > 0)));
}

static void stop_and_go_on(scene_call call, size_t left, const scene_move *move)
{
    scene_make_move(move);
    victim_finish(&target);
    scene_adopt(target.seat, scene_least(call, left, move));
    scene_settle(0);
}

static void stop_and_kill(scene_call call, const scene_move *move)
{
    scene_make_move(move);
    victim_kill(&target);
    const size_t lost = scene_settle(scene_hand(call));
    tally.kills++;
    tally.lost += lost;
    tally.lost_most = lost > tally.lost_most ? lost : tally.lost_most;
    victim_start(&target, target.seat);
}

/* Brings the victim to a point of its call on a new pool. */
static void stop_at(size_t shape, scene_call call, size_t left, const victim_way *way, size_t step)
{
    scene_reset(shape, left);
    scene_prepare(target.seat, call);
    CHECK(victim_advance(&target, way, step), "a call that nobody disturbed took another way");
    tally.runs++;
}

/* One call on one pool: every instruction, there every move and then going on, and a death after one of the moves,
 * which all leave the same to a survivor. */
static void test_call(size_t shape, scene_call call, size_t left)
{
    static victim_way way;
    scene_reset(shape, left);
    scene_prepare(target.seat, call);
    victim_record(&target, &way);
    tally.steps += way.steps;
    for (size_t step = 0; step < way.steps; step++) {
        for (size_t move = 0; move < scene_moves_of(shape); move++) {
            stop_at(shape, call, left, &way, step);
            stop_and_go_on(call, left, &scene_moves[move]);
        }
        stop_at(shape, call, left, &way, step);
        stop_and_kill(call, &scene_moves[step % scene_moves_of(shape)]);
    }
}

int main(int argc, char **argv)
{
    scene_begin(verdict_begin(argc, argv));
    victim_start(&target, scene_seat_of(0));
    for (size_t shape = 0; shape < SHAPES; shape++) {
        for (unsigned call = 0; scene_has_shape(shape) && call < SCENE_CALLS; call++) {
            for (size_t i = 0; i < sizeof lefts / sizeof lefts[0]; i++) {
                if (is_tested(shape, (scene_call)call, lefts[i])) {
                    test_call(shape, (scene_call)call, lefts[i]);
                }
            }
        }
    }
    victim_kill(&target);
    return verdict_end("%lu instructions, %lu runs, %lu kills, %lu blocks lost by them, at most %zu by one",
                       tally.steps, tally.runs, tally.kills, tally.lost, tally.lost_most);
}

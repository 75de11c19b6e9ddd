/* SPDX-License-Identifier: MIT */
/* A process is stopped at every instruction of every call, while an interferer that shares the allocator makes a move.
 * Then the process goes on, or is killed there. The interferer always makes progress (G1). If the victim goes on,
 * nothing is lost; if not, only what it had in hand is (G4). Growth by several blocks has one of them in hand. */
#include "victim.h"

static struct {
    unsigned long runs, kills, lost, steps;
    size_t lost_most; /* by one kill */
} tally;

static victim target;

static void stop_and_go_on(unsigned call, size_t start, const fixture_move *move)
{
    fixture_make_move(move);
    victim_finish(&target);
    fixture_adopt(target.task, fixture_least(call, start, move));
    fixture_audit(0);
}

static void stop_and_kill(unsigned call, const fixture_move *move)
{
    fixture_make_move(move);
    victim_kill(&target);
    const size_t lost = fixture_audit(fixture_hand(call));
    tally.kills++;
    tally.lost += lost;
    tally.lost_most = lost > tally.lost_most ? lost : tally.lost_most;
    victim_start(&target, target.task);
}

/* Stops the victim at an instruction of its call on a new allocator. */
static void stop_at(size_t variant, unsigned call, size_t start, const call_path *path, size_t step)
{
    fixture_reset(variant, start);
    fixture_prepare(target.task, call);
    NEED(victim_advance(&target, path, step), "a call that nobody disturbed took another path");
    tally.runs++;
}

/* One call on one allocator, stopped at every instruction: with every move the victim goes on, and with one move it is
 * killed. (All moves leave the same state to a survivor.) */
static void test_call(size_t variant, unsigned call, size_t start)
{
    static call_path path;
    const size_t stride = fixture_stride(variant);
    fixture_reset(variant, start);
    fixture_prepare(target.task, call);
    victim_record(&target, &path);
    tally.steps += path.steps;
    for (size_t step = 0; step < path.steps; step++) {
        if (!call_path_is_worth(&path, step)) {
            continue;
        }
        for (size_t move = (step + start) % stride; move < fixture_moves_of(variant); move += stride) {
            stop_at(variant, call, start, &path, step);
            stop_and_go_on(call, start, &fixture_moves[move]);
        }
        if ((step + start) % stride == 0) {
            stop_at(variant, call, start, &path, step);
            stop_and_kill(call, &fixture_moves[step / stride % fixture_moves_of(variant)]);
        }
    }
}

int main(int argc, char **argv)
{
    fixture_begin(oracle_begin(argc, argv));
    victim_start(&target, fixture_task_of(0));
    for (size_t variant = 0; variant < fixture_variants; variant++) {
        for (unsigned call = 0; fixture_has_variant(variant) && call < fixture_calls; call++) {
            for (size_t start = 0; start < fixture_starts; start++) {
                if (fixture_has_call(variant, call, start)) {
                    test_call(variant, call, start);
                }
            }
        }
    }
    victim_kill(&target);
    return oracle_end("%lu instructions, %lu runs, %lu kills, %lu lost by them, at most %zu by one", tally.steps,
                      tally.runs, tally.kills, tally.lost, tally.lost_most);
}

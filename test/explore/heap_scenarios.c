/* SPDX-License-Identifier: MIT */
/* Scenarios of heaps of 2 to 4 units of level 1, or of 2 units of level 2. A context follows a script, a letter for
 * each call:
 *
 *     u    take one unit                     f    free the block held longest
 *     p    take two                          g    double the size of the block held longest, in place or not
 *     h    take half a unit of level 1       s    shrink it to one unit
 *     w    take a unit of level 1
 *     x    take a unit of level 2            a    take the whole heap
 *     |    calls to the left of it are done by setup, one context after the other
 *     b    free the block at the heap's first unit, whichever context has it: a bug of the program
 *
 * Checked in every run: no unit has two owners, and its owners do not race for its contents. A call that fails was
 * right to fail: at an instant of the call each aligned position was overlapped by a block that is held, or that a
 * running call may have in hand (G3). Where memory is weak, there is such a cut. At the end all is freed and can be had
 * as one block (G4).
 *
 * With a context frozen the others end; only the blocks that it held, and one of the size that it asked for, are
 * missing (G1). After a bad free that found a block, two contexts may have the same units. The heap is still sound, and
 * whole at the end (G5). */
#include "cut.h"
#include "scenarios.h"
#include "script.h"
#include <lfmem/heap.h>
#include <string.h>

enum {
    UNIT = 16,
    GROUP = 1 << LFM_WORD_UNITS_SHIFT_,
    LARGER = GROUP * GROUP,
    UNITS_MAX = 2 * LARGER,
    MAYBE = 0x80, /* of an owner: it is about to free the unit, or has just done so */
    HELD_MAX = 8,
    CALLS_MAX = 64
};

typedef struct heap_script {
    script script;
    unsigned larges; /* units of level 1 */
} heap_script;

/* An allocation or a realloc. */
typedef struct call {
    size_t asks, at; /* units; its first unit, or the heap's number of units if it got none */
    moment begin, end, freed;
} call;

typedef struct actor {
    unsigned char *held[HELD_MAX];
    size_t units[HELD_MAX]; /* of each */
    size_t calls[HELD_MAX]; /* that got each */
    uint32_t n;
    size_t asking;  /* units of the allocation under way, or 0 */
    size_t giving;  /* units of the block that the call under way frees or moves, or 0 */
    bool justified; /* at an instant of the allocation no place could be had */
} actor;

static struct {
    lfm_heap heap;
    _Alignas(64) unsigned char storage[LFM_HEAP_STORAGE_BYTES(UNITS_MAX * UNIT, UNIT)];
    actor actors[EXPLORE_CONTEXTS_MAX];
    unsigned char owner[UNITS_MAX]; /* of each unit: context + 1 */
    size_t units;
    bool robbed; /* a bad free found a block */
    call calls[CALLS_MAX];
    size_t n_calls;
} world;

static size_t size_of(char letter)
{
    return letter == 'u'   ? 1
           : letter == 'p' ? 2
           : letter == 'h' ? GROUP / 2
           : letter == 'w' ? GROUP
           : letter == 'x' ? LARGER
                           : world.units;
}

/* Most aligned positions for so many units that blocks in the hands of running calls can overlap. */
static size_t hands(int but, size_t units)
{
    size_t n = 0;
    for (int i = 0; i < EXPLORE_CONTEXTS_MAX; i++) {
        if (i != but) {
            n += (world.actors[i].asking + units - 1) / units;
        }
    }
    return n;
}

/* Tells whether each aligned position for so many units is overlapped. */
static bool nothing_to_have(int me, size_t units)
{
    size_t open = 0;
    for (size_t at = 0; at + units <= world.units; at += units) {
        bool taken = false;
        for (size_t i = at; i < at + units && !taken; i++) {
            taken = world.owner[i] != 0;
        }
        open += !taken;
    }
    return open <= hands(me, units);
}

static void observe(const void *argument)
{
    (void)argument;
    for (int i = 0; i < EXPLORE_CONTEXTS_MAX; i++) {
        actor *a = &world.actors[i];
        a->justified = a->justified || (a->asking != 0 && nothing_to_have(i, a->asking));
    }
}

/* The owner of a block uses its contents, of which the ends of the block and a byte in between stand for all. */
static void touch(unsigned char *block, size_t units, bool writes)
{
    const size_t places[] = {0, UNIT, units * UNIT - 1};
    for (size_t i = 0; i < 3 && !world.robbed; i++) {
        if (writes) {
            explore_write(block + places[i] % (units * UNIT), 1);
        } else {
            explore_read(block + places[i] % (units * UNIT), 1);
        }
    }
}

static void own(int me, unsigned char *block, size_t units)
{
    const size_t at = (size_t)(block - world.storage) / UNIT;
    for (size_t i = at; i < at + units; i++) {
        if (i >= world.units || (world.owner[i] != 0 && (world.owner[i] & MAYBE) == 0 && !world.robbed)) {
            explore_fail("context %d got unit %zu, which context %d has", me, i, world.owner[i] - 1);
        }
        world.owner[i] = (unsigned char)(me + 1);
    }
    touch(block, units, true);
}

/* A call is about to free the block (maybe), or has freed it. */
static void disown(int me, const unsigned char *block, size_t units, bool maybe)
{
    const size_t at = (size_t)(block - world.storage) / UNIT;
    for (size_t i = at; i < at + units; i++) {
        if ((world.owner[i] & ~MAYBE) == me + 1) {
            world.owner[i] = maybe ? (unsigned char)(MAYBE | (me + 1)) : 0;
        }
    }
    world.actors[me].giving = maybe ? units : 0;
}

static size_t begin_call(size_t units)
{
    if (world.n_calls == CALLS_MAX) {
        explore_fail("a script makes too many calls");
    }
    world.calls[world.n_calls] = (call){units, world.units, cut_now(), cut_never(), cut_never()};
    return world.n_calls++;
}

/* nothing_to_have() for a cut. The argument is the call that failed. */
static bool nothing_is_free(const cut *c, const void *argument)
{
    const call *const failed = argument;
    size_t open = 0, in_hands = 0;
    for (const call *other = world.calls; other < world.calls + world.n_calls; other++) {
        if (other->begin.context != failed->begin.context && cut_may_be_in(c, other->begin, other->end)) {
            in_hands += (other->asks + failed->asks - 1) / failed->asks;
        }
    }
    for (size_t at = 0; at + failed->asks <= world.units; at += failed->asks) {
        bool taken = false;
        for (const call *other = world.calls; other < world.calls + world.n_calls && !taken; other++) {
            taken = other->at < at + failed->asks && at < other->at + other->asks && other->at < world.units &&
                    cut_may_be_in(c, other->begin, other->freed);
        }
        open += !taken;
    }
    return open <= in_hands;
}

static void check_cuts(void)
{
    for (const call *failed = world.calls; failed < world.calls + world.n_calls; failed++) {
        if (failed->at == world.units && failed->asks != 0 && failed->end.context != CUT_NEVER &&
            !cut_exists(failed->begin, failed->end, nothing_is_free, failed)) {
            explore_fail("context %d got no block of %zu units, though there was room in each cut",
                         failed->begin.context, failed->asks);
        }
    }
}

static void take(int me, size_t units)
{
    actor *a = &world.actors[me];
    const size_t made = begin_call(units);
    a->asking = units;
    a->justified = false;
    observe(NULL);
    unsigned char *block = lfm_heap_alloc(&world.heap, units * UNIT);
    observe(NULL);
    world.calls[made].end = cut_now();
    if (block != NULL) {
        own(me, block, units);
        world.calls[made].at = (size_t)(block - world.storage) / UNIT;
        a->calls[a->n] = made;
        a->units[a->n] = units;
        a->held[a->n++] = block;
    } else if (!a->justified && !world.robbed && !explore_is_weak()) {
        explore_fail("context %d got no block of %zu units, though there was room all the time", me, units);
    }
    a->asking = 0;
}

static void give(int me)
{
    actor *a = &world.actors[me];
    if (a->n == 0) {
        return;
    }
    unsigned char *const block = a->held[0];
    const size_t units = a->units[0];
    const size_t taken = a->calls[0];
    a->n--;
    memmove(a->held, a->held + 1, a->n * sizeof *a->held);
    memmove(a->units, a->units + 1, a->n * sizeof *a->units);
    memmove(a->calls, a->calls + 1, a->n * sizeof *a->calls);
    disown(me, block, units, true);
    touch(block, units, false);
    const lfm_status status = lfm_heap_free(&world.heap, block);
    disown(me, block, units, false);
    world.calls[taken].freed = cut_now();
    if (status != LFM_OK && !world.robbed) {
        explore_fail("context %d could not free its block: %s", me, lfm_status_string(status));
    }
}

static void rob(void)
{
    const bool before = world.robbed;
    world.robbed = true;
    world.robbed = lfm_heap_free(&world.heap, world.storage) == LFM_OK || before;
}

static void resize(int me, bool grow)
{
    actor *a = &world.actors[me];
    if (a->n == 0) {
        return;
    }
    unsigned char *const old = a->held[0];
    const size_t old_units = a->units[0], units = grow ? 2 * old_units : 1;
    const size_t made = begin_call(units);
    a->n--;
    disown(me, old, old_units, true);
    touch(old, old_units, false);
    a->asking = units;
    a->justified = true;
    unsigned char *const block = lfm_heap_realloc(&world.heap, old, units * UNIT);
    disown(me, old, old_units, false);
    a->asking = 0;
    world.calls[made].end = cut_now();
    if (block != NULL) {
        world.calls[made].at = (size_t)(block - world.storage) / UNIT;
        world.calls[a->calls[0]].freed = cut_now();
        a->calls[0] = made;
    } else {
        world.calls[made].asks = 0; /* in place or not, is not asked here */
    }
    a->held[0] = block != NULL ? block : old;
    a->units[0] = block != NULL ? units : old_units;
    own(me, a->held[0], a->units[0]);
    a->n++;
}

static void act(int me, char letter, const void *argument)
{
    (void)argument;
    if (letter == 'f') {
        give(me);
    } else if (letter == 'b') {
        rob();
    } else if (letter == 'g' || letter == 's') {
        resize(me, letter == 'g');
    } else {
        take(me, size_of(letter));
    }
}

static void setup(const void *argument)
{
    const heap_script *s = argument;
    const lfm_heap_config config = {.min_block = UNIT};
    memset(&world, 0, sizeof world);
    world.units = s->larges * GROUP;
    if (lfm_heap_init(&world.heap, world.storage, LFM_HEAP_STORAGE_BYTES(world.units * UNIT, UNIT), &config) !=
        LFM_OK) {
        explore_fail("init failed");
    }
    script_prepare(s, act);
}

static void run(int me, const void *argument)
{
    script_follow(me, argument, act);
}

/* All other contexts free what they hold. Then each unit can be taken, but for those that the frozen one held or had in
 * hand. */
static void finish(int frozen, const void *argument)
{
    (void)argument;
    size_t lost = 0, free = 0;
    if (explore_is_weak() && !world.robbed) {
        check_cuts();
    }
    for (int me = 0; me < EXPLORE_CONTEXTS_MAX; me++) {
        if (me == frozen) {
            for (uint32_t i = 0; i < world.actors[me].n; i++) {
                lost += world.actors[me].units[i];
            }
            lost += world.actors[me].asking + world.actors[me].giving;
        } else {
            while (world.actors[me].n > 0) {
                give(me);
            }
        }
    }
    if (frozen == EXPLORE_NONE) {
        if (lfm_heap_check(&world.heap) != LFM_OK) {
            explore_fail("the heap is damaged");
        }
        if (lfm_heap_alloc(&world.heap, world.units * UNIT) == NULL) {
            explore_fail("the heap is not whole again");
        }
        return;
    }
    while (lfm_heap_alloc(&world.heap, UNIT) != NULL) {
        free++;
    }
    if (free + lost < world.units) {
        explore_fail("%zu units are free, and at most %zu of %zu may be missing", free, lost, world.units);
    }
}

static const heap_script scripts[] = {
    {{"heap, a unit each", {"uf", "uf"}, 4}, 2},
    {{"heap, a unit each, used memory", {"wfuf|uf", "uf"}, 4}, 2},
    {{"heap, a unit against a large one", {"uf", "wf"}, 4}, 2},
    {{"heap, two against one unit", {"pf|pf", "uf|uf"}, 4}, 2},
    {{"heap, free against a large one", {"u|f", "u|fw"}, 4}, 2},
    {{"heap, free against the whole", {"uw|ff", "af"}, 4}, 2},
    {{"heap, two large ones merge", {"uuf|fwf", "wf", "uf"}, 3}, 2},
    {{"heap, merge against a unit and its free", {"uf|af", "ufuf"}, 4}, 2},
    {{"heap, merges and a unit", {"uf|wf", "wf", "uf"}, 3}, 3},
    {{"heap, a unit under a large one", {"uf|af", "uf", "uf"}, 3}, 2},
    {{"heap, the last unit", {"wwu|f", "u", "w"}, 3}, 3},
    {{"heap, grows against a unit", {"u|gf", "uf"}, 4}, 2},
    {{"heap, grows and shrinks against a large one", {"u|gsf", "uwf"}, 4}, 2},
    {{"heap, everything at once", {"uf|af", "wf|uf"}, 4}, 2},
    {{"heap, units dodge the whole", {"u|uff", "w|fa"}, 4}, 2},
    {{"heap, blocks run from a search", {"whhfuff|fhfufh", "w"}, 6}, 2},
    {{"heap, a bad free of a block that is being taken", {"u", "wwf|ubffww"}, 2}, 2},
    {{"heap, a bad free of a block that is to be undone", {"p", "wwf|ubffwwffh"}, 3}, 2},
    {{"heap of three levels, a bad free of a block that is being taken", {"u", "xxf|ubffxx"}, 2}, 2 * GROUP},
    {{"heap of three levels, a unit each", {"uf", "uf"}, 3}, 2 * GROUP},
    {{"heap of three levels, a unit against a larger one", {"uf|ufx", "xf"}, 3}, 2 * GROUP},
    {{"heap of three levels, free against a larger one", {"ux|f", "xf"}, 4}, 2 * GROUP},
    {{"heap of three levels, a large one against the whole", {"wfuf|wf", "x|faf"}, 3}, 2 * GROUP},
    {{"heap of three levels, one of each", {"ufx|uf", "uf|wf", "xf"}, 2}, 2 * GROUP},
    {{"heap, large", {"uwfufp", "wfufuf", "upffuf", "uhfugf"}, EXPLORE_RANDOM}, 3},
    {{"heap of three levels, large", {"uwfxfu", "xfufuf", "wuffuf", "ufxfwf"}, EXPLORE_RANDOM}, 2 * GROUP},
};

size_t heap_scenarios(explore_scenario *out, size_t room)
{
    const explore_scenario common = {
        .world = {(unsigned char *)&world, sizeof world},
        .setup = setup,
        .context = run,
        .observe = observe,
        .finish = finish,
    };
    const size_t n = script_scenarios(scripts, sizeof scripts / sizeof *scripts, sizeof *scripts, &common, out, room);
    for (size_t i = 0; i < n; i++) {
        out[i].weak_failures = out[i].preemptions <= 4; /* a deep one has enough to choose from */
    }
    return n;
}

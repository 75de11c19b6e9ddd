/* SPDX-License-Identifier: MIT */
/* Scenarios of the front-end of Micrium uC/LIB. A context follows a script, a letter for each call:
 *
 *     A B C D  make a segment: bytes 0 to 15, 16 to 31, 8 to 23 of the memory; D: as A with a MEM_SEG of its own
 *     a b      take 1 byte, or 2, of the shared segment under the name "a" or "b"
 *     P        make a pool of two blocks on the shared segment, under the name "a"
 *     g        take a block of the limited pool    p  free the block held longest
 *     l        go through the list of segments
 *
 * Checked in every run: of the segments listed, no two overlap; listed are those that were made; each that was refused
 * overlaps one that is listed, and has no room; the list is whole at every instant. Each name is there once and its
 * bytes are exact. No more blocks are out than the pool's maximum, and as long as fewer are, no get fails. With a
 * context frozen: the others end, and at most what the frozen one was about to do is missing. */
#include "../../lib/compat/micrium_list.h"
#include "cut.h"
#include "scenarios.h"
#include "script.h"
#include <string.h>

enum {
    SEGMENTS = 4,
    NAMES = 2,
    HELD_MAX = 2,
    STAYS_MAX = 16,
    UNKNOWN = 0 /* of a call that has not returned */
};

typedef struct micrium_script {
    script script;
    uint32_t maximum; /* of the limited pool, in blocks */
} micrium_script;

static const struct {
    size_t first, bytes;
} ranges[SEGMENTS] = {{0, 16}, {16, 16}, {8, 16}, {0, 16}};

static const char *const names[NAMES] = {"a", "b"};

/* From a get of the limited pool to the put of the block, or to the end of the get if it failed. */
typedef struct stay {
    moment begin, end;
    bool failed;
} stay;

static struct {
    CPU_INT08U memory[32];
    CPU_INT08U shared_memory[256], blocks[64];
    MEM_SEG segments[SEGMENTS], shared, room;
    MEM_DYN_POOL limited, pools[EXPLORE_CONTEXTS_MAX];
    int results[SEGMENTS]; /* of the calls that made them */
    bool tried[SEGMENTS];
    size_t bytes[NAMES], begun[NAMES]; /* taken for certain; by calls that may have taken them */
    size_t pool_bytes, pool_begun;
    void *held[EXPLORE_CONTEXTS_MAX][HELD_MAX];
    uint32_t n[EXPLORE_CONTEXTS_MAX];
    uint32_t out, busy; /* blocks that are taken; calls on the limited pool under way */
    stay stays[STAYS_MAX];
    size_t n_stays;
    size_t stay_of[EXPLORE_CONTEXTS_MAX][HELD_MAX]; /* of the blocks held */
    bool was_empty[EXPLORE_CONTEXTS_MAX]; /* since its get began, all blocks were out, or in the hands of other calls */
} world;

static bool overlap(size_t a, size_t b)
{
    return ranges[a].first < ranges[b].first + ranges[b].bytes && ranges[b].first < ranges[a].first + ranges[a].bytes;
}

/* Goes through the list; tells which of the segments are in it. */
static void walk_list(bool *listed)
{
    size_t n = 0;
    const MEM_SEG *last = NULL;
    memset(listed, 0, SEGMENTS);
    for (const MEM_SEG *seg = Mem_SegListNext(NULL); seg != NULL; seg = Mem_SegListNext(seg)) {
        if (++n > SEGMENTS + 3) {
            explore_fail("the list is a ring");
            return;
        }
        for (size_t i = 0; i < SEGMENTS; i++) {
            listed[i] = listed[i] || seg == &world.segments[i];
        }
        if (seg != &lfm_micrium_heap && seg->Segment.bytes == 0) {
            explore_fail("a segment is in the list that is not complete");
        }
        last = seg;
    }
    if (last != &lfm_micrium_heap) {
        explore_fail("the heap is not the last one");
    }
}

static void observe(const void *argument)
{
    const micrium_script *s = argument;
    bool listed[SEGMENTS];
    for (int i = 0; i < EXPLORE_CONTEXTS_MAX; i++) {
        world.was_empty[i] = world.was_empty[i] || world.out + world.busy > s->maximum;
    }
    walk_list(listed);
    for (size_t i = 0; i < SEGMENTS; i++) {
        for (size_t k = 0; k < i; k++) {
            if (listed[i] && listed[k] && overlap(i, k)) {
                explore_fail("segments %c and %c overlap", (char)('A' + i), (char)('A' + k));
            }
        }
    }
}

static void make_segment(size_t i)
{
    LIB_ERR err;
    world.tried[i] = true;
    Mem_SegCreate("segment", &world.segments[i], (CPU_ADDR)world.memory + ranges[i].first, ranges[i].bytes, 1, &err);
    world.results[i] = (int)err;
}

static void take(size_t name)
{
    LIB_ERR err;
    world.begun[name] += name + 1;
    if (Mem_SegAllocExt(names[name], &world.shared, name + 1, 1, NULL, &err) == NULL) {
        explore_fail("no room: %d", (int)err);
    }
    world.bytes[name] += name + 1;
}

static void make_pool(int me)
{
    LIB_ERR err;
    world.pool_begun += 16;
    Mem_DynPoolCreate("a", &world.pools[me], &world.shared, 8, 1, 2, 2, &err);
    if (err != LIB_MEM_ERR_NONE) {
        explore_fail("no pool: %d", (int)err);
    }
    world.pool_bytes += 16;
}

/* Where memory is weak: whether in a cut all blocks are out, or in the hands of other calls. Checked in the end, when
 * all calls are known; the argument is the get that failed. */
typedef struct failed_get {
    const stay *stay;
    uint32_t maximum;
} failed_get;

static bool all_are_out(const cut *c, const void *argument)
{
    const failed_get *const failed = argument;
    uint32_t n = 0;
    for (const stay *other = world.stays; other < world.stays + world.n_stays; other++) {
        n += other != failed->stay && cut_may_be_in(c, other->begin, other->end);
    }
    return n >= failed->maximum;
}

static void check_cuts(const micrium_script *s)
{
    for (size_t i = 0; i < world.n_stays; i++) {
        const failed_get failed = {&world.stays[i], s->maximum};
        if (world.stays[i].failed && !cut_exists(failed.stay->begin, failed.stay->end, all_are_out, &failed)) {
            explore_fail("context %d got no block, and there was one in each cut", failed.stay->begin.context);
        }
    }
}

static void get(int me, const micrium_script *s)
{
    LIB_ERR err;
    if (world.n_stays == STAYS_MAX) {
        explore_fail("a script makes too many calls");
    }
    const size_t made = world.n_stays++;
    world.stays[made] = (stay){cut_now(), cut_never(), false};
    world.busy++;
    world.was_empty[me] = world.out + world.busy > s->maximum;
    void *const block = Mem_DynPoolBlkGet(&world.limited, &err);
    world.busy--;
    if (block != NULL) {
        world.stay_of[me][world.n[me]] = made;
        world.held[me][world.n[me]++] = block;
        world.out++;
    } else if (explore_is_weak()) {
        world.stays[made].end = cut_now();
        world.stays[made].failed = true;
    } else if (!world.was_empty[me]) {
        explore_fail("context %d got no block, and there was always one", me);
    } else if (err != LIB_MEM_ERR_POOL_EMPTY) {
        explore_fail("context %d: get says %d", me, (int)err);
    }
    if (world.out > s->maximum) {
        explore_fail("%u blocks are out", world.out);
    }
}

static void put(int me)
{
    LIB_ERR err;
    if (world.n[me] > 0) {
        void *const block = world.held[me][0];
        const size_t got = world.stay_of[me][0];
        world.held[me][0] = world.held[me][1];
        world.stay_of[me][0] = world.stay_of[me][1];
        world.n[me]--;
        world.out--;
        world.busy++;
        Mem_DynPoolBlkFree(&world.limited, block, &err);
        world.busy--;
        world.stays[got].end = cut_now();
        if (err != LIB_MEM_ERR_NONE) {
            explore_fail("context %d: free says %d", me, (int)err);
        }
    }
}

static void act(int me, char letter, const void *argument)
{
    const micrium_script *s = argument;
    bool listed[SEGMENTS];
    switch (letter) {
    case 'a':
    case 'b':
        take((size_t)(letter - 'a'));
        break;
    case 'P':
        make_pool(me);
        break;
    case 'g':
        get(me, s);
        break;
    case 'p':
        put(me);
        break;
    case 'l':
        walk_list(listed);
        break;
    default:
        make_segment((size_t)(letter - 'A'));
        break;
    }
}

static void run(int me, const void *argument)
{
    script_follow(me, argument, act);
}

static void setup(const void *argument)
{
    const micrium_script *s = argument;
    LIB_ERR err[3] = {LIB_MEM_ERR_NONE, LIB_MEM_ERR_NONE, LIB_MEM_ERR_NONE};
    memset(&world, 0, sizeof world);
    Mem_Init();
    Mem_SegCreate("shared", &world.shared, (CPU_ADDR)world.shared_memory, sizeof world.shared_memory, 1, &err[0]);
    Mem_SegCreate("room", &world.room, (CPU_ADDR)world.blocks, sizeof world.blocks, 1, &err[1]);
    if (s->maximum != 0) {
        Mem_DynPoolCreate("limited", &world.limited, &world.room, 8, 8, 0, s->maximum, &err[2]);
    }
    if (err[0] != LIB_MEM_ERR_NONE || err[1] != LIB_MEM_ERR_NONE || err[2] != LIB_MEM_ERR_NONE) {
        explore_fail("setup failed");
    }
}

static void check_segments(void)
{
    bool listed[SEGMENTS];
    walk_list(listed);
    for (size_t i = 0; i < SEGMENTS; i++) {
        bool clash = false;
        for (size_t k = 0; k < SEGMENTS; k++) {
            clash = clash || (k != i && listed[k] && overlap(i, k));
        }
        if (!world.tried[i] || world.results[i] == UNKNOWN) {
            continue;
        }
        if (listed[i] != (world.results[i] == LIB_MEM_ERR_NONE) || (!listed[i] && !clash)) {
            explore_fail("segment %c: create said %d, it is %slisted, and is%s in the way of another one",
                         (char)('A' + i), world.results[i], listed[i] ? "" : "not ", clash ? "" : " not");
        }
        if (!listed[i] && lfm_segment_remaining(&world.segments[i].Segment, 1) != 0) {
            explore_fail("segment %c was refused and has room", (char)('A' + i));
        }
    }
}

static void check_names(void)
{
    size_t bytes[NAMES] = {0}, entries[NAMES] = {0}, pool_bytes = 0;
    for (const mem_use *use = lfm_micrium_first_use(&world.shared); use != NULL; use = use->next) {
        const size_t name = (size_t)(use->name[0] - 'a');
        if (use->pool != NULL) {
            pool_bytes += 16;
        } else {
            bytes[name] += atomic_load_explicit((_Atomic(size_t) *)&use->bytes, memory_order_relaxed);
            entries[name]++;
        }
    }
    for (size_t name = 0; name < NAMES; name++) {
        if (entries[name] > 1 || bytes[name] < world.bytes[name] || bytes[name] > world.begun[name]) {
            explore_fail("\"%s\" is there %zu times with %zu bytes, %zu to %zu were taken", names[name], entries[name],
                         bytes[name], world.bytes[name], world.begun[name]);
        }
    }
    if (pool_bytes < world.pool_bytes || pool_bytes > world.pool_begun) {
        explore_fail("pools have %zu bytes, not %zu to %zu", pool_bytes, world.pool_bytes, world.pool_begun);
    }
}

static void finish(int frozen, const void *argument)
{
    const micrium_script *s = argument;
    check_segments();
    check_names();
    if (explore_is_weak()) {
        check_cuts(s);
    }
    if (s->maximum != 0 && frozen == EXPLORE_NONE) {
        LIB_ERR err;
        const size_t left = Mem_DynPoolBlkNbrAvailGet(&world.limited, &err);
        if (left != s->maximum - world.out || lfm_dynpool_check(&world.limited.Pool) != LFM_OK) {
            explore_fail("%zu blocks are left, %u of %u are out", left, world.out, s->maximum);
        }
    }
}

static const micrium_script scripts[] = {
    {{"micrium, two segments overlap", {"A", "C"}, 5}, 0},
    {{"micrium, the same bytes twice", {"A", "D"}, 5}, 0},
    {{"micrium, three segments", {"A", "B", "C"}, 3}, 0},
    {{"micrium, three segments, all overlap", {"A", "C", "D"}, 3}, 0},
    {{"micrium, segments one after the other", {"AB", "CD"}, 4}, 0},
    {{"micrium, segments and a walk", {"A", "B", "l"}, 3}, 0},
    {{"micrium, a name by two", {"a", "a"}, 5}, 0},
    {{"micrium, a second name by two", {"ab", "b"}, 3}, 0},
    {{"micrium, names again", {"aa", "ab"}, 3}, 0},
    {{"micrium, names by three", {"a", "b", "a"}, 2}, 0},
    {{"micrium, a pool and names", {"P", "b"}, 3}, 0},
    {{"micrium, two pools", {"P", "P"}, 3}, 0},
    {{"micrium, count given back", {"gp", "gp"}, 1}, 2},
    {{"micrium, quota and list", {"gp", "gp"}, 3}, 1},
    {{"micrium, large", {"abgpab", "bagpba", "Agpalg", "Cbgpla"}, EXPLORE_RANDOM}, 2},
};

size_t micrium_scenarios(explore_scenario *out, size_t room)
{
    const explore_scenario common = {
        .weak_failures = 1,
        .world = {(unsigned char *)&world, sizeof world},
        .setup = setup,
        .context = run,
        .observe = observe,
        .finish = finish,
    };
    return script_scenarios(scripts, sizeof scripts / sizeof *scripts, sizeof *scripts, &common, out, room);
}

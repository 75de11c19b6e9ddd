/* SPDX-License-Identifier: MIT */
/* An interrupt at every instruction of Micrium uC/LIB's calls, whose handler makes the same calls on the same objects.
 * Afterwards every block, segment and byte is accounted for. */
#include "oracle.h"
#include "step.h"
#include <lib_mem.h>
#include <string.h>

enum {
    BLOCK = 16,
    BLOCKS = 6, /* that the dynamic pool's segment has room for; and of the static pool */
    HELD_MAX = 2 * BLOCKS,
    ONE_SEGMENT = 64
};

static CPU_INT08U ram[BLOCKS * BLOCK], static_ram[BLOCKS * BLOCK], shared_ram[1024], new_ram[3 * ONE_SEGMENT];
static MEM_SEG seg, shared, mine, theirs;
static MEM_DYN_POOL dyn;
static MEM_POOL fixed;

/* What the call (0) and the handler (1) hold, and how many bytes each has taken under the name. */
static struct {
    void *dyn[HELD_MAX], *fixed[HELD_MAX];
    size_t dyn_n, fixed_n, bytes;
} held[2];
static LIB_ERR made[2]; /* what Mem_SegCreate() said; 0: not called */

static void get(int who)
{
    LIB_ERR err;
    void *const block = Mem_DynPoolBlkGet(&dyn, &err);
    MUST(block != NULL || err == LIB_MEM_ERR_SEG_OVF, "get says %d", (int)err);
    if (block != NULL) {
        held[who].dyn[held[who].dyn_n++] = block;
    }
}

static void put(int who)
{
    LIB_ERR err = LIB_MEM_ERR_NONE;
    if (held[who].dyn_n > 0) {
        Mem_DynPoolBlkFree(&dyn, held[who].dyn[--held[who].dyn_n], &err);
    }
    MUST(err == LIB_MEM_ERR_NONE, "free says %d", (int)err);
}

static void get_all(int who)
{
    for (size_t n = held[who].dyn_n - 1; n != held[who].dyn_n;) {
        n = held[who].dyn_n;
        get(who);
    }
}

static void put_other(int who)
{
    get(who);
    get(who);
    if (held[who].dyn_n >= 2) { /* another order */
        void *const last = held[who].dyn[held[who].dyn_n - 1];
        held[who].dyn[held[who].dyn_n - 1] = held[who].dyn[held[who].dyn_n - 2];
        held[who].dyn[held[who].dyn_n - 2] = last;
    }
    put(who);
    put(who);
}

static void fixed_get(int who)
{
    LIB_ERR err;
    void *const block = Mem_PoolBlkGet(&fixed, BLOCK, &err);
    MUST(block != NULL || err == LIB_MEM_ERR_POOL_EMPTY, "get says %d", (int)err);
    if (block != NULL) {
        held[who].fixed[held[who].fixed_n++] = block;
    }
}

static void fixed_put(int who)
{
    LIB_ERR err = LIB_MEM_ERR_NONE;
    if (held[who].fixed_n > 0) {
        Mem_PoolBlkFree(&fixed, held[who].fixed[--held[who].fixed_n], &err);
    }
    MUST(err == LIB_MEM_ERR_NONE, "free says %d", (int)err);
}

static void fixed_turn(int who)
{
    fixed_get(who);
    fixed_get(who);
    fixed_put(who);
}

static void take(int who)
{
    LIB_ERR err;
    Mem_SegAllocExt("named", &shared, 5, 1, NULL, &err);
    MUST(err == LIB_MEM_ERR_NONE, "alloc says %d", (int)err);
    held[who].bytes += 5;
}

/* Two segments that have half of their bytes in common. */
static void create(int who)
{
    Mem_SegCreate("new", who == 0 ? &mine : &theirs, (CPU_ADDR)new_ram + (size_t)who * ONE_SEGMENT / 2, ONE_SEGMENT, 1,
                  &made[who]);
}

static void create_apart(int who)
{
    Mem_SegCreate("new", who == 0 ? &mine : &theirs, (CPU_ADDR)new_ram + (size_t)who * ONE_SEGMENT, ONE_SEGMENT, 1,
                  &made[who]);
}

/* A call, and what the handler does meanwhile. `before` of the blocks are taken at first. */
static const struct {
    const char *name;
    void (*call)(int who);
    void (*moves[5])(int who);
    size_t before;
} cases[] = {
    {"get", get, {get, put, get_all, put_other}, 1},
    {"get that makes a block", get, {get, put, get_all, put_other}, 2},
    {"get of the last block", get, {get, put, get_all, put_other}, BLOCKS - 1},
    {"free", put, {get, put, get_all, put_other}, 2},
    {"free of a block made later", put, {get, put, get_all, put_other}, 4},
    {"static get", fixed_get, {fixed_get, fixed_put, fixed_turn}, 1},
    {"static get of the last block", fixed_get, {fixed_get, fixed_put, fixed_turn}, BLOCKS - 1},
    {"static free", fixed_put, {fixed_get, fixed_put, fixed_turn}, 3},
    {"named alloc", take, {take}, 0},
    {"named alloc again", take, {take}, 1},
    {"create", create, {create, create_apart}, 0},
    {"create apart", create_apart, {create_apart}, 0},
};

static void prepare(size_t number)
{
    LIB_ERR err[5];
    memset(held, 0, sizeof held);
    memset(made, 0, sizeof made);
    Mem_Init();
    Mem_SegCreate("ram", &seg, (CPU_ADDR)ram, sizeof ram, 1, &err[0]);
    Mem_SegCreate("shared", &shared, (CPU_ADDR)shared_ram, sizeof shared_ram, 1, &err[1]);
    Mem_DynPoolCreate("dyn", &dyn, &seg, BLOCK, 1, 2, LIB_MEM_BLK_QTY_UNLIMITED, &err[2]);
    Mem_PoolCreate(&fixed, static_ram, sizeof static_ram, BLOCKS, BLOCK, 1, NULL, &err[3]);
    for (size_t i = 0; i < 4; i++) {
        NEED(err[i] == LIB_MEM_ERR_NONE, "setup: %d", (int)err[i]);
    }
    for (size_t i = 0; i < cases[number].before; i++) { /* half of them are the handler's */
        get((int)(i % 2));
        fixed_get((int)(i % 2));
        take((int)(i % 2));
    }
}

/* Every block can be had once by somebody, and nothing else. */
static void settle_blocks(void)
{
    bool seen[2][BLOCKS] = {{false}};
    size_t n[2] = {0, 0};
    get_all(0);
    for (size_t i = held[0].fixed_n - 1; i != held[0].fixed_n;) {
        i = held[0].fixed_n;
        fixed_get(0);
    }
    for (int who = 0; who < 2; who++) {
        for (size_t i = 0; i < held[who].dyn_n; i++, n[0]++) {
            const size_t which = (size_t)((CPU_INT08U *)held[who].dyn[i] - ram) / BLOCK;
            MUST(which < BLOCKS && !seen[0][which], "block %zu is there twice", which);
            seen[0][which] = true;
        }
        for (size_t i = 0; i < held[who].fixed_n; i++, n[1]++) {
            const size_t which = (size_t)((CPU_INT08U *)held[who].fixed[i] - static_ram) / BLOCK;
            MUST(which < BLOCKS && !seen[1][which], "static block %zu is there twice", which);
            seen[1][which] = true;
        }
    }
    MUST(n[0] == BLOCKS && n[1] == BLOCKS, "%zu and %zu of %d blocks", n[0], n[1], BLOCKS);
    MUST(lfm_dynpool_check(&dyn.Pool) == LFM_OK && lfm_pool_check(&fixed.Pool) == LFM_OK, "check");
}

/* The segments that were made are listed, and no two of them overlap. */
static void settle_segments(void)
{
    const MEM_SEG *const both[] = {&mine, &theirs};
    bool listed[2] = {false, false};
    size_t n = 0;
    for (const MEM_SEG *s = Mem_SegListNext(NULL); s != NULL; s = Mem_SegListNext(s)) {
        listed[0] = listed[0] || s == both[0];
        listed[1] = listed[1] || s == both[1];
        MUST(++n <= 6, "the list is a ring");
    }
    for (int who = 0; who < 2; who++) {
        MUST(listed[who] == (made[who] == LIB_MEM_ERR_NONE), "create says %d", (int)made[who]);
    }
    const bool clash = listed[0] && listed[1] && both[0]->EndPtr >= both[1]->BasePtr;
    MUST(!clash, "two segments overlap");
    MUST(made[0] == 0 || listed[0] || listed[1], "both were refused");
}

static size_t printed_bytes;
static bool is_object;

/* Adds up the bytes of the lines of "named": pieces are kind, number, ..., name. */
static void collect(CPU_CHAR *text)
{
    static size_t number;
    if (text[0] == '|') {
        is_object = strncmp(text, "| Object", 8) == 0;
        number = 0;
    } else if (number == 0 && strspn(text, " 0123456789") == strlen(text) && strlen(text) >= 10) {
        for (const char *c = text; *c != 0; c++) {
            number = *c == ' ' ? number : number * 10 + (size_t)(*c - '0');
        }
    } else if (is_object && strcmp(text, "named") == 0) {
        printed_bytes += number;
    }
}

static void settle_names(void)
{
    LIB_ERR err;
    printed_bytes = 0;
    Mem_OutputUsage(collect, &err);
    const size_t bytes = held[0].bytes + held[1].bytes;
    MUST(printed_bytes == bytes, "%zu bytes under the name, not %zu", printed_bytes, bytes);
}

static void audit(size_t number, size_t move)
{
    (void)number, (void)move;
    settle_blocks();
    settle_segments();
    settle_names();
}

static void perform(size_t number)
{
    cases[number].call(0);
}

static void make_move(size_t number, size_t move)
{
    cases[number].moves[move](1);
}

int main(int argc, char **argv)
{
    static const step_test test = {prepare, perform, make_move, audit};
    oracle_begin(argc, argv);
    step_begin(&test);
    for (size_t number = 0; number < sizeof cases / sizeof cases[0]; number++) {
        size_t moves = 0;
        while (cases[number].moves[moves] != NULL) {
            moves++;
        }
        step_through(number, moves);
    }
    return step_end();
}

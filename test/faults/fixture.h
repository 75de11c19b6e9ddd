/* SPDX-License-Identifier: MIT */
/* The fixture of the tests that stop a call in the middle: an allocator, the stopped call, and an interferer. That is
 * another context, which uses the allocator meanwhile.
 *
 * A victim performs one call, and is stopped at some instruction of it. The interferer makes a move, which must come to
 * an end. Then the victim goes on, or is killed. At last the interferer audits the allocator: it takes every block that
 * it can get. Each block must come once; only what a killed victim had in hand may be missing.
 *
 * The interferer keeps its own record of the blocks that it holds, so it sees at once if a block is handed out twice.
 *
 * There are two implementations: for pools (pool_fixture.c) and for heaps (heap_fixture.c). A test is linked with one.
 */
#ifndef LFM_TEST_FAULTS_FIXTURE_H
#define LFM_TEST_FAULTS_FIXTURE_H

#include "oracle.h"
#include <lfmem/status.h>
#include <stddef.h>

/* Most blocks that one call takes or gives. */
#define FIXTURE_MANY 3

/* How many variants of the allocator there are, calls on it, and states that a call starts from (how full it is). Each
 * is numbered from 0. */
extern const unsigned fixture_variants, fixture_calls, fixture_starts;

/* The call that a victim is to perform, and its outcome. */
typedef struct fixture_task {
    unsigned call;
    _Atomic(int) done;          /* the call has returned */
    void *blocks[FIXTURE_MANY]; /* what it gives back; once done, what it got */
    size_t n;                   /* how many those are */
    size_t bytes, align;        /* of the block that it gets, where calls differ in that */
    lfm_status status;          /* of giving back */
} fixture_task;

/* What the interferer does while the victim stands still. */
typedef struct fixture_move {
    const char *name;
    void (*make)(void);
    size_t takes; /* most blocks that it holds at one instant, beyond those it held before */
} fixture_move;

extern const fixture_move fixture_moves[];

/* Maps the memory of the allocator and the tasks, which forked processes share. */
void fixture_begin(const oracle_options *options);

/* The task of one of two victims. */
fixture_task *fixture_task_of(unsigned victim);

bool fixture_has_variant(size_t variant);

/* Tells whether a call is tested from such a start. */
bool fixture_has_call(size_t variant, unsigned call, size_t start);

/* How many of the moves, from the first on, are for such an allocator. Where calls are long, each instruction meets
 * only every `stride`-th of them. */
size_t fixture_moves_of(size_t variant);
size_t fixture_stride(size_t variant);

/* About how many pairs of instructions of two calls are tested from such a start; and whether a call is in any pair. */
size_t fixture_pairs(size_t variant, size_t start);
bool fixture_is_paired(size_t variant, unsigned call);

/* Makes a new allocator. No victim may be in a call. */
void fixture_reset(size_t variant, size_t start);

/* Makes a task ready for a call, with the blocks that it gives back. */
void fixture_prepare(fixture_task *task, unsigned call);

/* Performs the call: what a victim does. */
void fixture_perform(fixture_task *task);

/* Makes the interferer's move; it must end in time (guard_begin()). */
void fixture_make_move(const fixture_move *move);

/* The victim's call has returned: the interferer takes over its blocks, at least `least` of them. */
void fixture_adopt(fixture_task *task, size_t least);

/* Gives back all that the interferer holds, and checks that each block is there once. Returns how many blocks, or units
 * of a heap, are lost. */
size_t fixture_audit(size_t may_lose);

/* How many blocks, or units of a heap, a call has in hand at most. */
size_t fixture_hand(unsigned call);

/* How many blocks a call gets at least from such a start, with one move meanwhile. */
size_t fixture_least(unsigned call, size_t start, const fixture_move *move);

#endif

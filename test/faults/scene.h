/* SPDX-License-Identifier: MIT */
/* What the tests that stop a call in the middle share: an allocator, the call that is stopped, and what somebody else,
 * the rival, does meanwhile.
 *
 * A victim performs one call. It stands still at some instruction of it. The rival then makes its move, which must come
 * to an end. The victim goes on, or never does. At last the rival settles up: it holds every block that it can get, and
 * by the sum over blocks, not by a total, each is there once, but for those in a dead victim's hands.
 *
 * The rival notes which blocks it holds, outside of the allocator, so a block that is handed out twice is seen at once.
 *
 * The interface is implemented for pools of several shapes (scene.c), and for heaps (heap_scene.c); a test is linked
 * with one of them. */
#ifndef LFM_TEST_FAULTS_SCENE_H
#define LFM_TEST_FAULTS_SCENE_H

#include "verdict.h"
#include <lfmem/status.h>
#include <stddef.h>

/* Most blocks in a call. */
#define SCENE_MANY 3

/* Kinds of allocators, of calls on them, and of how full one is when a call begins, each numbered from 0. */
extern const unsigned scene_shapes, scene_calls, scene_starts;

/* A victim's call and its outcome. */
typedef struct scene_seat {
    unsigned call;
    _Atomic(int) done;        /* the call has returned */
    void *blocks[SCENE_MANY]; /* what it is to give away; once done, what it got */
    size_t n;                 /* how many those are */
    size_t bytes, align;      /* of what it is to get, where calls differ in that */
    lfm_status status;        /* of giving away */
} scene_seat;

typedef struct scene_move {
    const char *name;
    void (*make)(void);
    size_t takes; /* most blocks that are missing on its account at one instant, beyond those it held before */
} scene_move;

extern const scene_move scene_moves[];

/* Gets the memory that the allocator and the seats lie in, which forked processes share. */
void scene_begin(const verdict_options *options);

/* The seat of one of two victims. */
scene_seat *scene_seat_of(unsigned victim);

bool scene_has_shape(size_t shape);

/* Tells whether a call is to be tested from such a start. */
bool scene_has_call(size_t shape, unsigned call, size_t start);

/* The first so many moves are for such an allocator; where calls are long, an instruction meets only each `stride`-th.
 */
size_t scene_moves_of(size_t shape);
size_t scene_stride(size_t shape);

/* How many pairs of instructions of two calls are to be tested from such a start, about; 0: none. Is a call among them?
 */
size_t scene_pairs(size_t shape, size_t start);
bool scene_is_paired(size_t shape, unsigned call);

/* Makes a new allocator that all victims are out of. */
void scene_reset(size_t shape, size_t start);

/* Makes a seat ready for a call; it is given the blocks that it is to give away. */
void scene_prepare(scene_seat *seat, unsigned call);

/* The call: what a victim does. */
void scene_perform(scene_seat *seat);

/* The rival's move, under guard. */
void scene_make_move(const scene_move *move);

/* Takes over what a victim whose call has returned holds; it must have got at least `least` blocks. */
void scene_adopt(scene_seat *seat, size_t least);

/* Gives back all that the rival holds and looks whether all is there. Returns how much is lost: blocks, or units of a
 * heap. */
size_t scene_settle(size_t may_lose);

/* What a call has in hand at most, in the same measure. */
size_t scene_hand(unsigned call);

/* Blocks that a call gets at least from such a start, with one rival's move meanwhile. */
size_t scene_least(unsigned call, size_t start, const scene_move *move);

#endif

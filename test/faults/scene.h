/* SPDX-License-Identifier: MIT */
/* What the tests that stop a call in the middle share: the pool, the call that is stopped, and what somebody else, the
 * rival, does meanwhile.
 *
 * A victim performs one call on the pool. It stands still at some instruction of it. The rival then makes its move,
 * which must come to an end. The victim goes on, or never does. At last the rival settles up: it holds every block that
 * it can get, and by the sum over blocks, not by a total, each is there once, but for those in a dead victim's hands.
 *
 * The rival notes which blocks it holds, outside of the pool, so a block that is handed out twice is seen at once. */
#ifndef LFM_TEST_FAULTS_SCENE_H
#define LFM_TEST_FAULTS_SCENE_H

#include "shape.h"
#include "verdict.h"

/* Blocks that a call of the *_many kind moves. */
#define SCENE_MANY 3

typedef enum scene_call {
    CALL_GET,
    CALL_PUT,
    CALL_GET_MANY,
    CALL_PUT_MANY,
    CALL_ALLOC, /* as much of the segment as a further block would take */
} scene_call;

#define SCENE_CALLS 5
extern const char *const scene_call_names[SCENE_CALLS];

/* A victim's call and its outcome. */
typedef struct scene_seat {
    scene_call call;
    _Atomic(int) done;        /* the call has returned */
    void *blocks[SCENE_MANY]; /* put: what it is to put; get and alloc, once done: what it got */
    size_t n;                 /* how many those are */
    size_t bytes, align;      /* of an alloc */
    lfm_status status;        /* of a put */
} scene_seat;

typedef struct scene_move {
    const char *name;
    void (*make)(void);
    size_t takes; /* most blocks that are missing on its account at one instant, beyond those it held before */
} scene_move;

#define SCENE_MOVES 5
/* Few rounds of get and put; take all and give back in another order under the same top (the shape of ABA); exchange a
 * block that lies below the top for one that was held; take all and keep it; take a block, and room for another one
 * straight from the segment. */
extern const scene_move scene_moves[SCENE_MOVES];

/* Gets the memory that the pool and the seats lie in, which forked processes share. */
void scene_begin(const verdict_options *options);

/* The seat of one of two victims. */
scene_seat *scene_seat_of(unsigned victim);

bool scene_has_shape(size_t shape);

/* Tells whether such a pool has such a call, with so many blocks left. */
bool scene_has_call(size_t shape, scene_call call, size_t left);

/* The first so many moves are for such a pool. */
size_t scene_moves_of(size_t shape);

/* Makes a new pool that all victims are out of, with `left` blocks free, or yet to be made, and the other ones held by
 * the rival. */
void scene_reset(size_t shape, size_t left);

/* Makes a seat ready for a call; a put is given its blocks. */
void scene_prepare(scene_seat *seat, scene_call call);

/* The call: what a victim does. */
void scene_perform(scene_seat *seat);

/* The rival's move, under guard. */
void scene_make_move(const scene_move *move);

/* Takes over what a victim whose call has returned holds; a get or alloc must have got at least `least` blocks. */
void scene_adopt(scene_seat *seat, size_t least);

/* Puts back all that the rival holds and looks whether all is there. Returns the number of blocks lost. */
size_t scene_settle(size_t may_lose);

/* Blocks that a call has in hand at most. */
size_t scene_hand(scene_call call);

/* Blocks that a get or alloc gets at least, with `left` free at first and one rival's move meanwhile. */
size_t scene_least(scene_call call, size_t left, const scene_move *move);

#endif

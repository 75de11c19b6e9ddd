/* SPDX-License-Identifier: MIT */
/* The oracle of histories: is this history of gets and puts one that a pool may have?
 *
 * A history says when each call was invoked and when it returned. Any clock will do that all contexts share: a cycle
 * counter under threads, a step number in the explorer. A call takes effect at one instant between the two, ends
 * included. A history is right iff such instants exist that agree with every result at once.
 *
 * G4  A block has one owner at a time. It is surely owned in [get's return, put's invocation]; no two such intervals of
 *     one block overlap.
 * G3  A get that fails saw an instant at which no block was free. Every get may take effect at its invocation, and
 * every put at its return, for all blocks at once. So a block is surely free only in the open interval (put's return,
 * next get's invocation). A failure is right iff some instant of its call lies in no block's surely free interval.
 *
 * Which block a get returns is not checked: a pool is not a stack. Two events at the same instant may have happened in
 * either order. So a coarse clock hides wrong histories, but never makes a right one wrong.
 *
 * A put that never returned is told by put_return = HISTORY_NEVER. A get that never returned cannot be told, and what
 * it took looks free. */
#ifndef LFM_TEST_HISTORY_H
#define LFM_TEST_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HISTORY_NONE  UINT32_MAX /* instead of a block: the get failed */
#define HISTORY_NEVER UINT64_MAX /* instead of a time: it did not happen */

/* One ownership of a block, from get to put; or one get that failed, whose put times mean nothing. Times are
 * 1 ... UINT64_MAX - 1. A call for several blocks is several ownerships with its times. If it took fewer than it was
 * asked for, it is one failed get more. */
typedef struct history_op {
    uint64_t get_invoke, get_return;
    uint64_t put_invoke, put_return;
    uint32_t block;
} history_op;

typedef enum history_result {
    HISTORY_RIGHT = 0,
    HISTORY_MALFORMED,   /* `first` has times out of order or no such block */
    HISTORY_OWNED_TWICE, /* `second` got the block before `first` put it */
    HISTORY_FAILED,      /* `first` failed although some block was surely free at every
                            instant of it */
} history_result;

typedef struct history_report {
    history_result result;
    const history_op *first, *second; /* the operations that are wrong, or NULL */
    size_t gets, failures;            /* gets that returned a block; gets that failed */
} history_report;

/* Checks n ownerships, in any order, of a pool of blocks 0 ... blocks-1 that are all free at first. Fills in *report.
 * Returns whether the history is right. Time: O((n + blocks) log(n + blocks)). Memory, by malloc, likewise. */
bool history_check(const history_op *ops, size_t n, uint32_t blocks, history_report *report);

/* The same for a pool whose calls may have a block in hand that they do not return: a get that makes several blocks. A
 * failure is right iff, at some instant of its call, owned blocks and other calls were at least as many as blocks.
 * Time: O(n log n), and for each failure the events during it. */
bool history_check_hands(const history_op *ops, size_t n, uint32_t blocks, history_report *report);

const char *history_result_string(history_result result);

/* Prints the result and the operations that are wrong, one line each, on standard error. */
void history_print(const history_report *report);

#endif

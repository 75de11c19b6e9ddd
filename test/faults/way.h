/* SPDX-License-Identifier: MIT */
/* The way that a call takes through its instructions. */
#ifndef LFM_TEST_FAULTS_WAY_H
#define LFM_TEST_FAULTS_WAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WAY_MAX 4000

/* The instructions of a call, in the order of a run that nobody disturbs. */
typedef struct victim_way {
    size_t steps;
    uintptr_t at[WAY_MAX];  /* where it stands after so many steps */
    size_t before[WAY_MAX]; /* how often it has come by there before */
} victim_way;

/* In a loop, the later rounds are like the ones before. Tells whether it is one of the first few. */
static inline bool victim_way_is_worth(const victim_way *way, size_t step)
{
    return way->before[step] < 8;
}

/* Appends a place to a way. */
void victim_way_note(victim_way *way, uintptr_t at);

#endif

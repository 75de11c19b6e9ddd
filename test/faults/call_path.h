/* SPDX-License-Identifier: MIT */
/* The path of a call: which instructions it executes, one after the other. */
#ifndef LFM_TEST_FAULTS_CALL_PATH_H
#define LFM_TEST_FAULTS_CALL_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CALL_PATH_MAX 4000

/* Recorded in a run that nothing disturbs. */
typedef struct call_path {
    size_t steps;
    uintptr_t at[CALL_PATH_MAX];  /* the instruction that comes after so many steps */
    size_t before[CALL_PATH_MAX]; /* how often that has come before */
} call_path;

/* Tells whether an instruction comes for one of the first few times: later rounds of a loop are like the ones before.
 */
static inline bool call_path_is_worth(const call_path *path, size_t step)
{
    return path->before[step] < 8;
}

/* Appends an instruction. */
void call_path_append(call_path *path, uintptr_t at);

#endif

/* SPDX-License-Identifier: MIT */
/** @file thread.h
 * Threads and their numbers, in programs for Linux without a port of their own.
 *
 * A sharded pool (pool.h) has a list for each of several contexts, and a large heap (heap.h) has hints for each. A
 * thread's number says which are its own. A thread takes its number when it first needs one: the smallest that no
 * thread has, up to 256. Numbers beyond that are counted on.
 *
 * A thread that ends does not give back its number by itself, since whatever could tell that it ends allocates or
 * locks. So each thread should say that it leaves, in a program whose threads come and go. Else later threads get ever
 * other numbers. Then two that run at the same time may begin at one list although another list has no thread. That is
 * slower, and no more. With POSIX threads:
 *
 *     static pthread_key_t leaving;
 *     static void leave(void *unused) { (void)unused; lfm_thread_leave(); }
 *
 *     pthread_key_create(&leaving, leave);          // once
 *     pthread_setspecific(leaving, &leaving);       // in each thread: it leaves when it ends
 *
 * In C++:
 *
 *     struct leaver { ~leaver() { lfm_thread_leave(); } };
 *     thread_local leaver leaves;                   // in a function that each thread calls: it leaves when it ends
 *
 * After a fork the child's only thread keeps its number. Those that the other threads had are lost to the child.
 */
#ifndef LFMEM_THREAD_H
#define LFMEM_THREAD_H

#include <lfmem/detail/annotations.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Gives back the number of the calling thread, for another thread to take. A thread that calls lfmem again takes a new
 * one. Where threads have no numbers (a port that says which context runs, or none) nothing is done.
 *
 * - Context: any, signal handlers included.
 * - Progress: wait-free.
 * - Time: O(1). */
LFM_API void lfm_thread_leave(void);

#ifdef __cplusplus
}
#endif

#endif

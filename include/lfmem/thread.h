/* SPDX-License-Identifier: MIT */
/** @file thread.h
 * Threads and their numbers, in programs for Linux without a port of their own.
 *
 * A sharded pool (pool.h) has a list for each of several contexts, and a large heap places where each looks first.
 * There a thread goes by a number that it takes when it first needs one: the smallest that no thread has, as far as
 * 256; those beyond are counted on. A thread that ends does not give back its number by itself, since whatever could
 * tell that it ends allocates or locks. So in a program whose threads come and go each should say that it leaves. Else
 * later threads get ever other numbers, and two that run at the same time may begin at one list although another one
 * has no thread: slower, and no more. With POSIX threads:
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
 * After a fork the child's only thread keeps its number; those that the other threads had are lost to it.
 */
#ifndef LFMEM_THREAD_H
#define LFMEM_THREAD_H

#include <lfmem/detail/annotations.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Gives back the number of the calling thread, for another thread to take. A thread that calls lfmem again takes a new
 * one. Where threads have no numbers (a port that says which context runs, or none) nothing is done.
 * Context: any, signal handlers included. Progress: wait-free. Time: O(1). */
LFM_API void lfm_thread_leave(void);

#ifdef __cplusplus
}
#endif

#endif

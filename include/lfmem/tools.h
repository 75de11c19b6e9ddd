/* SPDX-License-Identifier: MIT */
/** @file tools.h
 * What AddressSanitizer and Valgrind are told, in builds of lfmem that tell them something. A block that is free is
 * hidden, so that a use after a put is reported.
 *
 *     lfm_tools_hide(false);                        // first thing in each process that shares blocks with others
 *
 * AddressSanitizer knows granules of 8 bytes at multiples of 8. What is hidden of a free block are the granules that
 * lie in its stride as a whole. (The stride is the block's size rounded up to its alignment.) A granule that it shares
 * with a neighbour stays visible. So all of a block is hidden if its stride is a multiple of 8 and begins at one. Else
 * up to 7 bytes at each end stay visible. Of a block that is taken, bytes between its size and its stride are hidden
 * where their granule is. (The owner of a dynamic pool's block has the whole stride.)
 *
 * Valgrind knows bytes. Blocks of a pool that was never initialised at run time are hidden from their first put on.
 *
 * Both tools know of one process only. One process may put a block in shared memory and another one get it. Then the
 * first one's tool still hides it there, and reports each access of the first process to what it is handed.
 *
 * ThreadSanitizer is told nothing. It sees the library's atomic operations if lfmem is built with -fsanitize=thread as
 * the program is. An lfmem that is built without makes it report races that there are not. It does not see what orders
 * a put before the get that follows.
 */
#ifndef LFMEM_TOOLS_H
#define LFMEM_TOOLS_H

#include <lfmem/detail/annotations.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Says whether tools are told of blocks from now on in this process (and in those that it forks), whichever allocator
 * they are from. At first they are. Where lfmem tells no tool anything nothing is done.
 * @param on  false: nothing is hidden any more. What is hidden already stays so until its storage is initialised anew,
 *            or until the object's fini. So turn it off before the first call that takes or gives a block.
 *            True: from the next put, free and init on blocks are hidden. Turn it on again only while no block is taken
 *
 * - Context: any; other calls should not run meanwhile.
 * - Progress: wait-free.
 * - Time: O(1). */
LFM_API void lfm_tools_hide(bool on);

#ifdef __cplusplus
}
#endif

#endif

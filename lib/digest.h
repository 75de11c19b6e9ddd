/* SPDX-License-Identifier: MIT */
/* Tells by 64 bits whether two rounds over words have read the same. */
#ifndef LFM_LIB_DIGEST_H
#define LFM_LIB_DIGEST_H

#include <lfmem/layout.h>

/* The digest of all that was read before, in order, and of this word. A step makes different digests of different ones,
 * so rounds that differ in one word never agree. Rounds that differ in more agree with a chance of 2^-64. A step
 * spreads each word over all bits before the next one comes. So tags that grow cannot cancel each other. */
static inline uint64_t lfm_digest_step(uint64_t digest, lfm_word_ word)
{
    digest = (digest ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return digest ^ digest >> 32;
}

#endif

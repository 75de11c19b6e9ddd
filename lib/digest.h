/* SPDX-License-Identifier: MIT */
/* Two rounds over the same words read the same: told by 64 bits in place of all that was read. */
#ifndef LFM_LIB_DIGEST_H
#define LFM_LIB_DIGEST_H

#include <lfmem/layout.h>

/* The digest of what was read before and this word, in order. Each step maps different digests to different ones, so
 * rounds that differ in one word never agree; others do with a chance of 2^-64, since each word is spread over all bits
 * before the next one comes: tags that grow cannot cancel each other. */
static inline uint64_t lfm_digest_step(uint64_t digest, lfm_word_ word)
{
    digest = (digest ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return digest ^ digest >> 32;
}

#endif

/* SPDX-License-Identifier: MIT */
/** @file lfmem.h
 * Everything of lfmem. Each part's header is its contract and can be included alone. */
#ifndef LFMEM_LFMEM_H
#define LFMEM_LFMEM_H

#include <lfmem/cache.h>
#include <lfmem/dynpool.h>
#include <lfmem/heap.h>
#include <lfmem/pool.h>
#include <lfmem/segment.h>
#include <lfmem/status.h>
#include <lfmem/thread.h>
#include <lfmem/tools.h>

#endif

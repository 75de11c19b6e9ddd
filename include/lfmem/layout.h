/* SPDX-License-Identifier: MIT */
/** @file layout.h
 * Where static objects lie: what the definers of all of them share.
 *
 * Objects of lfmem are complete types. So they can be static or part of something else. What they are made of is in
 * lfmem/detail/. Macros of more than a line are defined there, too. Their contracts are here, each with its @def. Names
 * that end in an underscore are private. They may change in any release. */
#ifndef LFMEM_LAYOUT_H
#define LFMEM_LAYOUT_H

#include <lfmem/detail/layout.h>

/** Puts the storage of a static object into a section of its own: an argument of LFM_POOL_DEFINE_IN and the like. */
#define LFM_SECTION(section_name) __attribute__((section(section_name)))

/** The linkage of a static object that other files may name; an argument of LFM_POOL_DEFINE_WITH and the like. */
#define LFM_GLOBAL

#endif

/* SPDX-License-Identifier: MIT */
/* What Meson found out about a target is true, also where the compiler has no C library, or finds another system's. */
#include <lfmem/config.h>
#include <os/os_arch.h>
#include <stdatomic.h>

_Static_assert(LFM_WORD_BITS == (ATOMIC_LLONG_LOCK_FREE == 2 ? 64 : 32), "the width of words");
_Static_assert(OS_ALIGNMENT == sizeof(void *), "Mynewt's alignment");

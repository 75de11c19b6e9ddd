/* SPDX-License-Identifier: MIT */
/* What Mynewt's configuration says, and else what other builds have. Contexts need no port: there is one core. */
#include "syscfg/syscfg.h"
#define LFM_CHECKS MYNEWT_VAL(LFMEM_CHECKS)
#define LFM_SHARDS MYNEWT_VAL(LFMEM_SHARDS)
#define LFM_SMALL  MYNEWT_VAL(LFMEM_SMALL)
#include "../../../include/lfmem/config.h"

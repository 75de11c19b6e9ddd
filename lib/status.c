/* SPDX-License-Identifier: MIT */
#include <lfmem/status.h>

const char *lfm_status_string(lfm_status status)
{
    switch (status) {
    case LFM_OK:
        return "ok";
    case LFM_EINVAL:
        return "invalid argument";
    case LFM_ENOMEM:
        return "not enough memory";
    case LFM_EFOREIGN:
        return "not a block of this allocator";
    case LFM_EINTERIOR:
        return "not the start of a block";
    case LFM_EDOUBLEFREE:
        return "block is free already";
    case LFM_ECORRUPT:
        return "the allocator's own memory is damaged";
    case LFM_EMISMATCH:
        return "made by another build, or a copy";
    }
    return "unknown status";
}

/* SPDX-License-Identifier: MIT */
/* status.h: every value has a text of its own, and no other value borrows one. */
#include "support.h"

static const struct {
    lfm_status status;
    int value;
    const char *text;
} texts[] = {
    {LFM_OK, 0, "ok"},
    {LFM_EINVAL, 1, "invalid argument"},
    {LFM_ENOMEM, 2, "not enough memory"},
    {LFM_EFOREIGN, 3, "not a block of this allocator"},
    {LFM_EINTERIOR, 4, "not the start of a block"},
    {LFM_EDOUBLEFREE, 5, "block is free already"},
    {LFM_ECORRUPT, 6, "the allocator's own memory is damaged"},
    {LFM_EMISMATCH, 7, "made by another build, or a copy"},
};

Test(status, values_do_not_move)
{
    for (size_t i = 0; i < LENGTH(texts); i++) {
        MUST((int)texts[i].status == texts[i].value, "%s is %d", texts[i].text, (int)texts[i].status);
    }
}

Test(status, each_value_has_its_text)
{
    for (size_t i = 0; i < LENGTH(texts); i++) {
        const char *text = lfm_status_string(texts[i].status);
        MUST(strcmp(text, texts[i].text) == 0, "%d is \"%s\"", texts[i].value, text);
    }
}

Test(status, other_values_are_unknown)
{
    const int others[] = {-1, (int)LENGTH(texts), 8, 100, 255, 256, 0x7fffffff};
    for (size_t i = 0; i < LENGTH(others); i++) {
        if ((int)(lfm_status)others[i] != others[i]) {
            continue; /* enumerations have one byte on some targets */
        }
        const char *text = lfm_status_string((lfm_status)others[i]);
        MUST(strcmp(text, "unknown status") == 0, "%d is \"%s\"", others[i], text);
    }
}

/* SPDX-License-Identifier: MIT */
#include "journal.h"
#include "text.h"

#include <string.h>

/* Keeps the newest `keep` bytes. With 0 realloc frees the block, with less than there is it works in place. */
static void keep_newest(journal *j, lfm_heap *heap, size_t keep, journal_counts *counts)
{
    if (j->text == NULL)
        return;
    if (text_hash(TEXT_HASH, j->text, j->bytes) != j->hash)
        counts->damaged = true;
    memmove(j->text, j->text + j->bytes - keep, keep);
    char *text = lfm_heap_realloc(heap, j->text, keep);
    if (text != (keep > 0 ? j->text : NULL))
        counts->damaged = true;
    j->text = text;
    j->bytes = keep;
    j->hash = text_hash(TEXT_HASH, text, keep);
}

/* Makes room for more, if there is. */
static bool grow(journal *j, lfm_heap *heap, size_t bytes, journal_counts *counts)
{
    if (bytes <= lfm_heap_usable_size(heap, j->text)) /* rounding often leaves some; of NULL it is 0 */
        return true;
    char *text = lfm_heap_realloc(heap, j->text, bytes); /* NULL: the journal is as it was */
    if (text == NULL) {
        counts->failures++;
        return false;
    }
    counts->in_place += text == j->text;
    counts->moved += j->text != NULL && text != j->text;
    j->text = text;
    return true;
}

void journal_append(journal *j, lfm_heap *heap, size_t most, const char *message, size_t bytes, journal_counts *counts)
{
    if (bytes > most) {
        counts->left_out += bytes;
        return;
    }
    if (j->bytes + bytes > most) {
        const size_t half = most / 2 < most - bytes ? most / 2 : most - bytes;
        keep_newest(j, heap, half < j->bytes ? half : j->bytes, counts);
        counts->cuts++;
    }
    if (!grow(j, heap, j->bytes + bytes, counts)) {
        counts->given_back += j->text != NULL;
        journal_drop(j, heap, counts);
        if (!grow(j, heap, bytes, counts)) {
            counts->left_out += bytes;
            return;
        }
    }
    memcpy(j->text + j->bytes, message, bytes);
    j->hash = text_hash(j->bytes > 0 ? j->hash : TEXT_HASH, message, bytes);
    j->bytes += bytes;
    counts->written += bytes;
}

void journal_drop(journal *j, lfm_heap *heap, journal_counts *counts)
{
    keep_newest(j, heap, 0, counts);
}

/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <stdbool.h>
#include <string.h>

static size_t line_bytes(const text_source *t, size_t from)
{
    const char *end = memchr(t->start + from, '\n', t->bytes - from);
    return end != NULL ? (size_t)(end - t->start) + 1 - from : t->bytes - from;
}

static bool line_is_empty(const text_source *t, size_t from)
{
    return from < t->bytes && t->start[from] == '\n';
}

size_t text_next(const text_source *t, size_t from)
{
    if (from == t->bytes || t->cut == TEXT_WHOLE)
        return t->bytes - from;
    size_t end = from + line_bytes(t, from);
    if (t->cut == TEXT_PARAGRAPHS) {
        while (end < t->bytes && !line_is_empty(t, end))
            end += line_bytes(t, end);
        while (line_is_empty(t, end))
            end++;
    }
    return end - from;
}

/* Letters of ASCII, whatever the locale. */
static unsigned letter(char c)
{
    const unsigned i = ((unsigned char)c | 32u) - 'a';
    return i < 26 ? i : 26;
}

unsigned text_topic(const char *message, size_t bytes)
{
    unsigned topic = TEXT_TOPICS - 1;
    for (size_t i = 0; i < bytes && topic == TEXT_TOPICS - 1; i++)
        topic = letter(message[i]);
    return topic;
}

uint64_t text_hash(uint64_t hash, const char *piece, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ (unsigned char)piece[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t count_words(const char *message, size_t bytes)
{
    uint64_t words = 0;
    bool inside = false;
    for (size_t i = 0; i < bytes; i++) {
        const bool blank = message[i] == ' ' || (message[i] >= '\t' && message[i] <= '\r');
        words += !blank && !inside;
        inside = !blank;
    }
    return words;
}

void tally_add(tally *sum, const char *message, size_t bytes)
{
    sum->messages++;
    sum->bytes += bytes;
    sum->words += count_words(message, bytes);
    sum->hashes += text_hash(TEXT_HASH, message, bytes);
}

void tally_sum(tally *sum, const tally *other)
{
    sum->messages += other->messages;
    sum->bytes += other->bytes;
    sum->words += other->words;
    sum->hashes += other->hashes;
}

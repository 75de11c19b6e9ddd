/* SPDX-License-Identifier: MIT */
/* What each call of lfmem costs by itself, in one thread, by Google Benchmark. README.md says why contestants are not
 * measured by it. */
#include <algorithm>
#include <benchmark/benchmark.h>
#include <lfmem/lfmem.h>

namespace
{
constexpr size_t count = 1024, size = 64;

LFM_POOL_DEFINE(pool, count, size, 64);
LFM_POOL_DEFINE_SHARDED(sharded, count, size, 64, 8);
LFM_HEAP_DEFINE(heap, 1 << 20, 64, LFM_FIT_TRIMMED);
LFM_SEGMENT_DEFINE(segment, 1 << 20, 64);

void pool_get_put(benchmark::State &state)
{
    for (auto _ : state) {
        void *block = lfm_pool_get(pool);
        benchmark::DoNotOptimize(block);
        lfm_pool_put(pool, block);
    }
}
BENCHMARK(pool_get_put);

void sharded_get_put(benchmark::State &state)
{
    for (auto _ : state) {
        void *block = lfm_pool_get(sharded);
        benchmark::DoNotOptimize(block);
        lfm_pool_put(sharded, block);
    }
}
BENCHMARK(sharded_get_put);

/* Time for all of them. */
void pool_get_many_put_many(benchmark::State &state)
{
    void *blocks[256];
    const auto n = static_cast<size_t>(state.range(0));
    for (auto _ : state) {
        benchmark::DoNotOptimize(lfm_pool_get_many(pool, blocks, n));
        lfm_pool_put_many(pool, blocks, n);
    }
}
BENCHMARK(pool_get_many_put_many)->RangeMultiplier(4)->Range(1, 256);

void pool_put_of_a_free_block(benchmark::State &state)
{
    void *block = lfm_pool_get(pool);
    lfm_pool_put(pool, block);
    for (auto _ : state) {
        benchmark::DoNotOptimize(lfm_pool_put(pool, block)); /* LFM_EDOUBLEFREE */
    }
}
BENCHMARK(pool_put_of_a_free_block);

void pool_owns(benchmark::State &state)
{
    void *block = lfm_pool_get(pool);
    for (auto _ : state) {
        benchmark::DoNotOptimize(lfm_pool_owns(pool, block));
    }
    lfm_pool_put(pool, block);
}
BENCHMARK(pool_owns);

void pool_stats(benchmark::State &state)
{
    lfm_pool_stats_t stats;
    for (auto _ : state) {
        lfm_pool_stats(pool, &stats);
        benchmark::DoNotOptimize(stats);
    }
}
BENCHMARK(pool_stats);

void segment_alloc(benchmark::State &state)
{
    for (auto _ : state) {
        void *block = lfm_segment_alloc(segment, size, 64);
        benchmark::DoNotOptimize(block);
        if (block == nullptr) {
            lfm_segment_reset(segment);
        }
    }
}
BENCHMARK(segment_alloc);

void heap_alloc_free(benchmark::State &state)
{
    const auto bytes = static_cast<size_t>(state.range(0));
    for (auto _ : state) {
        void *block = lfm_heap_alloc(heap, bytes);
        benchmark::DoNotOptimize(block);
        lfm_heap_free(heap, block);
    }
}
BENCHMARK(heap_alloc_free)->RangeMultiplier(8)->Range(64, 32768);

void heap_realloc_in_place(benchmark::State &state)
{
    void *block = lfm_heap_alloc(heap, 64);
    for (auto _ : state) {
        block = lfm_heap_realloc(heap, block, 256);
        block = lfm_heap_realloc(heap, block, 64);
    }
    lfm_heap_free(heap, block);
}
BENCHMARK(heap_realloc_in_place);

void heap_usable_size(benchmark::State &state)
{
    void *block = lfm_heap_alloc(heap, 256);
    for (auto _ : state) {
        benchmark::DoNotOptimize(lfm_heap_usable_size(heap, block));
    }
    lfm_heap_free(heap, block);
}
BENCHMARK(heap_usable_size);

/* One unit of each sixteen is taken, so no 1024 bytes are free, and an allocation searches the whole heap twice. */
void heap_failure(benchmark::State &state)
{
    constexpr size_t units = (1 << 20) / 64;
    static void *blocks[units];
    for (size_t i = 0; i < units; i++) {
        blocks[i] = lfm_heap_alloc(heap, 64);
    }
    const auto start = *std::min_element(blocks, blocks + units);
    for (void *&block : blocks) {
        const auto unit = (static_cast<char *>(block) - static_cast<char *>(start)) / 64;
        if (unit % 16 != 0) {
            lfm_heap_free(heap, block);
            block = nullptr;
        }
    }
    for (auto _ : state) {
        void *found = lfm_heap_alloc(heap, 1024);
        benchmark::DoNotOptimize(found);
        if (found != nullptr) {
            state.SkipWithError("there was room");
            break;
        }
    }
    for (void *block : blocks) {
        lfm_heap_free(heap, block);
    }
}
BENCHMARK(heap_failure);
} // namespace

BENCHMARK_MAIN();

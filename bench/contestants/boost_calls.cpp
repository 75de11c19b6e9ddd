/* SPDX-License-Identifier: MIT */
#include "boost_calls.h"
#include <boost/interprocess/managed_external_buffer.hpp>
#include <boost/lockfree/stack.hpp>
#include <memory>
#include <new>

namespace
{
using stack = boost::lockfree::stack<void *, boost::lockfree::capacity<65534>>;

struct block {
    alignas(64) unsigned char bytes[64];
};
using freelist = boost::lockfree::detail::freelist_stack<block, std::allocator<block>>;
/* managed_external_buffer, but with a mutex */
using heap = boost::interprocess::basic_managed_external_buffer<
    char, boost::interprocess::rbtree_best_fit<boost::interprocess::mutex_family>, boost::interprocess::iset_index>;

std::unique_ptr<stack> the_stack;
std::unique_ptr<freelist> the_freelist;
alignas(heap) unsigned char heap_memory[sizeof(heap)];
heap *the_heap;
} // namespace

void boost_stack_make(void)
{
    the_stack = std::make_unique<stack>();
}

void *boost_stack_pop(void)
{
    void *found = nullptr;
    return the_stack->pop(found) ? found : nullptr;
}

void boost_stack_push(void *block)
{
    the_stack->bounded_push(block);
}

void boost_freelist_make(size_t count)
{
    the_freelist = std::make_unique<freelist>(std::allocator<block>(), count);
}

void *boost_freelist_get(void)
{
    return the_freelist->construct<true, true>();
}

void boost_freelist_put(void *freed)
{
    the_freelist->destruct<true>(static_cast<block *>(freed));
}

void boost_heap_make(void *memory, size_t bytes)
{
    if (the_heap != nullptr) {
        the_heap->~heap();
    }
    the_heap = new (heap_memory) heap(boost::interprocess::create_only, memory, bytes);
}

void *boost_heap_alloc(size_t bytes)
{
    return the_heap->allocate(bytes, std::nothrow);
}

void boost_heap_free(void *freed)
{
    if (freed != nullptr) {
        the_heap->deallocate(freed);
    }
}

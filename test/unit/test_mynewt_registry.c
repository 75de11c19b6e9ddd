/* SPDX-License-Identifier: MIT */
/* The list of Mynewt pools: order, walks that it changes under, names. */
#include "mynewt.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <unistd.h>

enum {
    POOLS = 6
};

static struct os_mempool pools[POOLS];
static _Alignas(OS_ALIGNMENT) unsigned char buffers[POOLS][OS_MEMPOOL_BYTES(4, 16)];
static const char *const names[POOLS] = {"zero", "one", "two", "three", "four", "five"};

static void make(int i)
{
    MUST(os_mempool_init(&pools[i], (uint16_t)(i % 4 + 1), 16, buffers[i], names[i]) == OS_OK, "pool %d", i);
}

/* Walks the list; `wanted` are the numbers of the pools, in order. */
static void check_list(const char *wanted)
{
    struct os_mempool_info info;
    struct os_mempool *mp = NULL;
    for (; *wanted != '\0'; wanted++) {
        const int i = *wanted - '0';
        mp = os_mempool_info_get_next(mp, &info);
        MUST(mp == &pools[i], "%s comes", mp == NULL ? "nobody" : mp->name);
        MUST(info.omi_block_size == 16 && info.omi_num_blocks == i % 4 + 1 && strcmp(info.omi_name, names[i]) == 0,
             "what is told of %d", i);
        MUST(info.omi_num_free == mp->mp_num_free && info.omi_min_free == mp->mp_min_free, "counts of %d", i);
    }
    MUST(os_mempool_info_get_next(mp, &info) == NULL, "somebody is left");
}

Test(mynewt_registry, order_of_registration)
{
    check_list("");
    for (int i = 0; i < POOLS; i++) {
        make(i);
    }
    check_list("012345");
    MUST(os_mempool_unregister(&pools[0]) == OS_OK && os_mempool_unregister(&pools[3]) == OS_OK, "two off");
    check_list("1245");
    make(3);
    make(0);
    check_list("124530");
}

/* As Mynewt's own test of msys has it: head and links that nobody writes but this front-end. */
STAILQ_HEAD(os_mempool_list, os_mempool);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstrict-prototypes" /* Mynewt is not compiled with it */
extern struct os_mempool_list g_os_mempool_list;
#pragma GCC diagnostic pop

/* What the head and the links of pools say; `wanted` are the numbers of the pools, in order. */
static void check_picture(const char *wanted)
{
    struct os_mempool *mp, **end = NULL;
    const struct os_mempool_list copy = g_os_mempool_list;
    MUST(copy.stqh_first == (*wanted == '\0' ? NULL : &pools[*wanted - '0']), "the head");
    STAILQ_FOREACH(mp, &g_os_mempool_list, mp_list)
    {
        MUST(*wanted != '\0' && mp == &pools[*wanted - '0'], "%s comes", mp->name);
        wanted++;
        end = &STAILQ_NEXT(mp, mp_list);
    }
    MUST(*wanted == '\0', "%s are missing", wanted);
    MUST(copy.stqh_last == (end != NULL ? end : &g_os_mempool_list.stqh_first), "the end");
}

Test(mynewt_registry, picture_of_the_list)
{
    check_picture("");
    for (int i = 0; i < POOLS; i++) {
        make(i);
    }
    check_picture("012345");
    MUST(os_mempool_unregister(&pools[5]) == OS_OK && os_mempool_unregister(&pools[0]) == OS_OK, "two off");
    check_picture("1234");
    make(2);
    make(0);
    check_picture("12340");
    lfm_mynewt_fini(&pools[3]);
    memset(&pools[3], 0x5c, sizeof pools[3]);
    check_picture("1240");
    MUST(STAILQ_NEXT(&pools[3], mp_list) != NULL, "what is no pool any more was written to");

    /* It is saved, the list is emptied, another pool comes, and it is put back: no pool is lost, and no walk. */
    const struct os_mempool_list saved = g_os_mempool_list;
    os_mempool_module_init();
    check_picture("");
    make(3);
    check_picture("3");
    memcpy(&g_os_mempool_list, &saved, sizeof saved);
    STAILQ_INIT(&g_os_mempool_list);
    check_picture("3");
    check_list("3");
}

Test(mynewt_registry, unregister_says_what_it_found)
{
    MUST(os_mempool_unregister(NULL) == OS_INVALID_PARM, "NULL");
    MUST(os_mempool_unregister(&pools[0]) == OS_INVALID_PARM, "never made");
    make(0);
    MUST(os_mempool_unregister(&pools[1]) == OS_INVALID_PARM, "never made, others are");
    MUST(os_mempool_unregister(&pools[0]) == OS_OK, "listed");
    MUST(os_mempool_unregister(&pools[0]) == OS_INVALID_PARM, "no more");
    void *block = os_memblock_get(&pools[0]);
    MUST(block != NULL && os_memblock_put(&pools[0], block) == OS_OK && os_mempool_is_sane(&pools[0]), "still usable");
}

/* Upstream, a second init of a listed pool makes a loop of the list. */
Test(mynewt_registry, defect_second_registration_breaks_the_list)
{
    make(0);
    make(1);
    make(0);
    make(0);
    check_list("01");
    make(1);
    make(2);
    check_list("012");
    MUST(os_mempool_unregister(&pools[0]) == OS_OK, "one entry");
    MUST(os_mempool_unregister(&pools[0]) == OS_INVALID_PARM, "and only one");
    check_list("12");
}

Test(mynewt_registry, module_init_empties_it_and_pools_keep_working)
{
    make(0);
    make(1);
    void *block = os_memblock_get(&pools[1]);
    os_mempool_module_init();
    check_list("");
    MUST(os_mempool_unregister(&pools[0]) == OS_INVALID_PARM, "not listed");
    MUST(os_memblock_put(&pools[1], block) == OS_OK && os_memblock_get(&pools[1]) == block, "works");
    make(1);
    make(0);
    check_list("10");
}

Test(mynewt_registry, walk_goes_on_from_a_pool_that_left)
{
    make(0);
    make(1);
    make(2);
    struct os_mempool *mp = os_mempool_info_get_next(NULL, NULL);
    mp = os_mempool_info_get_next(mp, NULL);
    MUST(mp == &pools[1] && os_mempool_unregister(mp) == OS_OK, "it stands on a pool that leaves");
    MUST(os_mempool_info_get_next(mp, NULL) == &pools[2], "and goes on");
    make(1);
    MUST(os_mempool_info_get_next(&pools[2], NULL) == &pools[1], "which comes back at the end");
    MUST(os_mempool_info_get_next(&pools[5], NULL) == NULL, "never registered");
}

Test(mynewt_registry, failed_init_is_not_listed)
{
    MUST(os_mempool_init(&pools[0], 1, 0, buffers[0], "no size") == OS_INVALID_PARM, "bad");
    MUST(os_mempool_init(&pools[0], 1, 16, NULL, "no memory") == OS_INVALID_PARM, "bad");
    check_list("");
    make(1);
    MUST(os_mempool_init(&pools[1], 1, 16, buffers[1] + 1, "aside") == OS_MEM_NOT_ALIGNED, "bad");
    check_list("1");
}

Test(mynewt_registry, names)
{
    static const char long_name[] = "0123456789012345678901234567890123456789";
    struct os_mempool_info info;
    make(0);
    MUST(os_mempool_init(&pools[1], 2, 16, buffers[1], NULL) == OS_OK, "no name");
    MUST(os_mempool_init(&pools[2], 3, 16, buffers[2], long_name) == OS_OK, "a long one");
    memset(&info, 0x5C, sizeof info);
    MUST(os_mempool_info_get_next(&pools[0], &info) == &pools[1] && info.omi_name[0] == '\0', "no name is empty");
    MUST(os_mempool_info_get_next(&pools[1], &info) == &pools[2], "the long one");
    MUST(strlen(info.omi_name) == 31 && strncmp(info.omi_name, long_name, 31) == 0, "cut: %s", info.omi_name);
    MUST(os_mempool_get("zero", &info) == &pools[0] && info.omi_num_blocks == 1, "by name");
    MUST(os_mempool_get(long_name, &info) == &pools[2] && info.omi_num_blocks == 3, "by its whole name");
    MUST(os_mempool_get(info.omi_name, NULL) == &pools[2], "by the cut one");
    MUST(os_mempool_get("zer", &info) == NULL && os_mempool_get("zeros", &info) == NULL, "not by half of it");
    MUST(os_mempool_get("", &info) == NULL && os_mempool_get(NULL, &info) == NULL, "nor by none");
    MUST(os_mempool_unregister(&pools[0]) == OS_OK && os_mempool_get("zero", &info) == NULL, "only listed ones");
}

/* The names of these pools lie on pages that cannot be read. A search that looks at one is interrupted. Behind it a
 * pool is unregistered, and another one is registered at the end. */
enum {
    PAGES = 100
};
static char *pages;
static size_t page_bytes;
static volatile sig_atomic_t looks;

static void enter_next(int i)
{
    char *const name = pages + (size_t)i * page_bytes;
    (void)os_mempool_unregister(&pools[(i + 1) % 2]);
    MUST(os_mempool_init(&pools[i % 2], 1, 16, buffers[i % 2], name) == OS_OK, "pool %d", i);
}

static void look(int signal, siginfo_t *info, void *context)
{
    char *const page = pages + (size_t)looks * page_bytes;
    (void)signal, (void)context;
    if ((char *)info->si_addr != page || mprotect(page, page_bytes, PROT_READ) != 0) {
        _exit(3);
    }
    looks = looks + 1;
    if (looks < PAGES) {
        enter_next(looks);
    }
}

/* A search by name ends, however many come and go. */
Test(mynewt_registry, search_ends)
{
    const struct sigaction action = {.sa_sigaction = look, .sa_flags = SA_SIGINFO};
    page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    pages = mmap(NULL, PAGES * page_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST(pages != MAP_FAILED && sigaction(SIGSEGV, &action, NULL) == 0, "pages");
    enter_next(0);
    MUST(os_mempool_get("absent", NULL) == NULL, "nobody has this name");
    MUST(looks >= 1 && looks <= 2, "it looked at %d pools", (int)looks);
}

/* A pool was unregistered and another one has its entry. A walk that stands on the first goes on from where it was. */
Test(mynewt_registry, walk_goes_on_from_a_pool_whose_entry_is_taken)
{
    make(0);
    make(1);
    make(2);
    MUST(os_mempool_unregister(&pools[1]) == OS_OK, "it leaves");
    make(3);
    check_list("023");
    MUST(os_mempool_info_get_next(&pools[1], NULL) == &pools[2], "goes on");
    lfm_mynewt_fini(&pools[1]);
    lfm_mynewt_fini(&pools[2]);
    MUST(os_mempool_info_get_next(&pools[1], NULL) == &pools[3] &&
             os_mempool_info_get_next(&pools[2], NULL) == &pools[3],
         "also after their ends");
    make(2);
    check_list("032");
}

static void check_gone(void)
{
    struct os_mempool mp;
    struct os_mempool_info info;
    memset(&mp, 0xA5, sizeof mp);
    MUST(os_mempool_init(&mp, 4, 16, buffers[0], "on the stack") == OS_OK, "init");
    MUST(os_mempool_get("on the stack", &info) == &mp && os_memblock_get(&mp) == buffers[0], "works");
    lfm_mynewt_fini(&mp);
    memset(&mp, 0x5A, sizeof mp);
    MUST(os_mempool_get("on the stack", &info) == NULL, "is gone");
}

/* At another depth each time. */
static void check_deeper(int depth)
{
    volatile unsigned char room[64];
    room[0] = (unsigned char)depth;
    check_gone();
    if (depth > 0) {
        check_deeper(depth - 1);
    }
    room[1] = room[0];
}

Test(mynewt_registry, pools_on_the_stack)
{
    check_deeper(200);
    check_list("");
}

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A program and a library that are configured differently do not link, and those that are configured alike link and run.

usage: configurations.py SOURCE CC...

Every object that a header lays out, of the core and of the front-ends, with the library as other builds compile it (lib/port); then
the front-end of Mynewt with its own alignment and guards. So it is where calls are in line, and with another kind of port. The linker's message names the configuration that the program wanted.
-fshort-enums in one of the two changes nothing, and neither does -flto.
"""
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile

# The names of a configuration's parts in a symbol, and the values that are tried: the first ones, and others one by one.
OPTIONS = {"LFM_CHECKS": ("c", 1, 0, 2), "LFM_WORD_BITS": ("w", 64, 32), "LFM_SHARDS": ("s", 1, 0), "LFM_HEAP_MARKS": ("m", 0, 1)}

# What a program does with each object. It returns 0 iff that works.
CORE = {
    "pool": """#include <lfmem/pool.h>
        LFM_POOL_DEFINE(pool, 8, 8, 8);
        int main(void) { return lfm_pool_put(pool, lfm_pool_get(pool)) != LFM_OK; }""",
    "sharded pool": """#include <lfmem/pool.h>
        LFM_POOL_DEFINE_SHARDED(pool, 8, 8, 8, LFM_SHARDS ? 2 : 1);
        int main(void) { return lfm_pool_put(pool, lfm_pool_get(pool)) != LFM_OK; }""",
    "cache": """#include <lfmem/cache.h>
        LFM_POOL_DEFINE(pool, 8, 8, 8);
        LFM_CACHE_DEFINE(cache, pool, 4);
        int main(void) { return lfm_cache_put(cache, lfm_cache_get(cache)) != LFM_OK; }""",
    "segment": """#include <lfmem/segment.h>
        LFM_SEGMENT_DEFINE(ram, 64, 1);
        int main(void) { return lfm_segment_alloc(ram, 64, 1) == NULL; }""",
    "dynamic pool": """#include <lfmem/dynpool.h>
        LFM_SEGMENT_DEFINE(ram, 1024, 1);
        static lfm_dynpool pool;
        int main(void) {
            const lfm_dynpool_config config = {.block_size = 8, .align = 8, .maximum = 4};
            return lfm_dynpool_init(&pool, ram, &config) != LFM_OK || lfm_dynpool_put(&pool, lfm_dynpool_get(&pool)) != LFM_OK;
        }""",
    "heap": """#include <lfmem/heap.h>
        LFM_HEAP_DEFINE(heap, 1024, 64, LFM_FIT_TRIMMED);
        int main(void) { return lfm_heap_free(heap, lfm_heap_alloc(heap, 100)) != LFM_OK; }""",
}
# Its calls are in line, so it names no function of the library.
IN_LINE = """#include <lfmem/pool.h>
    LFM_POOL_DEFINE(pool, 8, 8, 8);
    LFM_POOL_DEFINE(other, 3, 20, 4);
    int main(void) {
        return lfm_pool_put(pool, lfm_pool_get(pool)) != LFM_OK || lfm_pool_put(other, lfm_pool_get(other)) != LFM_OK;
    }"""
# The same, and of a dynamic pool the functions that make more blocks and find them.
ALSO_IN_LINE = ["""#include <lfmem/segment.h>
    LFM_SEGMENT_DEFINE(ram, 64, 8);
    int main(void) { return lfm_segment_alloc(ram, 8, 8) == NULL; }""", """#include <lfmem/segment.h>
    LFM_SEGMENT_DEFINE(ram, 64, 8);
    int main(void) { return lfm_segment_alloc_padded(ram, 8, 8) == NULL; }""", """#include <lfmem/dynpool.h>
    LFM_SEGMENT_DEFINE(ram, 64, 8);
    LFM_DYNPOOL_DEFINE(pool, ram, 3, 3, 1, 8, 8);
    void *get(void);
    void *get(void) { return lfm_dynpool_get(pool); }""", """#include <lfmem/dynpool.h>
    LFM_SEGMENT_DEFINE(ram, 64, 8);
    LFM_DYNPOOL_DEFINE(pool, ram, 3, 3, 1, 8, 8);
    lfm_status put(void *block);
    lfm_status put(void *block) { return lfm_dynpool_put(pool, block); }"""]
FRONT_ENDS = {
    "k_mem_pool": """#include <kernel.h>
        K_MEM_POOL_DEFINE(pool, 64, 256, 2, 4);
        int main(void) {
            struct k_mem_block block;
            const int status = k_mem_pool_alloc(&pool, &block, 100, K_NO_WAIT);
            k_mem_pool_free(&block);
            return status;
        }""",
    "k_heap": """#include <kernel.h>
        K_HEAP_DEFINE(heap, 256);
        int main(void) {
            void *const block = k_heap_alloc(&heap, 100, K_NO_WAIT);
            k_heap_free(&heap, block);
            return block == NULL;
        }""",
    "sys_heap": """#include <sys/sys_heap.h>
        static unsigned char memory[1024];
        static struct sys_heap heap;
        int main(void) {
            sys_heap_init(&heap, memory, sizeof memory);
            void *const block = sys_heap_alloc(&heap, 100);
            sys_heap_free(&heap, block);
            return block == NULL || !sys_heap_validate(&heap);
        }""",
    "MEM_SEG": """#include <lib_mem.h>
        static MEM_SEG segment;
        static CPU_INT08U memory[100];
        int main(void) {
            LIB_ERR error;
            Mem_SegCreate("segment", &segment, (CPU_ADDR)memory, sizeof memory, 1, &error);
            return error != LIB_MEM_ERR_NONE || Mem_SegAlloc("piece", &segment, 50, &error) == NULL;
        }""",
    "os_mempool": """#include <os/os.h>
        static struct os_mempool pool;
        static os_membuf_t memory[OS_MEMPOOL_SIZE(8, 20)];
        int main(void) {
            return os_mempool_init(&pool, 8, 20, memory, "pool") != OS_OK || os_memblock_put(&pool, os_memblock_get(&pool)) != OS_OK;
        }""",
}

# Where blocks lie in a buffer that the program's macros size, of usual and of extended pools; what is behind the last one stays.
LAYOUT = """#include <os/os.h>
    #include <string.h>
    static struct { struct os_mempool_ext pool; unsigned char behind[32]; } mine;
    static struct { os_membuf_t memory[OS_MEMPOOL_SIZE(5, 21)]; unsigned char behind[32]; } yours;
    static int use(size_t stride) {
        unsigned char *blocks[5];
        for (int i = 0; i < 5; i++) {
            blocks[i] = os_memblock_get(&mine.pool.mpe_mp);
            if (blocks[i] != (unsigned char *)yours.memory + i * stride) { return 2; }
            memset(blocks[i], 0x11, 21);
        }
        if (os_memblock_get(&mine.pool.mpe_mp) != NULL || blocks[4] + 21 > yours.behind) { return 3; }
        for (int i = 0; i < 5; i++) { if (os_memblock_put(&mine.pool.mpe_mp, blocks[i]) != OS_OK) { return 4; } }
        for (int i = 0; i < 32; i++) { if (mine.behind[i] != 0x5a || yours.behind[i] != 0x5a) { return 5; } }
        return mine.pool.mpe_mp.mp_num_free != 5 || !os_mempool_is_sane(&mine.pool.mpe_mp) ? 6 : 0;
    }
    int main(void) {
        const size_t size = (21 + OS_ALIGNMENT - 1) / OS_ALIGNMENT * OS_ALIGNMENT;
        memset(mine.behind, 0x5a, 32), memset(yours.behind, 0x5a, 32);
        if (os_mempool_init(&mine.pool.mpe_mp, 5, 21, yours.memory, "usual") != OS_OK) { return 1; }
        int status = use(size + (MYNEWT_VAL(OS_MEMPOOL_GUARD) ? OS_ALIGNMENT : 0));
        if (status == 0 && os_mempool_ext_init(&mine.pool, 5, 21, yours.memory, "extended") == OS_OK) { status = use(size); }
        return status != 0 || (mine.pool.mpe_mp.mp_flags & OS_MEMPOOL_F_EXT) == 0;
    }"""

# What a variable of an enumeration's type has beside it stays as it is, and what is passed arrives.
WIDTHS = {
    "heap": """#include <lfmem/heap.h>
        #include <string.h>
        static _Alignas(64) unsigned char storage[4096];
        int main(void) {
            static lfm_heap heap;
            lfm_heap_stats_t stats;
            struct { lfm_heap_config config; unsigned char behind[8]; } mine;
            memset(&mine, 0xff, sizeof mine);
            mine.config.min_block = 64, mine.config.fit = LFM_FIT_BUDDY4, mine.config.peak = true;
            if (lfm_heap_init(&heap, storage, sizeof storage, &mine.config) != LFM_OK) { return 1; }
            void *const block = lfm_heap_alloc(&heap, 65);
            lfm_heap_stats(&heap, &stats);
            return stats.used != 256 || lfm_heap_free(&heap, block) != LFM_OK || (lfm_heap_stats(&heap, &stats), stats.peak != 256);
        }""",
    "MEM_SEG": """#include <lib_mem.h>
        #include <string.h>
        int main(void) {
            struct { unsigned char before[8]; LIB_ERR error; unsigned char behind[8]; } mine;
            memset(&mine, 0x5a, sizeof mine);
            void *const piece = Mem_HeapAlloc(16, 1, NULL, &mine.error);
            for (int i = 0; i < 8; i++) { if (mine.before[i] != 0x5a || mine.behind[i] != 0x5a) { return 2; } }
            return piece == NULL || mine.error != LIB_MEM_ERR_NONE || sizeof mine.error != sizeof(int);
        }""",
    "os_mempool": """#include <os/os.h>
        static struct os_mempool_ext pool;
        static os_membuf_t memory[OS_MEMPOOL_SIZE(8, 20)];
        static os_error_t refuse(struct os_mempool_ext *ome, void *data, void *arg) {
            (void)ome, (void)data;
            return *(os_error_t *)arg;
        }
        int main(void) {
            static struct { os_error_t say; unsigned char behind[8]; } mine = {OS_ERROR, {1, 2, 3, 4, 5, 6, 7, 8}};
            if (os_mempool_ext_init(&pool, 8, 20, memory, "pool") != OS_OK) { return 1; }
            pool.mpe_put_cb = refuse, pool.mpe_put_arg = &mine.say;
            return os_memblock_put(&pool.mpe_mp, os_memblock_get(&pool.mpe_mp)) != OS_ERROR || sizeof(os_error_t) != sizeof(int);
        }""",
}

ARGUMENTS = ["-DLIB_MEM_CFG_HEAP_SIZE=4096", "-DLIB_MEM_CFG_HEAP_PADDING_ALIGN=1", "-DLFM_MICRIUM_NAMES=4", "-DLFM_MYNEWT_METADATA=1024",
             "-DLFM_MYNEWT_POOLS=4", "-DLFM_MYNEWT_TRAPS=0"]


def fail(message):
    sys.exit(f"configurations.py: {message}")


def configurations():
    """Each as a dictionary: all first values, then every other value of one option."""
    first = {name: values[1] for name, values in OPTIONS.items()}
    return [first] + [{**first, name: value} for name, values in OPTIONS.items() for value in values[2:]]


def spell(values):
    """What the names of functions end in."""
    return "_" + "_".join(f"{letter}{values[name]}" for letter, name in
                          (("w", "LFM_WORD_BITS"), ("c", "LFM_CHECKS"), ("s", "LFM_SHARDS"), ("m", "LFM_HEAP_MARKS")))


class Builder:
    """Compiles programs and the library in one folder, two at a time or more."""

    def __init__(self, source, cc, work):
        self.cc, self.work = cc, work
        self.pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
        include, compat = source / "include", source / "include" / "lfmem" / "compat"
        text = (compat / "mynewt" / "os" / "os_arch.h.in").read_text() # Zephyr's is in lib/port/include
        for name, value in {"ALIGNMENT": 8, "POISON": 0, "GUARD": 0}.items():
            text = text.replace(f"@{name}@", str(value))
        made = work / "os" / "os_arch.h"
        made.parent.mkdir()
        made.write_text(text)
        self.flags = ["-std=c11", "-fno-strict-aliasing", f"-I{include}", f"-I{source / 'lib' / 'port' / 'include'}", f"-I{source / 'lib'}",
                      f"-I{work}", *(f"-I{compat / name}" for name in ("micrium", "mynewt", "zephyr")), *ARGUMENTS]
        self.core = sorted((source / "lib").glob("*.c"))
        self.parts = self.core + sorted(path for path in (source / "lib" / "compat").glob("*.c") if path.stem != "zephyr_pthread")

    def objects(self, name, sources, *flags):
        """Starts to compile these. Returns what becomes their names."""
        def one(path):
            made = self.work / f"{name}-{path.stem}.o"
            subprocess.run([*self.cc, *self.flags, *flags, "-c", path, "-o", made], check=True)
            return made
        return [self.pool.submit(one, path) for path in sources]

    def program(self, name, text, *flags):
        path = self.work / f"{name.replace(' ', '_')}.c"
        path.write_text(text + "\n")
        return self.objects(path.stem, [path], *flags)

    def wants(self, objects):
        """The library's symbols that these want."""
        done = subprocess.run(["nm", "-u", *(each.result() for each in objects)], check=True, stdout=subprocess.PIPE, text=True)
        return [word for word in done.stdout.split() if word.startswith("lfm_")]

    def link(self, objects, name, *flags):
        """Whether it links, and what the linker says."""
        made = self.work / name.replace(" ", "_")
        done = subprocess.run([*self.cc, *(each.result() for each in objects), *flags, "-pthread", "-o", made], stderr=subprocess.PIPE,
                              text=True)
        return (made if done.returncode == 0 else None), done.stderr

    def link_and_run(self, objects, name, *flags):
        made, said = self.link(objects, name, *flags)
        if made is None:
            fail(f"{name} does not link:\n{said}")
        if subprocess.run([made]).returncode != 0:
            fail(f"{name} does not do what it should")


def each_with_each(build, programs, libraries, wanted, go_together=lambda mine, theirs: mine == theirs):
    """A program and a library for each configuration; `wanted`: what the linker says of the program's."""
    def pair(name, mine, theirs):
        label = f"{name} {mine} {theirs}"
        if go_together(mine, theirs):
            build.link_and_run(programs[name, mine] + libraries[theirs], label)
            return
        for flags in ["-Wl,--gc-sections"], []:  # what nothing refers to is left out, but not this
            made, said = build.link(programs[name, mine] + libraries[theirs], label, *flags)
            if made is not None:
                fail(f"{name}: a program of {wanted[mine]} links with a library of {wanted[theirs]} {flags}")
        if wanted[mine] not in said:
            fail(f"{name}: the linker does not say {wanted[mine]}:\n{said}")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as links:
        for done in [links.submit(pair, name, mine, theirs) for name, mine in programs for theirs in libraries]:
            done.result()


def core_and_front_ends(build):
    all_of_them = configurations()
    programs, libraries, wanted = {}, {}, {}
    for i, values in enumerate(all_of_them):
        flags = [f"-D{name}={value}" for name, value in values.items()]
        wanted[i] = spell(values)
        libraries[i] = build.objects(f"library{i}", build.parts, *flags)
        for name, text in {**CORE, **FRONT_ENDS}.items():
            programs[name, i] = build.program(f"{name} {i}", text, *flags)
        programs["pool in line", i] = build.program(f"pool in line {i}", IN_LINE, "-O2", *flags)
        wants = build.wants(programs["pool in line", i])
        if wants != ["lfm_configuration" + wanted[i]]:
            fail(f"a program whose calls are in line wants {wants}")
        for k, text in enumerate(ALSO_IN_LINE):
            wants = build.wants(build.program(f"also in line {k} {i}", text, "-O2", *flags))
            if "lfm_configuration" + wanted[i] not in wants:
                fail(f"a program whose calls are in line wants {wants} alone")
    each_with_each(build, programs, libraries, wanted)


def kinds_of_port(build):
    """The atomic operations of calls in line are of the same kind as the library's."""
    (build.work / "odd_port.h").write_text('#define LFM_PORT_KIND "_odd"\n')
    port = '-DLFM_PORT_HEADER="odd_port.h"'
    programs = {("pool in line", kind): build.program(f"in line{kind}", IN_LINE, "-O2", *flags) for kind, flags in (("", ()), ("_odd", (port,)))}
    libraries = {kind: build.objects(f"core{kind}", build.core, *flags) for kind, flags in (("", ()), ("_odd", (port,)))}
    first = spell({name: value for name, value in zip(OPTIONS, (1, 64, 0, 0))})
    each_with_each(build, programs, libraries, {"": first, "_odd": first + "_odd"})


def mynewt(build):
    """Alignment, guard and poison of the library with those of the program. Poison does not have to be the same."""
    programs, libraries, wanted = {}, {}, {}
    core = build.objects("core", build.core)
    for alignment in (4, 8, 16):
        for guard in (0, 1):
            for poison in (0, 1):
                key = f"_a{alignment}_g{guard}", poison
                flags = [f"-DOS_ALIGNMENT={alignment}", f"-DMYNEWT_VAL_OS_MEMPOOL_GUARD={guard}",
                         f"-DMYNEWT_VAL_OS_MEMPOOL_POISON={poison}"]
                label = f"{key[0]}_p{poison}"
                wanted[key] = key[0]
                libraries[key] = core + build.objects(f"mynewt{label}", [path for path in build.parts if path.stem.startswith("mynewt")],
                                                      *flags, f"-DLIBRARY_POISONS={poison}")
                programs["layout", key] = build.program(f"layout{label}", LAYOUT, *flags)
    each_with_each(build, programs, libraries, wanted, lambda mine, theirs: mine[0] == theirs[0])


def short_enums_and_lto(build):
    library = {flag: build.objects(f"library{flag}", build.parts, flag) for flag in ("-fshort-enums", "-fno-short-enums")}
    for name, text in WIDTHS.items():
        for mine, theirs in (("-fshort-enums", "-fno-short-enums"), ("-fno-short-enums", "-fshort-enums")):
            build.link_and_run(build.program(f"{name} {mine}", text, mine) + library[theirs], f"{name} {mine}")
    optimised = build.objects("lto", build.parts, "-O2", "-flto")
    for name, text in {**CORE, **FRONT_ENDS}.items():
        build.link_and_run(build.program(f"{name} lto", text, "-O2", "-flto") + optimised, f"{name} -flto", "-O2", "-flto")
    # of which something is not inline
    other, said = build.link(build.program("heap other", CORE["heap"], "-O2", "-flto", "-DLFM_CHECKS=2") + optimised, "other", "-O2", "-flto")
    if other is not None or "_c2_" not in said:
        fail(f"-flto links what is configured differently:\n{said}")


def main(source, cc):
    with tempfile.TemporaryDirectory() as folder:
        build = Builder(source, cc, pathlib.Path(folder))
        core_and_front_ends(build)
        kinds_of_port(build)
        mynewt(build)
        short_enums_and_lto(build)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:])

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What lib/port has for other builds is in step with the library.

usage: glue.py SOURCE CC EXE_SUFFIX...

The library and an example, compiled without Meson's config.h, run; that header has the same names as Meson's, and
its version; clang compiles the library for 32-bit cores without a warning, and calls
no library for what cache.h inlines on cores without atomic instructions; the port headers compile, with headers in place of the
RTOS's that have what those have; each RTOS's build names all sources; the CMake files run, with functions in place of the RTOS's
that note what they are told, and pools have one list unless the build says that there are several cores. Barriers are left
out (port/one_core.h) where the system has one core, and nowhere else.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

NOTE = """
function(note name)
  string(REPLACE ";" "|" all "${ARGN}")
  file(APPEND "${NOTES}" "${name}|${all}\\n")
endfunction()
foreach(name zephyr_library_named zephyr_library_sources zephyr_library_compile_definitions zephyr_library_compile_options
    zephyr_include_directories zephyr_compile_definitions idf_component_register target_compile_definitions
    target_compile_options target_include_directories target_link_libraries set_target_properties add_library)
  cmake_language(EVAL CODE "function(${name})\\n note(${name} \\${ARGN})\\nendfunction()")
endforeach()
"""


def fail(message):
    sys.exit(f"glue.py: {message}")


def names(text):
    """The macros that a header defines."""
    return set(re.findall(r"^#define (LFM_\w+)", text, re.M))


def noted(work, script, **variables):
    """Runs a CMake file, and returns what each function in place of the RTOS's was told, in one list."""
    notes = work / "notes"
    notes.unlink(missing_ok=True)
    run = work / "run.cmake"
    values = "".join(f'set({name} "{value}")\n' for name, value in variables.items())
    run.write_text(f'set(NOTES "{notes}")\n{values}{NOTE}\ninclude("{script}")\n')
    subprocess.run(["cmake", "-P", run], check=True)
    told = {}
    for line in notes.read_text().splitlines() if notes.exists() else []:
        name, *arguments = line.split("|")
        told.setdefault(name, []).extend(arguments)
    return told


def compile_for_cores(work, includes, parts):
    """The library for 32-bit cores; a cache's get and put for those whose atomic operations clang leaves to a library."""
    clang = ["clang", "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-ffreestanding", *includes]
    for target in [["--target=thumbv7m-none-eabi"], ["--target=armv7a-none-eabi"]]:
        subprocess.run([*clang, *target, "-fsyntax-only", *parts], check=True)
    unit, made = work / "inline.c", work / "inline.s"
    unit.write_text("#include <lfmem/cache.h>\nvoid *get(lfm_cache *c) { return lfm_cache_get(c); }\n"
                    "lfm_status put(lfm_cache *c, void *block) { return lfm_cache_put(c, block); }\n")
    for target in [["--target=riscv32-unknown-elf", "-march=rv32imc"], ["--target=thumbv6m-none-eabi"]]:
        subprocess.run([*clang, *target, "-S", unit, "-o", made], check=True)
        if "__atomic" in made.read_text():
            fail(f"{target[0]}: a cache's get or put calls libatomic")


def check_version(work, cc, includes, meson):
    """config.h has the version of the project, as text and as a number."""
    version = re.search(r"^  version: '(\d+)\.(\d+)\.(\d+)',$", meson.read_text(), re.M)
    major, minor, patch = version.groups()
    unit = work / "version.c"
    unit.write_text(f"""#include <lfmem/config.h>
        #if LFM_VERSION != {int(major) * 10000 + int(minor) * 100 + int(patch)} || LFM_VERSION != LFM_VERSION_NUMBER({major}, {minor}, {patch})
        #error "not {version[0]}"
        #endif
        #if LFM_VERSION_NUMBER(1, 0, 0) <= LFM_VERSION_NUMBER(0, 99, 99) || LFM_VERSION_NUMBER(0, 2, 0) <= LFM_VERSION_NUMBER(0, 1, 99)
        #error "not in order"
        #endif
        _Static_assert(__builtin_strcmp(LFM_VERSION_STRING, "{major}.{minor}.{patch}") == 0, "text");
        """)
    subprocess.run([*cc, "-std=c11", *includes, "-fsyntax-only", unit], check=True)


# What the port headers use, where the RTOS's headers have it. Zephyr: kernel.h implies kernel_structs.h, not the other way.
HEADERS = {
    "zephyr/kernel_structs.h": "#pragma once\nstruct _cpu { unsigned char id; };\n",
    "zephyr/kernel.h": "#pragma once\n#include <zephyr/kernel_structs.h>\n"
                       "static inline struct _cpu *arch_curr_cpu(void) { static struct _cpu cpu; return &cpu; }\n",
    "FreeRTOS.h": "#pragma once\n#define portGET_CORE_ID() 0\n",
    "esp_cpu.h": "#pragma once\nstatic inline int esp_cpu_get_core_id(void) { return 0; }\n",
}


def compile_ports(work, cc, includes, pool):
    """The one part that asks who is running."""
    for name, text in HEADERS.items():
        (work / name).parent.mkdir(exist_ok=True)
        (work / name).write_text(text)
    one_core = [["zephyr", "-DCONFIG_LFMEM_ONE_CORE=1"], ["freertos"], ["freertos", "-DconfigNUMBER_OF_CORES=1"]]
    others = [["zephyr", "-DCONFIG_SMP=1"], ["zephyr"], ["zephyr", "-DCONFIG_SMP=1", "-DCONFIG_LFMEM_ONE_CORE=1"], ["esp-idf"],
              ["freertos", "-DconfigNUMBER_OF_CORES=2"], ["freertos", "-DconfigNUM_CORES=2"], ["freertos", "-DportNUM_PROCESSORS=2"],
              ["freertos", "-DLFM_SHARDS=1"], ["freertos", "-DLFM_FREERTOS_ONE_CORE=0"]]
    for name, *more in one_core + others:
        flags = [*cc, "-std=c11", "-Wall", "-Werror", *includes, f"-I{work}", f'-DLFM_PORT_HEADER="port/{name}/lfm_port.h"', *more]
        subprocess.run([*flags, "-fsyntax-only", pool], check=True)
        macros = subprocess.run([*flags, "-E", "-dM", pool], check=True, capture_output=True, text=True).stdout
        if ("LFM_LIB_PORT_ONE_CORE_H" in macros) != ([name, *more] in one_core):
            fail(f"{name} {more}: barriers are left out, or are not, against what the system says of its cores")
    cortex_m = ["-U__ARM_ARCH", "-U__ARM_ARCH_PROFILE", "-D__ARM_ARCH=7", "-D__ARM_ARCH_PROFILE=77"]
    for name, *more in one_core:
        flags = [*cc, "-std=c11", *includes, f"-I{work}", f'-DLFM_PORT_HEADER="port/{name}/lfm_port.h"', *more]
        macros = [subprocess.run([*flags, *core, "-E", "-dM", pool], check=True, capture_output=True, text=True).stdout for core in ([], cortex_m)]
        if ["define LFM_LINKED 1" in text for text in macros] != [False, True]:
            fail(f"{name} {more}: load-linked is for Cortex-M, and for nothing else")


def expect(told, sources, parts, definitions, checks, chosen):
    """A build takes these sources, its library and programs know level and shards, and its library whether it is to be small."""
    wanted = {f"LFM_CHECKS={checks}", f"LFM_SHARDS={1 if chosen else 0}"}
    small = f"LFM_SMALL={1 if chosen else 0}"
    if files(told[sources]) != parts or not wanted <= set(told[definitions]) or small not in sum(told.values(), []):
        fail(f"{sources} with shards and small '{chosen}' is told {told}")


def default_shards(work, cc, includes):
    """Without a word of the build, pools have one list; Mynewt's configuration decides there."""
    unit = work / "shards.c"
    unit.write_text("#include <lfmem/pool.h>\n_Static_assert(LFM_SHARDS == EXPECTED && (LFM_POOL_MAX_SHARDS > 1) == EXPECTED, \"\");\n")
    (work / "syscfg").mkdir()
    (work / "syscfg" / "syscfg.h").write_text("#define MYNEWT_VAL(name) MYNEWT_VAL_##name\n#define MYNEWT_VAL_LFMEM_CHECKS 1\n")
    mynewt = [f"-I{includes[1][2:]}/../mynewt/include", f"-I{work}"]
    for more, expected in [([], 0), (["-DLFM_SHARDS=1"], 1), ([*mynewt, "-DMYNEWT_VAL_LFMEM_SHARDS=0"], 0),
                           ([*mynewt, "-DMYNEWT_VAL_LFMEM_SHARDS=1"], 1)]:
        subprocess.run([*cc, "-std=c11", *more, *includes, f"-DEXPECTED={expected}", "-fsyntax-only", unit], check=True)
    named = ["-DMYNEWT_VAL_LFMEM_SHARDS=0", "-DEXPECTED=0", '-DLFM_PORT_HEADER="port/one_core.h"'] # Mynewt's path has ports, too
    unit.write_text(unit.read_text() + "#include <lfmem/detail/port.h>\n")
    subprocess.run([*cc, "-std=c11", *mynewt, *named, includes[0], "-fsyntax-only", unit], check=True)


def mynewt_pools(work, cc, port):
    """The package in place of the kernel's os_mempool.c compiles as it says, with values of options as the package has them."""
    package = port / "mynewt" / "os_mempool"
    kernel = work / "kernel"
    (kernel / "os").mkdir(parents=True)
    (kernel / "syscfg").mkdir()
    values = re.findall(r"^    (LFMEM_\w+):.*?^        value: (\d+)$", (package / "syscfg.yml").read_text(), re.M | re.S)
    values += [("LFMEM_CHECKS", 1), ("LFMEM_SHARDS", 0), ("LFMEM_SMALL", 1), ("OS_MEMPOOL_GUARD", 1), ("OS_MEMPOOL_POISON", 1)]
    (kernel / "syscfg" / "syscfg.h").write_text("#define MYNEWT_VAL(_name) MYNEWT_VAL_ ## _name\n" + "".join(
        f"#define MYNEWT_VAL_{name} ({value})\n" for name, value in values))
    (kernel / "os" / "os.h").write_text("#pragma once\n#include \"syscfg/syscfg.h\"\n#define OS_ALIGNMENT (4)\n#include \"os/os_mempool.h\"\n")
    (kernel / "os" / "os_error.h").write_text(
        "#pragma once\ntypedef enum os_error { OS_OK, OS_ENOMEM, OS_EINVAL, OS_INVALID_PARM, OS_MEM_NOT_ALIGNED } os_error_t;\n")
    text = (package / "pkg.yml").read_text()
    folders, flags, sources = (re.findall(r"^    - (\S+)$", re.search(rf"^pkg\.{part}:\n((?:    .*\n)+)", text, re.M)[1], re.M)
                               for part in ("include_dirs", "cflags", "source_files"))
    if not all((package / name).is_dir() for name in folders):
        fail(f"a folder is missing in {folders}")
    for name in sources:
        subprocess.run([*cc, "-std=gnu11", "-Wall", "-Werror", *flags, *(f"-I{package / folder}" for folder in folders), f"-I{kernel}",
                        "-c", package / name, "-o", work / "mynewt.o"], check=True)
    if [(package / name).resolve() for name in sources] != [port.parent / "compat" / "mynewt.c"]:
        fail(f"pkg.yml of os_mempool lists {sources}")


def freertos_ports(work, script):
    """Library and heap have the same port, which asks the kernel; or the one that is named; or none."""
    for shards, one_core, header in [("", "y", ""), ("y", "y", ""), ("y", "", ""), ("", "", ""), ("", "y", "port/mine.h")]:
        told = noted(work, script, LFMEM_SHARDS=shards, LFMEM_ONE_CORE=one_core, LFMEM_PORT_HEADER=header)["target_compile_definitions"]
        wanted = header or ("port/freertos/lfm_port.h" if shards or one_core else None)
        if [word for word in told if "PORT_HEADER" in word] != [f'LFM_PORT_HEADER="{wanted}"'] * (2 if wanted else 0):
            fail(f"FreeRTOS, shards '{shards}', one core '{one_core}', port '{header}': not {wanted}: {told}")


def files(told):
    """Which of these are files, resolved."""
    return {pathlib.Path(name).resolve() for name in told if pathlib.Path(name).is_file()}


def main(source, cc):
    port = source / "lib" / "port"
    parts = set((source / "lib").glob("*.c"))
    ours, mesons = (names(path.read_text()) for path in
                    (port / "include" / "lfmem" / "config.h", source / "include" / "lfmem" / "config.h.in"))
    if not parts or ours - {"LFMEM_CONFIG_H"} != mesons - {"LFMEM_CONFIG_H"}:
        fail(f"config.h and config.h.in differ in {sorted(ours ^ mesons)}")

    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        includes = [f"-I{source / 'include'}", f"-I{port / 'include'}"]
        example = source / "test" / "example" / "first.c"
        subprocess.run([*cc, "-std=c11", "-O2", "-Wall", "-Werror", "-fno-strict-aliasing", *includes, *parts, example, "-pthread",
                        "-o", work / "first"], check=True)
        subprocess.run([work / "first"], check=True)
        default_shards(work, cc, includes)
        check_version(work, cc, includes, source / "meson.build")
        compile_ports(work, cc, includes, source / "lib" / "pool.c")
        if shutil.which("clang") is not None:
            compile_for_cores(work, includes, parts)

        listed = re.findall(r"^    - (\S+\.c)$", (port / "mynewt" / "pkg.yml").read_text(), re.M)
        if {(port / "mynewt" / name).resolve() for name in listed} != parts:
            fail(f"pkg.yml lists {listed}")
        mynewt_pools(work, cc, port)

        if shutil.which("cmake") is None:
            print("no cmake: CMake files are not looked at")
            return
        for shards in ("", "y"):
            zephyr = noted(work, port / "zephyr" / "CMakeLists.txt", CONFIG_LFMEM="y", CONFIG_LFMEM_CHECKS="2", CONFIG_LFMEM_SHARDS=shards,
                           CONFIG_LFMEM_SMALL=shards)
            expect(zephyr, "zephyr_library_sources", parts, "zephyr_compile_definitions", 2, shards)
        if noted(work, port / "zephyr" / "CMakeLists.txt", CONFIG_LFMEM=""):
            fail("Zephyr builds lfmem without CONFIG_LFMEM")
        for shards in ("", "y"):
            idf = noted(work, port / "esp-idf" / "lfmem" / "CMakeLists.txt", COMPONENT_LIB="lib", CONFIG_LFMEM_CHECKS="0",
                        CONFIG_LFMEM_SHARDS=shards, CONFIG_LFMEM_SMALL=shards)
            expect(idf, "idf_component_register", parts, "target_compile_definitions", 0, shards)
            one_core = noted(work, port / "esp-idf" / "lfmem" / "CMakeLists.txt", COMPONENT_LIB="lib", CONFIG_LFMEM_ONE_CORE="y")
            for told, header in ((idf, "port/esp-idf/lfm_port.h"), (one_core, "port/one_core.h")):
                if f'LFM_PORT_HEADER="{header}"' not in told["target_compile_definitions"]:
                    fail(f"ESP-IDF does not take {header}: {told}")
            freertos = noted(work, port / "freertos" / "CMakeLists.txt", LFMEM_SHARDS=shards, LFMEM_SMALL=shards)
            heap = {(port / "freertos" / "heap_lfm.c").resolve()}
            expect(freertos, "add_library", parts | heap, "target_compile_definitions", 1, shards)
        freertos_ports(work, port / "freertos" / "CMakeLists.txt")
        told = [pathlib.Path(name) for name in
                [*zephyr["zephyr_include_directories"], *idf["idf_component_register"], *freertos["target_include_directories"]]]
        if not all(path.is_dir() for path in told if path.is_absolute() and path.suffix != ".c"):
            fail(f"a folder is missing in {told}")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:])

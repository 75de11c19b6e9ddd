#!/bin/sh
# SPDX-License-Identifier: MIT
# attach.sh CC SOURCE: two programs share pools, segments, dynamic pools and heaps in a file. One whose build lays them
# out differently than the maker's is refused, and one of the same build is not.
. "$(dirname "$0")/support.sh"
cc=$1 source=$2

# build NAME FLAG...: the program, with the library, in a configuration
build()
{
    name=$1
    shift
    # shellcheck disable=SC2086
    quietly $cc -std=c11 -D_DEFAULT_SOURCE -O1 -fno-strict-aliasing "$@" -I "$source/include" \
        -I "$source/lib/port/include" -o "$work/$name" "$source/test/unit/attach_process.c" "$source"/lib/*.c
}

build 64 -DLFM_WORD_BITS=64
build same -DLFM_WORD_BITS=64 -O2
build 32 -DLFM_WORD_BITS=32
build checks0 -DLFM_WORD_BITS=64 -DLFM_CHECKS=0
build checks2 -DLFM_WORD_BITS=64 -DLFM_CHECKS=2
build shards1 -DLFM_WORD_BITS=64 -DLFM_SHARDS=1
build marks1 -DLFM_WORD_BITS=64 -DLFM_HEAP_MARKS=1
programs="64 same 32 checks0 checks2 shards1 marks1"

# Pointers of 32 bits, where the compiler and this machine have them.
for words in 64 32; do
    bare="-m32 -march=i686 -ffreestanding -fno-pic -no-pie -nostdlib -static -fno-stack-protector -DATTACH_BARE"
    # shellcheck disable=SC2086
    if $cc -std=c11 -O1 -fno-strict-aliasing $bare -DLFM_WORD_BITS=$words -I "$source/include" \
        -I "$source/lib/port/include" -o "$work/p32_$words" "$source/test/unit/attach_process.c" "$source"/lib/*.c \
        > "$work/log" 2>&1 && $cc -std=c11 -O1 -fno-strict-aliasing $bare -DATTACH_MAKES -DLFM_WORD_BITS=$words \
        -I "$source/include" -I "$source/lib/port/include" -o "$work/p32_$words-make" \
        "$source/test/unit/attach_process.c" "$source"/lib/*.c > "$work/log" 2>&1 &&
        truncate -s 131072 "$work/shared" && "$work/p32_$words-make" 0<> "$work/shared"; then
        programs="$programs p32_$words"
    else
        echo "no program with pointers of 32 bits and words of $words here"
    fi
done

for maker in $programs; do
    rm -f "$work/shared"
    truncate -s 131072 "$work/shared"
    if [ -x "$work/$maker-make" ]; then
        "$work/$maker-make" 0<> "$work/shared" || fail "$maker makes nothing"
    else
        "$work/$maker" make 0<> "$work/shared" || fail "$maker makes nothing"
    fi
    for other in $programs $maker; do
        cp "$work/shared" "$work/before"
        status=0
        said=$("$work/$other" 0<> "$work/shared") || status=$?
        case $maker:$other in
        64:same | same:64 | "$other:$maker")
            [ "$status:$said" = 0:00000 ] || fail "$other cannot use what $maker made: $said, $status"
            ;;
        *)
            case $status:$said in
            0:*[!67]*) fail "$other does not refuse what $maker made: $said" ;;
            0:[67][67][67][67][67]) ;;
            *) fail "$other fails on what $maker made: $said, $status" ;;
            esac
            cmp -s "$work/before" "$work/shared" || fail "$other writes into what $maker made"
            ;;
        esac
    done
done

# A static pool of the program, and a library of its own that was built with a lfmem of its own: its links differ.
cat > "$work/pool.h" <<END
#include <lfmem/pool.h>
LFM_POOL_DECLARE(everyones);
END
cat > "$work/program.c" <<END
#include "pool.h"
#include <stdio.h>
LFM_POOL_DEFINE_GLOBAL(everyones, 8, 16, 8);
int attach(void);
int main(void)
{
    printf("%d\n", attach());
    return lfm_pool_attach(everyones) == LFM_OK && lfm_pool_check(everyones) == LFM_OK ? 0 : 1;
}
END
cat > "$work/plugin.c" <<END
#include "pool.h"
__attribute__((visibility("default"))) int attach(void);
int attach(void)
{
    const lfm_status status = lfm_pool_attach(everyones);
    void *const block = status == LFM_OK ? lfm_pool_get(everyones) : NULL;
    if (block != NULL && lfm_pool_put(everyones, block) != LFM_OK) {
        return -1;
    }
    return (int)status;
}
END
flags="-std=c11 -O1 -fno-strict-aliasing -fPIC -I $source/include -I $source/lib/port/include -I $work"
for words in 64 32; do
    for program in 1 2; do
        for plugin in 1 2; do
            # shellcheck disable=SC2086
            quietly $cc $flags -DLFM_WORD_BITS=$words -DLFM_CHECKS=$plugin -c -o "$work/plugin.o" "$work/plugin.c"
            # shellcheck disable=SC2086
            quietly $cc $flags -DLFM_WORD_BITS=$words -DLFM_CHECKS=$plugin -fvisibility=hidden -shared \
                -o "$work/plugin.so" "$work/plugin.o" "$source"/lib/*.c
            # shellcheck disable=SC2086
            quietly $cc $flags -DLFM_WORD_BITS=$words -DLFM_CHECKS=$program -rdynamic -o "$work/program" \
                "$work/program.c" "$source"/lib/*.c "$work/plugin.so"
            said=$("$work/program") || fail "words $words, checks $program: a plugin of checks $plugin damages a pool"
            case $program:$plugin:$said in
            1:1:0 | 2:2:0 | 1:2:7 | 2:1:7) ;;
            *) fail "words $words, checks $program: a plugin of checks $plugin says $said" ;;
            esac
        done
    done
done
echo "programs: $programs"

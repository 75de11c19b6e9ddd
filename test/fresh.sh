#!/bin/sh
# SPDX-License-Identifier: MIT
# Does what the README says, `sh bench/run` and `sh test/run`, on a new machine: a Debian with nothing but what it must
# have, in a folder of its own, with HEAD as it is committed. sh test/run fresh [SUITE ...]; needs root, and a mirror.
# The root is under ${TMPDIR:-/tmp} and goes at the end, with what was mounted in it; the logs are in .build/fresh.
set -u
cd "$(dirname "$0")/.." || exit 1

[ "$(id -u)" = 0 ] || { echo "only root can make a root folder" >&2 && exit 1; }
. ./test/install.sh
need debootstrap:debootstrap git:git unshare:util-linux

place=$(mktemp -d "${TMPDIR:-/tmp}/lfmem-fresh.XXXXXX") || exit 1
root=$place/root
# What is mounted is so in a namespace of its own, and goes with the last process there.
child=
trap '[ -z "$child" ] || { kill -KILL "$child" && wait "$child"; } 2>/dev/null; rm -rf --one-file-system "$place"' EXIT
trap 'exit 130' HUP INT TERM

# this machine's Debian, and where it comes from
. /etc/os-release
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
    sed -n 's/^deb \(\[[^]]*\] *\)\{0,1\}\([a-z]*:[^ ]*debian\/\{0,1\}\) .*/\2/p; s/^URIs: *\([^ ]*debian\/\{0,1\}\)$/\1/p' | head -n 1)
rm -rf .build/fresh
mkdir -p .build/fresh
echo "making a ${VERSION_CODENAME:-bookworm}, .build/fresh/debootstrap.log"
if ! debootstrap --variant=minbase "${VERSION_CODENAME:-bookworm}" "$root" "${mirror:-http://deb.debian.org/debian}" \
    >.build/fresh/debootstrap.log 2>&1; then
    tail -n 5 .build/fresh/debootstrap.log >&2
    exit 1
fi

# sources, their keys, and how packages are fetched; no password
for part in /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/keyrings /usr/share/keyrings; do
    if [ -e $part ]; then
        rm -rf "${root:?}$part"
        cp -RL $part "$root$part"
    fi
done
grep -l '^ *Acquire' /etc/apt/apt.conf /etc/apt/apt.conf.d/* 2>/dev/null | while read -r part; do
    cp "$part" "$root/etc/apt/apt.conf.d/"
done
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"

mkdir "$root/lfmem"
git archive --format=tar HEAD | tar -x -C "$root/lfmem" || exit 1

# run SCRIPT ARGUMENT...: runs a script of the clone there, in an environment as poor as its files.
inside='root=$1; shift
    mount -t proc proc "$root/proc" && mount -t sysfs -o ro sysfs "$root/sys" && mkdir -p "$root/dev/pts" "$root/dev/shm" &&
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts" && mount -t tmpfs tmpfs "$root/dev/shm" &&
    exec chroot "$root" sh "$@"'
run() {
    env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin ${http_proxy:+"http_proxy=$http_proxy"} \
        ${https_proxy:+"https_proxy=$https_proxy"} \
        unshare --mount --propagation private --pid --fork --kill-child sh -c "$inside" inside "$root" "$@" </dev/null &
    child=$!
    wait "$child"
    ended=$?
    child=
    return $ended
}

status=0
run /lfmem/bench/run || { status=1 && echo "sh bench/run fails on a new machine" >&2; }
run /lfmem/test/run "$@" || { status=1 && echo "sh test/run fails on a new machine" >&2; }
cp "$root"/lfmem/.build/*.log .build/fresh/
for log in "$root"/lfmem/.build/*/meson-logs/testlog.txt; do
    [ -e "$log" ] || continue
    name=${log%/meson-logs/testlog.txt}
    cp "$log" ".build/fresh/${name##*/}.testlog.txt"
done
exit $status

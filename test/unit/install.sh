#!/bin/sh
# SPDX-License-Identifier: MIT
# What test/install.sh does where packages exclude each other, with an apt-get in place of Debian's that says what that
# says: nothing is removed, and what stands in the way is told.
# usage: install.sh SOURCE
set -eu
source=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail()
{
    echo "$*" >&2
    exit 1
}

mkdir "$work/bin"
cat > "$work/bin/id" << 'END'
#!/bin/sh
echo 0
END
cat > "$work/bin/apt-get" << 'END'
#!/bin/sh
# gcc-multilib is installed; whatever has arm in its name excludes it.
echo "$*" >> "$CALLS"
case " $* " in
*arm*) ;;
*) exit 0 ;;
esac
case " $* " in
*' -s '*) printf 'Remv gcc-multilib [4:12.2.0-3]\nInst gcc-arm-linux-gnueabihf (4:12.2.0-3 Debian:12 [amd64])\n' ;;
*' --no-remove '*) echo 'E: Packages need to be removed but remove is disabled.' >&2 && exit 100 ;;
*) echo 'gcc-multilib is gone' > "$CALLS.removed" ;;
esac
END
chmod +x "$work/bin/id" "$work/bin/apt-get"

# wants PACKAGE: what a script says and how it ends that needs something of which it has nothing
wants()
{
    : > "$work/calls"
    (
        cd "$work"
        PATH=$work/bin:$PATH CALLS=$work/calls sh -c '. "$1/test/install.sh"; need /nowhere/thing:$2; echo ready' sh "$source" "$1"
    ) > "$work/said" 2>&1
}

wants zlib1g-dev || fail "what excludes nothing is not installed: $(cat "$work/said")"
grep -qx ready "$work/said" || fail "the script does not go on"
grep -q 'install .*zlib1g-dev' "$work/calls" || fail "zlib1g-dev is not installed"

if wants gcc-arm-linux-gnueabihf; then
    fail "a conflict is not told: $(cat "$work/said")"
fi
[ ! -e "$work/calls.removed" ] || fail "a package was removed"
grep -q 'gcc-multilib' "$work/said" || fail "nobody says that gcc-multilib is in the way: $(cat "$work/said")"
grep -q 'gcc-arm-linux-gnueabihf' "$work/said" || fail "nobody says what cannot be installed: $(cat "$work/said")"
! grep -q 'ready' "$work/said" || fail "the script goes on without what it needs"
grep '^[^#]*install' "$work/calls" | grep -v -e --no-remove -e '-s ' && fail "an install that may remove"
cat "$work/said"

# SPDX-License-Identifier: MIT
# For scripts: need THING:PACKAGE ... installs the Debian package of each thing that is missing. A thing is a command, or a
# file by its path, in which * stands for anything.
need() {
    missing=
    for pair in "$@"; do
        thing=${pair%:*} package=${pair##*:}
        case $thing in
        /*)
            found=
            for file in $thing; do
                [ -e "$file" ] && found=1
            done
            [ -n "$found" ] || missing="$missing $package"
            ;;
        *) command -v "$thing" >/dev/null 2>&1 || missing="$missing $package" ;;
        esac
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        echo "please install what these Debian packages hold:$missing" >&2
        exit 1
    fi
    echo "installing$missing"
    mkdir -p .build
    # shellcheck disable=SC2086
    if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --no-remove $missing; } \
        >.build/install.log 2>&1; then
        tell_removals $missing
        tail -n 20 .build/install.log >&2
        exit 1
    fi
}

# tell_removals PACKAGE...: if they exclude packages that are installed, tells which and ends; removes nothing. Debian's
# gcc-multilib is one: it does without any cross compiler beside it.
tell_removals() {
    excluded=$(DEBIAN_FRONTEND=noninteractive apt-get -s install --no-install-recommends "$@" 2>/dev/null |
        sed -n 's/^Remv \([^ ]*\).*/\1/p' | tr '\n' ' ')
    excluded=${excluded% }
    [ -n "$excluded" ] || return 0
    {
        echo "cannot be installed beside $excluded, which stays: $*"
        echo "Nothing was changed. Either \`apt-get remove $excluded\` first, or leave it and run \`sh test/run fresh\`, in a root of its own."
    } >&2
    exit 1
}

#!/bin/sh
# Installs or removes a package together with what it depends on. The agent
# writes this file into an action's folder and runs it there, once.
#
#   apt.sh published NAME=VERSION CONTENT   what is named in ./published is all there is
#   apt.sh sources CONTENT/DIGEST           from the machine's own package sources
#   apt.sh remove NAME                      and what is named in ./names, where unneeded
#
# Ends with the code of the tool that failed.
set -eu

# Configuration files that were changed by hand are kept: nobody is there to be
# asked. Nothing is removed that nobody asked to remove.
install() {
    exec apt-get --yes --no-remove --no-install-recommends \
        -o APT::Install-Suggests=false -o Dpkg::Use-Pty=false \
        -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
        "$@"
}

# A dpkg that was cut off leaves a note that apt refuses to work beside. Writing
# its database, with nothing to change, takes the note in.
settle() {
    dpkg --set-selections </dev/null
}

# A repository of exactly the packages that were published. Their bytes were
# verified before; the SHA-256 is for apt, which knows no other digest.
repository() {
    mkdir -p repository lists/partial cache/archives/partial
    while read -r digest; do
        file=repository/$digest.deb
        ln -f "$1/$digest" "$file" 2>/dev/null || ln -sf "$1/$digest" "$file"
        sum=$(sha256sum "$file")
        dpkg-deb --field "$file"
        printf 'Filename: ./%s.deb\nSize: %s\nSHA256: %s\n\n' \
            "$digest" "$(stat -L -c %s "$file")" "${sum%% *}"
    done <published >repository/Packages
}

# The machine's packages, and nothing else of its configuration: no sources, no
# pins, no hooks, no network.
published() {
    wanted=$1
    repository "$2"
    export APT_CONFIG="$PWD/apt.conf"
    set -- -o Dir::Etc::sourcelist="$PWD/sources.list" \
        -o Dir::State::lists="$PWD/lists" -o Dir::Cache="$PWD/cache"
    apt-get "$@" --quiet=2 update
    settle
    install "$@" install "$wanted"
}

sources() {
    mkdir -p repository
    file=$PWD/repository/package.deb
    ln -f "$1" "$file" 2>/dev/null || ln -sf "$1" "$file"
    # Lists that are old are better than none.
    apt-get update || echo "the package lists could not be updated"
    settle
    install install "$file"
}

remove() {
    dpkg --remove "$1"
    [ -s names ] || return 0
    mkdir -p lists/partial cache/archives/partial
    # The machine's own configuration says what must never go by itself.
    apt-get --simulate -o Dir::State::lists="$PWD/lists" -o Dir::Cache="$PWD/cache" \
        autoremove >simulated || return 0
    unneeded=$(sed -n 's/^Remv \([^ ]*\) .*/\1/p' simulated | grep -Fx -f names || true)
    [ -n "$unneeded" ] || return 0
    echo "no longer needed:" $unneeded
    # Where something else needs one of them after all, dpkg keeps it and says so.
    dpkg --remove $unneeded || true
}

"$@"

# shellcheck shell=bash
# Owns the way to a newer release: fetched from the origin of this checkout, watched, taken back if it fails.

WATCH_S=${PUNCHWIRE_WATCH_S:-90}
TO=
PARTS=()
RUNNING=()
BEFORE=
VERSION=
NEW=yes
ASIDE=

# update [--to TAG] [--root DIR]: status 0 when the release runs or ran already, 1 when the version before was
# put back, 69 when there is nothing to update or nowhere to get it, 75 while another update is under way.
update_services() {
    take_update_options "$@"
    need_root update
    local base=$ROOT/opt/punchwire tag
    find_parts
    BEFORE=$(readlink "$base/current") || die 69 "nothing is installed in $base"
    exec 9<"$base"
    flock --nonblock 9 || die 75 "another update is under way in $base"
    as_owner git rev-parse --git-dir >/dev/null 2>&1 || die 69 "$CHECKOUT is no clone of git: nothing to update from"
    tag=$(release) || die 69 "the origin of $CHECKOUT cannot be asked for its releases"
    [[ -n $tag ]] || die 69 "the origin has no release${TO:+ $TO}"
    VERSION=${tag#v}
    if [[ $VERSION == "$BEFORE" ]] || { [[ -z $TO ]] && older "$VERSION" "${BEFORE%%[a-z-]*}"; }; then
        say "punchwire $BEFORE is the newest release here; nothing was changed"
        exit 0
    fi
    [[ ! -e $base/$VERSION ]] || NEW=no
    ASIDE=$(mktemp -d)
    trap 'rm -rf "$ASIDE"' EXIT
    unpack "$tag" "$ASIDE/release"
    grep -qxF "version = \"$VERSION\"" "$ASIDE/release/pyproject.toml" ||
        die 69 "the release $tag calls itself another version; nothing was changed"
    set_aside
    note_running
    # Whose connection is lost finds it done; who breaks it off finds the version before.
    trap '' HUP PIPE
    trap 'take_back "was broken off"' INT TERM
    bring_up || take_back "was not healthy"
    trap '' INT TERM
    forget_older
    follow "$tag"
    say "punchwire $VERSION runs in place of $BEFORE"
}

take_update_options() {
    local rest=()
    while [[ $# -gt 0 ]]; do
        case $1 in
            --to)
                [[ ${2:-} == v* ]] || die 64 "--to needs the tag of a release, such as v1.2.0"
                TO=$2
                shift 2
                ;;
            *)
                rest+=("$1")
                shift
                ;;
        esac
    done
    take_options "${rest[@]}"
    [[ $PURGE == no ]] || die 64 "--purge belongs to uninstall"
    [[ $START == yes ]] || die 64 "--no-start belongs to edge and central"
}

# Central before the edge, as everywhere.
find_parts() {
    local part
    for part in central edge; do
        [[ ! -e $ROOT/etc/systemd/system/punchwire-$part.service ]] || PARTS+=("$part")
    done
    [[ ${#PARTS[@]} -gt 0 ]] || die 69 "neither edge nor central is installed${ROOT:+ in $ROOT}"
}

# The clone belongs to whoever made it: his keys fetch, and what is fetched stays his. What git leaves running
# does not hold our lock.
as_owner() {
    local owner home
    owner=$(stat -c %U "$CHECKOUT")
    if is_root && [[ $owner != root ]]; then
        home=$(getent passwd "$owner" | cut -d: -f6)
        runuser -u "$owner" -- env -C "$CHECKOUT" HOME="$home" "$@" 9<&-
    else
        env -C "$CHECKOUT" "$@" 9<&-
    fi
}

# The tag asked for, or the newest release of the origin, which is numbers alone; nothing if it has none.
release() {
    local listed tag='v[0-9]+(\.[0-9]+)*'
    [[ -z $TO ]] || tag='v[0-9][0-9A-Za-z.+-]*'
    listed=$(as_owner git ls-remote --tags --refs origin "${TO:-v[0-9]*}") || return
    sed -nE "s|.*refs/tags/($tag)\$|\1|p" <<<"$listed" | sort -V | tail -n 1
}

older() { [[ $1 != "$2" && $(printf '%s\n' "$1" "$2" | sort -V | head -n 1) == "$1" ]]; }

unpack() {
    as_owner git fetch --quiet --no-tags origin "+refs/tags/$1:refs/tags/$1" ||
        die 69 "the release $1 cannot be fetched"
    mkdir "$2"
    as_owner git archive "$1" | tar -x -C "$2"
}

# Our units, what somebody added to them, the links that enable them, and our rules: below /etc.
our_files() {
    (cd "$ROOT/etc" && find . -path "./systemd/system/*punchwire-*" -o -path "./udev/rules.d/70-punchwire.rules")
}

set_aside() {
    our_files >"$ASIDE/files"
    tar -C "$ROOT/etc" --no-recursion -cf "$ASIDE/files.tar" -T "$ASIDE/files"
}

# Install the release with its own words, and see it work.
bring_up() {
    local part start
    for part in "${PARTS[@]}"; do
        start=()
        ran "$part" || start=(--no-start)
        "$ASIDE/release/install.sh" "$part" ${ROOT:+--root "$ROOT"} "${start[@]}" || return
    done
    [[ $(readlink "$ROOT/opt/punchwire/current") == "$VERSION" ]] || return
    for part in "${PARTS[@]}"; do
        "$ROOT/opt/punchwire/current/venv/bin/punchwire-$part" --help >/dev/null || return
    done
    ! systemd_runs || stay_up
}

# Only a daemon that ran before is started, and has to stay up: what is off, or waits for a person, stays so.
note_running() {
    local part
    systemd_runs || return 0
    for part in "${PARTS[@]}"; do
        ! systemctl --quiet is-active "punchwire-$part" || RUNNING+=("$part")
    done
}

ran() { [[ " ${RUNNING[*]} " == *" $1 "* ]]; }

# Longer than the watchdog waits: each daemon stays up, as the process that was started.
stay_up() {
    local part pids second
    pids=$(running_pids) || return
    for ((second = 0; second < WATCH_S; second++)); do
        sleep 1
        [[ $(running_pids) == "$pids" ]] || return
    done
}

running_pids() {
    local part
    for part in "${RUNNING[@]}"; do
        systemctl --quiet is-active "punchwire-$part" || return
        systemctl show --property=MainPID --value "punchwire-$part"
    done
}

# take_back WHY: the end of a release that did not make it.
take_back() {
    trap '' INT TERM
    local back="$BEFORE is back"
    put_back || back+=", but does not run"
    die 1 "punchwire $VERSION $1; $back"
}

# The version before, its units and rules, and nothing of the release. Status 1 if a daemon does not start.
put_back() {
    local base=$ROOT/opt/punchwire part status=0
    ln -sfn "$BEFORE" "$base/current.new"
    mv -T "$base/current.new" "$base/current"
    tar -C "$ROOT/etc" -xf "$ASIDE/files.tar"
    remove_new_files
    if systemd_runs; then
        systemctl daemon-reload
        reload_rules
        for part in "${RUNNING[@]}"; do
            systemctl restart "punchwire-$part" && continue
            say "punchwire-$part $BEFORE does not start; see: journalctl -u punchwire-$part"
            status=1
        done
    fi
    # A card is small, and what could not be installed may have filled it.
    [[ $NEW == no ]] || rm -rf "${base:?}/$VERSION"
    return "$status"
}

remove_new_files() {
    local file
    while read -r file; do
        ! systemd_runs || systemctl --quiet stop "${file##*/}" 2>/dev/null || true
        rm -rf "${ROOT:?}/etc/$file"
    done < <(our_files | grep -vxFf "$ASIDE/files")
}

# Of the versions the one that runs and the one before stay.
forget_older() {
    local folder
    for folder in "$ROOT/opt/punchwire"/*/; do
        folder=$(basename "$folder")
        [[ $folder == current || $folder == "$VERSION" || $folder == "$BEFORE" ]] || rm -rf "${ROOT:?}/opt/punchwire/$folder"
    done
}

# Let the checkout be what is installed, unless somebody works in it.
follow() {
    if [[ -n $(as_owner git status --porcelain --untracked-files=no) ]]; then
        say "$CHECKOUT has changes of its own and stays as it is"
    else
        as_owner git checkout --quiet --detach "$1" || say "$CHECKOUT could not be brought to $1"
    fi
}

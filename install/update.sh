# shellcheck shell=bash
# Owns the way to a newer release: fetched from the origin of this checkout, watched, taken back if it fails.

WATCH_S=${PUNCHWIRE_WATCH_S:-90}
TO=
PARTS=()
RUNNING=()

# update [--to TAG] [--root DIR]: status 0 when the release runs or ran already, 1 when the version before was
# put back, 69 when there is nothing to update or nowhere to get it.
update_services() {
    take_update_options "$@"
    need_root update
    local base=$ROOT/opt/punchwire before tag version folder
    find_parts
    before=$(readlink "$base/current") || die 69 "nothing is installed in $base"
    as_owner git rev-parse --git-dir >/dev/null 2>&1 || die 69 "$CHECKOUT is no clone of git: nothing to update from"
    tag=$(release) || die 69 "the origin of $CHECKOUT cannot be asked for its releases"
    [[ -n $tag ]] || die 69 "the origin has no release${TO:+ $TO}"
    version=${tag#v}
    if [[ $version == "$before" ]] || { [[ -z $TO ]] && older "$version" "$before"; }; then
        say "punchwire $before is the newest release here; nothing was changed"
        exit 0
    fi
    folder=$(mktemp -d)
    # shellcheck disable=SC2064  # this folder, whatever becomes of the name
    trap "rm -rf '$folder'" EXIT
    unpack "$tag" "$folder/release"
    grep -qx "version = \"$version\"" "$folder/release/pyproject.toml" ||
        die 69 "the release $tag calls itself another version; nothing was changed"
    set_aside "$folder/units.tar"
    if bring_up "$folder/release" "$version"; then
        forget_older "$version" "$before"
        follow "$tag"
        say "punchwire $version runs in place of $before"
        exit 0
    fi
    put_back "$before" "$folder/units.tar"
    die 1 "punchwire $version was not healthy; $before is back"
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
}

# Central before the edge, as everywhere.
find_parts() {
    local part
    for part in central edge; do
        [[ ! -e $ROOT/etc/systemd/system/punchwire-$part.service ]] || PARTS+=("$part")
    done
    [[ ${#PARTS[@]} -gt 0 ]] || die 69 "neither edge nor central is installed${ROOT:+ in $ROOT}"
}

# The clone belongs to whoever made it: his keys fetch, and what is fetched stays his.
as_owner() {
    local owner home
    owner=$(stat -c %U "$CHECKOUT")
    if is_root && [[ $owner != root ]]; then
        home=$(getent passwd "$owner" | cut -d: -f6)
        runuser -u "$owner" -- env -C "$CHECKOUT" HOME="$home" "$@"
    else
        env -C "$CHECKOUT" "$@"
    fi
}

# The tag asked for, or the newest release of the origin; nothing if it has none.
release() {
    local listed
    listed=$(as_owner git ls-remote --tags --refs origin "${TO:-v[0-9]*}") || return
    sed -n 's|.*refs/tags/\(v[0-9][0-9A-Za-z.]*\)$|\1|p' <<<"$listed" | sort -V | tail -n 1
}

older() { [[ $1 != "$2" && $(printf '%s\n' "$1" "$2" | sort -V | head -n 1) == "$1" ]]; }

unpack() {
    as_owner git fetch --quiet --no-tags origin "+refs/tags/$1:refs/tags/$1" ||
        die 69 "the release $1 cannot be fetched"
    mkdir "$2"
    as_owner git archive "$1" | tar -x -C "$2"
}

# set_aside ARCHIVE: the units and rules as they are.
set_aside() {
    local files=()
    mapfile -t files < <(cd "$ROOT/etc" && compgen -G "systemd/system/punchwire-*"; compgen -G "udev/rules.d/70-punchwire.rules")
    tar -C "$ROOT/etc" -cf "$1" "${files[@]}"
}

# bring_up FOLDER VERSION: install the release with its own words, and see it work.
bring_up() {
    local part
    note_running
    for part in "${PARTS[@]}"; do
        "$1/install.sh" "$part" ${ROOT:+--root "$ROOT"} || return
    done
    [[ $(readlink "$ROOT/opt/punchwire/current") == "$2" ]] || return
    for part in "${PARTS[@]}"; do
        "$ROOT/opt/punchwire/current/venv/bin/punchwire-$part" --help >/dev/null || return
    done
    ! systemd_runs || stay_up
}

# Only a daemon that ran before has to run afterwards.
note_running() {
    local part
    systemd_runs || return 0
    for part in "${PARTS[@]}"; do
        ! systemctl --quiet is-active "punchwire-$part" || RUNNING+=("$part")
    done
}

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

# put_back VERSION ARCHIVE: the version before, its units and rules.
put_back() {
    local base=$ROOT/opt/punchwire part
    ln -sfn "$1" "$base/current.new"
    mv -T "$base/current.new" "$base/current"
    tar -C "$ROOT/etc" -xf "$2"
    systemd_runs || return 0
    systemctl daemon-reload
    reload_rules
    for part in "${RUNNING[@]}"; do
        systemctl restart "punchwire-$part" || say "punchwire-$part $1 does not start; see: journalctl -u punchwire-$part"
    done
}

# A card is small: of the versions the one that runs and the one before stay.
forget_older() {
    local folder
    for folder in "$ROOT/opt/punchwire"/*/; do
        folder=$(basename "$folder")
        [[ $folder == current || $folder == "$1" || $folder == "$2" ]] || rm -rf "${ROOT:?}/opt/punchwire/$folder"
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

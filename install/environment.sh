# shellcheck shell=bash
# Owns virtual environments: which Python, which packages, and the stamp that says nothing changed.

SYSTEM_PYTHON=/usr/bin/python3
PYTHON=
# Everything but postgres, whose ready-built driver does not exist for every Pi.
EXTRAS_demo=edge,central,admin,zkteco,zkteco-push,serial-rfid,usb-rfid,journald
EXTRAS_test=$EXTRAS_demo,postgres,pki
EXTRAS_edge=edge,admin,zkteco,zkteco-push,serial-rfid,usb-rfid,journald
EXTRAS_central=central,postgres,pki,admin,journald

new_enough() {
    "$1" -c "import sys; raise SystemExit(sys.version_info < (3, 11))" 2>/dev/null
}

# Set PYTHON: the one asked for, else the distribution's, else any that is new enough. Where there is
# none at all, the distribution's is named and need_python has it installed.
choose_python() {
    local candidate found
    if [[ -n ${PUNCHWIRE_PYTHON:-} ]]; then
        PYTHON=$(command -v "$PUNCHWIRE_PYTHON") || die 69 "PUNCHWIRE_PYTHON: no program $PUNCHWIRE_PYTHON"
        new_enough "$PYTHON" || die 69 "PUNCHWIRE_PYTHON: $PYTHON is older than Python 3.11"
        return
    fi
    if new_enough "$SYSTEM_PYTHON"; then
        PYTHON=$SYSTEM_PYTHON
        return
    fi
    for candidate in python3.13 python3.12 python3.11 python3; do
        if found=$(command -v "$candidate") && new_enough "$found"; then
            PYTHON=$found
            return
        fi
    done
    [[ ! -x $SYSTEM_PYTHON ]] || die 69 "Python 3.11 or newer is needed; name one in PUNCHWIRE_PYTHON"
    PYTHON=$SYSTEM_PYTHON
}

# create_venv FOLDER: an environment of $PYTHON, made anew only where FOLDER holds another one or a broken one.
create_venv() {
    local venv=$1 ask="import sys; print(sys.version, sys.base_prefix)" have
    have=$("$venv/bin/python" -c "$ask" 2>/dev/null || true)
    if [[ $have != "$("$PYTHON" -c "$ask")" ]] || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        say "virtual environment in $venv ($("$PYTHON" --version))"
        local system=()
        [[ $PYTHON != "$SYSTEM_PYTHON" ]] || system=(--system-site-packages)
        "$PYTHON" -m venv --clear "${system[@]}" "$venv"
    fi
    # Dependency groups need pip 25.1.
    pip_install "$venv" "pip>=25.1"
}

# Without pip's cache, which lies outside of what may be touched and is large for a Pi's card.
pip_install() {
    local venv=$1
    shift
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-cache-dir \
        --root-user-action=ignore --constraint "$CHECKOUT/constraints.txt" "$@" >&2
}

# make_environment demo|test: bring $VENV up to date. There is nothing to do while its stamp tells the same
# story; an environment for the tests serves the demo, too.
make_environment() {
    local level=$1 extras="EXTRAS_$1" group=() story stamp
    story=$(cat "$CHECKOUT"/{pyproject.toml,constraints.txt,install/environment.sh} | sha256sum)
    story="$CHECKOUT $PYTHON $("$PYTHON" -V) $story"
    for stamp in "$VENV/punchwire-test.stamp" "$VENV/punchwire-$level.stamp"; do
        if [[ -x $VENV/bin/python && -r $stamp && $(<"$stamp") == "$story" ]]; then
            return
        fi
    done
    create_venv "$VENV"
    say "Python packages for the $level"
    if [[ $level == test ]]; then
        group=(--group "$CHECKOUT/pyproject.toml:dev")
        # What umockdev is driven with; 3.52 wants a girepository that Debian 12 does not have.
        [[ $PYTHON == "$SYSTEM_PYTHON" ]] || group+=("PyGObject<3.52")
    fi
    pip_install "$VENV" --editable "$CHECKOUT[${!extras}]" "${group[@]}"
    printf '%s\n' "$story" >"$VENV/punchwire-$level.stamp"
}

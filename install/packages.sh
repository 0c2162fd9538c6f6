# shellcheck shell=bash
# Owns what the distribution must provide: which packages are missing, and how they get here.

MISSING=()

# need PACKAGE PROBE...: note PACKAGE as missing unless the probe succeeds.
need() {
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || MISSING+=("$package")
}

has_program() {
    command -v "$1" || [[ -x /usr/sbin/$1 || -x /usr/local/sbin/$1 ]]
}

# The packages around $PYTHON. The distribution's Python brings evdev and systemd ready built; any
# other one compiles them.
need_python() {
    if [[ $PYTHON == "$SYSTEM_PYTHON" ]]; then
        need python3 has_program "$PYTHON"
        need python3-venv "$PYTHON" -c "import ensurepip, venv"
        need python3-evdev "$PYTHON" -c "import evdev"
        need python3-systemd "$PYTHON" -c "import systemd.journal"
    else
        need gcc has_program gcc
        need libc6-dev test -e /usr/include/linux/input.h
        need pkg-config has_program pkg-config
        need libsystemd-dev pkg-config --exists libsystemd
        need python3-dev python_header
    fi
}

python_header() {
    "$PYTHON" -c "
import pathlib, sysconfig
raise SystemExit(not pathlib.Path(sysconfig.get_path('include'), 'Python.h').exists())"
}

need_for_tests() {
    need mosquitto has_program mosquitto
    need postgresql compgen -G "/usr/lib/postgresql/*/bin/initdb"
    need umockdev has_program umockdev-run
    need gir1.2-umockdev-1.0 compgen -G "/usr/lib/*/girepository-1.0/UMockdev-1.0.typelib"
    if [[ $PYTHON == "$SYSTEM_PYTHON" ]]; then
        need python3-gi "$PYTHON" -c "import gi"
    else
        need libgirepository1.0-dev pkg-config --exists gobject-introspection-1.0
        need libcairo2-dev pkg-config --exists cairo
    fi
    need strace has_program strace
    need shellcheck has_program shellcheck
    need systemd has_program systemd-analyze
}

is_root() { ((EUID == 0)); }

# Install the packages noted by need, or say which they are and stop.
install_missing() {
    [[ ${#MISSING[@]} -gt 0 ]] || return 0
    local as_root=()
    if ! is_root; then
        if ! command -v sudo >/dev/null; then
            die 69 "missing packages: ${MISSING[*]}" "as root, run: apt-get install ${MISSING[*]}"
        elif sudo -n true 2>/dev/null; then
            as_root=(sudo -n)
        elif [[ -t 0 ]]; then
            as_root=(sudo)
        else
            die 69 "missing packages: ${MISSING[*]}" "run: sudo apt-get install ${MISSING[*]}"
        fi
    fi
    command -v apt-get >/dev/null ||
        die 69 "missing, by their Debian names: ${MISSING[*]}" "there is no apt-get here; install them by hand"
    say "apt-get install ${MISSING[*]}"
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
    "${apt[@]}" update >&2
    "${apt[@]}" install -y --no-install-recommends "${MISSING[@]}" >&2
    MISSING=()
}

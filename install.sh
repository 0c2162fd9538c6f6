#!/usr/bin/env bash
# Owns the verbs of this checkout: try it, test it, install it as a service, take it away again.
set -euo pipefail

CHECKOUT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
VENV=${PUNCHWIRE_VENV:-$CHECKOUT/.venv}

# shellcheck source=install/packages.sh
source "$CHECKOUT/install/packages.sh"
# shellcheck source=install/environment.sh
source "$CHECKOUT/install/environment.sh"
# shellcheck source=install/service.sh
source "$CHECKOUT/install/service.sh"
# shellcheck source=install/update.sh
source "$CHECKOUT/install/update.sh"

usage() {
    cat <<'TEXT'
Usage: ./install.sh VERB [OPTION...]

  demo [--seconds N] [--json]   a broker, a centre, a branch and its readers, here in the foreground
  test [PYTEST-ARGUMENT...]     lint, types, import contracts and all tests
  edge [--no-start]             install the branch daemon under systemd (with sudo)
  central [--no-start]          install the central daemon under systemd (with sudo)
  update [--to TAG]             install the newest release of this clone's origin, or go back (with sudo)
  uninstall [--purge]           remove what edge and central installed (with sudo);
                                --purge removes configuration and stored punches, too

demo and test keep to this checkout and its .venv, apart from Debian packages that are missing.
edge, central, update and uninstall take --root DIR to work below DIR and to leave this system alone.

  PUNCHWIRE_PYTHON   the Python to use (3.11 or newer) in place of /usr/bin/python3
  PUNCHWIRE_VENV     the virtual environment of demo and test in place of .venv
  PUNCHWIRE_WATCH_S  for how many seconds update watches a new version, in place of 90
TEXT
}

# Also where nobody listens any more.
say() { printf '==> %s\n' "$*" >&2 || true; }

die() {
    local status=$1
    shift
    printf 'install.sh: %s\n' "$@" >&2
    exit "$status"
}

run_demo() {
    choose_python
    need_python
    need mosquitto has_program mosquitto
    install_missing
    make_environment demo
    cd "$CHECKOUT"
    exec "$VENV/bin/python" -m demo "$@"
}

run_tests() {
    choose_python
    need_python
    need_for_tests
    install_missing
    make_environment test
    cd "$CHECKOUT"
    local step
    for step in "ruff check" "ruff format --check" "mypy" "lint-imports --no-logo"; do
        say "$step"
        # shellcheck disable=SC2086  # a step is a program and its arguments
        "$VENV/bin/"$step
    done
    # Most tests wait for real parts: three at a time keep two processors busy. One that failed beside
    # others, on a machine that was too busy for its patience, must pass by itself.
    say "pytest"
    if "$VENV/bin/pytest" -n 3 --dist worksteal "$@"; then
        return
    fi
    say "pytest once more, alone, for what failed"
    exec "$VENV/bin/pytest" --last-failed --last-failed-no-failures none "$@"
}

main() {
    local verb=${1:-}
    [[ $# -eq 0 ]] || shift
    case $verb in
        "" | help | -h | --help) usage ;;
        demo) run_demo "$@" ;;
        test) run_tests "$@" ;;
        edge | central) install_service "$verb" "$@" ;;
        update) update_services "$@" ;;
        uninstall) uninstall_services "$@" ;;
        *)
            usage >&2
            die 64 "there is no verb \"$verb\""
            ;;
    esac
}

main "$@"

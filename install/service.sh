# shellcheck shell=bash
# Owns the daemons on a machine: their user, versions under /opt, configuration, units, and the way back.

ROOT=
PURGE=no
START=yes
BACKUP=punchwire-central-backup
TIMERS=etc/systemd/system/timers.target.wants

take_options() {
    while [[ $# -gt 0 ]]; do
        case $1 in
            --root)
                [[ -n ${2:-} ]] || die 64 "--root needs a folder"
                mkdir -p "$2"
                ROOT=$(cd "$2" && pwd)
                shift 2
                ;;
            --purge)
                PURGE=yes
                shift
                ;;
            --no-start)
                START=no
                shift
                ;;
            *) die 64 "there is no option \"$1\" here" ;;
        esac
    done
}

# With --root nothing outside that folder is touched, so no rights are needed.
staging() { [[ -n $ROOT ]]; }

systemd_runs() { ! staging && [[ -d /run/systemd/system ]]; }

need_root() {
    staging || is_root || die 77 "this changes the system; run: sudo ./install.sh $*"
}

install_service() {
    local part=$1
    shift
    take_options "$@"
    [[ $PURGE == no ]] || die 64 "--purge belongs to uninstall"
    need_root "$part"
    choose_python
    if ! staging; then
        need_python
        [[ $part != edge ]] || need openssl has_program openssl
        install_missing
        create_user "$part"
    fi
    install_version "$part"
    enable_service "$part"
    install_files "$part"
    start_service "$part"
}

create_user() {
    getent passwd punchwire >/dev/null ||
        useradd --system --user-group --home-dir /var/lib/punchwire --no-create-home \
            --shell /usr/sbin/nologin punchwire
    [[ $1 == edge ]] || return 0
    # Without udev, as in a container, the group of input devices may not exist yet.
    getent group input >/dev/null || groupadd --system input
    usermod --append --groups input,dialout punchwire
}

# Each version has a folder of its own; the link `current` chooses, and moves in one step.
install_version() {
    local part=$1 extras="EXTRAS_$1" version base=$ROOT/opt/punchwire program
    version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$CHECKOUT/pyproject.toml")
    say "punchwire $version in $base/$version"
    mkdir -p "$base/$version"
    create_venv "$base/$version/venv"
    pip_install "$base/$version/venv" "$CHECKOUT[${!extras}]"
    ln -sfn "$version" "$base/current.new"
    mv -T "$base/current.new" "$base/current"
    mkdir -p "$ROOT/usr/local/bin"
    for program in punchwire "punchwire-$part"; do
        ln -sfn "/opt/punchwire/current/venv/bin/$program" "$ROOT/usr/local/bin/$program"
    done
}

install_files() {
    local part=$1 as_punchwire=() as_root=()
    if ! staging; then
        as_root=(-o root -g punchwire)
        as_punchwire=(-o punchwire -g punchwire)
    fi
    install -d -m 0750 "${as_root[@]}" "$ROOT/etc/punchwire"
    if [[ ! -e $ROOT/etc/punchwire/$part.toml ]]; then
        install -m 0640 "${as_root[@]}" "$CHECKOUT/install/$part.toml" "$ROOT/etc/punchwire/$part.toml"
    fi
    install -d -m 0755 "$ROOT/var/lib"
    install -d -m 0750 "${as_punchwire[@]}" "$ROOT/var/lib/punchwire" "$ROOT/var/lib/punchwire/$part"
    install -D -m 0644 -t "$ROOT/etc/systemd/system" "$CHECKOUT/systemd/punchwire-$part.service"
    if [[ $part == edge ]]; then
        install -D -m 0644 -t "$ROOT/etc/udev/rules.d" "$CHECKOUT/systemd/70-punchwire.rules"
    else
        install -D -m 0644 -t "$ROOT/etc/systemd/system" "$CHECKOUT/systemd/$BACKUP".*
    fi
}

enable_service() {
    link_wanted "punchwire-$1.service" multi-user.target
    [[ $1 != central ]] || link_wanted "$BACKUP.timer" timers.target
}

# link_wanted UNIT TARGET: the link that systemctl enable would make; made here, it does not need a running systemd.
# Only the first installation makes it: what somebody disabled stays so.
link_wanted() {
    local units=$ROOT/etc/systemd/system
    [[ ! -e $units/$1 ]] || return 0
    mkdir -p "$units/$2.wants"
    ln -sfn "/etc/systemd/system/$1" "$units/$2.wants/$1"
}

reload_rules() { udevadm control --reload 2>/dev/null || say "udev does not run here; its rules wait for the next boot"; }

start_service() {
    local part=$1 config=$ROOT/etc/punchwire/$1.toml
    if systemd_runs; then
        systemctl daemon-reload
        [[ $part != edge ]] || reload_rules
    fi
    if cmp -s "$config" "$CHECKOUT/install/$part.toml"; then
        say "$config is still the example: edit it, then run: sudo systemctl restart punchwire-$part"
        return
    fi
    if [[ $START == no ]]; then
        say "punchwire-$part is installed and was not started"
        return
    fi
    if ! systemd_runs; then
        say "systemd does not run here; punchwire-$part is enabled and starts with the next boot"
        return
    fi
    runuser -u punchwire -- "/opt/punchwire/current/venv/bin/punchwire-$part" check-config >&2 ||
        die 78 "punchwire-$part is installed and enabled, but not started: correct $config"
    if ! systemctl restart "punchwire-$part"; then
        journalctl --no-pager -n 20 -u "punchwire-$part" >&2
        die 1 "punchwire-$part did not start; its last words stand above"
    fi
    [[ $part != central || ! -L $ROOT/$TIMERS/$BACKUP.timer ]] || systemctl start "$BACKUP.timer"
    say "punchwire-$part runs; see: journalctl -u punchwire-$part"
}

uninstall_services() {
    take_options "$@"
    [[ $START == yes ]] || die 64 "--no-start belongs to edge and central"
    need_root uninstall
    local part
    if systemd_runs && [[ -e /etc/systemd/system/$BACKUP.timer ]]; then
        systemctl stop "$BACKUP.timer" "$BACKUP.service"
    fi
    rm -f "$ROOT/$TIMERS/$BACKUP.timer" "$ROOT/etc/systemd/system/$BACKUP".*
    for part in edge central; do
        if systemd_runs && [[ -e /etc/systemd/system/punchwire-$part.service ]]; then
            systemctl stop "punchwire-$part"
        fi
        rm -f "$ROOT/etc/systemd/system/multi-user.target.wants/punchwire-$part.service" \
            "$ROOT/etc/systemd/system/punchwire-$part.service" "$ROOT/usr/local/bin/punchwire-$part"
    done
    rm -f "$ROOT/usr/local/bin/punchwire" "$ROOT/etc/udev/rules.d/70-punchwire.rules"
    rm -rf "$ROOT/opt/punchwire"
    if systemd_runs; then
        systemctl daemon-reload
        reload_rules
    fi
    if [[ $PURGE == no ]]; then
        say "removed; $ROOT/etc/punchwire and $ROOT/var/lib/punchwire stay (--purge removes them)"
        return
    fi
    rm -rf "$ROOT/etc/punchwire" "$ROOT/var/lib/punchwire"
    rm -f "$ROOT/var/lib/systemd/timers/stamp-punchwire-"* # when systemd made the last backup
    staging || ! getent passwd punchwire >/dev/null || userdel punchwire
    say "removed with configuration and stored punches"
}

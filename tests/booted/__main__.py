"""Tries Punchwire on a Debian that was booted for it: the daemons, or a fresh clone's demo and tests.

    sudo python3 -m tests.booted daemons|checkout [--suite bookworm|trixie] [--cache FOLDER] [--mirror URL]

The machine is a systemd-nspawn container with a systemd of its own. It is made fresh, shares the network of
this machine (it fetches packages), and is thrown away. Exit codes: 0 every promise was kept, 1 one was not,
69 this machine has not the means.
"""

import argparse
import fcntl
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from tests.booted import checkout, daemons
from tests.booted.machine import CommandFailed
from tests.booted.roots import SUITES, RootError, archive, unpack
from tests.booted.site import CHECKOUT, Site

EX_UNAVAILABLE = 69
INTERRUPTED = 130
LIMIT_S = {"daemons": 1800, "checkout": 5400}
CACHE = Path("/var/cache/punchwire-booted")
MEANS = ("systemd-nspawn", "mmdebstrap", "nsenter", "setpriv", "git", "tar")
Promise = tuple[str, Callable[[], str]]


class NoMeans(Exception):
    """This machine cannot do it; the text says why, and what would help."""


def main() -> int:
    """Run the checks, one line each; return the exit code."""
    options = _options()
    os.chdir(CHECKOUT)
    signal.signal(signal.SIGALRM, _too_long)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _need_means()
        with _alone(options.cache):
            return _try(options)
    except (NoMeans, RootError) as error:
        print(f"tests.booted: {error}", file=sys.stderr)
        return EX_UNAVAILABLE
    except TimeoutError as error:
        print(f"tests.booted: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def _options() -> argparse.Namespace:
    about, _, rest = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        prog="python3 -m tests.booted",
        description=about,
        epilog=rest,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=sorted(LIMIT_S), help="what is tried")
    parser.add_argument("--suite", choices=SUITES, default=SUITES[0], help="of Debian (%(default)s)")
    parser.add_argument(
        "--cache",
        type=Path,
        default=CACHE,
        metavar="FOLDER",
        help="where fresh systems are kept (%(default)s)",
    )
    parser.add_argument("--mirror", default="", metavar="URL", help="of Debian's packages (Debian's own)")
    return parser.parse_args()


def _need_means() -> None:
    missing = [program for program in MEANS if shutil.which(program) is None]
    if missing:
        remedy = "apt-get install systemd-container mmdebstrap git"
        raise NoMeans(f"missing here: {', '.join(missing)}; as root, run: {remedy}")
    if os.geteuid() != 0:
        raise NoMeans("only root can boot a machine; run it with sudo")


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """Keep two runs from using one cache, and one place among the control groups."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NoMeans(f"another run is under way with the cache {cache}") from None
        for left in cache.glob("run-*"):
            shutil.rmtree(left)
        yield


def _try(options: argparse.Namespace) -> int:
    began = time.monotonic()
    signal.alarm(LIMIT_S[options.what])
    fresh = archive(options.suite, options.cache, options.mirror)
    with tempfile.TemporaryDirectory(prefix="run-", dir=options.cache) as folder:
        site = Site(Path(folder))
        try:
            unpack(fresh, site.machine.root)
            kept = _keep(_promises(site, options.what), site)
        finally:
            signal.alarm(0)
            site.clear()
    print(f"Debian {options.suite}, {'all promises kept' if kept else 'NOT as promised'},", end=" ")
    print(f"{time.monotonic() - began:.0f} s")
    return 0 if kept else 1


def _promises(site: Site, what: str) -> Iterable[Promise]:
    yield "It boots, as fresh as from Debian's installer.", lambda: _boot(site)
    if what == "checkout":
        for promise in checkout.PROMISES:
            yield promise.__doc__ or "", lambda promise=promise: promise(site.machine)  # type: ignore[misc]
        return
    yield "A Mosquitto is installed there.", lambda: _broker(site)
    for check in daemons.PROMISES:
        yield check.__doc__ or "", lambda check=check: check(site)  # type: ignore[misc]


def _keep(promises: Iterable[Promise], site: Site) -> bool:
    """Try one promise after the other, up to the first that is broken: each builds on those before."""
    for said, kept in promises:
        began = time.monotonic()
        try:
            note = kept()
        except (AssertionError, CommandFailed, TimeoutError) as error:
            print(f"BROKEN {time.monotonic() - began:6.1f} s  {said}", flush=True)
            print(f"{type(error).__name__}: {error}\n{site.words()}", flush=True)
            return False
        print(
            f"kept   {time.monotonic() - began:6.1f} s  {said}" + (f" [{note}]" if note else ""), flush=True
        )
    return True


def _boot(site: Site) -> str:
    site.boot()
    return site.machine.run("systemctl", "--version").split("\n")[0]


def _broker(site: Site) -> str:
    site.set_up_broker()
    return ""


def _too_long(_signal: int, _frame: FrameType | None) -> None:
    raise TimeoutError("the whole run takes longer than it may")


if __name__ == "__main__":
    sys.exit(main())

"""Decides how far the Pi's own time can be believed."""

from wire.punch import Trust


def trust(*, synced_now: bool, synced_this_boot: bool) -> Trust:
    """Synced while the kernel says so; holdover once it was in this boot; unset before that.

    A Pi without a clock chip boots with a plausible time that may be months old, so a time that no
    server confirmed since the boot is never more than a guess.
    """
    if synced_now:
        return "synced"
    return "holdover" if synced_this_boot else "unset"

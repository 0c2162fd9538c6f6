"""Owns how the people's command learns of its broker: a file, flags over it, all mistakes at once."""

from argparse import Namespace
from pathlib import Path

import msgspec

from ground.mqtt import BrokerOptions
from ground.settings import SettingsError, build, read_toml
from wire.topics import TopicError, Topics, check_prefix

DEFAULT_FILE = Path("~/.config/punchwire/punchwire.toml")
_FLAGS = ("host", "port", "user", "password_file", "ca", "cert", "key", "prefix")


class File(msgspec.Struct, frozen=True, kw_only=True):
    """`punchwire.toml`: one section, `[broker]`."""

    broker: BrokerOptions


def broker_options(flags: Namespace) -> BrokerOptions:
    """Put the file and the flags together; a flag that was given wins.

    The file is `--config`, or the default one where it exists. Raises SettingsError with all mistakes.
    """
    named: Path | None = getattr(flags, "config", None)
    path = named or DEFAULT_FILE.expanduser()
    content = read_toml(path) if named or path.exists() else {}
    given = {flag: value for flag in _FLAGS if (value := getattr(flags, flag, None)) is not None}
    if isinstance(content.get("broker", {}), dict):
        content["broker"] = content.get("broker", {}) | {
            flag: str(value) if isinstance(value, Path) else value for flag, value in given.items()
        }
    if not content["broker"]:
        raise SettingsError([f"no broker is named: give --host and --user, or write {DEFAULT_FILE}"])
    mistakes: list[str] = []
    settings = build(File, content, "", mistakes)
    if settings is None:
        raise SettingsError(mistakes)
    mistakes = settings.broker.mistakes() + _mistakes(settings.broker)
    if mistakes:
        raise SettingsError(mistakes)
    return settings.broker


def _mistakes(broker: BrokerOptions) -> list[str]:
    told = [] if broker.host else ["broker.host: is empty"]
    if broker.user is None:
        told.append("broker.user: missing; name your account with --user or in the file")
    try:
        Topics().answer(broker.user or "nobody", "any")
    except TopicError as error:
        told.append(f"broker.user: {error}")
    try:
        check_prefix(broker.prefix)
    except TopicError as error:
        told.append(f"broker.prefix: {error}")
    return told

"""Reads a TOML file into a struct and tells every mistake at once, each with its place."""

import tomllib
import typing
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)
_SHOWN = 60
_LONGEST_NUMBER = 128
"""Bits of a number that is shown; Python refuses to write very long ones at all."""


class SettingsError(Exception):
    """The file cannot be used; `mistakes` has one line for each mistake."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


def read_toml(path: Path) -> dict[str, Any]:
    """Return the file as plain data, or raise SettingsError that names it and the line."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError([f"{path}: no such file"]) from None
    except OSError as error:
        raise SettingsError([f"{path}: cannot be read ({error.strerror})"]) from None
    except (ValueError, RecursionError) as error:
        raise SettingsError([f"{path}: not valid TOML: {error}"]) from None


def build(kind: type[T], data: object, place: str, mistakes: list[str]) -> T | None:
    """Turn plain data into `kind`, a msgspec.Struct of structs, lists and values.

    Appends a line to `mistakes` for each unknown key, missing key and wrong value, wherever it
    stands, and returns None if there was any.
    """
    if not isinstance(data, dict):
        mistakes.append(f"{place or 'file'}: expected a table, got {_told(data)}")
        return None
    before = len(mistakes)
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    mistakes += [f"{_join(place, key)}: unknown key{near(key, fields)}" for key in data if key not in fields]
    values: dict[str, Any] = {}
    for key, field in fields.items():
        if key in data:
            values[field.name] = _value(field.type, data[key], _join(place, key), mistakes)
        elif field.required:
            mistakes.append(f"{_join(place, key)}: missing")
    if len(mistakes) > before:
        return None
    try:
        return kind(**values)
    except (TypeError, ValueError) as error:
        mistakes.append(f"{place or 'file'}: {error}")
        return None


def near(word: str, known: Iterable[str]) -> str:
    """`; did you mean "..."?` if a known word is near, else ""."""
    import difflib  # noqa: PLC0415 - only for mistakes

    found = difflib.get_close_matches(word, known, 1)
    return f'; did you mean "{found[0]}"?' if found else ""


def _value(kind: Any, data: object, place: str, mistakes: list[str]) -> Any:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return build(kind, data, place, mistakes)
    element = _struct_in(kind)
    if element is not None and isinstance(data, list):
        return tuple(build(element, row, f"{place}[{at + 1}]", mistakes) for at, row in enumerate(data))
    try:
        return msgspec.convert(data, kind, strict=True, dec_hook=_path)
    except msgspec.ValidationError as error:
        text = str(error).replace("`", "")
        mistakes.append(f"{place}: {_told(data)} is wrong: {text[:1].lower()}{text[1:]}")
        return None


def _path(kind: type[Any], data: object) -> Path:
    if kind is Path and isinstance(data, str) and data:
        return Path(data)
    raise ValueError("expected a path")


def _struct_in(kind: Any) -> type[msgspec.Struct] | None:
    """The struct inside `tuple[Struct, ...]` or `list[Struct]`, else None."""
    if typing.get_origin(kind) not in (tuple, list):
        return None
    element = typing.get_args(kind)[0]
    return element if isinstance(element, type) and issubclass(element, msgspec.Struct) else None


def _join(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _told(data: object) -> str:
    if isinstance(data, dict | list):
        return "a table" if isinstance(data, dict) else "a list"
    if isinstance(data, int) and data.bit_length() > _LONGEST_NUMBER:
        return "a number of that size"
    shown = repr(data)
    return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 3] + "..."

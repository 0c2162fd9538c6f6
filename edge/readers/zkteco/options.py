"""The keys of a `zkteco` reader in edge.toml."""

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec

from edge.errors import Misconfigured
from edge.readers.zkteco.talk import Open, Transport

_LARGEST_KEY, _DIGITS = (1 << 32) - 1, 10
Seconds = Annotated[float, msgspec.Meta(ge=0.1, le=7 * 86400)]


class TerminalOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach a terminal, and how often to look.

    `comm_key` is the key of its communication menu, 0 for none; it may stand in `comm_key_file`
    instead. `serial`, where given, must be the terminal's. `live` asks for events as people punch.
    `poll_s`: how often its record count is asked; the log is read when that changed.
    `catch_up_s`: after so long the log is read to confirm live events, and the clock is measured.
    `full_read_s`: after so long all of it goes through the outbox again, changed or not.
    `answer_s`: for each short question; `read_s`: for a whole log. `max_records`: more than this is no
    believable count. `zone`, an IANA name, is where the terminal hangs. `set_clock` lets its clock be set
    whenever it is wrong by more than `set_clock_over_s`. `lenient_checksums` is for firmware that counts them
    wrong: frames are taken all the same, and a log only if it reads the same twice.
    """

    address: Annotated[str, msgspec.Meta(min_length=1, max_length=253)]
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 4370
    transport: Transport = "tcp"
    comm_key: Annotated[int, msgspec.Meta(ge=0, le=_LARGEST_KEY)] = 0
    comm_key_file: Path | None = None
    serial: str | None = None
    live: bool = True
    poll_s: Seconds = 2.0
    catch_up_s: Seconds = 300.0
    full_read_s: Seconds = 6 * 3600.0
    answer_s: Seconds = 10.0
    read_s: Seconds = 180.0
    max_records: Annotated[int, msgspec.Meta(ge=1)] = 300_000
    zone: str | None = None
    set_clock: bool = False
    set_clock_over_s: Annotated[float, msgspec.Meta(ge=5, le=86400)] = 30.0
    lenient_checksums: bool = False

    def __post_init__(self) -> None:
        if self.comm_key and self.comm_key_file is not None:
            raise ValueError("give comm_key or comm_key_file, not both")
        if self.zone is not None:
            try:
                ZoneInfo(self.zone)
            except (ValueError, OSError, LookupError):
                raise ValueError(f"zone: {self.zone!r} is no time zone such as Asia/Kolkata") from None
        elif self.set_clock:
            raise ValueError("set_clock needs zone, to know what time it is there")

    @property
    def claims(self) -> str:
        """A terminal serves one client at a time."""
        return f"the terminal at {self.address} port {self.port}"

    def opening(self, *, live: bool) -> Open:
        """The request for a session, with live events if wanted. Raises Misconfigured as `key` does."""
        return Open(
            address=self.address,
            port=self.port,
            transport=self.transport,
            comm_key=self.key(),
            live=live and self.live,
            within_s=self.answer_s,
            lenient=self.lenient_checksums,
        )

    def key(self) -> int:
        """The comm key. Raises Misconfigured if its file cannot be read or holds no key."""
        if self.comm_key_file is None:
            return self.comm_key
        try:
            text = self.comm_key_file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise Misconfigured(
                "misconfigured", f"comm_key_file {self.comm_key_file} cannot be read"
            ) from None
        if not text.isdigit() or len(text) > _DIGITS or int(text) > _LARGEST_KEY:
            raise Misconfigured("misconfigured", f"comm_key_file {self.comm_key_file} holds no number")
        return int(text)

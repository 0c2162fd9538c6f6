"""The doctor's rounds: what is examined, in which order, and what is left alone beside a running daemon."""

from collections.abc import Iterator
from pathlib import Path

from edge.bedside import Away, Standing, Unseen, visit
from edge.buffer.inspection import recall
from edge.config import Config, Configured
from edge.doctor import home, uplink, vitals
from edge.doctor.trial import Trial
from edge.errors import ReaderFault
from edge.findings import Finding, alarm, fault, note, warning
from edge.kernel import Timekeeper
from edge.readers.examination import Circumstances

Told = tuple[str, Finding]
"""A part of the edge (`edge`, `reader front-gate`, `uplink`), and what was found of it."""


_CLOCK = "@clock"
"""The daemon's own memo: whether the clock was synchronised in this boot."""


class Rounds:
    """One examination of the edge that a configuration file describes."""

    def __init__(self, path: Path, *, listen_s: float) -> None:
        self._path = path
        self._listen_s = listen_s
        self._config, self._mistakes = home.settings(path)
        self._timekeeper = _timekeeper(self._config)
        self._standing: Standing | None = None
        self._hands_off = False

    @property
    def readers(self) -> tuple[str, ...]:
        """The names of the readers that can be examined."""
        return () if self._config is None else tuple(it.name for it in self._config.readers)

    def findings(self, only: str | None = None) -> Iterator[Told]:
        """Everything, or one reader alone."""
        yield from (("edge", finding) for finding in (*home.signed(self._path), *self._mistakes))
        if self._config is None:
            return
        yield from (("edge", finding) for finding in self._daemon(self._config))
        if only is None:
            moment = self._timekeeper.now()
            yield from (("edge", finding) for finding in home.examined(self._config, moment))
        for configured in self._config.readers:
            if only in (None, configured.name):
                for finding in self._reader(self._config, configured):
                    yield f"reader {configured.name}", finding
        if only is None:
            yield from (("uplink", finding) for finding in self._uplink(self._config))

    def _daemon(self, config: Config) -> Iterator[Finding]:
        try:
            self._standing = visit(config.edge.state_dir)
            yield from vitals.of_edge(self._standing, config.hash)
        except Away:
            yield note("the daemon", "it does not run; punches are not read now")
        except Unseen as error:
            self._hands_off = True
            yield warning("the daemon", "unseen", str(error))
        except TimeoutError as error:
            self._hands_off = True
            yield alarm("the daemon", "edge-stuck", str(error) or "no answer in time")

    def _reader(self, config: Config, configured: Configured) -> Iterator[Finding]:
        if self._standing is not None:
            yield vitals.of_reader(self._standing, configured.name)
            return
        if self._hands_off:
            yield note("the device", "left alone: the daemon may hold it")
            return
        memo = recall(config.outbox_path, configured.name)
        circumstances = Circumstances(self._timekeeper.now, memo, self._listen_s)
        examine = getattr(configured.reader, "examine", None)
        try:
            if examine is None:
                yield from Trial(configured.reader, circumstances).findings()
            else:
                yield from examine(circumstances)
        except ReaderFault as error:
            yield fault("the device", error)
        except Exception as error:  # noqa: BLE001 - one kind's fault ends no examination
            yield alarm("the device", "fault", f"{type(error).__name__}: {error}")

    def _uplink(self, config: Config) -> Iterator[Finding]:
        if self._standing is not None:
            yield vitals.of_uplink(self._standing)
        if config.broker.mistakes():
            yield note("the broker", "not tried: its section has mistakes")
            return
        yield from uplink.examined(config.broker, config.edge.id, self._timekeeper.now())


def _timekeeper(config: Config | None) -> Timekeeper:
    memo = {} if config is None else recall(config.outbox_path, _CLOCK)
    return Timekeeper(synced_boot=memo.get("synced_boot"))

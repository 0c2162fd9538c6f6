"""Owns the intake's connection to the broker, which the intake's own thread drives.

A punch that arrives changes no thread on its way into the ledger, nor its receipt on the way out.
"""

import contextlib
import time
from collections.abc import Sequence

import paho.mqtt.client as paho
from paho.mqtt.reasoncodes import ReasonCode

from central.bus import GOODBYE_S, Bus, Wanted
from central.post import Delivery
from ground.driven import Driven
from ground.mqtt import BrokerOptions


class DrivenBus(Bus):
    """A client of the broker without a thread. Constructed without effects; the first `hear` connects.

    One thread hears, publishes and acknowledges; only `wake` is for others, too, and `stop` for whoever ends
    that thread.
    """

    def __init__(self, options: BrokerOptions, wanted: Sequence[Wanted], *, share: str | None = None) -> None:
        self._heard: list[Delivery] = []
        super().__init__(options, wanted, self._heard.append, share=share)
        self._driven = Driven(self._connect, self._tell_away)

    def hear(self, wait_s: float) -> list[Delivery]:
        """What arrived since the last time; waits for something, or for `wake`, at most so long."""
        while self._driven.turn(0.0 if self._heard else wait_s):
            wait_s = 0.0
        heard = self._heard[:]
        self._heard.clear()
        return heard

    def wake(self) -> None:
        """End the `hear` that waits, or the next one. Any thread may call it."""
        self._driven.wake()

    def stop(self, reason: str = "stopped") -> None:
        """Say that central is offline, and disconnect; takes half a second at the most."""
        client = self._driven.client
        if client is None or not client.is_connected():
            return
        self._stopping = self._away = True
        goodbye = self._publish_status(client, online=False, reason=reason)
        deadline = time.monotonic() + GOODBYE_S
        with contextlib.suppress(RuntimeError, ValueError):
            while not goodbye.is_published() and (left := deadline - time.monotonic()) > 0:
                self._driven.turn(left)
        client.disconnect()

    def _connect(self) -> paho.Client:
        client = self._client = self._made()
        client.connect(**self._address())
        return client

    def _on_connect(
        self, client: paho.Client, userdata: object, flags: object, code: ReasonCode, properties: object
    ) -> None:
        if not code.is_failure:
            self._driven.settled()
        super()._on_connect(client, userdata, flags, code, properties)

    def _on_disconnect(
        self, client: paho.Client, userdata: object, flags: object, code: ReasonCode, properties: object
    ) -> None:
        self._driven.back_off()
        super()._on_disconnect(client, userdata, flags, code, properties)

"""A central that stores nothing and gives a receipt for everything: what the edge alone can feed."""

import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import paho.mqtt.client as paho

from bench.uplink.place import EDGE
from ground.mqtt import BrokerOptions, new_client
from wire.codec import decode, encode
from wire.facts import SealedEnvelope
from wire.receipt import Receipt
from wire.topics import Topics
from wire.vitals import Status

TOPICS = Topics()


def sink(options: BrokerOptions, ready: "multiprocessing.synchronize.Event") -> None:
    """Give receipts until killed."""
    client = new_client(options, "central")

    def take(_client: object, _userdata: object, message: paho.MQTTMessage) -> None:
        envelope = decode(bytes(message.payload), SealedEnvelope)
        if not envelope.ahead:
            last = envelope.first_seq + len(envelope.facts) - 1
            receipt = Receipt(outbox_id=envelope.outbox_id, upto_seq=last)
            client.publish(TOPICS.receipts(EDGE), encode(receipt), qos=1, retain=True)

    def say_online(*_: object) -> None:
        status = Status(online=True, session="sink", at=datetime.now(UTC))
        client.publish(TOPICS.central_status, encode(status), qos=1, retain=True)
        ready.set()

    client.on_message = take
    client.on_subscribe = say_online
    client.connect(options.host, options.port)
    client.subscribe(TOPICS.facts(EDGE), 1)
    client.loop_start()
    threading.Event().wait()


@contextmanager
def running(options: BrokerOptions) -> Iterator[None]:
    """The sink in a process of its own."""
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=sink, args=(options, ready), daemon=True)
    process.start()
    if not ready.wait(20):
        raise TimeoutError("the sink did not subscribe")
    try:
        yield
    finally:
        process.kill()
        process.join()

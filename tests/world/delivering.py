"""A segl-deliver with a message in hand."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from world.desk import SENDER, Desk, LmtpClient, answering
from world.peers import ScriptedPeer

MESSAGE = b"Subject: 010190-1234\r\n\r\nK\xc3\xa6re Bo\r\n"
BO = "bo@vestby.example"


def events(desk: Desk) -> list[str]:
    """What was told, without what housekeeping says at the start, whenever it comes to it."""
    return [event["event"] for event in desk.daemon.events if event["event"] != "audit_head"]


def wait_until(true: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def stalled(desk: Desk) -> tuple[ScriptedPeer, threading.Event]:
    """A return port that takes a message and never says so; the event tells that the dot has come."""
    dot = threading.Event()
    peer = ScriptedPeer("127.0.0.1", desk.port, answering(None, dot_first=dot.set))
    peer.start()
    desk.daemon.start()
    return peer, dot


def begin(desk: Desk, way: str, recipient: str) -> LmtpClient:
    client = desk.client(way)
    client.envelope(SENDER, [recipient])
    client.begin_data(MESSAGE)
    return client

"""What is asked of a milter that starts, reloads, loses workers or stops."""

from __future__ import annotations

from typing import Any

from world.milterprocess import RunningMilter
from world.postfix import wait_until

FROM = "anna@nordby.example"
TO = ["bo@kunde.example"]
CPR = b"From: anna@nordby.example\r\nSubject: Hej\r\n\r\nMit CPR-nummer er 010190-1233.\r\n"
TEA = b"From: anna@nordby.example\r\nSubject: Hej\r\n\r\nVi ses til te kl. 15.\r\n"


def route(milter: RunningMilter, message: bytes = TEA) -> str:
    with milter.client() as client:
        return client.message(FROM, TO, message).headers["X-Segl-Route"]


def wait_for(milter: RunningMilter, event: str, count: int = 1) -> dict[str, Any]:
    wait_until(lambda: len(milter.events(event)) >= count, 30, lambda: f"{event}:\n{milter.daemon.log}")
    return milter.events(event)[-1]

"""A storm of delivery reports on the two real Postfix instances: many messages are sent while segl-deliver is down, so
that all their reports wait; then it starts, is killed now and then, and every receipt is held against what became
of the message.

Each message goes to one or two recipients by forced TLS, some of whom their server refuses: two reports then, one of
success and one of failure.
"""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from email import message_from_bytes

from world.house import House
from world.letters import GOOD, SENDER
from world.postfix import wait_until, with_parameters
from world.receipts import ReadReceipt, secret_letter
from world.street import Street

HANDS = 8  # that submit at a time
_AT = GOOD.partition("@")[2]
REFUSED = f"ukendt@{_AT}"


@dataclass(frozen=True, slots=True)
class Weather:
    """What a storm was: reports that waited, kills; seconds until they had waited, until all receipts were there; lines
    that were wrong or missing, receipts besides one a message."""

    messages: int
    reports: int
    kills: int
    filling: float
    telling: float
    wrong: int
    more: int

    def __str__(self) -> str:
        return (
            f"real storm: {self.messages} messages sent in {self.filling:.0f} s, {self.reports} reports waiting; with "
            f"{self.kills} kills every receipt after {self.telling:.0f} s; {self.wrong} wrong or missing lines, "
            f"{self.more} receipts more"
        )


def sheltered(house: House) -> House:
    """*house*, before it starts: what cannot be handed over is left alone for a while, as in life."""
    house.secure.main_cf = with_parameters(
        house.secure.main_cf, minimal_backoff_time="30s", maximal_backoff_time="30s", queue_run_delay="10s"
    )
    return house


class _Desk:
    """Reads the receipts as they come, each once."""

    def __init__(self, street: Street) -> None:
        self._street = street
        self._read = 0
        self.receipts = 0
        self.last: dict[str, ReadReceipt] = {}

    def read(self) -> Mapping[str, ReadReceipt]:
        """The latest receipt of each message."""
        mails = self._street.store.received[self._read :]
        self._read += len(mails)
        for mail in mails:
            one = ReadReceipt(mail, message_from_bytes(mail.content))
            if "kvittering@" in str(one.message["From"]):
                self.receipts += 1
                self.last[str(one.message["In-Reply-To"])] = one
        return self.last


def storm(
    house: House,
    street: Street,
    messages: int,
    dice: random.Random,
    patience: float,
    calm: tuple[float, float] = (2, 10),
    most_kills: int = 100,
) -> Weather:
    """Of a running *house*, one that is :func:`sheltered`. Raises AssertionError when the reports are not there after
    *patience* seconds; what is not told so long after the last kill counts as missing. Between two kills are *calm*
    seconds, and longer while nothing is told: on a busy machine a process would die before it does anything, for ever.
    Each kill costs half a minute, for what was in hand and for what the secure instance could not hand over: with more
    than *most_kills* a slow machine would be told of as slow."""
    street.forget()
    street.good.rcpt_replies[REFUSED] = "550 5.1.1 no such user"
    expected = {f"<{number}@storm.example>": _states(number, dice) for number in range(messages)}
    wait_until(lambda: _log_is_followed(house), 60, lambda: house.log[-6000:])
    house.deliver.kill()
    begun = time.monotonic()
    with ThreadPoolExecutor(HANDS) as hands:
        list(hands.map(lambda one: _send(house, *one), expected.items()))
    reports = sum(len(set(states.values())) for states in expected.values())
    wait_until(lambda: house.secure.queued == reports, patience, lambda: house.log[-6000:])
    filling, begun = time.monotonic() - begun, time.monotonic()
    house.deliver.start(60)
    done, kills, last_kill = threading.Event(), 0, begun

    def kill_now_and_then() -> None:
        nonlocal kills, last_kill
        told, longer = 0, 1.0
        while kills < most_kills and not done.wait(dice.uniform(*calm) * longer):
            house.deliver.kill()
            longer, told = (longer if desk.receipts > told else 1.5 * longer), desk.receipts
            house.deliver.start(60)
            house.secure.run("postqueue", "-f")
            kills, last_kill = kills + 1, time.monotonic()

    house.secure.run("postqueue", "-f")
    killer, desk = threading.Thread(target=kill_now_and_then), _Desk(street)
    killer.start()
    try:
        while len(last := desk.read()) < messages or not _is_whole(last):
            if time.monotonic() > last_kill + patience:
                break
            time.sleep(1)
    finally:
        done.set()
        killer.join()
        street.good.rcpt_replies.clear()
    telling = time.monotonic() - begun
    more = desk.receipts - len(last)
    return Weather(messages, reports, kills, filling, telling, _wrong(last, expected), more)


def _log_is_followed(house: House) -> bool:
    """A log that nobody followed before is read from its end on: what the storm brings would be in front of that."""
    with closing(sqlite3.connect(house.state / "segl.db")) as store:
        return bool(store.execute("SELECT count(*) FROM log_position").fetchone()[0])


def _states(number: int, dice: random.Random) -> dict[str, str]:
    states = {f"m{number}@{_AT}": "sent"}
    if dice.random() < 0.5:
        states[REFUSED] = "failed"
    return states


def _send(house: House, name: str, states: Mapping[str, str]) -> None:
    house.submit(secret_letter(*states, message_id=name), SENDER, list(states))


def _is_whole(last: Mapping[str, ReadReceipt]) -> bool:
    return all(one.form["complete"] for one in last.values())


def _wrong(last: Mapping[str, ReadReceipt], expected: Mapping[str, Mapping[str, str]]) -> int:
    """Lines that are not there, say something else, or claim no TLS where there was."""
    wrong = sum(len(states) for name, states in expected.items() if name not in last)
    for name, receipt in last.items():
        wrong += len(receipt.states.items() ^ expected.get(name, {}).items())
        wrong += sum(line["state"] == "sent" and line["tls"] is None for line in receipt.form["recipients"])
    return wrong

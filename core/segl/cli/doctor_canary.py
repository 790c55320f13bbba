"""What `segl doctor` says of canaries: how the last ones fared, with ``--canary`` how one fares now by every way."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlalchemy.engine import Engine

from segl.canary import records
from segl.canary.standing import CanaryResult, Sent
from segl.cli.doctor_ways import ways_open
from segl.errors import SeglError
from segl.postfix.canary import CanarySender
from segl.postfix.check import Check, State
from segl.receipts.key import ReceiptKey
from segl.settings.canary import CanarySink
from segl.settings.document import Settings
from segl.store.engine import open_store, transaction
from segl.store.status import look_at_store
from segl.vocabulary import Mode

WAIT_SECONDS = 120.0
_POLL_SECONDS = 0.5
_WHY = {
    CanaryResult.CLEAR: "mail that must go securely leaves in clear",
    CanaryResult.UNREAD: "the milter is not asked: nobody looks at what is sent, and all of it goes the secure way",
    CanaryResult.LATE: "secure mail is held up somewhere",
    CanaryResult.REFUSED: "the front does not take it: nothing is known of the ways",
    CanaryResult.FAILED: "it came back: this way does not work now",
    CanaryResult.UNDERWAY: "secure mail is held up somewhere",
}
_FIX = {
    CanaryResult.CLEAR: "stop Postfix, then look what the other checks say",
    CanaryResult.UNREAD: "see the checks front.milter and front.service-milter",
    CanaryResult.REFUSED: "see canary.front and canary.sender in segl.toml; for a front that is not on loopback, "
    "segl-canary.service needs a drop-in with IPAddressAllow= and its address",
}
_LOOK = "segl canary status; mailq of both instances; the log of segl-deliver"


def canary_checks(settings: Settings, *, send: bool) -> Iterator[Check]:
    """The checks `canary.NAME`, one for each sink. Those of the past are left out where none was ever sent."""
    off = not settings.canary.on or settings.detection.mode is Mode.SHADOW
    if off and send:
        why = "in mode shadow nothing is protected" if settings.canary.on else "canary.on is false"
        yield Check("canary", State.UNKNOWN, f"none is sent: {why}", "nothing is known of the ways")
    if not settings.canary.on and not send:
        yield Check(
            "canary",
            State.WARN,
            "canary.on is false: none is sent",
            "that mail leaves in clear, or secure mail stands still, would be seen by nobody",
            "set canary.on = true",
        )
    if off:
        return
    try:
        look_at_store(settings.store.url)  # one that is not there is not made
        engine = open_store(settings.store.url)
        try:
            yield from _sent_now(settings, engine) if send else _lately(settings, engine)
        finally:
            engine.dispose()
    except SeglError as error:
        if send:
            yield Check("canary", State.UNKNOWN, error.private, "nothing is known of the ways", error.hint)


def _lately(settings: Settings, engine: Engine) -> Iterator[Check]:
    now = time.time()
    standings = records.standings(engine, settings.canary, now, now)
    several = len({standing.host for standing in standings}) > 1
    for standing in standings:
        if standing.last is not None:
            check = _check(standing.last, standing.result)
            yield replace(check, found=f"{standing.host}: {check.found}") if several else check


def _sent_now(settings: Settings, engine: Engine) -> Iterator[Check]:
    sender = CanarySender.at_home(settings, engine, ReceiptKey.load(settings.receipts.key))
    with ways_open(settings, engine, sender.key) as ways:
        yield from ways.untried
        yield from _sent_to(sender, (*settings.canary.sinks, *ways.sinks))


def _sent_to(sender: CanarySender, sinks: Sequence[CanarySink]) -> Iterator[Check]:
    engine = sender.engine
    began, late = time.time(), sender.settings.canary.late_after
    ids, told = set(sender.send(sinks)), set[str]()
    while True:
        with transaction(engine) as connection:
            found = [one for one in records.recent(connection, began - 1) if one.id in ids]
        over = time.time() - began >= WAIT_SECONDS
        for one in found:
            result = one.result(time.time(), late)
            if one.id not in told and (over or result is not CanaryResult.UNDERWAY):
                told.add(one.id)
                yield _check(one, result)
        if told >= ids or over:
            return
        time.sleep(_POLL_SECONDS)


def _check(canary: Sent, result: CanaryResult) -> Check:
    took = f" after {canary.seconds:.1f} s" if canary.seconds is not None else ""
    way = f" by {canary.way}" if canary.way else ""
    said = f": {canary.detail or canary.refused}" if canary.detail or canary.refused else ""
    words = {CanaryResult.UNDERWAY: f"not seen again within {WAIT_SECONDS:g} s"}
    found = f"{words.get(result, result.value)}{way}{took}{said}"
    if result is CanaryResult.ARRIVED:
        return Check(f"canary.{canary.sink}", State.OK, found)
    return Check(f"canary.{canary.sink}", State.FAIL, found, _WHY[result], _FIX.get(result, _LOOK))

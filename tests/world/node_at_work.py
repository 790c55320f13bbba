"""A process of one node that does what all nodes do, at the same moment as another; prints what fell to it, as JSON.

python -m world.node_at_work URL FOLDER NAME BEGIN
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Engine

from segl import audit
from segl.audit import Act
from segl.certificates.records import CertificateRecords, CertificateRow, Lookup
from segl.events import Events
from segl.receipts import leases
from segl.sealed import life, news
from segl.sealed.belonging import Belonging
from segl.sealed.directory import SealedDirectory
from segl.sealed.revocation import house_secret
from segl.seen_capabilities import SeenCapabilities
from segl.settings.portal import PortalLimits
from segl.signer_standings import SignerStandings
from segl.store.engine import open_store, transaction
from segl.vocabulary import Known
from segl_delivery.receipts.schedule import ReceiptSchedule
from segl_portal.visits import limits
from segl_routing.fallback.failures import Failure
from segl_routing.fallback.marking import Marked
from segl_routing.fallback.marks import StoreMarks

ROUNDS = 15
NOW = 1_800_000_000.0


def main(url: str, folder: str, name: str, begin: str) -> None:
    time.sleep(max(0.0, float(begin) - time.time()))
    engine = open_store(url)  # the first moment is one of those that must go well
    found: dict[str, Any] = {}
    for work in (_made, _receipts, _turns, _told, _shredded, _counted, _knowledge, _trail):
        work(engine, Path(folder), name, found)
    engine.dispose()
    json.dump(found, sys.stdout)


def _made(engine: Engine, folder: Path, _name: str, found: dict[str, Any]) -> None:
    found["secret"] = house_secret(engine).reveal().hex()
    Belonging(SealedDirectory(folder / "sealed"), engine).prepare()


def _receipts(engine: Engine, _folder: Path, _name: str, found: dict[str, Any]) -> None:
    """As segl-deliver takes them, a few at a time."""
    taken: list[str] = []
    idle = 0
    while idle < 3:
        with transaction(engine) as connection:
            mine = leases.take_due(connection, NOW, 8)
        taken += mine
        idle = 0 if mine else idle + 1
    found["receipts"] = taken


def _turns(engine: Engine, _folder: Path, _name: str, found: dict[str, Any]) -> None:
    schedule = ReceiptSchedule(engine, _nobody, Events("test"))
    at, turns = datetime.fromtimestamp(NOW).astimezone(), [f"turn-{number}" for number in range(ROUNDS)]
    for turn in turns:
        schedule._begin(turn, lambda _: "1", at)  # the first ever is nobody's
    found["turns"] = [turn for turn in turns if schedule._begin(turn, lambda _: "2", at)]


def _told(engine: Engine, _folder: Path, _name: str, found: dict[str, Any]) -> None:
    kind = news.NewsKind.OPENED
    mails = news.due(engine, kind, NOW)
    claimed = [one for mail in mails for ids in mail for one in news.claim(engine, kind, ids, NOW)]
    found["told"] = [one.message_id for one in claimed]


def _shredded(engine: Engine, folder: Path, _name: str, found: dict[str, Any]) -> None:
    place = Belonging(SealedDirectory(folder / "sealed"), engine)
    found["shredded"] = life.shred_expired(engine, place, NOW + 40 * 86400)


def _counted(engine: Engine, _folder: Path, _name: str, found: dict[str, Any]) -> None:
    rule = limits.Rules.of(PortalLimits(codes_an_hour=10), 15).link_hour

    def count() -> bool:
        with transaction(engine) as connection:
            return limits.count(connection, rule, "one link", NOW)

    found["counted"] = sum(count() for _ in range(ROUNDS))


def _knowledge(engine: Engine, _folder: Path, name: str, found: dict[str, Any]) -> None:
    """What both find out about the same, again and again."""
    seen, standings, certificates = (
        SeenCapabilities(engine),
        SignerStandings(engine),
        CertificateRecords(engine),
    )
    events = Events("test")
    marks = StoreMarks(engine, events)
    new = 0
    for number in range(ROUNDS):
        address = f"bo{number}@kommune.example"
        seen.keep(f"@k{number}.example", [name], NOW, NOW)
        standings.want((b"leaf", str(number).encode()), NOW)
        row = CertificateRow(address, "ab" * 32, b"der", "mail", NOW, NOW)
        new += certificates.keep(row)
        certificates.record(Lookup(address, Known.YES, name, NOW, NOW + 60), [row])
        marks.keep(Marked(f"d{number}.example", Failure.TLS, name, NOW, NOW + 600))
    marks.close()
    found["kept"] = new
    found["marks"] = len(marks.load())


def _trail(engine: Engine, _folder: Path, name: str, _found: dict[str, Any]) -> None:
    for number in range(ROUNDS):
        with transaction(engine) as connection:
            audit.append(connection, Act.LOOKED_AT, f"{name}-{number}", name)


_nobody: Callable[[], Any] = lambda: None  # noqa: E731 - what is asked for here needs no office


if __name__ == "__main__":
    main(*sys.argv[1:5])

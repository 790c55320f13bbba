"""What several nodes share, and what it costs: PostgreSQL beside SQLite, an S3-compatible store beside files.

python tests/bench/bench_nodes.py     # commits wait for the disk; docs/scaling.md has the figures
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy.engine import Engine

from segl.receipts import records
from segl.receipts.facts import Facts
from segl.receipts.records import Heard, hear
from segl.receipts.states import News, Stage, State
from segl.sealed.content import SealedContent
from segl.sealed.directory import SealedDirectory, new_id
from segl.sealed.keys import Place, Secret, wrap
from segl.sealed.objects import SealedObjects
from segl.sealed.records import SealedMessage, SealedRecipient, mark_notified, record
from segl.sealed.storage import SealedStorage
from segl.settings.portal import PortalLimits
from segl.settings.receipts import Receipts, ReceiptTerms
from segl.store.engine import open_store, transaction
from segl_portal.visits import limits
from world.object_store import ObjectStore
from world.postgresql import PostgreSQL

SECONDS = 4.0
NOW = 1_800_000_000.0
TERMS = ReceiptTerms(send=Receipts.SECURE, language="da", wait_seconds=60.0, retention_days=30)
RULE = limits.Rules.of(PortalLimits(codes_an_hour=1_000_000), 15).link_hour


def sealing(engine: Engine) -> None:
    """The rows of one message to one recipient, and that its notice went: two transactions, two audit entries."""
    message_id, row, server = new_id(), new_id(), Secret.new()
    where = Place(bytes.fromhex(message_id), bytes.fromhex(row))
    message = SealedMessage(message_id, "anna@nordby.example", 1000, NOW, NOW + 86400)
    wrapped = wrap(Secret.new(), Secret.new(), server, where)
    record(engine, message, [SealedRecipient(row, "bo@vestby.example", server, wrapped)])
    mark_notified(engine, row, NOW)


def receipt(engine: Engine) -> None:
    """One delivery report heard, its message taken when due, and marked as told: three transactions."""
    name, to = new_id() * 2, "bo@vestby.example"
    news = News(to, to, Stage.SECURE, State.SENT, NOW)
    with transaction(engine) as connection:
        hear(
            connection,
            Heard(name, "anna@nordby.example", "", NOW, Facts(NOW, ("cpr",), (to,)), (news,)),
            lambda _: TERMS,
            NOW,
        )
    with transaction(engine) as connection:
        message = records.read(connection, name)
        assert message is not None
    with transaction(engine) as connection:
        records.mark_told(connection, message, TERMS, NOW)


def counting(engine: Engine) -> None:
    """What a press of the portal's button counts: one transaction."""
    with transaction(engine) as connection:
        limits.count(connection, RULE, new_id(), NOW)


def rate(work: Callable[[], None], at_once: int) -> float:
    """Times a second."""
    end, done = time.monotonic() + SECONDS, [0] * at_once

    def run(number: int) -> None:
        while time.monotonic() < end:
            work()
            done[number] += 1

    begun = time.monotonic()
    threads = [threading.Thread(target=run, args=(number,)) for number in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.monotonic() - begun)


def store_rates(name: str, url: str) -> None:
    engine = open_store(url)
    for work in (sealing, receipt, counting):
        rates = [rate(lambda work=work: work(engine), n) for n in (1, 8)]  # type: ignore[misc]
        print(f"{name:12}{work.__name__:10}{rates[0]:8.0f} a second by one{rates[1]:8.0f} by eight at once")
    engine.dispose()


def place_rates(name: str, place: SealedStorage) -> None:
    place.prepare()
    small, large = bytes(100_000), bytes(50_000_000)

    def write(plain: bytes) -> Callable[[], SealedContent]:
        message_id, key = new_id(), Secret.new()
        place.write(message_id, key, [plain])
        return lambda: SealedContent(place.open(message_id), key, message_id, len(plain))

    opened = write(small)

    def read() -> None:
        with opened() as content:
            content.read(0, 100_000)

    def kept(plain: bytes) -> None:
        write(plain)

    rates = rate(lambda: kept(small), 1), rate(read, 1)
    print(f"{name:12}100 KB{rates[0]:8.0f} written a second{rates[1]:8.0f} opened and read")
    begun = time.monotonic()
    opened = write(large)
    written, begun = time.monotonic() - begun, time.monotonic()
    with opened() as content:
        content.read(0, 1000)
        first = time.monotonic() - begun
        if sum(map(len, content.chunks())) != len(large):
            raise SystemExit("not all came out")
    told = f"written in {written:.1f} s, read in {time.monotonic() - begun:.1f} s"
    print(f"{name:12}50 MB   {told}, its beginning after {first * 1000:.0f} ms")


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        PostgreSQL(durable=True) as server,
        ObjectStore() as objects,
    ):
        store_rates("SQLite", f"sqlite:///{folder}/segl.db")
        store_rates("PostgreSQL", server.empty_store())
        place_rates("files", SealedDirectory(Path(folder) / "sealed"))
        place_rates("objects", SealedObjects(objects.storage()))


if __name__ == "__main__":
    main()

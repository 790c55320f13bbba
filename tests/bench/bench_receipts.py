"""Receipts in numbers: how soon after the last result, and how a storm of reports with kills in between is joined.

.venv/bin/python tests/bench/bench_receipts.py [--messages 10000] [--real 10000] [--seed 1]

Three parts, the first two with a segl-deliver of its own that gets reports as Postfix hands them over (LMTP, tried
again when the connection breaks) and whose receipts go to a server that records them:

* *pace*: messages at a steady pace, each with one to four recipients whose results come in one or two reports;
* *storm*: all reports at once, one in ten twice, in random order, while segl-deliver is killed at random moments;
* *real storm* (`--real`, needs root and Postfix): the messages go through both Postfix instances, whose reports wait
  for a segl-deliver that is down (tests/world/storm.py).

Every receipt is then held against what was reported. Ends with 1 when a line is wrong or missing, or when of the steady
part less than 99 in 100 come within ten seconds.
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.processes import bar
from segl import given_proofs
from segl.given_proofs import Given
from segl.receipts.facts import Facts
from segl.receipts.key import ReceiptKey
from segl.settings.document import Store
from segl.store.engine import open_store, transaction
from segl.vocabulary import Proof
from world import namespace
from world.desk import SENDER, Desk
from world.estate import build_house
from world.peers import ReceivedMail
from world.receipts import ReadReceipt
from world.reports import group, report
from world.storm import sheltered
from world.storm import storm as world_storm
from world.street import Street

SENDERS = 16  # Postfix's default_destination_concurrency_limit is 20
DOMAINS = 500
SOON_SECONDS, SOON = 10.0, 0.99
RESULTS = {
    "sent": ("relayed", "2.0.0", "250 ok"),
    "failed": ("failed", "5.1.1", "550 5.1.1 no such user"),
}


@dataclass
class Told:
    """One message: what was reported of it, when the last report was taken, when its receipt came."""

    name: str
    states: dict[str, str]
    reports: list[bytes]
    left: int
    log: list[str]
    lock: threading.Lock = field(default_factory=threading.Lock)
    last: float = 0.0

    def taken(self) -> None:
        with self.lock:
            self.left -= 1
            self.last = time.time()


def make(key: ReceiptKey, dice: random.Random, number: int) -> Told:
    states = {
        f"m{number}-{n}@x{dice.randrange(DOMAINS)}.example": dice.choice(["sent", "sent", "sent", "failed"])
        for n in range(dice.randint(1, 4))
    }
    name = key.new_id()
    facts = key.seal(name, Facts(time.time(), ("cpr",), tuple(states)).to_bytes()).replace("\n", "\r\n")
    parts = [[one for one in states if states[one] == state] for state in RESULTS]
    reports = [
        report(
            name,
            *(group(recipient, *RESULTS[states[recipient]]) for recipient in part),
            to=SENDER,
            facts=facts,
            queue_id=f"4jZ{number:09}",
        )
        for part in parts
        if part
    ]
    queue_id = f"4jZ{number:09}"
    lines = [tls_lines(queue_id, one, dice.randrange(50)) for one in states if states[one] == "sent"]
    return Told(name, states, reports, len(reports), ["".join(lines)])


def tls_lines(queue_id: str, recipient: str, process: int) -> str:
    """What Postfix logs of a delivery; the cipher is made up of the message's number, to be known again."""
    host = f"mx.{recipient.partition('@')[2]}"
    begin = f"{datetime.now(UTC).isoformat()} segl-secure postfix/segl-tls/smtp[{process}]:"
    return (
        f"{begin} Verified TLS connection established to {host}[192.0.2.1]:25: TLSv1.3 with cipher X-{queue_id} (1)\n"
        f"{begin} {queue_id}: to=<{recipient}>, relay={host}[192.0.2.1]:25, delay=0.2, delays=0.05/0.12/0.03/0, "
        "dsn=2.0.0, status=sent (250 ok)\n"
    )


def hand_over(desk: Desk, content: bytes, one: Told) -> None:
    """As Postfix does: until it is taken. The log has its lines by then."""
    with (desk.directory / "mail.log").open("a") as log:
        log.write(one.log.pop() if one.log else "")
    while True:
        try:
            with desk.client("receipt") as client:
                [reply] = client.deliver("", [SENDER], content)
            if reply.startswith("250"):
                one.taken()
                return
        except (OSError, ValueError, AssertionError):
            pass
        time.sleep(0.2)


def judge(desk: Desk, told: Sequence[Told], seconds: float) -> tuple[list[float], int, int]:
    """Delays in seconds, receipts besides one a message, lines that are wrong or missing in the last one."""
    by_name = {one.name: one for one in told}
    end = time.time() + seconds
    final: dict[str, tuple[ReadReceipt, float]] = {}
    read = 0
    while len(final) < len(told) and time.time() < end:
        mails = desk.return_port.received
        read_final(mails[read:], final)
        read = len(mails)
        time.sleep(2)
    wrong = sum(len(one.states) for one in told if one.name not in final)
    for name, (receipt, _) in final.items():
        wrong += len(by_name[name].states.items() ^ receipt.states.items())
        for line in receipt.form["recipients"]:
            told_of = line["tls"] and (line["tls"]["cipher"], line["tls"]["proof"])
            wrong += line["state"] == "sent" and told_of != (f"X-{line['queue_id']}", "pkix")
    delays = [max(0.0, at - by_name[name].last) for name, (_, at) in final.items()]
    return delays, len(desk.return_port.received) - len(final), wrong


def read_final(mails: Sequence[ReceivedMail], found: dict[str, tuple[ReadReceipt, float]]) -> None:
    """Add the first complete receipt of each message."""
    for mail in mails:
        receipt = ReadReceipt(mail, message_from_bytes(mail.content))
        if receipt.form["complete"]:
            found.setdefault(receipt.form["id"], (receipt, mail.at))


def give(desk: Desk) -> None:
    """As segl-map notes on which proof TLS policies rest."""
    now = time.time()
    engine = open_store(f"sqlite:///{desk.directory}/segl.db")
    with transaction(engine) as connection:
        stretches = [Given(f"x{n}.example", Proof.PKIX, now - 60, now + 86400) for n in range(DOMAINS)]
        given_proofs.keep(connection, Store().node_name, stretches)
        given_proofs.all_noted(connection, Store().node_name, now - 60, now + 86400)
    engine.dispose()


def pace(count: int, per_second: float, dice: random.Random) -> bool:
    with TemporaryDirectory(prefix="rcb-") as folder:
        desk = Desk(Path(folder))
        desk.start()
        give(desk)
        try:
            key = ReceiptKey.load(desk.directory / "receipts.key")
            told = [make(key, dice, number) for number in range(count)]
            began = time.monotonic()
            with ThreadPoolExecutor(SENDERS) as pool:
                for number, one in enumerate(told):
                    time.sleep(max(0.0, began + number / per_second - time.monotonic()))
                    for content in one.reports:
                        pool.submit(hand_over, desk, content, one)
            delays, more, wrong = judge(desk, told, 120)
        finally:
            desk.stop()
    cut = quantiles(delays, n=100)
    soon = sum(delay <= SOON_SECONDS for delay in delays) / count
    print(
        f"pace: {count} messages at {per_second:g}/s: receipt after {cut[49]:.2f} s (50 %), {cut[98]:.2f} s (99 %); "
        f"{more} receipts more"
    )
    good = bar("pace: within 10 s", f"{soon:.2%}", soon >= SOON, f"at least {SOON:.0%}")
    return good & _right("pace", wrong)


def _right(part: str, wrong: int) -> bool:
    return bar(f"{part}: wrong or missing lines", f"{wrong}", not wrong, "none")


def storm(count: int, dice: random.Random) -> bool:
    with TemporaryDirectory(prefix="rcb-") as folder:
        desk = Desk(Path(folder))
        desk.start()
        give(desk)
        try:
            key = ReceiptKey.load(desk.directory / "receipts.key")
            told = [make(key, dice, number) for number in range(count)]
            todo = [(one, content) for one in told for content in one.reports]
            twice = dice.sample(todo, len(todo) // 10)
            for one, _ in twice:
                one.left += 1
            todo += twice
            dice.shuffle(todo)
            began, kills, done = time.monotonic(), 0, threading.Event()

            def kill_now_and_then() -> None:
                nonlocal kills
                while not done.wait(dice.uniform(3, 15)):
                    desk.daemon.kill()
                    desk.daemon.start(120)
                    kills += 1

            killer = threading.Thread(target=kill_now_and_then)
            killer.start()
            with ThreadPoolExecutor(SENDERS) as pool:
                for one, content in todo:
                    pool.submit(hand_over, desk, content, one)
            taken = time.monotonic() - began
            done.set()
            killer.join()
            delays, more, wrong = judge(desk, told, 1200)
            whole = time.monotonic() - began
        finally:
            desk.stop()
    lines = sum(len(one.states) for one in told)
    print(
        f"storm: {count} messages, {lines} recipients, {len(todo)} reports, {kills} kills: reports taken after "
        f"{taken:.0f} s, {len(delays)} receipts after {whole:.0f} s; {more} receipts more"
    )
    return _right("storm", wrong)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=10_000, help="of the storm (default: %(default)s)")
    parser.add_argument("--paced", type=int, default=1_000, help="of the steady part (default: %(default)s)")
    parser.add_argument("--per-second", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--real", type=int, default=0, help="of the storm on real Postfix (default: none)")
    options = parser.parse_args()
    dice = random.Random(options.seed)
    good = True
    if options.paced:
        good &= pace(options.paced, options.per_second, dice)
    if options.messages:
        good &= storm(options.messages, dice)
    if options.real:
        good &= real(options.real, dice)
    return 0 if good else 1


def real(count: int, dice: random.Random) -> bool:
    namespace.enter()
    with TemporaryDirectory(prefix="rcs-") as folder:
        directory = Path(folder)
        directory.chmod(0o755)
        (directory / "street").mkdir()
        with Street(directory / "street") as street:
            house = sheltered(build_house(street, directory / "house", model=True))
            try:
                house.start()
                weather = world_storm(house, street, count, dice, 3600, calm=(15, 45))
            finally:
                house.stop()
    print(weather)
    return _right("real storm", weather.wrong)


if __name__ == "__main__":
    sys.exit(main())

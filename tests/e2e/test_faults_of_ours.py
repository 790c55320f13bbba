"""Faults of ours in the last stage, from the verdict to the record of it: a message waits, or goes as it was decided.
No byte of it goes out in clear, none is lost, and the next one is served."""

from __future__ import annotations

import os
import signal
import smtplib
import sqlite3
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from world.estate import at_work, build_house
from world.faults import fault, faulty_milter, filled, small_disk
from world.faulty_milter import HALF, KILL
from world.house import House
from world.letters import BARE, CPR, GOOD, SENDER, letter
from world.postfix import wait_until
from world.process import Daemon, is_alive
from world.street import Street

pytestmark = pytest.mark.world

PORT = 9461
MARK = "Kvitteringsmaerke-9917"
LETTER = letter("", (GOOD, BARE), "Sag", f"Hej\n\nCPR-nummer {CPR}, {MARK}\n").content
TEA = letter("", (GOOD, BARE), "Te", "Vi ses til te\n").content
OURS, POSTFIXS = "4.3.0 Mailen kan ikke kontrolleres lige nu", "4.7.1 Service unavailable"
HOLDING = ["deciding", "ruling", "policies", "marking", "the last of the edits", "the answer"]
NO_ROOM = "CREATE TRIGGER no_room BEFORE INSERT ON decision BEGIN SELECT RAISE(ABORT, 'no room'); END"
LOST = 'segl_decisions_total{result="lost"}'
RECORDING = ["the event", "counting", "counting the stages", "the record", "remembering"]


@pytest.fixture(scope="module")
def office(street: Street) -> Iterator[House]:
    """A house whose milter fails on demand, and whose store and metrics have disks of their own. No decision can be
    written."""
    with TemporaryDirectory(prefix="house-") as name, pytest.MonkeyPatch.context() as environment:
        metrics = Path(name) / "metrics"
        settings = f"[metrics]\nmilter_port = {PORT}\n"
        house = build_house(street, Path(name), settings_text=settings)
        metrics.mkdir()
        house.milter = faulty_milter(house)
        with small_disk(house.state, "24m"), small_disk(metrics, "2m"):
            environment.setenv("RUNTIME_DIRECTORY", str(metrics))
            with at_work(house):
                with store(house) as one:
                    one.execute(NO_ROOM)
                yield house


@pytest.fixture
def house(office: House, street: Street) -> House:
    street.forget()
    return office


def metric(name: str) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


def events(house: House, name: str) -> list[dict[str, Any]]:
    return [event for event in house.milter.events if event["event"] == name]


def workers(house: House) -> list[int]:
    return [e["pid"] for e in events(house, "worker_started") if e["kind"] == "worker" and is_alive(e["pid"])]


def submit(house: House) -> None:
    house.submit(LETTER, SENDER, [GOOD, BARE])


def refused(house: House, words: str, content: bytes = LETTER) -> None:
    """It is with its sender, and nowhere else."""
    with pytest.raises(smtplib.SMTPDataError) as caught:
        house.submit(content, SENDER, [GOOD, BARE])
    assert caught.value.smtp_code == 451
    assert words.encode() in caught.value.smtp_error
    wait_until(lambda: not house.front.queued, 30, lambda: house.log[-6000:])


def arrives(house: House, street: Street, times: int = 1) -> None:
    """With both recipients, securely, and so often."""

    def there() -> bool:
        return len(street.mail_for(GOOD)) >= times and len(street.mail_for(BARE)) >= times

    wait_until(there, 60, lambda: house.log[-8000:])
    assert [MARK.encode() in mail.content for mail in street.mail_for(GOOD)] == [True] * times
    assert all(mail.tls for mail in street.mail_for(GOOD))
    assert len(street.mail_for(BARE)) == times
    assert MARK.encode() not in street.seen_in_clear()
    assert CPR.encode() not in street.seen_in_clear()
    assert CPR not in house.milter.log


@pytest.mark.parametrize("place", HOLDING)
def test_a_fault_before_the_answer_lets_the_message_wait(house: House, street: Street, place: str) -> None:
    before, told, failures = workers(house), len(events(house, "failed")), metric("segl_scan_failures_total")
    outside = place == "the answer"  # of what is answered in our words
    with fault(house, place):
        refused(house, POSTFIXS if outside else OURS)
        wait_until(lambda: len(events(house, "failed")) > told, 30, lambda: house.milter.log)
    (failed,) = events(house, "failed")[told:]
    assert (failed["where"], failed["error"]) == (
        "milter connection" if outside else "end of message",
        "ZeroDivisionError",
    )
    assert metric("segl_scan_failures_total") - failures == (not outside)
    assert workers(house) == before
    submit(house)
    arrives(house, street)


@pytest.mark.parametrize("place", RECORDING)
def test_a_fault_in_recording_holds_no_message(house: House, street: Street, place: str) -> None:
    before, told, lost = workers(house), len(events(house, "failed")), metric(LOST)
    with fault(house, place):
        submit(house)
        wait_until(lambda: len(events(house, "failed")) > told, 30, lambda: house.milter.log)
    (failed,) = events(house, "failed")[told:]
    where = {"the record": "record of a decision", "remembering": "milter connection"}
    assert (failed["where"], failed["error"]) == (
        where.get(place, "record of a message"),
        "ZeroDivisionError",
    )
    assert metric(LOST) - lost == (place == "the record")
    assert workers(house) == before
    arrives(house, street)


@pytest.mark.parametrize("place", [HOLDING[0], *HOLDING[-2:], "counting"])
def test_a_worker_that_dies_before_the_answer_lets_the_message_wait(
    house: House, street: Street, place: str
) -> None:
    dies(house, lambda: refused(house, POSTFIXS), KILL + place)
    submit(house)
    arrives(house, street)


def test_a_worker_that_dies_after_the_answer_takes_only_the_record_along(
    house: House, street: Street
) -> None:
    dies(house, lambda: submit(house), KILL + "remembering")
    arrives(house, street)


@pytest.mark.parametrize("content", [LETTER, TEA], ids=["secure", "plain"])
def test_edits_without_an_answer_are_not_enough(house: House, street: Street, content: bytes) -> None:
    """Postfix makes them as they come, and sees by the verdict where the message is to go; then its milter is gone."""
    dies(house, lambda: refused(house, POSTFIXS, content), HALF)
    if content is TEA:
        house.front.wait_for_log("milter-header-filter: header X-Segl-Route: plain")
    assert not street.mail_for(GOOD)
    assert not street.mail_for(BARE)
    submit(house)
    arrives(house, street)


def dies(house: House, meanwhile: Callable[[], None], order: str) -> None:
    """Another takes the place of the worker that *order* ends."""
    before, deaths = workers(house), metric("segl_worker_deaths_total")
    with fault(house, order):
        meanwhile()
        wait_until(lambda: metric("segl_worker_deaths_total") > deaths, 30, lambda: house.milter.log)
    wait_until(lambda: len(workers(house)) == len(before), 30, lambda: house.milter.log)
    assert len(set(workers(house)) & set(before)) == len(before) - 1
    assert events(house, "worker_died")[-1]["status"] == -signal.SIGKILL
    assert metric("segl_worker_deaths_total") == deaths + 1


def test_sendmails_message_waits_for_the_end_of_a_fault(house: House, street: Street) -> None:
    """pickup(8) has no client to say 451 to: the file stays in the maildrop queue."""
    with fault(house, "marking"):
        house.front.sendmail(SENDER, [GOOD, BARE], LETTER)
        house.front.wait_for_log("milter-reject: END-OF-MESSAGE from localhost.*4.3.0 Mailen kan ikke")
        assert "maildrop" in [message["queue_name"] for message in house.front.queue()]
    house.front.reload()  # pickup looks again at once instead of after its minute
    arrives(house, street)


# what is written down, and where


def test_a_store_on_a_full_disk(house: House, street: Street) -> None:
    """Who needs nothing of it has his copy; the other's, which would be sealed there, waits."""
    with filled(house.state):
        submit(house)
        wait_until(lambda: bool(street.mail_for(GOOD)), 30, lambda: house.log[-6000:])
        house.secure.wait_for_log(rf"segl-portal/lmtp.* to=<{BARE}>.*status=deferred")
        assert not street.mail_for(BARE)
    house.secure.flush()
    arrives(house, street)


def test_metrics_that_have_no_room_or_no_folder(house: House, street: Street) -> None:
    """The values of a worker that starts then stay in memory."""
    (folder,) = (house.directory / "metrics").glob("segl-metrics-*")
    with filled(house.directory / "metrics"):
        for file in folder.glob("*-worker-*.db"):
            file.rename(file.with_suffix(".old"))  # else the next worker would go on with it, room or not
        kill_all_workers(house)
        living = workers(house)
        submit(house)
        arrives(house, street)
        assert any(error.endswith(".db: No space left on device") for error in unkept(house)), unkept(house)
    folder.rename(folder.with_name("away"))
    house.milter.signal(signal.SIGHUP)  # to workers of another generation
    wait_until(lambda: not set(living) & set(workers(house)), 30, lambda: house.milter.log)
    living = workers(house)
    submit(house)
    arrives(house, street, 2)
    assert any(error.endswith(".db: No such file or directory") for error in unkept(house)), unkept(house)
    assert workers(house) == living


def unkept(house: House) -> set[str]:
    return {event["error"] for event in events(house, "failed") if event["where"] == "metrics"}


def kill_all_workers(house: House) -> None:
    before = workers(house)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    wait_until(
        lambda: len(workers(house)) == len(before) and not set(before) & set(workers(house)),
        30,
        lambda: house.milter.log,
    )


def test_decisions_that_cannot_be_written_are_written_later(house: House, street: Street) -> None:
    """As all records of the tests before, which wait since the first of them."""
    submit(house)
    arrives(house, street)
    wait_until(lambda: '"where": "decisions"' in house.deliver.log, 30, lambda: house.deliver.log[-2000:])
    assert written(house) == []
    with store(house) as one:
        one.execute("DROP TRIGGER no_room")
    house.deliver.stop()  # it writes what it has
    assert events(house, "classified")[-1]["queue_id"] in written(house)
    house.deliver.start()


def test_a_log_on_a_full_disk(house: House, street: Street) -> None:
    house.milter.stop()
    file = house.milter.log_file
    house.milter = Daemon("segl-milter", "--settings", str(house.settings_file), directory=house.directory)
    house.milter.log_file = Path("/dev/full")
    try:
        house.milter.start()
        submit(house)
    finally:
        house.milter.log_file = file
    arrives(house, street)


@contextmanager
def store(house: House) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(house.state / "segl.db", timeout=60)) as store, store:
        yield store


def written(house: House) -> list[str]:
    """The queue ids of the decisions that are kept."""
    with store(house) as one:
        return [row[0] for row in one.execute("SELECT queue_id FROM decision")]

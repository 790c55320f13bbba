"""systemd's journal read as a log file is: a real one, made from entries as Postfix's are."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from segl.store.engine import transaction
from segl.tables.receipts import log_position
from segl_delivery.receipts.evidence import TlsLines
from segl_delivery.receipts.journal import NAME, Journal
from segl_delivery.receipts.unread_log import key_of, unread_in
from world import needs
from world.confined import confined
from world.postfix import wait_until

TAG = "postfix/segl-tls/smtp"
REMOTE = "/usr/lib/systemd/systemd-journal-remote"
TLS = "Verified TLS connection established to mx.x.example[192.0.2.1]:25: TLSv1.3 with cipher TLS_X (256/256 bits)"
SENT = (
    "4jZ1: to=<bo@x.example>, relay=mx.x.example[192.0.2.1]:25, delay=0.2, delays=0.05/0.12/0.03/0, "
    "dsn=2.0.0, status=sent (250 ok)"
)


class Written:
    """A folder of journal files; each :meth:`add` makes one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._count = 0

    def add(self, *messages: str, tag: str = TAG, ago: float = 0.0, uid: int = 0) -> None:
        self._count += 1
        now = int((time.time() - ago) * 1e6)
        entries = "\n".join(
            f"__REALTIME_TIMESTAMP={now + number}\n__MONOTONIC_TIMESTAMP={self._count * 1000 + number}\n"
            f"_BOOT_ID=0123456789abcdef0123456789abcdef\nSYSLOG_IDENTIFIER={tag}\nSYSLOG_PID=7\n_PID=7\n_UID={uid}\n"
            f"MESSAGE={message}\n"
            for number, message in enumerate(messages)
        )
        command = [REMOTE, "-o", str(self.folder / f"{self._count}.journal"), "-"]
        subprocess.run(command, input=f"{entries}\n".encode(), check=True, capture_output=True)


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return Written(tmp_path)


@pytest.fixture
def journal(written: Written) -> Iterator[Journal]:
    journal = Journal(written.folder)
    yield journal
    journal.close()


def read(journal: Journal, count: int) -> list[str]:
    found: list[str] = []

    def enough() -> bool:
        found.extend(journal.lines())
        return len(found) >= count

    wait_until(enough, 30, lambda: f"{found}")
    return found


def test_tls_is_proven_from_the_journal_as_from_a_file(written: Written, journal: Journal) -> None:
    written.add("somebody else's", tag="postfix/smtp")
    written.add(TLS, SENT)
    journal.resume(None)
    [proof] = TlsLines(time.time).read(read(journal, 2))
    assert (proof.queue_id, proof.recipient, proof.cipher) == ("4jZ1", "bo@x.example", "TLS_X")


def test_what_others_wrote_under_postfixs_name_does_not_count(written: Written, journal: Journal) -> None:
    written.add("made up", uid=54321)
    written.add(SENT)
    journal.resume({"at": 0})
    assert [line.partition("]: ")[2] for line in read(journal, 1)] == [SENT]


def test_a_start_goes_on_a_little_before_the_position(written: Written, journal: Journal) -> None:
    written.add("long ago", ago=600)
    written.add(TLS, ago=5)
    written.add(SENT)
    journal.resume({"at": int((time.time() - 3) * 1e6)})
    lines = read(journal, 2)
    assert [line.partition("]: ")[2] for line in lines] == [TLS, SENT]
    assert journal.position["at"] > (time.time() - 60) * 1e6


@pytest.mark.parametrize(
    ("ago", "uid", "read_ago", "unread"),
    [
        (300, 0, 200, False),
        (300, 0, 400, True),
        (300, 0, None, True),
        (300, 54321, None, False),
        (5, 0, 400, False),
    ],
    ids=["read", "written since", "never read", "made up", "on its way"],
)
def test_what_segl_deliver_has_not_read_is_told(
    written: Written, engine: Engine, ago: float, uid: int, read_ago: float | None, unread: bool
) -> None:
    """As where its unit keeps journalctl from the journal, which root's doctor reads."""
    written.add(SENT, ago=ago, uid=uid)
    with transaction(engine) as connection:
        if read_ago is not None:
            position = json.dumps({"at": int((time.time() - read_ago) * 1e6)})
            connection.execute(log_position.insert().values(log=key_of("here", NAME), position=position))
        said = unread_in(connection, "here", NAME, directory=written.folder)
        assert bool(said) is unread
        with pytest.raises(OSError, match="No such file or directory"):
            unread_in(connection, "here", NAME, directory=written.folder / "nowhere")


def test_a_journalctl_that_ends_is_said(journal: Journal) -> None:
    journal.resume(None)
    assert journal._process is not None
    journal._process.kill()
    with pytest.raises(OSError, match="journalctl ended"):
        wait_until(lambda: bool(journal.lines()), 30, str)


@pytest.mark.slow
@needs.ROOT
def test_the_unit_lets_it_be_followed(repository: Path) -> None:
    """journalctl asks first which boot this is, where it follows: `/proc/sys/kernel/random/boot_id`."""
    unit = repository / "systemd" / "segl-deliver.service"
    asked = [*confined(unit), needs.program("journalctl"), "--quiet", "--boot", "--lines=1"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_what_journalctl_says_when_it_ends_is_told(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "nowhere")
    journal.resume(None)
    said: list[str] = []

    def ended() -> bool:
        try:
            return bool(journal.lines())
        except OSError as error:
            said.append(str(error))
            return True

    wait_until(ended, 30, lambda: "it goes on")
    journal.close()
    assert [" ".join(text.split()[:3]) for text in said] == ["journalctl ended (1):"]
    assert f"{tmp_path}/nowhere: No such file or directory" in said[0]

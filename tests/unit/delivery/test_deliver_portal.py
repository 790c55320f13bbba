"""A running segl-deliver, by the portal socket: sealed on disk, the notice sent, the link opens it."""

from __future__ import annotations

import email
import re
import stat
from collections.abc import Iterator
from email import policy

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import Engine

from segl.sealed.content import NotOpened
from segl.sealed.directory import SealedDirectory
from segl.sealed.opening import open_sealed
from segl.store.engine import open_store, transaction
from segl.tables.sealed import sealed_message, sealed_recipient
from world.desk import DOMAIN, SENDER, Desk
from world.peers import ReceivedMail

MESSAGE = (
    b"From: Anna <anna@nordby-vand.example>\r\n"
    b"X-Segl-Route: secure\r\n"
    b"Subject: 010190-1234 er syg\r\n"
    b"\r\n"
    b"K\xe6re Bo\nbare line feed\r\n.\r\n\x00" + b"y" * 200_000 + b"\r\n"
)
AS_SEALED = MESSAGE.replace(b"X-Segl-Route: secure\r\n", b"")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with Desk(tmp_path_factory.mktemp("desk")) as desk:
        yield desk


@pytest.fixture(scope="module")
def engine(running: Desk) -> Iterator[Engine]:
    engine = open_store(f"sqlite:///{running.directory}/segl.db")
    yield engine
    engine.dispose()


@pytest.fixture
def desk(running: Desk, engine: Engine) -> Iterator[Desk]:
    running.return_port.forget()
    for path in running.sealed_files():
        path.unlink()
    with transaction(engine) as connection:
        connection.execute(sealed_recipient.delete())
        connection.execute(sealed_message.delete())
    yield running
    running.return_port.rcpt_replies.clear()
    running.return_port.data_reply = "250 2.0.0 Ok: queued as {number}"


def link_in(mail: ReceivedMail) -> tuple[str, str]:
    """Recipient id and secret from the link in a notice."""
    message = email.message_from_bytes(mail.content, policy=policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    found = re.search(
        rf"^https://sikker\.{re.escape(DOMAIN)}/m/([0-9a-f]{{32}})#(\S{{43}})\r?$", body.get_content(), re.M
    )
    assert found is not None
    return found[1], found[2]


def opened(desk: Desk, engine: Engine, mail: ReceivedMail) -> bytes:
    return b"".join(open_sealed(engine, SealedDirectory(desk.sealed), *link_in(mail)))


def rows(engine: Engine) -> int:
    with transaction(engine) as connection:
        return connection.scalar(select(func.count()).select_from(sealed_recipient)) or 0


def test_the_link_in_the_notice_opens_the_message_as_it_was_sent(desk: Desk, engine: Engine) -> None:
    [reply] = desk.portal(SENDER, ["bo@vestby.example"], MESSAGE)
    [notice] = desk.return_port.received
    assert (notice.sender, notice.recipients) == (SENDER, ("bo@vestby.example",))
    assert opened(desk, engine, notice) == AS_SEALED
    [file] = desk.sealed_files()
    assert reply == f"250 2.0.0 portal: sealed as {file.stem}"
    assert not stat.S_IMODE(file.stat().st_mode) & 0o007


def test_the_notice_tells_nothing_of_the_message(desk: Desk, engine: Engine) -> None:
    desk.portal(SENDER, ["bo@vestby.example"], MESSAGE)
    for word in (b"010190", b" er syg", b"bare line", b"X-Segl"):
        assert word not in desk.return_port.clear


def test_each_recipient_has_a_link_of_her_own_to_the_one_file(desk: Desk, engine: Engine) -> None:
    recipients = ["bo@vestby.example", "eva@vestby.example", "ib@andet.example", "bo@vestby.example"]
    replies = desk.portal(SENDER, recipients, MESSAGE)
    assert len(set(replies)) == 1
    assert replies[0].startswith("250 2.0.0 portal: sealed as ")
    notices = desk.return_port.wait_for(3)
    assert sorted(mail.recipients for mail in notices) == [(r,) for r in sorted(set(recipients))]
    assert [opened(desk, engine, mail) for mail in notices] == [AS_SEALED] * 3
    (one, first), (two, second), _ = map(link_in, notices)
    with pytest.raises(NotOpened):
        open_sealed(engine, SealedDirectory(desk.sealed), one, second)
    with pytest.raises(NotOpened):
        open_sealed(engine, SealedDirectory(desk.sealed), two, first)
    assert len(desk.sealed_files()) == 1


def test_a_notice_that_is_refused_leaves_no_row_and_the_others_stand(desk: Desk, engine: Engine) -> None:
    desk.return_port.rcpt_replies["vaek@vestby.example"] = "550 5.1.1 no such user"
    replies = desk.portal(SENDER, ["vaek@vestby.example", "bo@vestby.example"], MESSAGE)
    assert [reply[:9] for reply in replies] == ["550 5.1.1", "250 2.0.0"]
    assert opened(desk, engine, desk.return_port.received[0]) == AS_SEALED
    assert rows(engine) == 1


def test_when_no_notice_goes_nothing_stays(desk: Desk, engine: Engine) -> None:
    desk.return_port.data_reply = "451 4.3.0 not now"
    replies = desk.portal(SENDER, ["bo@vestby.example", "eva@vestby.example"], MESSAGE)
    assert replies == ["451 4.3.0 not now"] * 2
    assert rows(engine) == 0
    assert desk.sealed_files() == []


def test_the_link_secret_is_kept_nowhere_and_no_file_holds_the_content(desk: Desk, engine: Engine) -> None:
    desk.portal(SENDER, ["bo@vestby.example"], MESSAGE)
    _, secret = link_in(desk.return_port.received[0])
    files = [path for path in desk.directory.rglob("*") if path.is_file()]
    [sealed] = desk.sealed_files()
    assert sealed in files
    for path in files:
        content = path.read_bytes()
        assert secret.encode() not in content, path
        assert b"010190" not in content, path


@pytest.mark.parametrize("content", [b"", b"no header\r\n", b"Subject: x\r\n\r\n"])
def test_odd_messages_are_sealed_as_they_are(desk: Desk, engine: Engine, content: bytes) -> None:
    assert desk.portal("", ["bo@vestby.example"], content)[0].startswith("250")
    [notice] = desk.return_port.received
    assert notice.sender == "<>"
    assert opened(desk, engine, notice) == content


def test_a_hostile_recipient_gets_her_message_and_adds_nothing_to_the_header(
    desk: Desk, engine: Engine
) -> None:
    address = '"<b>x</b>, evil@evil.example"@vestby.example'
    assert desk.portal(SENDER, [address], MESSAGE)[0].startswith("250")
    [notice] = desk.return_port.received
    assert notice.recipients == (address,)
    header = notice.content.partition(b"\r\n\r\n")[0]
    assert b"evil" not in header
    assert b"To: undisclosed-recipients:;" in header
    assert opened(desk, engine, notice) == AS_SEALED


def test_what_is_sealed_in_many_blocks_is_opened_whole(desk: Desk, engine: Engine) -> None:
    """Five megabytes, in blocks of 64 KB; test_large_and_hostile.py sends fifty."""
    content = MESSAGE + b"0123456789abcde\r\n" * 300_000
    assert desk.portal(SENDER, ["bo@vestby.example"], content)[0].startswith("250")
    assert opened(desk, engine, desk.return_port.received[0]) == AS_SEALED + content[len(MESSAGE) :]

"""What becomes of a sealed message: opened, answered, extended, revoked, expired; and that gone is gone."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl import audit
from segl.audit import Act
from segl.sealed import life
from segl.sealed.content import NotOpened
from segl.sealed.directory import SealedDirectory, new_id
from segl.sealed.keys import Place, Secret, answers_key, new_content_key, wrap, wrap_answer
from segl.sealed.opening import open_sealed
from segl.sealed.records import SealedMessage, SealedRecipient, TakenBack, mark_notified, of_one_mail, record
from segl.sealed.spare import make_spare
from segl.sealed.unfinished import unfinished
from segl.store.engine import open_store, transaction
from segl.tables.sealed import portal_visit, sealed_answer, sealed_message, sealed_recipient, sealed_spare

CONTENT = b"Subject: x\r\n\r\n" + b"Hej Bo\r\n" * 20_000
ANSWER = b"Subject: SV: x\r\n\r\nTak\r\n"
NOW = 1_800_000_000.0
DAY = 86400.0


class House:
    """A store and a directory; messages with two recipients, a spare key, an answer and a visit."""

    def __init__(self, root: Path, store_url: str) -> None:
        self.root = root
        self.engine: Engine = open_store(store_url)
        self.directory = SealedDirectory(root / "sealed")
        self.directory.prepare()

    def seal(
        self,
        at: float = NOW,
        days: float = 30,
        *,
        notified: bool = True,
        mail: str | None = None,
        sender: str = "anna@nordby.example",
    ) -> Letter:
        letter = Letter(self)
        self.directory.write(letter.id, letter.key, [CONTENT])
        message = SealedMessage(letter.id, sender, len(CONTENT), at, at + days * DAY, mail)
        rows = [
            SealedRecipient(row, f"r{n}@vestby.example", letter.servers[n], letter.wrapped(n))
            for n, row in enumerate(letter.rows)
        ]
        record(self.engine, message, rows, make_spare(letter.key, Secret(b"r" * 32), letter.id))
        for row in letter.rows if notified else ():
            mark_notified(self.engine, row, at)
        letter.answer()
        return letter

    def rows(self, table: sa.Table) -> int:
        with transaction(self.engine) as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


class Letter:
    def __init__(self, house: House) -> None:
        self.house = house
        self.id, self.rows = new_id(), [new_id(), new_id()]
        self.key = new_content_key()
        self.links, self.servers = [Secret.new(), Secret.new()], [Secret.new(), Secret.new()]
        self.answer_id = new_id()

    def place(self, who: int) -> Place:
        return Place(bytes.fromhex(self.id), bytes.fromhex(self.rows[who]))

    def wrapped(self, who: int) -> bytes:
        return wrap(self.key, self.links[who], self.servers[who], self.place(who))

    def open(self, who: int = 0, at: float = NOW + 1) -> bytes:
        house, link = self.house, self.links[who].text()
        return b"".join(open_sealed(house.engine, house.directory, self.rows[who], link, now=at))

    def is_open(self, at: float = NOW + 1) -> bool:
        try:
            return self.open(at=at) == CONTENT
        except NotOpened:
            return False

    def answer(self) -> None:
        """The first recipient has answered, and a browser reads on."""
        key = new_content_key()
        self.house.directory.write(self.answer_id, key, [ANSWER])
        place = Place(bytes.fromhex(self.answer_id), bytes.fromhex(self.rows[0]))
        wrapped = wrap_answer(key, answers_key(self.links[0], self.servers[0], self.place(0)), place)
        visit = {"wrapped_link": b"w", "reference": "KV37", "code_until": 0.0, "tries": 0, "created_at": NOW}
        with transaction(self.house.engine) as connection:
            connection.execute(
                sealed_answer.insert().values(
                    id=self.answer_id,
                    recipient_id=self.rows[0],
                    size=len(ANSWER),
                    wrapped_key=wrapped,
                    once=self.answer_id.encode(),
                    created_at=NOW,
                )
            )
            life.mark_answered(connection, self.rows[0], self.answer_id, NOW, actor="r0@vestby.example")
            connection.execute(
                portal_visit.insert().values(
                    browser=self.answer_id.encode(), recipient_id=self.rows[0], **visit
                )
            )

    def files(self) -> list[Path]:
        return [self.house.directory.path(self.id), self.house.directory.path(self.answer_id)]

    def column(self, name: str, who: int = 0) -> object:
        with transaction(self.house.engine) as connection:
            query = sa.select(sealed_recipient.c[name]).where(sealed_recipient.c.id == self.rows[who])
            value: object = connection.scalar(query)
        return value

    def acts(self) -> list[str]:
        return [entry.act for entry in audit.entries(self.house.engine, subject=self.id)]


@pytest.fixture
def house(tmp_path: Path, store_url: str) -> Iterator[House]:
    house = House(tmp_path, store_url)
    yield house
    house.engine.dispose()


def revoke(house: House, letter: Letter) -> None:
    assert life.revoke(house.engine, house.directory, letter.id, NOW + 5, actor="anna@nordby.example")


def expire(house: House, letter: Letter) -> None:
    assert life.shred_expired(house.engine, house.directory, NOW + 30 * DAY) == 2


ENDS = pytest.mark.parametrize("end", [revoke, expire])
End = Callable[[House, Letter], None]


@ENDS
def test_nothing_that_could_open_it_stays(house: House, end: End) -> None:
    letter = house.seal()
    assert letter.is_open()
    end(house, letter)
    assert not letter.is_open()
    assert [file.exists() for file in letter.files()] == [False, False]
    assert [letter.column("server_secret", who) for who in (0, 1)] == [None, None]
    assert (house.rows(sealed_spare), house.rows(portal_visit)) == (0, 0)


@pytest.mark.parametrize("both_stores", ["sqlite"], indirect=True)  # what is in its files
@ENDS
def test_files_put_back_from_a_backup_open_nothing(house: House, end: End, tmp_path: Path) -> None:
    """Crypto-shredding: the keys are gone from every file of the store, so that copies of the sealed files, the links
    in the mailboxes and the key for new links together are worthless."""
    letter = house.seal()
    shutil.copytree(house.directory.root, tmp_path / "backup")
    with transaction(house.engine) as connection:
        spare = bytes(connection.execute(sa.select(sealed_spare.c.server_secret)).scalar_one())
    secrets = [*(server.reveal() for server in letter.servers), spare]
    assert all(found_in_store(house, secret) for secret in secrets), "the search would find them"
    end(house, letter)
    shutil.copytree(tmp_path / "backup", house.directory.root, dirs_exist_ok=True)
    assert letter.files()[0].exists()
    for who in (0, 1):
        with pytest.raises(NotOpened):
            letter.open(who)
    assert [found_in_store(house, secret) for secret in secrets] == [False] * 3
    # the sweep takes what came back
    assert house.directory.sweep(lambda file: life.is_known(house.engine, file), NOW * 2) == 2
    assert [file.exists() for file in letter.files()] == [False, False]


def found_in_store(house: House, secret: bytes) -> bool:
    """In any file of the database: the main one, the write-ahead log, the shared memory."""
    return any(secret in file.read_bytes() for file in house.root.glob("segl.db*"))


def test_what_a_backup_kept_in_the_log_goes_with_the_next_round(tmp_path: Path) -> None:
    house = House(tmp_path, f"sqlite:///{tmp_path}/segl.db")
    letter = house.seal()
    with house.engine.connect() as backup:
        backup.exec_driver_sql("BEGIN")
        backup.execute(sa.select(sealed_recipient.c.id)).all()
        revoke(house, letter)
        assert found_in_store(house, letter.servers[0].reveal()), "it is still read"
    life.shred_expired(house.engine, house.directory, NOW + 10)
    assert not found_in_store(house, letter.servers[0].reveal())
    house.engine.dispose()


def test_other_messages_stay(house: House) -> None:
    gone, stays = house.seal(), house.seal(days=60)
    revoke(house, gone)
    assert stays.is_open()
    life.shred_expired(house.engine, house.directory, NOW + 30 * DAY)
    assert stays.is_open(at=NOW + 31 * DAY)
    assert all(file.exists() for file in stays.files())
    assert (house.rows(sealed_spare), house.rows(portal_visit), house.rows(sealed_answer)) == (1, 1, 2)


def test_revoking_twice_or_nothing_is_told(house: House) -> None:
    letter = house.seal()
    revoke(house, letter)
    for message_id in (letter.id, "0" * 32, "x"):
        assert not life.revoke(house.engine, house.directory, message_id, NOW, actor="root")
    assert letter.acts() == [Act.CREATED, Act.REVOKED]
    assert letter.column("revoked_at") == NOW + 5


def test_what_was_sealed_of_one_mail_is_taken_back_together(house: House) -> None:
    """Postfix hands recipients over when their turn comes, and some twice; its sender knows one mail."""
    first, later = house.seal(mail="abc.1"), house.seal(at=NOW + 900, mail="abc.1")
    others = [
        house.seal(mail="abc.2"),
        house.seal(),
        house.seal(),
        house.seal(mail="abc.1", sender="kim@nordby.example"),
    ]
    gone = life.revoke(house.engine, house.directory, first.id, NOW + 5, actor="anna@nordby.example")
    assert set(gone) == {first.id, later.id}
    assert not first.is_open()
    assert not later.is_open()
    assert not any(file.exists() for letter in (first, later) for file in letter.files())
    assert later.acts() == [Act.CREATED, Act.REVOKED]
    assert all(other.is_open() for other in others)
    assert life.revoke(house.engine, house.directory, others[1].id, NOW + 5, actor="root") == (others[1].id,)
    assert others[2].is_open(), "two without the milter's id are no one mail"


def test_the_copies_of_a_mail_are_found_without_reading_all_messages(tmp_path: Path) -> None:
    """It is asked at each sealing and at each piece of news."""
    engine = open_store(f"sqlite:///{tmp_path}/segl.db")
    query = sa.select(sealed_message.c.id).where(of_one_mail("0" * 32))
    with transaction(engine) as connection:
        text = str(query.compile(engine, compile_kwargs={"literal_binds": True}))
        plan = [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]
    assert not [step for step in plan if step.startswith("SCAN")], plan
    engine.dispose()


def test_what_ended_takes_the_others_of_its_mail_back_all_the_same(house: House) -> None:
    ended, later = house.seal(days=1, mail="abc.1"), house.seal(days=30, mail="abc.1")
    expire_at = NOW + 2 * DAY
    life.shred_expired(house.engine, house.directory, expire_at)
    gone = life.revoke(house.engine, house.directory, ended.id, expire_at, actor="anna@nordby.example")
    assert gone == (later.id,)
    assert not later.is_open()


def test_a_mail_that_was_taken_back_is_not_sealed_for_whom_it_still_waited(house: House) -> None:
    revoke(house, house.seal(mail="abc.1"))
    with pytest.raises(TakenBack) as caught:
        house.seal(mail="abc.1")
    assert not caught.value.reply.temporary
    assert house.rows(sealed_message) == 1
    assert house.seal(mail="abc.2").is_open()
    assert house.seal().is_open()


def test_a_message_whose_recipients_never_got_a_link_goes_after_a_day(house: House) -> None:
    lost, young = house.seal(notified=False), house.seal(at=NOW + DAY / 2, notified=False)
    assert life.shred_expired(house.engine, house.directory, NOW + DAY) == 2
    assert not lost.is_open()
    assert young.is_open()


def test_extending_gives_more_time_and_another_reminder(house: House) -> None:
    letter = house.seal()
    with transaction(house.engine) as connection:
        connection.execute(sealed_recipient.update().values(reminded_at=NOW))
    assert life.extend(house.engine, letter.id, NOW + 40 * DAY, NOW + 1, actor="root")
    assert letter.column("reminded_at") is None
    assert life.shred_expired(house.engine, house.directory, NOW + 39 * DAY) == 0
    assert letter.is_open(at=NOW + 39 * DAY)
    assert letter.acts() == [Act.CREATED, Act.EXTENDED]


@ENDS
def test_what_is_gone_is_not_extended(house: House, end: End) -> None:
    letter = house.seal()
    end(house, letter)
    assert not life.extend(house.engine, letter.id, NOW + 90 * DAY, NOW + 31 * DAY, actor="root")
    assert not life.extend(house.engine, "0" * 32, NOW + 90 * DAY, NOW, actor="root")


def test_what_is_over_but_not_swept_yet_is_not_extended(house: House) -> None:
    letter = house.seal()
    assert not life.extend(house.engine, letter.id, NOW + 90 * DAY, NOW + 30 * DAY, actor="root")


def test_opening_is_marked_once_and_told_each_time(house: House) -> None:
    letter = house.seal()
    for at in (NOW + 1, NOW + 2):
        with transaction(house.engine) as connection:
            life.mark_opened(connection, letter.rows[0], at, actor="r0@vestby.example")
    assert letter.column("opened_at") == NOW + 1
    opened = [e for e in audit.entries(house.engine, subject=letter.rows[0]) if e.act == Act.OPENED]
    assert [entry.facts["first"] for entry in opened] == [True, False]


def test_an_answer_is_marked(house: House) -> None:
    letter = house.seal()
    assert letter.column("answered_at") == NOW
    [entry] = [e for e in audit.entries(house.engine) if e.act == Act.ANSWERED]
    assert (entry.subject, entry.facts) == (letter.rows[0], {"answer": letter.answer_id})


def test_the_sweep_keeps_answers_that_can_be_read(house: House) -> None:
    letter = house.seal()
    house.directory.write(new_id(), new_content_key(), [b"nobody's"])
    assert house.directory.sweep(lambda file: life.is_known(house.engine, file), NOW * 2) == 1
    assert all(file.exists() for file in letter.files())


def test_many_messages_end_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(life, "_AT_ONCE", 3)
    letters = [house.seal() for _ in range(7)]
    assert life.shred_expired(house.engine, house.directory, NOW + 30 * DAY) == 14
    assert not any(file.exists() for letter in letters for file in letter.files())
    with transaction(house.engine) as connection:
        removed = connection.scalars(sa.select(sealed_message.c.removed_at)).all()
    assert removed == [NOW + 30 * DAY] * 7
    assert audit.verify(house.engine).broken is None


def test_the_recipients_of_a_day_may_be_more_than_a_statement_can_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """66 mails to a thousand each, on PostgreSQL: all of a day end at the same second."""
    monkeypatch.setattr(life, "_AT_ONCE", 5)
    house = House(tmp_path, f"sqlite:///{tmp_path}/segl.db")
    letters = [house.seal() for _ in range(12)]
    house.engine.dispose()

    def few(connection: sqlite3.Connection, _record: object) -> None:
        connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 20)

    sa.event.listen(house.engine, "connect", few)
    assert life.shred_expired(house.engine, house.directory, NOW + 30 * DAY) == 24
    assert not any(file.exists() for letter in letters for file in letter.files())
    assert house.rows(portal_visit) == house.rows(sealed_spare) == 0
    house.engine.dispose()


def test_a_house_that_was_killed_in_between_is_tidied_later(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = house.seal()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(house.directory, "remove", killed)
        with pytest.raises(KeyboardInterrupt):
            revoke(house, letter)
    assert not letter.is_open()
    assert letter.files()[0].exists()
    house.directory.sweep(lambda file: life.is_known(house.engine, file), NOW * 2)
    assert not letter.files()[0].exists()


def test_who_wrote_to_whom_is_forgotten_long_after_the_end(house: House) -> None:
    letter, other = house.seal(), house.seal(days=90)
    expire(house, letter)
    gone = NOW + 30 * DAY
    assert life.forget_ended(house.engine, gone + DAY - 1, DAY) == 0
    assert life.forget_ended(house.engine, gone + DAY + 1, DAY) == 1
    assert (house.rows(sealed_message), house.rows(sealed_recipient)) == (1, 2)
    assert other.is_open()
    assert "expired" in letter.acts(), "the audit trail keeps what was done"


def test_that_a_mail_was_taken_back_is_known_as_long_as_a_copy_of_it_may_wait(house: House) -> None:
    """Whatever `receipts.retention_days` is: a queue keeps mail for days."""
    letter = house.seal(mail="abc.1")
    revoke(house, letter)
    assert life.forget_ended(house.engine, NOW + 13 * DAY, DAY) == 0
    with pytest.raises(TakenBack):
        house.seal(at=NOW + 13 * DAY, mail="abc.1")
    assert life.forget_ended(house.engine, NOW + 15 * DAY, 90 * DAY) == 0
    assert life.forget_ended(house.engine, NOW + 15 * DAY, DAY) == 1


def test_what_the_next_try_takes_up_is_the_same_senders_and_can_still_be_opened(house: House) -> None:
    sender = "anna@nordby.example"
    letter = house.seal(mail="4RX", notified=False, sender=sender)
    assert {one.row.id for one in unfinished(house.engine, "4RX", sender, NOW)} == set(letter.rows)
    assert not unfinished(house.engine, "4RX", "else@nordby.example", NOW)
    assert not unfinished(house.engine, "4RY", sender, NOW)
    with transaction(house.engine) as connection:
        one = sealed_recipient.update().where(sealed_recipient.c.id == letter.rows[0])
        connection.execute(one.values(server_secret=None))
    assert [one.row.id for one in unfinished(house.engine, "4RX", sender, NOW)] == letter.rows[1:]

"""A recipient's link opens her message, and nothing else opens anything."""

from __future__ import annotations

import errno
import os
import resource
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from segl.errors import DeliveryError, SealingError
from segl.sealed.content import NotOpened
from segl.sealed.directory import SealedDirectory, new_id
from segl.sealed.keys import (
    Place,
    Secret,
    new_content_key,
    unwrap,
    wrap,
)
from segl.sealed.life import is_known, shred_expired
from segl.sealed.opening import open_sealed
from segl.sealed.records import (
    SealedMessage,
    SealedRecipient,
    drop_recipients,
    mark_notified,
    record,
)
from segl.store.engine import open_store, transaction
from segl.tables.sealed import sealed_message, sealed_recipient

CONTENT = b"From: anna@nordby.example\r\nSubject: x\r\n\r\n" + b"Hej Bo\r\n" * 20_000
NOW = 1_700_000_000.0
DAY = 86400.0


class Sealed:
    """One message sealed for two recipients, as segl-deliver does it."""

    def __init__(self, root: Path, store_url: str) -> None:
        self.root = root
        self.engine: Engine = open_store(store_url)
        self.directory = SealedDirectory(root / "sealed")
        self.directory.prepare()
        self.id = new_id()
        self.recipients = ["bo@vestby.example", "eva@vestby.example"]
        self.rows: list[SealedRecipient] = []
        self.links: list[Secret] = []
        key = new_content_key()
        self.directory.write(self.id, key, [CONTENT])
        for address in self.recipients:
            row, link, server = new_id(), Secret.new(), Secret.new()
            place = Place(bytes.fromhex(self.id), bytes.fromhex(row))
            self.rows.append(SealedRecipient(row, address, server, wrap(key, link, server, place)))
            self.links.append(link)
        message = SealedMessage(self.id, "anna@nordby.example", len(CONTENT), NOW, NOW + 30 * DAY)
        record(self.engine, message, self.rows)

    def open(self, who: int = 0, *, link: str | None = None, at: float = NOW + 1) -> bytes:
        secret = self.links[who].text() if link is None else link
        return b"".join(open_sealed(self.engine, self.directory, self.rows[who].id, secret, now=at))

    @property
    def file(self) -> Path:
        return self.directory.path(self.id)


@pytest.fixture
def sealed(tmp_path: Path, store_url: str) -> Iterator[Sealed]:
    made = Sealed(tmp_path, store_url)
    yield made
    made.engine.dispose()


def test_each_recipients_link_opens_the_message(sealed: Sealed) -> None:
    assert sealed.open(0) == CONTENT
    assert sealed.open(1) == CONTENT
    assert sealed.open(0) == CONTENT, "opening uses nothing up"


def damage_file(sealed: Sealed) -> None:
    with sealed.file.open("r+b") as file:
        file.seek(1000)
        byte = file.read(1)
        file.seek(1000)
        file.write(bytes([byte[0] ^ 1]))


def truncate(sealed: Sealed) -> None:
    os.truncate(sealed.file, sealed.file.stat().st_size // 2)


def revoke(sealed: Sealed) -> None:
    with transaction(sealed.engine) as connection:
        connection.execute(sealed_recipient.update().values(server_secret=None))


def exchange_server_secret(sealed: Sealed) -> None:
    with transaction(sealed.engine) as connection:
        connection.execute(sealed_recipient.update().values(server_secret=bytes(32)))


def cut_wrapped_key(sealed: Sealed) -> None:
    with transaction(sealed.engine) as connection:
        connection.execute(sealed_recipient.update().values(wrapped_key=b"short"))


def give_the_other_rows_key(sealed: Sealed) -> None:
    """The other recipient's wrapped key and server secret: the row's id is bound in."""
    other = sealed.rows[1]
    with transaction(sealed.engine) as connection:
        connection.execute(
            sealed_recipient.update()
            .where(sealed_recipient.c.id == sealed.rows[0].id)
            .values(server_secret=other.server_secret.reveal(), wrapped_key=other.wrapped_key)
        )
    sealed.links[0] = sealed.links[1]


def put_a_link_in_its_place(sealed: Sealed) -> None:
    sealed.file.rename(sealed.file.with_name("elsewhere"))
    sealed.file.symlink_to(sealed.file.with_name("elsewhere"))


@pytest.mark.parametrize(
    "harm",
    [
        damage_file,
        truncate,
        revoke,
        exchange_server_secret,
        cut_wrapped_key,
        give_the_other_rows_key,
        put_a_link_in_its_place,
        lambda sealed: sealed.file.unlink(),
        lambda sealed: sealed.file.write_bytes(b""),
        lambda sealed: shred_expired(sealed.engine, sealed.directory, NOW + 31 * DAY),
    ],
)
def test_whatever_is_wrong_looks_the_same_outside(sealed: Sealed, harm: object) -> None:
    assert callable(harm)
    harm(sealed)
    with pytest.raises(NotOpened) as caught:
        sealed.open()
    assert caught.value.public == "the link does not open a message"
    assert sealed.links[0].text() not in caught.value.private


@pytest.mark.parametrize(
    "link", ["", "A" * 43, "A" * 42, "A" * 44, "æ" * 43, "=" * 43, "\0" * 43, "../../etc/passwd", " " * 43]
)
def test_a_wrong_link_looks_the_same_outside(sealed: Sealed, link: str) -> None:
    with pytest.raises(NotOpened, match="wrong secret") as caught:
        sealed.open(link=link)
    assert caught.value.public == "the link does not open a message"


def test_the_other_recipients_link_is_wrong(sealed: Sealed) -> None:
    with pytest.raises(NotOpened, match="wrong secret"):
        sealed.open(0, link=sealed.links[1].text())


@pytest.mark.parametrize(
    "row", ["", "0" * 32, "A" * 32, "../" * 11, "0" * 31, "0" * 33, "é" * 32, "'; --" + "0" * 27]
)
def test_an_unknown_recipient_looks_the_same_outside(sealed: Sealed, row: str) -> None:
    with pytest.raises(NotOpened) as caught:
        open_sealed(sealed.engine, sealed.directory, row, sealed.links[0].text(), now=NOW)
    assert caught.value.public == "the link does not open a message"


def test_the_last_second_still_opens(sealed: Sealed) -> None:
    assert sealed.open(at=NOW + 30 * DAY - 1) == CONTENT
    with pytest.raises(NotOpened, match="expired"):
        sealed.open(at=NOW + 30 * DAY)


def database_files(root: Path) -> bytes:
    return b"".join(path.read_bytes() for path in root.glob("segl.db*"))


@pytest.mark.parametrize("both_stores", ["sqlite"], indirect=True)  # what is in its files
def test_after_shredding_the_secret_is_in_no_file_and_a_restored_body_does_not_open(sealed: Sealed) -> None:
    secrets = [row.server_secret.reveal() for row in sealed.rows]
    body = sealed.file.read_bytes()
    mark_notified(sealed.engine, sealed.rows[0].id, NOW)
    assert all(secret in database_files(sealed.root) for secret in secrets)

    assert shred_expired(sealed.engine, sealed.directory, NOW + 31 * DAY) == 2

    assert not any(secret in database_files(sealed.root) for secret in secrets)
    assert not sealed.file.exists()
    sealed.file.write_bytes(body)
    with pytest.raises(NotOpened, match="shredded"):
        sealed.open()


def test_before_expiry_nothing_is_shredded(sealed: Sealed) -> None:
    for row in sealed.rows:
        mark_notified(sealed.engine, row.id, NOW)
    assert shred_expired(sealed.engine, sealed.directory, NOW + 29 * DAY) == 0
    assert sealed.open() == CONTENT


def test_a_recipient_that_never_got_a_link_is_shredded_after_a_day(sealed: Sealed) -> None:
    """Its process died before the notice went; the try after it sealed anew."""
    mark_notified(sealed.engine, sealed.rows[0].id, NOW)
    assert shred_expired(sealed.engine, sealed.directory, NOW + DAY - 1) == 0
    assert shred_expired(sealed.engine, sealed.directory, NOW + DAY + 1) == 1
    assert sealed.open(0) == CONTENT
    with pytest.raises(NotOpened, match="shredded"):
        sealed.open(1)


def test_dropping_the_last_recipient_drops_the_message(sealed: Sealed) -> None:
    first, second = (row.id for row in sealed.rows)
    assert not drop_recipients(sealed.engine, sealed.id, [first])
    assert is_known(sealed.engine, sealed.id)
    assert drop_recipients(sealed.engine, sealed.id, [second])
    assert not is_known(sealed.engine, sealed.id)


def test_a_store_without_the_link_holds_nothing_that_opens(sealed: Sealed) -> None:
    """The link secret and the content key are in no file of ours."""
    everything = database_files(sealed.root) + sealed.file.read_bytes()
    for link, row in zip(sealed.links, sealed.rows, strict=True):
        assert link.reveal() not in everything
        assert link.text().encode() not in everything
        place = Place(bytes.fromhex(sealed.id), bytes.fromhex(row.id))
        assert unwrap(row.wrapped_key, link, row.server_secret, place).reveal() not in everything
    assert b"Hej Bo" not in everything


# The directory


def test_files_and_directories_are_for_the_owner_alone(sealed: Sealed) -> None:
    assert not stat.S_IMODE(sealed.file.stat().st_mode) & 0o007, (
        "none but the owner and those who share the directory"
    )
    assert not stat.S_IMODE(sealed.file.parent.stat().st_mode) & 0o007
    assert not stat.S_IMODE(sealed.directory.root.stat().st_mode) & 0o007
    assert sealed.file.parent.name == sealed.id[:2]


def test_a_writer_that_fails_leaves_nothing(sealed: Sealed) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"x" * 200_000
        raise RuntimeError

    with pytest.raises(RuntimeError):
        sealed.directory.write(new_id(), new_content_key(), pieces())
    left = [path.name for path in sealed.root.glob("sealed/*/*")]
    assert left == [sealed.file.name]


def test_a_full_disk_is_452_and_another_fault_451(sealed: Sealed, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, code in ((errno.ENOSPC, 452), (errno.EDQUOT, 452), (errno.EIO, 451)):

        def fail(_descriptor: int, number: int = number) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(DeliveryError) as caught:
            sealed.directory.write(new_id(), new_content_key(), [b"x"])
        assert caught.value.reply.code == code
        assert isinstance(caught.value, SealingError) == (code == 452)
    monkeypatch.undo()
    assert [path.name for path in sealed.root.glob("sealed/*/*")] == [sealed.file.name]


def test_a_real_limit_of_the_kernel_is_told_and_leaves_nothing(sealed: Sealed) -> None:
    """As a full disk or quota would: the write itself fails in the middle."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, before[1]))
    try:
        with pytest.raises(SealingError) as caught:
            sealed.directory.write(new_id(), new_content_key(), [b"x" * 1_000_000])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert str(caught.value.reply) == "452 4.3.1 no space for sealed messages now"
    assert [path.name for path in sealed.root.glob("sealed/*/*")] == [sealed.file.name]


def test_a_directory_that_cannot_be_written_is_told_at_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DeliveryError, match="cannot be used"):
        SealedDirectory(tmp_path / "file" / "sealed").prepare()


def test_the_sweep_takes_only_what_nobody_wants(sealed: Sealed) -> None:
    def put(name: str, age: float) -> Path:
        path = sealed.file.parent / name
        path.write_bytes(b"x")
        os.utime(path, (time.time() - age,) * 2)
        return path

    os.utime(sealed.file, (time.time() - 30 * DAY,) * 2)
    orphan, temporary, odd = put(f"{new_id()}.sealed", 2 * DAY), put(".a.tmp", 7200), put("odd", 40 * DAY)
    young_orphan, young_temporary = put(f"{new_id()}.sealed", DAY - 60), put(".b.tmp", 60)
    # of one that was killed while it tried the directory, or marked it
    killed = [put(f"../{name}", 7200) for name in (".probe-0a1b2c3d", ".segl-store.0a1b2c3d.tmp")]
    young_probe, mark = put("../.probe-11111111", 60), put("../.segl-store", 40 * DAY)

    assert sealed.directory.sweep(lambda name: is_known(sealed.engine, name), time.time()) == 4

    assert not any(path.exists() for path in (orphan, temporary, *killed))
    assert all(path.exists() for path in (sealed.file, odd, young_orphan, young_temporary, young_probe, mark))


def test_a_removed_messages_file_that_stayed_is_swept(sealed: Sealed) -> None:
    """Killed between the commit and the unlink."""
    body = sealed.file.read_bytes()
    shred_expired(sealed.engine, sealed.directory, NOW + 31 * DAY)
    sealed.file.write_bytes(body)
    assert sealed.directory.sweep(lambda name: is_known(sealed.engine, name), time.time() + 2 * DAY) == 1
    assert not sealed.file.exists()
    with transaction(sealed.engine) as connection:
        assert connection.scalar(sealed_message.select()) == sealed.id, "the record stays"

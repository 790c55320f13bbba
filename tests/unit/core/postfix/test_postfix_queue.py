"""What waits for Segl in a queue at work, looked at by Postfix's own postqueue(1) and postcat(1). No Postfix runs: the
queue files are written here."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from segl.errors import PostfixError
from segl.postfix import bound
from segl.postfix.bound import Bound, bound_for_segl
from world.needs import POSTFIX, ROOT
from world.postfix import BASE_SERVICES, PostfixInstance, base_main_cf, quick_start

pytestmark = [POSTFIX, ROOT]

SECURE = "segl-secure:[127.0.0.1]:10026"


@pytest.fixture
def front(tmp_path: Path) -> PostfixInstance:
    instance = PostfixInstance(tmp_path, base_main_cf(tmp_path, "mail.nordby.example"), BASE_SERVICES)
    instance.write()
    quick_start(tmp_path / "spool")
    return instance


def record(kind: str, text: str = "") -> bytes:
    """As record(3) of Postfix's writes one: type, length, data."""
    assert len(text) < 128
    return kind.encode() + bytes([len(text)]) + text.encode()


def put(front: PostfixInstance, queue_id: str, destination: str = SECURE, queue: str = "active") -> Path:
    """A message that waits, with what Postfix notes of its content_filter."""
    content = record("N", "Subject: x") + record("N") + record("N", "Hej")
    before = record("T", "1700000000 0") + record("L", destination)
    before += record("S", "anna@nordby.example") + record("R", "bo@andre.example") + record("M")
    size = " ".join(f"{number:15}" for number in (len(content), len(before) + 97, 1, 0, len(content), 0))
    file = front.directory / "spool" / queue / queue_id
    file.write_bytes(record("C", size) + before + content + record("X") + record("E"))
    shutil.chown(file, "postfix")
    file.chmod(0o700)
    return file


def when_listed(monkeypatch: pytest.MonkeyPatch, *delivered: Path, hidden: str = "") -> None:
    """As soon as the queue was listed, one of these is *delivered*, each time the next; *hidden* changes queues while
    it is listed first."""
    queued, files, unseen = bound.queued, list(delivered), [hidden]

    def of(directory: Path) -> dict[str, str]:
        found = dict(sorted(queued(directory).items()))
        found.pop(unseen.pop() if unseen else "", None)
        if files:
            files.pop(0).unlink()
        return found

    monkeypatch.setattr(bound, "queued", of)


@pytest.mark.parametrize("a_call", [2, 200])
def test_all_that_waits_is_seen_while_others_are_delivered(
    front: PostfixInstance, monkeypatch: pytest.MonkeyPatch, a_call: int
) -> None:
    """postcat ends at the first message that has gone."""
    monkeypatch.setattr(bound, "_IDS_A_CALL", a_call)
    files = [put(front, f"4A{number}") for number in range(6)]
    put(front, "4B1", "segl-plain:[127.0.0.1]:10027", "hold")
    put(front, "4B2", "amavis:[127.0.0.1]:10024", "hold")
    when_listed(monkeypatch, files[0], files[2], files[3])
    assert {(one.queue_id, one.destination, one.held) for one in bound_for_segl(front.config)} == {
        ("4A1", SECURE, False),
        ("4A4", SECURE, False),
        ("4A5", SECURE, False),
        ("4B1", "segl-plain:[127.0.0.1]:10027", True),
    }


def test_one_that_goes_from_queue_to_queue_as_it_is_listed_is_seen(
    front: PostfixInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(front, "4A1")
    put(front, "4A2")
    when_listed(monkeypatch, hidden="4A1")
    assert set(bound_for_segl(front.config)) == {Bound("4A1", SECURE, False), Bound("4A2", SECURE, False)}


@pytest.mark.parametrize("end", [b"", b"R\x50bo"], ids=["cut off", "broken record"])
def test_a_message_that_cannot_be_read_is_not_taken_for_mail_of_others(
    front: PostfixInstance, end: bytes
) -> None:
    """The FILTER that decides may stand in what is not there."""
    file = put(front, "4A1", "amavis:[127.0.0.1]:10024")
    put(front, "4A2")
    whole = file.read_bytes()
    file.write_bytes(whole[: whole.index(b"R\x10")] + end)
    assert {each["queue_id"] for each in front.queue()} == {"4A1", "4A2"}
    with pytest.raises(PostfixError, match=r"cannot be looked at \(4A1\)|record read error"):
        bound_for_segl(front.config)


def test_an_empty_queue_has_nothing_and_one_that_cannot_be_listed_is_an_error(front: PostfixInstance) -> None:
    assert bound_for_segl(front.config) == ()
    shutil.rmtree(front.directory / "spool" / "hold")
    with pytest.raises(PostfixError, match="postqueue -c"):
        bound_for_segl(front.config)


def test_tests_count_what_waits_as_postqueue_lists_it(front: PostfixInstance) -> None:
    """They look for themselves, which is cheaper, and would take mail for gone that is not."""
    assert front.queued == len(front.queue()) == 0
    for queue in ("maildrop", "incoming", "active", "hold"):
        put(front, f"4A{queue}", queue=queue)
    (front.directory / "spool/deferred/4").mkdir()
    put(front, "4D1", queue="deferred/4")
    put(front, "4C1", queue="corrupt")
    put(front, "4B1", queue="incoming").chmod(0o600)  # being written
    assert front.queued == len(front.queue()) == 5
    assert not front.running()

"""What a place for sealed messages must do: a directory and an S3-compatible store pass the same tests."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from segl.errors import DeliveryError
from segl.sealed.content import NotOpened, SealedContent
from segl.sealed.directory import SealedDirectory, new_id
from segl.sealed.format import CHUNK, sealed_size
from segl.sealed.keys import Secret
from segl.sealed.objects import SealedObjects
from segl.sealed.storage import Place
from world.at_once import at_once
from world.object_store import ObjectStore

DAY = 86400.0
LARGE = random.Random(1).randbytes(18_000_001)  # three parts, the last a short one
SIZES = (0, 1, CHUNK, CHUNK + 1, 3_000_000)


@pytest.fixture(params=["directory", "objects"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "directory":
        made: Place = SealedDirectory(tmp_path / "sealed")
    else:
        objects: ObjectStore = request.getfixturevalue("objects")
        made = SealedObjects(objects.storage(prefix=f"{new_id()}/"))
    for _ in range(2):  # at each start
        made.prepare()
    return made


def keep(place: Place, plain: bytes, message_id: str = "") -> Callable[[], SealedContent]:
    """Write *plain*; gives what opens it again."""
    name, key = message_id or new_id(), Secret.new()
    pieces = (plain[at : at + 100_000] for at in range(0, len(plain), 100_000))
    assert place.write(name, key, pieces) == sealed_size(len(plain))
    return lambda: SealedContent(place.open(name), key, name, len(plain))


def test_what_was_written_is_read_from_any_place(place: Place) -> None:
    for size in SIZES:
        plain = LARGE[:size]
        with keep(place, plain)() as content:
            assert b"".join(content.chunks()) == plain
            assert content.read(size // 2, 100) == plain[size // 2 : size // 2 + 100]


def test_a_large_message_comes_back_whole_and_in_parts_to_several_readers_at_once(place: Place) -> None:
    with keep(place, LARGE)() as content:
        assert b"".join(content.chunks()) == LARGE
        found = at_once(lambda n: content.read(n * 4_000_000, 1_300_000), range(4))
    assert found == [LARGE[n * 4_000_000 : n * 4_000_000 + 1_300_000] for n in range(4)]


def test_what_is_not_there_cannot_be_opened(place: Place) -> None:
    with pytest.raises(FileNotFoundError):
        place.open(new_id())


def test_what_was_removed_is_gone_and_may_be_removed_again(place: Place) -> None:
    message_id = new_id()
    content = keep(place, b"x", message_id)
    place.remove(message_id)
    with pytest.raises(FileNotFoundError):
        content()
    place.remove(message_id)


@pytest.mark.parametrize("size", [200_000, 9_000_000], ids=["in one", "in parts"])
def test_a_writer_that_fails_leaves_nothing_and_its_fault_comes_out(place: Place, size: int) -> None:
    class Broken(Exception):
        pass

    def pieces() -> Iterator[bytes]:
        yield b"x" * size
        raise Broken

    message_id = new_id()
    with pytest.raises(Broken):
        place.write(message_id, Secret.new(), pieces())
    with pytest.raises(FileNotFoundError):
        place.open(message_id)


def test_the_sweep_takes_what_is_old_and_unknown(place: Place) -> None:
    wanted, orphan = new_id(), new_id()
    for name in (wanted, orphan):
        keep(place, b"x", name)
    now = time.time()
    seen: set[str] = set()
    assert place.sweep(lambda name: name == wanted, now + DAY - 60, seen.add) == 0, (
        "a message may be in the making"
    )
    assert seen >= {wanted, orphan}, "it tells what lies there"
    assert place.sweep(lambda name: name == wanted, now + DAY + 60) == 1
    place.open(wanted).close()
    with pytest.raises(FileNotFoundError):
        place.open(orphan)


def test_a_sweep_that_cannot_ask_takes_nothing(place: Place) -> None:
    message_id = new_id()
    keep(place, b"x", message_id)

    def known(_name: str) -> bool:
        raise DeliveryError("the store cannot be reached")

    with pytest.raises(DeliveryError):
        place.sweep(known, time.time() + 2 * DAY)
    place.open(message_id).close()


def test_it_bears_the_id_of_its_store(place: Place) -> None:
    assert place.owner() is None
    place.mark("a" * 32)
    place.mark("b" * 32)
    assert place.owner() == "b" * 32
    assert place.sweep(lambda _name: False, time.time() + 9 * DAY) == 0, "and keeps it"
    assert place.owner() == "b" * 32


def test_what_is_no_id_is_no_place(place: Place) -> None:
    with pytest.raises(ValueError, match="32 hex digits"):
        place.open("../../etc/passwd")


def test_what_was_changed_there_is_not_read(place: Place) -> None:
    """Nothing is believed of whoever keeps it: one message in another's place, under its name."""
    first, second = new_id(), new_id()
    opened = keep(place, LARGE[:500_000], first)
    keep(place, LARGE[:500_000], second)
    with opened() as content, place_swapped(content, place, second), pytest.raises(NotOpened):
        b"".join(content.chunks())


class place_swapped:  # noqa: N801 - reads like a word of the test
    """*content* reads the file of *other*."""

    def __init__(self, content: SealedContent, place: Place, other: str) -> None:
        self._content, self._file = content, place.open(other)

    def __enter__(self) -> None:
        self._before, self._content._file = self._content._file, self._file

    def __exit__(self, *_: object) -> None:
        self._content._file = self._before
        self._file.close()

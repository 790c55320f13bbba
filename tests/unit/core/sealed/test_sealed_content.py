"""A sealed message read from any place: the same bytes as from the front, and never one that was not sealed."""

from __future__ import annotations

import os
import random
import resource
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segl.sealed.content import NotOpened, SealedContent
from segl.sealed.directory import LocalFile, SealedDirectory, new_id
from segl.sealed.format import CHUNK, HEADER, TAG, Header, encrypt
from segl.sealed.keys import Secret

ID = "0f" * 16
KEY = Secret(bytes(range(32)))
PLAIN = random.Random(6).randbytes(3 * CHUNK + 1234)
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 17]


def sealed(plain: bytes, *, message_id: str = ID) -> bytes:
    return b"".join(encrypt([plain], KEY.reveal(), Header(bytes.fromhex(message_id), b"prefix7")))


def content_of(file: bytes, size: int, *, key: Secret = KEY, message_id: str = ID) -> SealedContent:
    descriptor = os.memfd_create("sealed", os.MFD_CLOEXEC)
    opened = LocalFile(descriptor, "w+b")
    opened.write(file)
    return SealedContent(opened, key, message_id, size)


@pytest.fixture(scope="module")
def content() -> Iterator[SealedContent]:
    with content_of(sealed(PLAIN), len(PLAIN)) as opened:
        yield opened


@given(start=st.integers(0, len(PLAIN) + 70_000), length=st.integers(0, 3 * CHUNK))
@settings(max_examples=150, deadline=None)
def test_any_place_reads_as_the_message_does(content: SealedContent, start: int, length: int) -> None:
    assert content.read(start, length) == PLAIN[start : start + length]
    assert b"".join(content.chunks(start)) == PLAIN[start:]
    assert b"".join(content.chunks(start, start + length)) == PLAIN[start : start + length]


@pytest.mark.parametrize("size", SIZES)
def test_every_size_comes_back(size: int) -> None:
    with content_of(sealed(PLAIN[:size]), size) as content:
        assert b"".join(content.chunks()) == PLAIN[:size]
        assert content.read(0, 10**9) == PLAIN[:size]
        assert content.read(size, 1) == b""


def test_pieces_are_never_larger_than_a_chunk_and_never_empty(content: SealedContent) -> None:
    for start in (0, 1, CHUNK, CHUNK + 1, len(PLAIN) - 1):
        pieces = list(content.chunks(start))
        assert all(0 < len(piece) <= CHUNK for piece in pieces)
        assert b"".join(pieces) == PLAIN[start:]


def test_several_threads_read_one_message(content: SealedContent) -> None:
    places = [(at * 7919 % len(PLAIN), 5000) for at in range(400)]
    with ThreadPoolExecutor(8) as threads:
        for (start, length), read in zip(
            places, threads.map(lambda p: content.read(*p), places), strict=True
        ):
            assert read == PLAIN[start : start + length]


@pytest.mark.parametrize("number", range(4))
def test_a_damaged_chunk_spoils_what_lies_in_it_and_nothing_else(number: int) -> None:
    file = bytearray(sealed(PLAIN))
    file[HEADER + number * (CHUNK + TAG) + 5] ^= 1
    with content_of(bytes(file), len(PLAIN)) as content:
        for other in range(4):
            if other != number:
                assert content.read(other * CHUNK, 100) == PLAIN[other * CHUNK :][:100]
        with pytest.raises(NotOpened, match=f"chunk {number} is not authentic"):
            content.read(number * CHUNK, 1)
        with pytest.raises(NotOpened):
            list(content.chunks())


@pytest.mark.parametrize("size", SIZES)
def test_a_message_of_another_size_than_the_store_says_is_refused(size: int) -> None:
    for other in {0, 1, size - 1, size + 1, size + CHUNK, size - CHUNK} - {size, -1}:
        if other >= 0:
            with pytest.raises(NotOpened):
                content_of(sealed(PLAIN[:size]), other)


def test_a_shorter_message_cannot_be_passed_off_by_cutting_file_and_store() -> None:
    """Whoever writes to store and disk both, without the key: the chunk at the end lacks the mark "last"."""
    cut = sealed(PLAIN)[: HEADER + 2 * (CHUNK + TAG)]
    with content_of(cut, 2 * CHUNK) as content:
        assert content.read(0, 10) == PLAIN[:10]
        with pytest.raises(NotOpened):
            content.read(CHUNK, 10)


def test_a_file_that_shrinks_while_it_is_read_is_noticed(tmp_path: Path) -> None:
    directory = SealedDirectory(tmp_path)
    directory.write(ID, KEY, [PLAIN])
    with SealedContent(directory.open(ID), KEY, ID, len(PLAIN)) as content:
        pieces = content.chunks()
        next(pieces)
        os.truncate(directory.path(ID), HEADER + CHUNK + TAG + 100)
        with pytest.raises(NotOpened, match="cut off"):
            next(pieces)


@pytest.mark.parametrize(
    ("file", "message_id", "key"),
    [
        (sealed(b"x"), "1f" * 16, KEY),
        (b"LGES" + sealed(b"x")[4:], ID, KEY),
        (sealed(b"x")[:4] + b"\x02" + sealed(b"x")[5:], ID, KEY),
        (sealed(b"x"), ID, Secret(bytes(32))),
    ],
    ids=["another message's", "no sealed file", "another version", "another key"],
)
def test_what_does_not_belong_is_refused(file: bytes, message_id: str, key: Secret) -> None:
    with pytest.raises(NotOpened) as caught, content_of(file, 1, message_id=message_id, key=key) as content:
        content.read(0, 1)
    assert caught.value.public == "the link does not open a message"


def test_even_an_empty_message_is_authenticated() -> None:
    file = bytearray(sealed(b""))
    file[-1] ^= 1
    with content_of(bytes(file), 0) as content, pytest.raises(NotOpened):
        list(content.chunks())


def test_a_refused_file_is_closed(tmp_path: Path) -> None:
    directory = SealedDirectory(tmp_path)
    directory.write(ID, KEY, [PLAIN])
    file = directory.open(ID)
    with pytest.raises(NotOpened):
        SealedContent(file, KEY, new_id(), len(PLAIN))
    assert file.closed


def test_reading_ahead_of_time_and_backwards_is_refused(content: SealedContent) -> None:
    with pytest.raises(ValueError, match="negative"):
        content.read(-1, 5)
    with pytest.raises(ValueError, match="negative"):
        content.read(0, -5)
    with pytest.raises(ValueError, match="negative"):
        next(content.chunks(-1))


def test_a_large_message_is_read_in_constant_memory(tmp_path: Path) -> None:
    directory = SealedDirectory(tmp_path)
    size = 100 * CHUNK * 8
    directory.write(ID, KEY, (bytes(CHUNK) for _ in range(800)))
    with SealedContent(directory.open(ID), KEY, ID, size) as content:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert sum(len(piece) for piece in content.chunks()) == size
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4096  # KiB

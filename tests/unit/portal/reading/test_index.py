"""Where the parts of a message stand: as a mail program sees them, whatever the bytes."""

from __future__ import annotations

import random
import time
from email import message_from_bytes
from email.message import Message
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.messages import MONSTERS, hidden, outside_corpus, outside_messages
from segl_portal.reading import delimiters
from segl_portal.reading.decoding import decoded
from segl_portal.reading.index import DEPTH, PARTS, Index, index
from segl_portal.reading.source import BLOCK, BytesSource
from world.needs import OUTSIDE_CORPUS

SECONDS = 2.0
OUTSIDE = outside_corpus()


def shape(raw: bytes) -> list[tuple[int, str]]:
    return [(part.depth, part.content_type) for part in index(BytesSource(raw)).parts]


def bodies(raw: bytes) -> list[bytes]:
    return [raw[part.body : part.end] for part in index(BytesSource(raw)).parts if not part.is_multipart]


def check_laws(raw: bytes) -> Index:
    """What holds for any bytes."""
    found = index(BytesSource(raw))
    assert 1 <= len(found.parts) <= PARTS
    before = -1
    for number, part in enumerate(found.parts):
        assert part.number == number
        assert 0 <= part.start <= part.body <= part.end <= len(raw)
        assert part.start >= before
        before = part.start
        assert part.depth <= DEPTH
        if part.parent is None:
            assert number == 0
        else:
            parent = found.parts[part.parent]
            assert parent.number < number
            assert parent.is_multipart
            assert part.depth == parent.depth + 1
            assert parent.body <= part.start
            assert part.end <= parent.end
    leaves = [part for part in found.parts if not part.is_multipart]
    for one, two in pairwise(leaves):
        assert one.end <= two.start
    return found


MIXED = b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"


@pytest.mark.parametrize(
    ("case", "raw", "expected"),
    [
        ("no bytes", b"", [b""]),
        ("one line", b"hej", [b"hej"]),
        ("plain", b"A: b\r\n\r\nhej\r\n", [b"hej\r\n"]),
        ("two parts", MIXED + b"--b\r\n\r\none\r\n--b\r\nX: y\r\n\r\ntwo\r\n--b--\r\n", [b"one", b"two"]),
        ("LF", MIXED.replace(b"\r", b"") + b"--b\n\none\n--b\n\ntwo\n--b--\n", [b"one", b"two"]),
        ("bare CR", b"Content-Type: multipart/mixed; boundary=b\r\r--b\r\rone\r--b--", [b"one"]),
        ("no last delimiter", MIXED + b"--b\r\n\r\none\r\n--b\r\n\r\ntwo", [b"one", b"two"]),
        ("preamble, epilogue", MIXED + b"pre\r\n--b\r\n\r\none\r\n--b--\r\nafter", [b"one"]),
        ("part after the last", MIXED + b"--b\r\n\r\none\r\n--b--\r\n--b\r\n\r\ntwo", [b"one", b"two"]),
        ("blanks behind", MIXED + b"--b \t\r\n\r\none\r\n--b--  \r\n", [b"one"]),
        ("longer boundary", MIXED + b"--b\r\n\r\n--bc\r\n--b--\r\n", [b"--bc"]),
        ("empty parts", MIXED + b"--b\r\n--b\r\n\r\n\r\n--b--", [b"", b""]),
        ("header cut by a delimiter", MIXED + b"--b\r\nX: y\r\n--b\r\n\r\ntwo\r\n--b--", [b"", b"two"]),
        ("no empty line", b"Subject: x\r\nHej Bo\r\n\r\nmere", [b"Hej Bo\r\n\r\nmere"]),
        ("a line of blanks for the empty one", MIXED[:-2] + b" \r\n--b\r\n\r\none\r\n--b--", [b"one"]),
        (
            "words for the empty line",
            MIXED[:-2] + b"Parts:\r\nhej\r\n--b\r\nA: b\r\n\r\none\r\n--b--",
            [b"one"],
        ),
        ("no header", b"Kaere Bo,\r\n\r\nmere", [b"Kaere Bo,\r\n\r\nmere"]),
        ("boundary never used", MIXED + b"hej\r\n--x\r\ndu", [b"hej\r\n--x\r\ndu"]),
        (
            "another boundary than declared",
            MIXED + b"--other\r\nContent-Type: text/plain\r\n\r\none\r\n--other--\r\n",
            [b"one"],
        ),
        (
            "no boundary",
            b"Content-Type: multipart/mixed\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\none\r\n--x--\r\n",
            [b"one"],
        ),
        (
            "inner last delimiter forgotten",
            MIXED + b"--b\r\nContent-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\n\r\none\r\n"
            b"--b\r\n\r\ntwo\r\n--i\r\n\r\nno part\r\n--b--",
            [b"one", b"two\r\n--i\r\n\r\nno part"],
        ),
        (
            "inner boundary that begins with the outer",
            MIXED + b"--b\r\nContent-Type: multipart/alternative; boundary=b1\r\n\r\n--b1\r\n\r\none\r\n"
            b"--b1--\r\n--b\r\n\r\ntwo\r\n--b--",
            [b"one", b"two"],
        ),
        (
            "an attached message is a leaf",
            MIXED + b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\nz\r\n--b--",
            [b"Subject: y\r\n\r\nz"],
        ),
    ],
)
def test_bodies_are_found(case: str, raw: bytes, expected: list[bytes]) -> None:
    assert bodies(raw) == expected
    check_laws(raw)


def test_a_digest_holds_messages() -> None:
    raw = b"Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: x\r\n\r\ny\r\n--b--\r\n"
    assert shape(raw) == [(0, "multipart/digest"), (1, "message/rfc822")]


@pytest.mark.parametrize("shift", range(-6, 7))
def test_a_delimiter_may_lie_across_blocks(shift: int) -> None:
    """The line that ends a long part, moved byte by byte over the place where one block ends."""
    head = MIXED + b"--b\r\n\r\n"
    filling = b"x" * (2 * BLOCK - len(head) + shift)
    raw = head + filling + b"\r\n--b\r\n\r\ntwo\r\n--b--\r\n"
    assert bodies(raw) == [filling, b"two"]


def test_long_boundaries_and_too_long_ones() -> None:
    for size, parts in ((70, 2), (delimiters.LONGEST_BOUNDARY, 2), (delimiters.LONGEST_BOUNDARY + 1, 1)):
        boundary = b"q" * size
        raw = b'Content-Type: multipart/mixed; boundary="%s"\r\n\r\n--%s\r\n\r\none\r\n--%s--' % (
            (boundary,) * 3
        )
        assert len(shape(raw)) == parts


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_bytes(raw: bytes) -> None:
    check_laws(raw)


_PIECES = st.sampled_from(
    [
        b"\r\n", b"\n", b"\r", b"--b", b"--b--", b"--c", b"--c--", b"-", b" ", b"x", b"hej", b"Subject: x\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n", b"Content-Type: multipart/related; boundary=c\r\n\r\n",
        b"Content-Type: text/html\r\n\r\n", b"\0", b"\xff", b"--", b"Content-Type: multipart/mixed\r\n\r\n",
    ]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=60).map(b"".join))
@settings(max_examples=600, deadline=None)
def test_any_arrangement_of_delimiters(raw: bytes) -> None:
    check_laws(raw)


@given(st.lists(_PIECES, max_size=30).map(b"".join), st.integers(1, 40))
@settings(max_examples=200, deadline=None)
def test_where_blocks_end_does_not_matter(raw: bytes, size: int) -> None:
    whole = index(BytesSource(raw))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("segl_portal.reading.source.BLOCK", size + 64)
        patch.setattr("segl_portal.reading.delimiters.BLOCK", size + 64)
        assert index(BytesSource(raw)) == whole


# Monsters, traps, other people's messages


@pytest.mark.parametrize("name", MONSTERS)
def test_monsters_are_indexed_in_bounded_time(name: str) -> None:
    raw = MONSTERS[name]()
    start = time.process_time()
    check_laws(raw)
    assert time.process_time() - start < SECONDS


@pytest.mark.parametrize(
    "line",
    [b"\n--b--", b"\n--bx", b"\n--", b"\r\n--b", b"-", b"--b", b"\r", b"a: b\r\n", b"QUJD" * 19 + b"\r\n"],
)
def test_a_large_message_of_nothing_but_one_line(line: bytes) -> None:
    raw = MIXED + b"--b\r\n\r\n" + line * (20_000_000 // len(line))
    start = time.process_time()
    index(BytesSource(raw))
    assert time.process_time() - start < 2 * SECONDS


@pytest.mark.parametrize("case", hidden())
def test_no_trap_breaks_a_law_when_cut_off_anywhere(case: str) -> None:
    raw = hidden()[case].encode()
    for end in range(0, len(raw), 7):
        check_laws(raw[:end])


def of_stdlib(message: Message) -> list[tuple[str, bytes]]:
    """(type, decoded body) of every leaf, messages left closed."""
    if message.is_multipart() and message.get_content_maintype() == "multipart":
        return [leaf for part in message.get_payload() for leaf in of_stdlib(part)]  # type: ignore[arg-type]
    if message.get_content_maintype() == "message":
        return [(message.get_content_type(), b"")]
    payload = message.get_payload(decode=True)
    return [(message.get_content_type(), payload if isinstance(payload, bytes) else b"")]


def of_ours(raw: bytes) -> list[tuple[str, bytes]]:
    source = BytesSource(raw)
    return [
        (
            part.content_type,
            b"" if part.content_type.startswith("message/") else b"".join(decoded(source, part)),
        )
        for part in index(source).parts
        if not part.is_multipart
    ]


# Messages in which the standard library finds no defect and reads something else all the same.
DIFFERENT = {
    "stalwartlabs+mail-parser/resources/eml/malformed/000.eml": "an empty part",
    "stalwartlabs+mail-parser/resources/eml/thirdparty/003.eml": "a part behind the last delimiter",
    "apache+james-mime4j/core/src/test/resources/mimetools-testmsgs/2002_06_12_doublebound.msg": "an empty part",
    "jhillyerd+enmime/testdata/parts/ctype-invalid-characters.raw": "text/plain> is no type",
    "SpamScope+mail-parser/tests/mails/mail_test_15": "a footer behind base64, which it decodes",
    "python+cpython/Lib/test/test_email/data/msg_37.txt": "empty parts",
}
# Of these, what newer ones than Python 3.11's no longer read so.
OLDER = {"stalwartlabs+mail-parser/resources/eml/thirdparty/003.eml"}


@OUTSIDE_CORPUS
def test_sane_messages_of_the_outside_corpus_are_read_as_the_standard_library_reads_them() -> None:
    assert OUTSIDE is not None
    messages = outside_messages(OUTSIDE)
    sane, differ = 0, set()
    for name, raw in messages.items():
        start = time.process_time()
        check_laws(raw)
        ours = _squeezed(of_ours(raw))
        assert time.process_time() - start < SECONDS, name
        message = message_from_bytes(raw)
        theirs = _squeezed(of_stdlib(message))  # decoding finds defects, too
        if not any(part.defects for part in message.walk()):
            sane += 1
            if ours != theirs:
                differ.add(name)
    assert sane > 500
    assert differ | OLDER == set(DIFFERENT)


def _squeezed(leaves: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    return [(kind, b"".join(body.split())) for kind, body in leaves]


@OUTSIDE_CORPUS
def test_damaged_messages_break_no_law() -> None:
    """Each message of the corpus with bytes changed, stretches left out and repeated."""
    assert OUTSIDE is not None
    dice = random.Random(61)
    for raw in outside_messages(OUTSIDE).values():
        data = bytearray(raw[:20_000])
        for _ in range(3):
            at = dice.randrange(len(data) + 1)
            length = dice.randrange(80)
            match dice.randrange(3):
                case 0:
                    del data[at : at + length]
                case 1:
                    data[at:at] = data[max(0, at - length) : at]
                case _:
                    data[at : at + 1] = bytes([dice.randrange(256)])
            check_laws(bytes(data))

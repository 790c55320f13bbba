"""Laws of the MIME walk, over messages nobody wrote: a word put anywhere is found, and no damage raises."""

from __future__ import annotations

import base64
import binascii
import quopri
from dataclasses import dataclass
from email.header import Header
from urllib.parse import quote

from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpus.extracted import extract
from corpus.messages import hidden
from segl.settings.detection import Limits
from segl_classifier.parse import parse

LIMITS = Limits()
TRAPS = sorted(hidden().values())
MARKS = [f"{index:02d}0190-{index:04d}" for index in range(1, 29)]

# Charsets that hold the letters below; each may carry any leaf.
CHARSETS = "utf-8 iso-8859-1 windows-1252 iso-8859-15 cp850 utf-16 utf-16-le utf-32 utf-7".split()
ENCODINGS = ["8bit", "quoted-printable", "base64", "x-uuencode"]
TYPES = "text/plain text/html text/csv text/x-noget application/octet-stream application/json".split()
WORDS = ["Blåbærgrød", "måleren er", "æ", "se vedlagte", "\n", "-- \n", "=C3=A6", "From: Bo", "<b>", "@"]


@dataclass(frozen=True)
class Node:
    """A MIME entity being built: its header lines, its body, and what must be found in it."""

    header: str
    body: bytes
    marks: tuple[str, ...]

    def raw(self, newline: str = "\r\n") -> bytes:
        return (self.header.replace("\n", newline) + newline).encode("latin-1") + self.body


def encoded(content: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        return base64.encodebytes(content).replace(b"\n", b"\r\n")
    if encoding == "quoted-printable":
        return quopri.encodestring(content, quotetabs=True)
    if encoding == "x-uuencode":
        lines = [binascii.b2a_uu(content[i : i + 45]) for i in range(0, len(content), 45)]
        return b"begin 644 x\r\n" + b"".join(lines) + b"`\r\nend\r\n"
    return content


def split_by_tags(mark: str, cut: int) -> str:
    return f"{mark[:cut]}<b style='x'>{mark[cut:]}</b>"


@st.composite
def leaves(draw: st.DrawFn) -> Node:
    mark = draw(st.sampled_from(MARKS))
    kind = draw(st.sampled_from([*TYPES, ""]))
    charset = draw(st.sampled_from(CHARSETS))
    encoding = draw(st.sampled_from(ENCODINGS))
    if charset.startswith(("utf-16", "utf-32")) and encoding in ("8bit", "quoted-printable"):
        encoding = "base64"  # these two rewrite line ends, which such a text does not survive
    before, after = (" ".join(draw(st.lists(st.sampled_from(WORDS), max_size=4))) for _ in range(2))
    shown = mark
    if kind == "text/html":
        before, after = before.replace("<", "&lt;"), after.replace("<", "&lt;")
        shown = split_by_tags(mark, draw(st.integers(1, len(mark) - 1)))
    content = f"Start {before} {shown} {after} slut".encode(charset)
    header = f"Content-Transfer-Encoding: {encoding}\n" if encoding != "8bit" or draw(st.booleans()) else ""
    if kind:
        label = charset if draw(st.booleans()) else f'"{charset.upper()}"'
        header += f"Content-Type: {kind}; charset={label}\n"
    elif charset != "utf-8":
        header += f"Content-Type: ; charset={charset}\n"
    marks: tuple[str, ...] = (mark,)
    if draw(st.booleans()):
        name = draw(st.sampled_from(MARKS))
        header += f"Content-Disposition: attachment;\n\t{named(draw(st.integers(0, 3)), f'bl{name}å.txt')}\n"
        marks += (name,)
    return Node(header, encoded(content, encoding), marks)


def named(form: int, name: str) -> str:
    """A file name parameter in one of the forms in use."""
    match form:
        case 0:
            return f"filename*=utf-8''{quote(name)}"
        case 1:
            coded = quote(name)
            return f"filename*0*=utf-8''{coded[:7]};\n\tfilename*1*={coded[7:]}"
        case 2:
            return f'filename="{Header(name, "utf-8").encode()}"'
        case _:
            return f'filename="{name.encode().decode("latin-1")}"'


@st.composite
def multiparts(draw: st.DrawFn, children: st.SearchStrategy[Node]) -> Node:
    parts = draw(st.lists(children, min_size=1, max_size=3))
    boundary = draw(st.sampled_from(["b", "=_x y", "----=_Part_1", "'()+_,-./:=?", "a" * 70]))
    boundary += str(draw(st.integers(0, 10**6)))
    kind = draw(st.sampled_from(["mixed", "alternative", "related", "signed", "report", "noget"]))
    marks = tuple(mark for part in parts for mark in part.marks)
    body = b""
    if draw(st.booleans()):
        mark = draw(st.sampled_from(MARKS))
        marks, body = (*marks, mark), f"Preamble {mark}\r\n".encode()
    for part in parts:
        body += f"--{boundary}\r\n".encode() + part.raw() + b"\r\n"
    if draw(st.booleans()):
        body += f"--{boundary}--\r\n".encode()
        if draw(st.booleans()):
            mark = draw(st.sampled_from(MARKS))
            marks, body = (*marks, mark), body + f"Epilogue {mark}\r\n".encode()
    return Node(f'Content-Type: multipart/{kind};\n\tboundary="{boundary}"\n', body, marks)


@st.composite
def messages(draw: st.DrawFn, children: st.SearchStrategy[Node]) -> Node:
    inner = draw(children)
    mark = draw(st.sampled_from(MARKS))
    raw = f"Subject: Vedr. {mark}\r\n".encode() + inner.raw()
    encoding = draw(st.sampled_from(["8bit", "base64", "quoted-printable"]))
    header = f"Content-Type: message/rfc822\nContent-Transfer-Encoding: {encoding}\n"
    return Node(header, encoded(raw, encoding), (*inner.marks, mark))


TREES = st.recursive(leaves(), lambda inner: multiparts(inner) | messages(inner), max_leaves=6)


def found(raw: bytes) -> str:
    return "\n".join(text.text for text in extract(parse(raw, LIMITS), LIMITS)[0])


@settings(max_examples=150, deadline=None)
@given(TREES, st.booleans())
def test_a_number_put_anywhere_is_found(tree: Node, lf: bool) -> None:
    raw = b"MIME-Version: 1.0\r\n" + tree.raw()
    text = found(raw.replace(b"\r\n", b"\n") if lf else raw)
    assert [mark for mark in tree.marks if mark not in text] == []


@settings(max_examples=150, deadline=None)
@given(
    TREES,
    st.lists(st.tuples(st.integers(0, 10**6), st.binary(max_size=3)), min_size=1, max_size=8),
    st.integers(0),
)
def test_no_damage_raises(tree: Node, flips: list[tuple[int, bytes]], cut: int) -> None:
    """Bytes overwritten and the rest cut off, anywhere in the message."""
    raw = bytearray(tree.raw())
    for place, noise in flips:
        place %= len(raw) + 1
        raw[place : place + len(noise)] = noise
    found(bytes(raw))
    found(bytes(raw[: cut % (len(raw) + 1)]))


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted(hidden().values())),
    st.integers(0),
    st.integers(0),
    st.sampled_from("\0\r\n=-:;\"' <&%"),
)
def test_no_damage_to_the_traps_raises(message: str, place: int, end: int, sign: str) -> None:
    place %= len(message) + 1
    damaged = message[:place] + sign + message[place + 1 :]
    found(damaged.encode())
    found(damaged[: end % (len(damaged) + 1)].encode())


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
@example(b"Content-Type: multipart/mixed; boundary=\r\n\r\n--\r\n\r\n--")
@example(b"Content-Type: message/rfc822; charset=\r\nContent-Transfer-Encoding: base64\r\n\r\n=")
def test_no_bytes_raise(raw: bytes) -> None:
    found(raw)

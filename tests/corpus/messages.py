"""The message fixtures: hand-written traps, generated monsters, and an outside corpus where there is one.

An outside corpus is a zip file of messages named by the environment variable ``SEGL_MIME_CORPUS``, or
``../shared/mime/peers.zip`` beside the repository. It is other people's work and is not part of it.
"""

from __future__ import annotations

import base64
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def hidden() -> dict[str, str]:
    """Name → message, from ``mime/hidden.txt``. Lines end in LF."""
    text = (HERE / "mime" / "hidden.txt").read_text(encoding="utf-8")
    cases: dict[str, str] = {}
    for block in text.split("\n### ")[1:]:
        name, _, message = block.partition("\n")
        cases[name] = message.removesuffix("\n").replace("␍", "\r").replace("␌", "\f")
    return cases


def outside_corpus() -> Path | None:
    """The zip file of other projects' test messages; ``None`` where there is none."""
    path = Path(os.environ.get("SEGL_MIME_CORPUS") or ROOT.parent / "shared" / "mime" / "peers.zip")
    return path if path.is_file() else None


def outside_messages(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


_MIXED = b"Content-Type: multipart/mixed; boundary="
_CALENDAR = b"Content-Type: text/calendar\r\n\r\n"
_ENCODING = b"Content-Transfer-Encoding: %s\r\n\r\n"


def _nested(levels: int, kind: str = "multipart/mixed") -> bytes:
    level = "Content-Type: {kind}; boundary=b{n}\r\n\r\n--b{n}\r\n"
    return "".join(level.format(kind=kind, n=n) for n in range(levels)).encode() + b"\r\nhej"


def _encoded_messages(levels: int) -> bytes:
    raw = b"Subject: hej\r\n\r\nhej"
    for _ in range(levels):
        head = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        raw = head + base64.encodebytes(raw)
    return raw


def _html(markup: bytes) -> bytes:
    return b"Content-Type: text/html; charset=utf-8\r\n\r\n" + markup


def _mixed(part: bytes, times: int) -> bytes:
    return _MIXED + b"b\r\n\r\n" + part * times + b"--b--\r\n"


# Messages made to cost time, memory or the stack; each a name and what makes it.
MONSTERS: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "one zero byte": lambda: b"\0",
    "only line ends": lambda: b"\r\n" * 500_000,
    "only bare CR": lambda: b"\r" * 1_000_000,
    "3,000 nested multiparts": lambda: _nested(3_000),
    "200 nested digests": lambda: _nested(200, "multipart/digest"),
    "1,000 nested messages": lambda: b"Content-Type: message/rfc822\r\n\r\n" * 1_000,
    "18 encoded messages in each other": lambda: _encoded_messages(18),
    "10,000 parts": lambda: _mixed(b"--b\r\n\r\nhej\r\n", 10_000),
    "100,000 odd delimiters": lambda: _mixed(b"--b;\r\n", 100_000),
    "20 nested multiparts with odd delimiters": lambda: b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d;\r\n\r\n--b%d\r\n" % (n, n, n) for n in range(20)
    )
    + b"\r\n"
    + b"hej " * 250_000,
    "1 MB of escapes cut in two": lambda: b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=3=\r\n" * 170_000,
    "1 MB of equals signs": lambda: b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=" * 1_000_000,
    "1 MB of beginnings of encoded words": lambda: b"Subject: " + b"=? " * 80_000 + b"\r\n" + b"\r\nhej",
    "100,000 empty parts": lambda: _mixed(b"--b\r\n", 100_000),
    "1,000 images": lambda: _mixed(b"--b\r\nContent-Type: image/png\r\n\r\nx\r\n", 990),
    "1 MB in one header": lambda: b"Subject: " + b"hej " * 250_000 + b"\r\n\r\nhej",
    "200,000 header fields": lambda: b"A: b\r\n" * 200_000 + b"\r\nhej",
    "1 MB folded header": lambda: b"Subject: a\r\n" + b" hej\r\n" * 170_000 + b"\r\nhej",
    "1 MB of encoded words": lambda: b"Subject: " + b"=?utf-8?q?a?= " * 70_000 + b"\r\n\r\nhej",
    "1 MB of addresses": lambda: b"To: " + b"a <b@c.example>, " * 60_000 + b"\r\n\r\nhej",
    "1 MB of parameters": lambda: b"Content-Type: a/b" + b"; a=b" * 200_000 + b"\r\n\r\nhej",
    "1 MB boundary": lambda: _MIXED + b"b" * 1_000_000 + b"\r\n\r\nhej",
    "200,000 nested div": lambda: _html(b"<div>" * 200_000 + b"hej"),
    "1 MB of unclosed tags": lambda: _html(b"<a b='" * 170_000),
    "1 MB of comments": lambda: _html(b"<!-- x -->" * 100_000),
    "1 MB of references": lambda: _html(b"&#48;" * 200_000),
    "one endless reference": lambda: _html(b"&#" + b"9" * 1_000_000),
    "1 MB of broken UTF-8": lambda: b"\r\n" + b"\xff\xe6 " * 300_000,
    "1 MB of broken UTF-16": lambda: b"Content-Type: a/b; charset=utf-16\r\n\r\n" + b"\xd8\x00" * 500_000,
    "1 MB of soft line breaks": lambda: _ENCODING % b"quoted-printable" + b"=\r\n" * 330_000,
    "1 MB of padding": lambda: _ENCODING % b"base64" + b"QQ==" * 250_000,
    "50,000 uuencoded files": lambda: b"\r\n" + b"begin 644 a\r\n#0V%T\r\nend\r\n" * 50_000,
    "20,000 pictures in a page": lambda: _html(b"<img src='data:image/png;base64,QQ=='>" * 20_000),
    "20,000 files in a calendar": lambda: _CALENDAR + b"ATTACH;ENCODING=BASE64:QUFBQUFBQUFBQUFB\r\n" * 20_000,
    "uuencode without an end": lambda: b"\r\nbegin 644 a\r\n" + b"#0V%T\r\n" * 120_000,
    "100,000 quoted encodings": lambda: b"\r\n" + (_ENCODING % b"base64") * 30_000,
    "60,000 delimiters of nobody": lambda: b"\r\n" + b"--x\r\nContent-Type: a/b\r\n\r\n" * 40_000,
    "every type twice": lambda: (_MIXED + b"b\r\nContent-Type: text/html\r\n\r\n--b\r\n") * 500,
}  # fmt: skip

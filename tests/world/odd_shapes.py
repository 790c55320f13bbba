"""Messages at which Postfix cuts, mends or breaks something, each with a CPR number in the place of it."""

from __future__ import annotations

from typing import Final

from world.letters import CPR, GOOD, SENDER

_NUMBER: Final = f"CPR-nr. {CPR}".encode()
_END: Final = b"\r\n\r\nHej\r\n"
_HEAD: Final = (
    f"From: {SENDER}\r\nTo: {GOOD}\r\nDate: Tue, 24 Nov 2026 09:00:00 +0100\r\nMIME-Version: 1.0\r\n".encode()
)
_BODY: Final = b"\r\n" + _NUMBER + b"\r\n"


def _nested(depth: int) -> bytes:
    part = b"Content-Type: text/plain\r\n" + _BODY
    for number in range(depth):
        mark = b"b%d" % number
        part = b"Content-Type: multipart/mixed; boundary=%b\r\n\r\n--%b\r\n%b\r\n--%b--\r\n" % (
            mark,
            mark,
            part,
            mark,
        )
    return part


# What follows a field with the message's name, which shapes nothing.
SHAPES: Final[dict[str, bytes]] = {
    "a field of 59,000 bytes": b"X-A: " + b"y" * 58_900 + b" " + _NUMBER + _END,
    "a field of 61,000 bytes": b"X-A: " + b"y" * 61_000 + b" " + _NUMBER + _END,
    "a folded field of 120,000 bytes": b"X-A: " + b"ord ord\r\n " * 12_000 + _NUMBER + _END,
    "a field of a part, of 61,000 bytes": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nX-A: "
    + b"y" * 61_000
    + b" "
    + _NUMBER
    + _END
    + b"--b--\r\n",
    "a boundary behind 61,000 bytes": b"Content-Type: multipart/mixed; a="
    + b"y" * 61_000
    + b"; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>CPR 0101<b>70</b>-<i>12</i>34</p>\r\n--b--\r\n",
    "12,000 addresses in a field": b"Cc: "
    + b"a@x.example,\r\n " * 12_000
    + b'"'
    + _NUMBER
    + b'" <z@x.example>'
    + _END,
    "a name of 3,000 bytes": b"X" * 3_000 + b": " + _NUMBER + _END,
    "a line of a header that is no field": b"no field " + _NUMBER + b"\r\n",
    "a NUL in a field, before it": b"X-A: a\0 " + _NUMBER + _END,
    "a NUL in the number": b"\r\nCPR-nr. 0101\x0070-1234\r\n",
    "a CR in the number": b"\r\nCPR-nr. 0101\r70-1234\r\n",
    "a CR in a field": b"X-A: CPR-nr. 0101\r70-1234" + _END,
    "a LF in the number": b"\r\nCPR-nr. 0101\n70-1234\r\n",
    "lines that end in LF": b"Content-Type: text/plain\n\n" + _NUMBER + b"\n",
    "a line broken in the number": b"\r\n" + b"x" * 983 + b" " + _NUMBER + b"x" * 2_000 + b"\r\n",
    "a line of 300,000 bytes": b"\r\n" + b"x" * 250_000 + b" " + _NUMBER + b"\r\n",
    "8 bits said to be 7": b"Content-Transfer-Encoding: 7bit\r\n\r\n"
    + "Åse har ".encode()
    + _NUMBER
    + b"\r\n",
    "1,002 parts in parts": _nested(1_002),
    "a number in Bcc": b"Bcc: " + _NUMBER + b" <z@x.example>" + _END,
}


def message(name: str) -> bytes:
    return _HEAD + f"Subject: {name}\r\n".encode() + SHAPES[name]


def nested(depth: int, name: str) -> bytes:
    """A message called *name*, with so many parts in parts."""
    return _HEAD + f"Message-ID: {name}\r\n".encode() + _nested(depth)

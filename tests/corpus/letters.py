"""Messages as mail programs send them, for the tests of what a recipient sees."""

from __future__ import annotations

import base64

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
HEAD = (
    "From: =?utf-8?Q?S=C3=B8ren_Holm?= <soeren@vand.example>\r\n"
    "To: Anna Hansen <anna@x.example>, bo@x.example\r\n"
    "Cc: Eva <eva@x.example>\r\n"
    "Subject: =?utf-8?B?U3ZhciBww6Ugc2FnZW4=?=\r\n"
    "Date: Wed, 25 Nov 2026 03:00:00 +0100\r\n"
    "Message-ID: <1@vand.example>\r\n"
    "References: <a@x.example> <b@x.example>\r\n"
    "MIME-Version: 1.0\r\n"
)


def multipart(kind: str, *parts: str, boundary: str = "b", more: str = "") -> str:
    inside = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return f"Content-Type: multipart/{kind}; boundary={boundary}{more}\r\n\r\n{inside}--{boundary}--\r\n"


def text(words: str, kind: str = "plain", more: str = "") -> str:
    return f"Content-Type: text/{kind}; charset=utf-8\r\n{more}\r\n{words}"


def file(data: bytes, kind: str, name: str = "", more: str = "") -> str:
    placed = f'Content-Disposition: attachment; filename="{name}"\r\n' if name else ""
    return (
        f"Content-Type: {kind}\r\n{placed}{more}Content-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(data).decode().replace("\n", "\r\n")
    )


def message(body: str) -> bytes:
    return (HEAD + body).encode()

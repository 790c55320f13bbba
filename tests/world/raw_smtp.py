"""SMTP as bytes, for what no library would send."""

from __future__ import annotations

import socket
from collections.abc import Iterable


def converse(port: int, lines: Iterable[bytes]) -> list[str]:
    """Send each of *lines* when the one before is answered; the last line of each answer. A content is one of them,
    with the dot that ends it. Ends early where the answer is a refusal."""
    replies: list[str] = []
    with socket.create_connection(("127.0.0.1", port), 90) as sock, sock.makefile("rb") as answers:
        _answer(answers)
        for line in lines:
            sock.sendall(line + b"\r\n")
            replies.append(_answer(answers))
            if replies[-1][0] not in "23":
                break
    return replies


def submit(port: int, content: bytes, envelope: Iterable[str]) -> str:
    """The last answer to a session with *envelope* (the commands) and *content*."""
    commands = [c.encode("utf-8", "surrogateescape") for c in ("EHLO desk.example", *envelope, "DATA")]
    return converse(port, [*commands, content.replace(b"\r\n.", b"\r\n..") + b"."])[-1]


def _answer(answers: Iterable[bytes]) -> str:
    for line in answers:
        if line[3:4] != b"-":
            return line.decode().rstrip()
    return "421 it has hung up"

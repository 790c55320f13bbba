"""Asks Segl's sockets whether somebody answers, in the protocol that Postfix would speak there.

* **Milter** (libmilter's ``mfdef.h``): packets of a 4-byte big-endian length, a command byte, data. The
  client begins with option negotiation, ``O`` + version, actions, protocol (three 32-bit numbers), and gets
  an ``O`` back; ``Q`` says goodbye. No message is begun, but where the answer to one is asked
  (:func:`milter_refusal`).
* **Socketmap** (socketmap_table(5)): a netstring ``N:name key,`` is answered by a netstring that begins with
  ``OK``, ``NOTFOUND``, ``TEMP``, ``TIMEOUT`` or ``PERM``. Postfix itself asks for ``*`` first; so do we.
* **HTTP** (RFC 9112): ``GET /healthz``, answered by status 200; within TLS where the portal speaks it itself.
* **LMTP** (RFC 2033) and **SMTP** (RFC 5321): a greeting ``220``, ``LHLO`` or ``EHLO`` answered by ``250``,
  ``QUIT``.

Asked as root it proves little, because root may open any socket. :func:`as_postfix` asks as Postfix's own
user, from inside its chroot where there is one.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import socket
import ssl
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from segl.errors import ProtocolError

SECONDS = 3.0
_VERSION, _ACTIONS, _PROTOCOL = 6, 0x1FF, 0x1FFFFF
_MOST_BYTES = 64 * 1024
_MOST_LINES = 100
_VERDICTS = b"cardty"  # on a message: continue, accept, reject, discard, later, by a text
_CLOSED = "it closed the connection without an answer"
_SILENT = "it does not answer in time"
_TRIED, _FORBIDDEN = b"+", b"!"  # what the child begins with

Question = Callable[[socket.socket], None]


@dataclass(frozen=True, slots=True)
class SocketFault:
    """What went wrong, in plain words; false when nothing did. ``forbidden``: who asked may not open the socket, and
    whether somebody answers there is not known. :attr:`silent`: somebody is there, and hangs."""

    text: str = ""
    forbidden: bool = False

    @property
    def silent(self) -> bool:
        return self.text == _SILENT

    def __bool__(self) -> bool:
        return bool(self.text)

    def __str__(self) -> str:
        return self.text


def ask_milter(sock: socket.socket) -> None:
    """Negotiate options. Raises :class:`ProtocolError` or :class:`OSError`."""
    _step(sock, b"O", struct.pack("!III", _VERSION, _ACTIONS, _PROTOCOL), b"O")
    with contextlib.suppress(OSError):
        sock.sendall(_packet(b"Q", b""))


def milter_refusal(sock: socket.socket, client: str, sender: str, recipient: str) -> str:
    """Hand over a small message about nothing, which *client* (an IP address) has sent, as Postfix would: the text of
    its refusal (``550 5.7.1 …``), ``""`` when it is not refused. Raises :class:`ProtocolError` or :class:`OSError`."""
    every_step = 0  # asked for and answered
    _step(sock, b"O", struct.pack("!III", _VERSION, _ACTIONS, every_step), b"O")
    _step(sock, b"M", f"<{sender}>\0".encode())
    _step(sock, b"R", f"<{recipient}>\0".encode())
    _step(sock, b"L", f"From\0{sender}\0".encode())
    _step(sock, b"N", b"")
    sock.sendall(_packet(b"D", b"E{client_addr}\0" + client.encode() + b"\0"))
    said = _step(sock, b"E", b"", _VERDICTS)
    with contextlib.suppress(OSError):
        sock.sendall(_packet(b"Q", b""))
    return said[1:].rstrip(b"\0").decode("utf-8", "replace") if said[:1] == b"y" else ""


def ask_map(sock: socket.socket) -> None:
    """Ask the map ``transport`` for ``*``; the right answer is NOTFOUND."""
    request = b"transport *"
    sock.sendall(b"%d:%s," % (len(request), request))
    digits = b""
    while (char := _exactly(sock, 1)) != b":":
        digits += char
        if not digits.isdigit() or len(digits) > 6:
            raise ProtocolError("it does not speak the socketmap protocol")
    answer = _exactly(sock, int(digits or b"0") + 1)
    if not answer.startswith(b"NOTFOUND"):
        word = answer.split(b" ", 1)[0].decode("ascii", "replace")[:20]
        raise ProtocolError(f"it answers {word} where NOTFOUND is due")


def ask_http(sock: socket.socket) -> None:
    """Ask segl-portal whether it and its store are well."""
    sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: segl-doctor.invalid\r\nConnection: close\r\n\r\n")
    with sock.makefile("rb") as answer:
        line = answer.readline(_MOST_BYTES)
    words = line.split()
    if not line.startswith(b"HTTP/1.1 ") or len(words) < 2:
        raise ProtocolError("it does not speak HTTP")
    if words[1] == b"503":
        raise ProtocolError("it cannot reach its store")
    if words[1] != b"200":
        raise ProtocolError(f"it answers {words[1].decode('ascii', 'replace')[:20]} where 200 is due")


def ask_https(sock: socket.socket) -> None:
    """The same within TLS. Whose certificate it shows is not looked at: it is asked by its address."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with context.wrap_socket(sock) as protected:
        ask_http(protected)


def ask_lmtp(sock: socket.socket) -> None:
    _greet(sock, b"LHLO")


def ask_smtp(sock: socket.socket) -> None:
    _greet(sock, b"EHLO")


def unix(path: Path | str, question: Question, timeout: float = SECONDS) -> None:
    """Connect to a unix socket and put *question*."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(timeout)
        sock.connect(str(path))
        question(sock)


def datagram(path: Path | str) -> None:
    """Whether somebody has bound the unix datagram socket *path*; nothing is sent: nobody would answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.connect(str(path))


def tcp(host_port: str, question: Question, timeout: float = SECONDS) -> None:
    """Connect to ``host:port`` and put *question*."""
    host, _, port = host_port.rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), timeout) as sock:
        question(sock)


def as_postfix(owner: str, path: Path, question: Question, root: Path | None = None) -> SocketFault:
    """Put *question* to the socket *path* as user *owner*, after chroot to *root*. Needs root. A child process does it,
    for privileges given up do not come back."""
    user = pwd.getpwnam(owner)
    groups = os.getgrouplist(owner, user.pw_gid)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            if root is not None:
                os.chroot(root)
                os.chdir("/")
            os.setgroups(groups)
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            fault = fault_of(lambda: unix(path, question))
            os.write(writing, (_FORBIDDEN if fault.forbidden else _TRIED) + fault.text.encode()[:1000])
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    if said[:1] not in (_TRIED, _FORBIDDEN):
        return SocketFault(f"could not be tried as user {owner}")
    return SocketFault(said[1:].decode("utf-8", "replace"), forbidden=said[:1] == _FORBIDDEN)


def fault_of(ask: Callable[[], None]) -> SocketFault:
    """Run *ask*, and tell what went wrong."""
    try:
        ask()
    except FileNotFoundError:
        return SocketFault(
            "there is no such socket: the process does not run, or it was removed (restart it)"
        )
    except ConnectionRefusedError:
        return SocketFault("nobody listens: the process does not run")
    except PermissionError:
        return SocketFault("may not be opened", forbidden=True)
    except TimeoutError:
        return SocketFault(_SILENT)
    except ConnectionError:
        return SocketFault(_CLOSED)
    except OSError as error:
        return SocketFault(error.strerror or type(error).__name__)
    except ProtocolError as error:
        return SocketFault(error.private)
    return SocketFault()


def _step(sock: socket.socket, command: bytes, data: bytes, wanted: bytes = b"c") -> bytes:
    """Send the milter one packet; its answer, which begins with one of *wanted*. After the end of a message edits may
    come before it."""
    sock.sendall(_packet(command, data))
    for _ in range(_MOST_LINES):
        (length,) = struct.unpack("!I", _exactly(sock, 4))
        said = _exactly(sock, length) if 1 <= length <= _MOST_BYTES else b""
        if said[:1] and said[:1] in wanted:
            return said
        if command != b"E" or not said:
            break
    raise ProtocolError("it does not speak the milter protocol")


def _packet(command: bytes, data: bytes) -> bytes:
    return struct.pack("!I", 1 + len(data)) + command + data


def _exactly(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = sock.recv(count - len(data))
        if not piece:
            raise ProtocolError(_CLOSED)
        data += piece
    return data


def _greet(sock: socket.socket, verb: bytes) -> None:
    with sock.makefile("rb") as lines:
        _reply(lines, b"220")
        sock.sendall(verb + b" segl-doctor.invalid\r\n")
        _reply(lines, b"250")
    with contextlib.suppress(OSError):
        sock.sendall(b"QUIT\r\n")


def _reply(lines: BinaryIO, code: bytes) -> None:
    said = reply(lines)
    if said[3:4] == "-" or not said.startswith(code.decode()):
        raise ProtocolError(f"it answers “{said[:60] or 'nothing'}” where {code.decode()} is due")


def reply(lines: BinaryIO) -> str:
    """The last line of one reply (RFC 5321 §4.2), of several perhaps; with a hyphen after its code where it never
    ended."""
    line = b""
    for _ in range(_MOST_LINES):
        line = lines.readline(_MOST_BYTES)
        if line[3:4] != b"-":
            break
    return line.decode("ascii", "replace").strip()

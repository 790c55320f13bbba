"""Certificates from LDAP directories (RFC 4511; attribute userCertificate, RFC 4523 §4.1).

The directory is asked, below a base, for the entries that a filter matches, in which the address stands. The
address comes from the envelope, so it is a stranger's text inside a query language: all but letters, digits and
a few signs of it are written as ``\\xx`` (RFC 4515 §3), and so none of it can be taken for a part of the filter.

A directory answers in three ways: entries, no entry, and not at all (down, slow, refuses, too many entries). The
last is UNKNOWN. Referrals are not followed: the postmaster named whom to ask.

The client is bonsai, over OpenLDAP's library, in processes of its own (:mod:`segl_routing.certificates.ldap_worker`
says why). It is an extra (``pip install '.[ldap]'`` in a clone).
"""

from __future__ import annotations

import asyncio
import json
import string
import sys
from base64 import b64decode
from contextlib import suppress
from importlib.util import find_spec
from typing import Any, Final

from segl.certificates.judgement import is_authority
from segl.certificates.recipient import load_der
from segl.errors import Fault, SettingsError
from segl.settings.certificates import Directory
from segl_routing.certificates.sources import Answer, Offer

MOST_AT_ONCE: Final = 4  # processes, and so connections, for one directory
LARGEST_ANSWER: Final = 8 * 1024 * 1024
_WORKER: Final = (sys.executable, "-I", "-m", "segl_routing.certificates.ldap_worker")
_PLAIN: Final = frozenset((string.ascii_letters + string.digits + "@.-_+").encode("ascii"))

_WHY: Final = {
    "tls": "its TLS certificate is not trusted, or of another host",
    "ConnectionError": "cannot be reached, or TLS does not come about",
    "AuthenticationError": "refuses bind_dn and its password",
    "InsufficientAccess": "does not let us search",
    "starttls": "does not take StartTLS",
    "TimeoutError": "no answer in time",
    "ClosedConnection": "closed the connection",
    "SizeLimitError": "has more entries for the address than it gives, or than [[certificates.directory]] entries",
}


def filter_for(template: str, address: str) -> str:
    """*template* with *address* in place of ``{address}``, escaped (RFC 4515 §3)."""
    escaped = "".join(chr(b) if b in _PLAIN else f"\\{b:02x}" for b in address.encode("utf-8", "replace"))
    return template.replace("{address}", escaped)


class LdapSource:
    """One directory. See :class:`segl_routing.certificates.sources.Source`."""

    def __init__(self, directory: Directory) -> None:
        """Raises :class:`SettingsError` when bonsai is not installed."""
        if find_spec("bonsai") is None:
            fault = Fault(
                "settings",
                "certificates.directory",
                "needs bonsai",
                "in a clone: /usr/lib/segl/bin/pip install '.[ldap]'",
            )
            raise SettingsError([fault])
        self._directory = directory
        self._places = asyncio.Semaphore(MOST_AT_ONCE)
        self._idle: list[asyncio.subprocess.Process] = []
        self._closed = False

    @property
    def name(self) -> str:
        return f"directory {self._directory.host}"

    async def ask(self, address: str) -> Answer:
        directory = self._directory
        try:
            question = self._question(address)
        except OSError as error:
            return Answer.unknown(f"password_file cannot be read: {error.strerror}")
        except UnicodeDecodeError:
            return Answer.unknown("password_file is not UTF-8")
        try:
            async with asyncio.timeout(directory.seconds), self._places:
                answer = await self._put(question)
        except TimeoutError:
            return Answer.unknown(f"no answer in {directory.seconds:g} seconds")
        except (OSError, ValueError):
            return Answer.unknown("the talk with it broke off")
        if "error" in answer:
            return Answer.unknown(_WHY.get(answer["error"], f"answers with an error ({answer['error']})"))
        # An answer of the largest size may hold some thousand.
        none = (
            "has none"
            if answer["based"]
            else "has none, and nothing that we may see at its base: is that right?"
        )
        return Answer.of(await asyncio.to_thread(_offers, answer["values"]), none)

    async def close(self) -> None:
        """End the processes that wait for the next question; one that is at work ends when it has answered."""
        self._closed = True
        while self._idle:
            await _end(self._idle.pop())

    async def _put(self, question: bytes) -> dict[str, Any]:
        """Ask by a process that waits, or a new one; one that does not answer in time is ended."""
        process = self._waiting() or await _start()
        try:
            assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 — PIPE
            process.stdin.write(question)
            await process.stdin.drain()
            line = await process.stdout.readline()
            answer: dict[str, Any] = json.loads(line)
        except BaseException:
            await _end(process)
            raise
        if self._closed:
            await _end(process)
        else:
            self._idle.append(process)
        return answer

    def _waiting(self) -> asyncio.subprocess.Process | None:
        """One that waits for a question. Those that were ended meanwhile, for want of memory mostly, are forgotten:
        each would cost an answer."""
        while self._idle:
            process = self._idle.pop()
            if process.returncode is None:
                return process
        return None

    def _question(self, address: str) -> bytes:
        """As the worker reads it. The password is in it, so that it stands on no command line."""
        directory = self._directory
        question = {
            "url": directory.url,
            "starttls": directory.starttls,
            "ca_file": str(directory.ca_file or ""),
            "bind_dn": directory.bind_dn,
            "password": directory.password(),
            "base": directory.base,
            "filter": filter_for(directory.filter, address),
            "attribute": directory.attribute,
            "entries": directory.entries,
            "seconds": directory.seconds,
        }
        return json.dumps(question).encode("ascii") + b"\n"


async def _start() -> asyncio.subprocess.Process:
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    return await asyncio.create_subprocess_exec(
        *_WORKER, stdin=pipe, stdout=pipe, stderr=nothing, limit=LARGEST_ANSWER
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    with suppress(TimeoutError, asyncio.CancelledError):
        async with asyncio.timeout(2):
            await process.wait()


def _offers(entries: list[list[str]]) -> list[Offer]:
    """Every value of every entry that is a certificate of somebody, with those of authorities beside it."""
    offers = []
    for values in entries:
        found = []
        for value in values:
            with suppress(ValueError):  # one bad value among good ones takes nothing from these
                found.append(load_der(b64decode(value)))
        along = tuple(certificate for certificate in found if is_authority(certificate))
        offers += [Offer(certificate, along) for certificate in found if not is_authority(certificate)]
    return offers

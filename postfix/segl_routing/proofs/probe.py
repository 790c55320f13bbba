"""Asks one mail host whether it takes mail over verified TLS, without sending any (RFC 5321, RFC 3207).

The talk is the beginning of any delivery, and ends before one would begin::

    S: 220 mx.kommune.example ESMTP
    C: EHLO nordby-vand.example
    S: 250-mx.kommune.example
    S: 250 STARTTLS                    ← offered at all?
    C: STARTTLS
    S: 220 ready
       TLS handshake, 1.2 or newer     ← certificate chains to a trusted root, and carries the host's name?
    C: QUIT

That is what Postfix's level ``verify`` will demand when the mail is sent. No transaction begins: no MAIL, no
RCPT. The certificates are handed on, for who compares them with TLSA records. The other side is a stranger: what
it sends is bounded in lines, bytes and time, and none of its text is kept.
"""

from __future__ import annotations

import _ssl
import asyncio
import re
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from cryptography import x509

from segl.certificates.judgement import UNREADABLE
from segl.vocabulary import Known
from segl_routing.proofs.defects import Repair

MAX_LINE = 2048  # bytes; RFC 5321 §4.5.3.1.5 allows 512
MAX_LINES = 100  # of one reply
MAX_CHAIN = 10  # certificates of one host
MAX_ADDRESSES = 4  # of one host are tried
CONNECT_SECONDS = 5.0
QUIT_SECONDS = 0.5

_REPLY_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?\r?\n", re.DOTALL)


class ProbeResult(Enum):
    """What became of a probe: a name for log and metric, what it proves, a clause for people, and what the host's
    postmaster could repair."""

    SHOWN = ("shown", Known.NO, "has a certificate that was not checked")
    VERIFIED = ("verified", Known.YES, "offers STARTTLS with a certificate that verifies")
    NO_STARTTLS = ("no-starttls", Known.NO, "does not offer STARTTLS", Repair.NO_STARTTLS)
    REFUSED = ("refused", Known.NO, "refuses to talk", Repair.REFUSED)
    OURSELVES = ("ourselves", Known.NO, "is this host itself")
    SELF_SIGNED = ("self-signed", Known.NO, "has a self-signed certificate", Repair.SELF_SIGNED)
    EXPIRED = ("expired", Known.NO, "has a certificate that is out of date", Repair.EXPIRED)
    # No authority dates ahead: it is a clock that is behind, most likely ours, as it is after a boot without a battery.
    NOT_YET = ("not-yet", Known.UNKNOWN, "has a certificate that is not valid yet", Repair.EXPIRED)
    WRONG_NAME = ("wrong-name", Known.NO, "has a certificate for another name", Repair.WRONG_NAME)
    UNTRUSTED = (
        "untrusted",
        Known.NO,
        "has a certificate that no trusted authority issued",
        Repair.UNTRUSTED,
    )
    TLS_FAILED = ("tls-failed", Known.NO, "cannot agree on TLS 1.2 or newer", Repair.OLD_TLS)
    UNREACHABLE = ("unreachable", Known.UNKNOWN, "cannot be reached", Repair.NO_ANSWER)
    TIMED_OUT = ("timed-out", Known.UNKNOWN, "did not answer in time", Repair.NO_ANSWER)
    BUSY = ("busy", Known.UNKNOWN, "has no time now")
    CLOSED = ("closed", Known.UNKNOWN, "broke the connection off", Repair.NO_ANSWER)
    GARBLED = ("garbled", Known.UNKNOWN, "does not speak SMTP", Repair.NO_ANSWER)

    def __init__(self, word: str, known: Known, clause: str, repair: Repair | None = None) -> None:
        self.word = word
        self.known = known
        self.clause = clause
        self.repair = repair

    def __str__(self) -> str:
        return self.word

    @property
    def encrypted(self) -> Known:
        """Whether the talk would be encrypted if nobody minded the certificate."""
        return Known.YES if self in _BAD_CERTIFICATE else self.known


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """What a certificate has to chain to. Raises :class:`OSError` or :class:`ssl.SSLError`.

    Not :func:`ssl.create_default_context`: Python 3.13 made that stricter than Postfix is.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is None:
        context.load_default_certs()
    else:
        context.load_verify_locations(ca_file)
    return context


def unchecked() -> ssl.SSLContext:
    """For a talk that takes any certificate, to see which one is shown. Nothing is ever sent in such a talk."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@dataclass(frozen=True, slots=True)
class Probed:
    """What became of a probe, and the certificates that were sent, in DER, the host's own first."""

    result: ProbeResult
    chain: tuple[bytes, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The DNS names in the host's certificate."""
        try:
            certificate = x509.load_der_x509_certificate(self.chain[0])
            found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
            return tuple(found.value.get_values_for_type(x509.DNSName))
        except (IndexError, x509.ExtensionNotFound, *UNREADABLE):
            return ()


@dataclass(frozen=True, slots=True)
class Greeting:
    """Who we say we are (``name``, in EHLO), and the name by which our own Postfix answers (``also``: and single ports
    of it): a mail host that says it, too, is this host."""

    name: str
    ours: str = ""
    also: frozenset[str] = frozenset()

    def is_ours(self, answer: bytes) -> bool:
        """Whether the first line of the answer to EHLO begins with it (RFC 5321 §4.1.1.1), as Postfix looks as well."""
        said = answer.split(b" ", 1)[0].lower()
        return any(name.lower().encode() == said for name in (self.ours, *self.also) if name)


async def probe(
    host: str,
    addresses: Sequence[str],
    *,
    port: int,
    greeting: Greeting,
    context: ssl.SSLContext,
    seconds: float,
) -> Probed:
    """Probe *host* at the first of its *addresses* that gives a plain answer.

    Takes at most *seconds*. Never raises for anything the other side does.
    """
    clock = asyncio.get_running_loop().time
    end = clock() + seconds
    found = Probed(ProbeResult.UNREACHABLE)
    tried = addresses[:MAX_ADDRESSES]
    for number, address in enumerate(tried, 1):
        left = end - clock()
        if left <= 0:
            break
        found = await _at(host, address, port, greeting, context, left if number == len(tried) else left / 2)
        if found.result.known is not Known.UNKNOWN:
            break
    return found


async def _at(
    host: str, address: str, port: int, greeting: Greeting, context: ssl.SSLContext, seconds: float
) -> Probed:
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(seconds):
            async with asyncio.timeout(CONNECT_SECONDS):
                reader, writer = await asyncio.open_connection(address, port, limit=MAX_LINE)
            chain = await _talk(reader, writer, host, greeting, context)
    except TimeoutError:
        return Probed(ProbeResult.TIMED_OUT)
    except _Ended as end:
        if end.result in (ProbeResult.NO_STARTTLS, ProbeResult.OURSELVES) and writer is not None:
            await _quit(reader, writer)
        return Probed(end.result)
    except ssl.SSLCertVerificationError as error:
        return Probed(_BY_VERIFY_CODE.get(error.verify_code, ProbeResult.UNTRUSTED))
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionResetError, ConnectionAbortedError, EOFError):
        return Probed(ProbeResult.CLOSED)
    except ssl.SSLError:
        return Probed(ProbeResult.TLS_FAILED)
    except OSError:
        return Probed(ProbeResult.UNREACHABLE)
    else:
        await _quit(reader, writer)
        shown = ProbeResult.VERIFIED if context.verify_mode is ssl.CERT_REQUIRED else ProbeResult.SHOWN
        return Probed(shown, chain)
    finally:
        if writer is not None:
            writer.transport.abort()


async def _talk(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    host: str,
    greeting: Greeting,
    context: ssl.SSLContext,
) -> tuple[bytes, ...]:
    await _reply(reader)
    offered = await _command(reader, writer, f"EHLO {greeting.name}")
    if greeting.is_ours(offered[0]):
        raise _Ended(ProbeResult.OURSELVES)
    if not any(line.split(b" ", 1)[0].upper() == b"STARTTLS" for line in offered[1:]):
        raise _Ended(ProbeResult.NO_STARTTLS)
    await _command(reader, writer, "STARTTLS")
    if reader._buffer:  # type: ignore[attr-defined]  # words slipped in before TLS (CVE-2011-0411)
        raise _Ended(ProbeResult.GARBLED)
    await writer.start_tls(context, server_hostname=host)
    return _chain(writer.get_extra_info("ssl_object"))


def _chain(connection: Any) -> tuple[bytes, ...]:
    """The certificates as they were sent. Public in Python 3.13; before, the inner object has them."""
    if hasattr(connection, "get_unverified_chain"):
        return tuple(connection.get_unverified_chain()[:MAX_CHAIN])
    encoding = _ssl.ENCODING_DER
    chain = connection._sslobj.get_unverified_chain() or ()
    return tuple(certificate.public_bytes(encoding) for certificate in chain[:MAX_CHAIN])


async def _command(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: str) -> list[bytes]:
    writer.write(line.encode("ascii") + b"\r\n")
    await writer.drain()
    return await _reply(reader)


async def _reply(reader: asyncio.StreamReader) -> list[bytes]:
    """The texts of one reply's lines (RFC 5321 §4.2.1); anything but 2xx ends the probe."""
    texts: list[bytes] = []
    for _ in range(MAX_LINES):
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            raise _Ended(ProbeResult.GARBLED) from None
        match = _REPLY_LINE.fullmatch(line)
        if match is None:
            raise _Ended(ProbeResult.GARBLED)
        code, more, text = match.groups()
        texts.append((text or b"").strip())
        if more == b"-":
            continue
        if code[:1] == b"2":
            return texts
        raise _Ended(ProbeResult.BUSY if code[:1] == b"4" else ProbeResult.REFUSED)
    raise _Ended(ProbeResult.GARBLED)


async def _quit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take leave; what was learnt holds however the other side takes it."""
    with suppress(TimeoutError, OSError, _Ended, EOFError):
        async with asyncio.timeout(QUIT_SECONDS):
            await _command(reader, writer, "QUIT")


class _Ended(Exception):
    """An outcome, not an error: the talk needs no further word."""

    def __init__(self, result: ProbeResult) -> None:
        self.result = result


_BAD_CERTIFICATE = frozenset(
    {
        ProbeResult.SHOWN,
        ProbeResult.SELF_SIGNED,
        ProbeResult.EXPIRED,
        ProbeResult.NOT_YET,
        ProbeResult.WRONG_NAME,
        ProbeResult.UNTRUSTED,
    }
)

# X509_V_ERR_… of OpenSSL's x509_vfy.h
_BY_VERIFY_CODE = {
    9: ProbeResult.NOT_YET,
    10: ProbeResult.EXPIRED,
    18: ProbeResult.SELF_SIGNED,
    62: ProbeResult.WRONG_NAME,
}

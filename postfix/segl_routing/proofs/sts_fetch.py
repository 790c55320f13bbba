"""Gets a domain's MTA-STS policy: the record from DNS, the text from its web server (RFC 8461 §3.1, §3.3).

The text is worth as much as the certificate of ``https://mta-sts.<domain>``: it must chain to a trusted root and
carry that name. All else about the server is a stranger's: its address comes from unproven DNS, and what it
sends is bounded in bytes and time and never repeated. One request, one answer, no redirect (it would lend the
domain's word to whoever it points to), no cookies, no cache, no compression, no proxy, and nobody is asked for
an address but the name servers of the settings. HTTP itself: :mod:`segl_routing.web` (docs/decisions/0011-mta-sts.md).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from enum import Enum
from pathlib import Path

from segl.vocabulary import Known
from segl_routing.dns.mx import DnsUnsure, MailDns
from segl_routing.proofs.probe import trust
from segl_routing.proofs.sts_policy import StsFault, StsPolicy, parse_policy, record_id
from segl_routing.web import Broken, BrokenAnswer, Head, get

HTTPS_PORT = 443
MAX_POLICY = 64 * 1024  # bytes; RFC 8461 §3.3
MAX_ANSWER = 256 * 1024  # bytes of the whole answer: header, and chunks that hold little
MAX_ADDRESSES = 4  # of one web server are tried
CONNECT_SECONDS = 5.0
FETCH_SECONDS = 20.0  # for one policy: addresses, connections and text
_PATH = "/.well-known/mta-sts.txt"
_LONGEST_DOMAIN = 253 - len("_mta-sts.")


class StsRefusal(Enum):
    """Why there is no policy: a word for log and metric, whether that is certain, and a clause for people."""

    NO_HOST = ("no-host", Known.NO, "has no address")
    UNTRUSTED = ("untrusted", Known.NO, "has a certificate that does not verify")
    TLS_FAILED = ("tls-failed", Known.NO, "cannot agree on TLS 1.2 or newer")
    REDIRECT = ("redirect", Known.NO, "points elsewhere, which RFC 8461 forbids")
    NOT_THERE = ("not-there", Known.NO, "has no policy")
    WRONG_TYPE = ("wrong-type", Known.NO, "sends something else than plain text")
    TOO_LARGE = ("too-large", Known.NO, "sends more than a policy may be")
    BAD_POLICY = ("bad-policy", Known.NO, "sends a policy that is none")
    GARBLED = ("garbled", Known.NO, "does not speak HTTP")
    DNS_UNSURE = ("dns-unsure", Known.UNKNOWN, "cannot be looked up")
    UNREACHABLE = ("unreachable", Known.UNKNOWN, "cannot be reached")
    TIMED_OUT = ("timed-out", Known.UNKNOWN, "did not answer in time")
    CLOSED = ("closed", Known.UNKNOWN, "broke the connection off")
    BUSY = ("busy", Known.UNKNOWN, "has no time now")

    def __init__(self, word: str, known: Known, clause: str) -> None:
        self.word = word
        self.known = known
        self.clause = clause

    def __str__(self) -> str:
        return self.word


def web_trust(ca_file: Path | None) -> ssl.SSLContext:
    """What a policy server's certificate has to chain to: the same as mail hosts. Only names in subjectAltName
    count (RFC 8461 §3.3). Raises :class:`OSError` or :class:`ssl.SSLError`."""
    context = trust(ca_file)
    context.hostname_checks_common_name = False
    return context


class StsSource:
    """Asks DNS and the web. Bounded in time; raises nothing for what strangers do but :class:`DnsUnsure`."""

    def __init__(
        self, dns: MailDns, context: ssl.SSLContext, *, seconds: float = FETCH_SECONDS, port: int = HTTPS_PORT
    ) -> None:
        """*context* is :func:`web_trust`'s; *seconds* is the limit for one policy; *port* is for tests."""
        self._dns = dns
        self._context = context
        self._seconds = seconds
        self._port = port

    async def record(self, domain: str) -> str | StsFault:
        """The id of *domain*'s policy. Raises :class:`DnsUnsure`."""
        if len(domain) > _LONGEST_DOMAIN:
            return StsFault.NO_RECORD
        return record_id(await self._dns.texts(f"_mta-sts.{domain}"))

    async def policy(self, domain: str) -> StsPolicy | StsFault | StsRefusal:
        """The policy of *domain* as its web server has it now."""
        host = f"mta-sts.{domain}"
        try:
            async with asyncio.timeout(self._seconds):
                addresses = await self._dns.addresses(host)
                if not addresses:
                    return StsRefusal.NO_HOST
                answer = await self._from_any(host, addresses)
        except TimeoutError:
            return StsRefusal.TIMED_OUT
        except DnsUnsure:
            return StsRefusal.DNS_UNSURE
        return answer if isinstance(answer, StsRefusal) else parse_policy(answer)

    async def _from_any(self, host: str, addresses: Sequence[str]) -> bytes | StsRefusal:
        """What the first address that gives a plain answer says. One that hangs gets half of the time left."""
        answer: bytes | StsRefusal = StsRefusal.UNREACHABLE
        clock = asyncio.get_running_loop().time
        end = clock() + self._seconds
        tried = addresses[:MAX_ADDRESSES]
        for number, address in enumerate(tried, 1):
            left = end - clock()
            answer = await self._from(host, address, left if number == len(tried) else left / 2)
            if not isinstance(answer, StsRefusal) or answer.known is not Known.UNKNOWN:
                break
        return answer

    async def _from(self, host: str, address: str, seconds: float) -> bytes | StsRefusal:
        writer: asyncio.StreamWriter | None = None
        try:
            async with asyncio.timeout(seconds):
                async with asyncio.timeout(CONNECT_SECONDS):
                    reader, writer = await asyncio.open_connection(address, self._port)
                await writer.start_tls(self._context, server_hostname=host)
                return await _get(reader, writer, host)
        except TimeoutError:
            return StsRefusal.TIMED_OUT
        except _Ended as end:
            return end.refusal
        except ssl.SSLCertVerificationError:
            return StsRefusal.UNTRUSTED
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionResetError, ConnectionAbortedError):
            return StsRefusal.CLOSED
        except ssl.SSLError:
            return StsRefusal.TLS_FAILED
        except OSError:
            return StsRefusal.UNREACHABLE
        finally:
            if writer is not None:
                writer.transport.abort()


async def _get(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> bytes:
    fields = [("Host", host), ("Accept", "text/plain")]
    try:
        head, body = await get(
            reader, writer, _PATH, fields, _look_at, most_body=MAX_POLICY, most_answer=MAX_ANSWER
        )
    except BrokenAnswer as broken:
        raise _Ended(_BROKEN[broken.how]) from None
    # Where only the end of the connection ends the text, anybody can cut it short: then no line may be.
    if not head.whole and not body.endswith(b"\n"):
        raise _Ended(StsRefusal.CLOSED)
    return body


def _look_at(head: Head) -> bool:
    """Raises :class:`_Ended` when no policy can follow."""
    if head.status != 200:
        if head.status in (408, 425, 429) or head.status >= 500:
            raise _Ended(StsRefusal.BUSY)
        raise _Ended(StsRefusal.REDIRECT if 300 <= head.status < 400 else StsRefusal.NOT_THERE)
    if head.types != [b"text/plain"] or head.coded:
        raise _Ended(StsRefusal.WRONG_TYPE)
    return True


_BROKEN = {
    Broken.TOO_LARGE: StsRefusal.TOO_LARGE,
    Broken.GARBLED: StsRefusal.GARBLED,
    Broken.CLOSED: StsRefusal.CLOSED,
}


class _Ended(Exception):
    """An outcome, not an error: nothing further need be read."""

    def __init__(self, refusal: StsRefusal) -> None:
        self.refusal = refusal

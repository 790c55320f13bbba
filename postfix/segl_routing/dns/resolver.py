"""Asks name servers, and tells which answers can be relied on (RFC 1035; DNSSEC: RFC 4035).

DNS answers in three ways, and they must not be mixed up: *here it is*; *there is no such thing* (NXDOMAIN:
not even the name; no data: the name, but not this type); and *could not be found out* (SERVFAIL, REFUSED,
time-outs, loops). The last comes out as :class:`DnsUnsure` and is never taken for a no.

Each query says that we understand DNSSEC (EDNS bit DO, RFC 3225) and asks for the resolver's judgement (bit
AD, RFC 6840 §5.7). A resolver that validates sets AD in an answer of which every link was signed, up to the
root, and gives SERVFAIL instead of an answer whose signatures do not hold. But AD is one bit on the wire: it is
believed only where nobody can sit in between, on this host or from an address the postmaster named. From
any other resolver the answer is checked by ourselves, where somebody asks for that (:mod:`segl_routing.dns.dnssec`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum, StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import dns.asyncquery
import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.nameserver
import dns.rcode
import dns.rdatatype
import dns.resolver

from segl.errors import RoutingError
from segl.metric_labels import DnsResult
from segl.metrics import DNS_ANSWERS
from segl.resolvers import place_of
from segl.settings.values import server_address

RESOLV_CONF = Path("/etc/resolv.conf")
QUERY_SECONDS = 5.0  # for one look-up, over all name servers and tries
PROOF_SECONDS = 15.0  # for one look-up together with those that its own validation takes
TRY_SECONDS = 2.0  # for one name server to answer
MAX_QUERIES = 256  # at once, in all; the others wait
_PAYLOAD = 1232  # bytes in one UDP answer that pass without fragments (DNS Flag Day 2020)


class DnsUnsure(RoutingError):
    """DNS gave no answer now. Says nothing about what the answer would be."""


class Missing(StrEnum):
    """What, for certain, is not there."""

    NAME = "no such name"
    DATA = "no such data"


class Security(Enum):
    """What DNSSEC says of an answer. One whose signatures do not hold is no answer (:class:`DnsUnsure`)."""

    SECURE = "secure"  # signed in every link, the absence of something too
    INSECURE = "insecure"  # from a zone that is not signed, or nobody asked
    UNCHECKED = "unchecked"  # the resolver passes on no DNSSEC records, so nobody can tell


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer.

    ``name``     where the aliases (CNAME) end; the name asked for when it is none.
    ``records``  of the type asked for; ``Any`` because dnspython makes their classes at run time.
    ``missing``  why there are none.
    ``vouched``  whether the resolver set AD. Postfix goes by that bit alone, whatever we found ourselves.
    ``ttl``      seconds, the least over all links.
    """

    name: dns.name.Name
    records: tuple[Any, ...]
    missing: Missing | None
    security: Security
    vouched: bool
    ttl: float
    aliased: bool = False

    @property
    def secure(self) -> bool:
        return self.security is Security.SECURE


class Resolver:
    """Asks the name servers given, or those of ``/etc/resolv.conf`` as it stands now."""

    def __init__(
        self,
        nameservers: Iterable[str] = (),
        resolv_conf: Path = RESOLV_CONF,
        query_seconds: float = QUERY_SECONDS,
        *,
        trusted: Collection[str] = (),
        trust_loopback: bool = True,
    ) -> None:
        """*trusted* are addresses whose AD bit is believed, besides those of this host."""
        self._given = tuple(server_address(text) for text in nameservers)
        self._resolv_conf = resolv_conf
        self._query_seconds = query_seconds
        self._trusted = frozenset(str(ip_address(address)) for address in trusted)
        self._trust_loopback = trust_loopback
        self._places = asyncio.Semaphore(MAX_QUERIES)
        self._asked: dict[tuple[dns.name.Name, dns.rdatatype.RdataType], asyncio.Task[Reply]] = {}
        self._read_of: tuple[int, int] | None = None
        self._read: tuple[tuple[str, int], ...] = ()

    async def exchange(self, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> Reply:
        """One question to the first name server that answers it. Raises :class:`DnsUnsure`.

        Whoever asks what is being asked already waits for that answer: the proofs and the probes of a domain
        look up the same hosts, and equal questions at once are what a forger needs (RFC 5452 §5).
        """
        key = (name, kind)
        task = self._asked.get(key)
        if task is None:
            task = asyncio.create_task(self._in_turn(name, kind))
            self._asked[key] = task
            task.add_done_callback(lambda done: self._answered(key, done))
        return await asyncio.shield(task)

    def _answered(
        self, key: tuple[dns.name.Name, dns.rdatatype.RdataType], done: asyncio.Task[Reply]
    ) -> None:
        del self._asked[key]
        if not done.cancelled():
            done.exception()  # looked at, also when nobody waits any more

    async def _in_turn(self, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> Reply:
        async with self._places:
            try:
                reply = await self._exchange(name, kind)
            except DnsUnsure:
                DNS_ANSWERS.labels(DnsResult.FAILED).inc()
                raise
        there = reply.message.rcode() == dns.rcode.NOERROR and bool(reply.message.answer)
        DNS_ANSWERS.labels(DnsResult.FOUND if there else DnsResult.MISSING).inc()
        return reply

    async def _exchange(self, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> Reply:
        servers = list(self.servers())
        why = _silent(servers) if servers else "no resolver is configured"
        pause = 0.05
        try:
            async with asyncio.timeout(self._query_seconds) as patience:
                # Before Python 3.12 wait_for(), which dnspython waits by, may keep the cancellation to itself.
                while servers and not patience.expired():
                    for server in tuple(servers):
                        try:
                            message = await _one(server, name, kind)
                        except dns.exception.Timeout:
                            continue
                        except (dns.exception.DNSException, OSError, ValueError, EOFError) as error:
                            why = f"{server[0]}: {type(error).__name__}"
                        else:
                            if message.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
                                return Reply(message, server[0], self._trusts(server[0]))
                            why = _refusal(message)
                        servers.remove(server)
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, 1.0)
        except TimeoutError:
            why = _silent(servers)
        raise unsure(name, kind, why)

    def servers(self) -> tuple[tuple[str, int], ...]:
        """Address and port of each; resolv.conf is read anew when it has changed (a resolver that moved is no
        reason to doubt every domain until somebody reloads us)."""
        if self._given:
            return self._given
        version = _version(self._resolv_conf)
        if version != self._read_of:
            self._read = _read_servers(self._resolv_conf)
            self._read_of = version
        return self._read

    def _trusts(self, address: str) -> bool:
        return address in self._trusted or (self._trust_loopback and ip_address(address).is_loopback)


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole message, from whom it came, and whether that one's AD bit is to be believed."""

    message: dns.message.QueryMessage
    server: str
    trusted: bool

    def answer(self, security: Security | None = None, ttl: float | None = None) -> Answer:
        """What it says, aliases followed within it. *security* is our own finding, for a resolver that is not
        trusted. Raises :class:`DnsUnsure` for a circle of aliases and for contradictions."""
        question = self.message.question[0]
        try:
            found = self.message.resolve_chaining()
        except dns.message.ChainTooLong:
            raise unsure(question.name, question.rdtype, "the aliases do not end") from None
        except dns.exception.DNSException as error:
            raise unsure(question.name, question.rdtype, type(error).__name__) from None
        vouched = bool(self.message.flags & dns.flags.AD)
        if security is None:
            security = Security.SECURE if vouched and self.trusted else Security.INSECURE
        missing = None
        if found.answer is None:
            missing = Missing.NAME if self.message.rcode() == dns.rcode.NXDOMAIN else Missing.DATA
        return Answer(
            name=found.canonical_name,
            records=tuple(found.answer or ()),
            missing=missing,
            security=security,
            vouched=vouched,
            ttl=min(float(found.minimum_ttl), float("inf") if ttl is None else ttl),
            aliased=bool(found.cnames),
        )


def _silent(servers: Iterable[tuple[str, int]]) -> str:
    return f"no answer in time from the resolver {', '.join(map(place_of, servers))}"


def unsure(name: dns.name.Name, kind: dns.rdatatype.RdataType, why: str) -> DnsUnsure:
    asked = f"{dns.rdatatype.to_text(kind)} {name.to_text(omit_final_dot=True)}"
    return DnsUnsure("the domain's DNS does not answer", f"DNS {asked}: {why}")


async def _one(
    server: tuple[str, int], name: dns.name.Name, kind: dns.rdatatype.RdataType
) -> dns.message.QueryMessage:
    """Over UDP, and over TCP when the answer was cut. What does not answer this question is not listened to:
    a stranger's guess must not end the wait for the true one."""
    query = dns.message.make_query(name, kind, use_edns=0, payload=_PAYLOAD, want_dnssec=True)
    query.flags |= dns.flags.AD
    address, port = server
    message, _ = await dns.asyncquery.udp_with_fallback(
        query, address, TRY_SECONDS, port, ignore_unexpected=True, ignore_errors=True
    )
    if not isinstance(message, dns.message.QueryMessage):
        raise dns.exception.FormError
    return message


def _refusal(message: dns.message.Message) -> str:
    """The error code, and whether the resolver says it is for the signatures (RFC 8914); no text of its own."""
    codes = {int(option.code) for option in message.extended_errors()}
    return "the signatures do not hold" if codes & _BOGUS else "the name servers answer with an error"


# RFC 8914 §4.7–4.13: bogus, expired, not yet valid, key, RRSIG, NSEC missing …
_BOGUS = frozenset(range(6, 13))


def _read_servers(file: Path) -> tuple[tuple[str, int], ...]:
    try:
        read = dns.resolver.Resolver(filename=str(file))
    except (dns.exception.DNSException, OSError):
        return ()
    return tuple((str(address), read.port) for address in read.nameservers)


def _version(file: Path) -> tuple[int, int]:
    try:
        stat = file.stat()
    except OSError:
        return (0, 0)
    return (stat.st_mtime_ns, stat.st_ino)

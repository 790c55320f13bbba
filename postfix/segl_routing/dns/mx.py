"""Where a domain takes its mail: MX and address look-ups (RFC 5321 §5.1, RFC 7505).

A domain's MX records name the hosts that take its mail, each with a preference (lower first). A domain with
no MX record but with an address is its own mail host (the "implicit MX"). An MX record with the host ``.``
says that the domain takes no mail at all ("null MX"). It should stand alone; beside others it counts, too, since
Postfix gives mail to such a domain back (tried with 3.10, whatever the preferences).

What cannot be found out comes out as :class:`~segl_routing.dns.resolver.DnsUnsure` and is never taken for a no.
Whether the answers are signed is told where it is asked for (``prove=True``): DANE rests on it, the others not.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import dns.name
import dns.rdatatype

from segl.addresses import normal_domain
from segl.settings.routing import Routing
from segl.settings.values import is_address
from segl_routing.dns.dnssec import NoDnssec, Validator
from segl_routing.dns.no_mail import NoMail
from segl_routing.dns.resolver import (
    PROOF_SECONDS,
    QUERY_SECONDS,
    RESOLV_CONF,
    Answer,
    DnsUnsure,
    Missing,
    Resolver,
    Security,
    unsure,
)
from segl_routing.dns.signatures import load_anchors

__all__ = ["DnsUnsure", "Located", "MailDns", "MailHosts"]

MX, A, AAAA = dns.rdatatype.MX, dns.rdatatype.A, dns.rdatatype.AAAA


@dataclass(frozen=True, slots=True)
class MailHosts:
    """The hosts that take a domain's mail, best first, each once; or why there are none.

    ``preferences`` of each, the lower the better.
    ``security``  of the MX records, or of their absence where the domain is its own mail host.
    ``vouched``   whether the resolver vouches for that too, as Postfix demands.
    ``ttl``       seconds for which this may be believed, as far as DNS says.
    """

    hosts: tuple[str, ...] | NoMail
    security: Security
    vouched: bool
    ttl: float
    implicit: bool = False
    preferences: Mapping[str, int] = field(default_factory=dict)

    @property
    def secure(self) -> bool:
        return self.security is Security.SECURE


@dataclass(frozen=True, slots=True)
class Located:
    """The addresses of a host, IPv4 first. ``name`` is where its aliases end, for ``aliased`` hosts another."""

    addresses: tuple[str, ...]
    name: str
    aliased: bool
    security: Security
    vouched: bool
    ttl: float

    @property
    def secure(self) -> bool:
        return self.security is Security.SECURE


class MailDns:
    """Asks about mail hosts, by the name servers of the settings or those of ``/etc/resolv.conf``."""

    def __init__(
        self,
        nameservers: Iterable[str] = (),
        resolv_conf: Path = RESOLV_CONF,
        query_seconds: float = QUERY_SECONDS,
        *,
        trusted: Collection[str] = (),
        trust_loopback: bool = True,
        trust_anchors: Path | None = None,
    ) -> None:
        """*trusted*: addresses of resolvers whose word on signatures is believed, besides this host's own.
        *trust_anchors*: a file with the root's keys; none: IANA's. Raises :class:`ValueError` for a file that
        has none, :class:`OSError` for one that cannot be read."""
        self.resolver = Resolver(
            nameservers, resolv_conf, query_seconds, trusted=trusted, trust_loopback=trust_loopback
        )
        self._validator = Validator(self.resolver, load_anchors(trust_anchors))

    @classmethod
    def of(cls, routing: Routing) -> MailDns:
        return cls(
            routing.nameservers, trusted=routing.trusted_resolvers, trust_anchors=routing.trust_anchors
        )

    async def exchangers(self, domain: str, *, prove: bool = True) -> MailHosts:
        """The hosts that take mail for *domain*, and whether that is signed.

        Hosts whose name is no host name are left out, as Postfix leaves them out. Raises :class:`DnsUnsure`.
        """
        answer = await self.ask(domain, MX, prove=prove)
        if answer.missing:
            return await self._implicit(domain, answer)
        exchangers = sorted((record.preference, record.exchange.to_text()) for record in answer.records)
        if any(name == "." for _, name in exchangers):
            return MailHosts(NoMail.NULL_MX, answer.security, answer.vouched, answer.ttl)
        ranked = _ranked(exchangers)
        return MailHosts(
            tuple(ranked) or NoMail.NO_HOST,
            answer.security,
            answer.vouched,
            answer.ttl,
            preferences=ranked,
        )

    async def addresses(self, host: str) -> tuple[str, ...]:
        """The addresses of *host*, IPv4 first; none when it is certain that it has none.

        Raises :class:`DnsUnsure` when none was found and either family may have some.
        """
        found = await self.locate(host, prove=False)
        return () if isinstance(found, Missing) else found.addresses

    async def texts(self, name: str) -> tuple[bytes, ...]:
        """The TXT records of *name*, the strings of each joined (RFC 7208 §3.3, RFC 8461 §3.1); none when it is
        certain that it has none. Raises :class:`DnsUnsure`."""
        answer = await self.ask(name, dns.rdatatype.TXT, prove=False)
        return tuple(b"".join(record.strings) for record in answer.records)

    async def locate(self, host: str, *, prove: bool = True) -> Located | Missing:
        """A and AAAA of *host*, asked at once. With an IPv4 address found, AAAA gets one second more and may
        fail. Signed means: every address found is.

        An MX record that bears an address in place of a name (against RFC 5321 §5.1) is taken at its word, as Postfix
        takes it: no certificate will do for it, but there is a server."""
        if is_address(host):
            return Located((host,), host, False, Security.INSECURE, vouched=False, ttl=float("inf"))
        later = asyncio.create_task(self.ask(host, AAAA, prove=prove))
        try:
            first = await _answer_or_doubt(self.ask(host, A, prove=prove))
            patience = 1.0 if isinstance(first, Answer) and first.records else None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await asyncio.wait((later,))
        finally:
            if not later.done():
                later.cancel()
        second = await _answer_or_doubt(later) if later.done() else None
        found = [answer for answer in (first, second) if isinstance(answer, Answer)]
        filled = [answer for answer in found if answer.records]
        if filled:
            return _located(filled)
        for answer in (first, second):
            if isinstance(answer, DnsUnsure):
                raise answer
        return Missing.NAME if all(a.missing is Missing.NAME for a in found) else Missing.DATA

    async def ask(self, name: str, kind: dns.rdatatype.RdataType, *, prove: bool) -> Answer:
        """One look-up. With *prove*, an answer of a resolver that is not trusted is validated here.

        Raises :class:`DnsUnsure`, also for signatures that do not hold.
        """
        question = _absolute(name, kind)
        try:
            async with asyncio.timeout(PROOF_SECONDS if prove else None):
                reply = await self.resolver.exchange(question, kind)
                if reply.trusted or not prove:
                    return reply.answer()
                reply.answer()  # circles and contradictions are found before anything is checked
                try:
                    proven = await self._validator.prove(reply.message)
                except NoDnssec:
                    return reply.answer(Security.UNCHECKED)
                return reply.answer(proven.security, proven.ttl)
        except TimeoutError:
            raise unsure(question, kind, "checking the signatures takes too long") from None

    async def _implicit(self, domain: str, mx: Answer) -> MailHosts:
        """No MX: the domain itself, if it has an address.

        That a domain does not exist is believed only when every type says so: some name servers deny a name
        when they are asked for a type they do not know.
        """
        found = Missing.NAME if is_address(domain) else await self.locate(domain, prove=False)
        if not isinstance(found, Missing):
            ttl = min(mx.ttl, found.ttl)
            return MailHosts((domain,), mx.security, mx.vouched, ttl, implicit=True, preferences={domain: 0})
        nowhere = mx.missing is found is Missing.NAME
        return MailHosts(
            NoMail.NO_SUCH_DOMAIN if nowhere else NoMail.NO_HOST, mx.security, mx.vouched, mx.ttl
        )


def _located(answers: list[Answer]) -> Located:
    securities = {answer.security for answer in answers}
    return Located(
        addresses=tuple(record.address for answer in answers for record in answer.records),
        name=answers[0].name.to_text(omit_final_dot=True).lower(),
        aliased=any(answer.aliased for answer in answers),
        security=securities.pop() if len(securities) == 1 else Security.INSECURE,
        vouched=all(answer.vouched for answer in answers),
        ttl=min(answer.ttl for answer in answers),
    )


async def _answer_or_doubt(asked: Awaitable[Answer]) -> Answer | DnsUnsure:
    try:
        return await asked
    except DnsUnsure as doubt:
        return doubt


def _absolute(name: str, kind: dns.rdatatype.RdataType) -> dns.name.Name:
    try:
        return dns.name.from_text(name + ".")
    except dns.exception.DNSException as error:  # too long with what was put before it
        raise DnsUnsure(
            "the domain's DNS does not answer", f"DNS {kind.name}: {type(error).__name__}"
        ) from None


def _ranked(exchangers: Iterable[tuple[int, str]]) -> dict[str, int]:
    """Each host with the best preference that it has; *exchangers* are sorted."""
    ranked: dict[str, int] = {}
    for preference, name in itertools.islice(exchangers, 65536):
        with contextlib.suppress(ValueError):
            ranked.setdefault(normal_domain(name), preference)
    return ranked

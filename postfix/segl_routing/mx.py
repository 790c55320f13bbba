"""Where a domain takes its mail: MX and address look-ups (RFC 5321 §5.1, RFC 7505).

A domain's MX records name the hosts that take its mail, each with a preference (lower first). A domain with
no MX record but with an address is its own mail host (the "implicit MX"). One MX record with the host ``.``
says that the domain takes no mail at all ("null MX").

DNS answers in three ways, and they must not be mixed up: *here it is*; *there is no such thing* (NXDOMAIN:
not even the name; no data: the name, but not this type); and *could not be found out* (SERVFAIL, REFUSED,
time-outs, loops). The last comes out as :class:`DnsUnsure` and is never taken for a no.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Iterable
from enum import StrEnum
from pathlib import Path
from typing import Any, cast

import dns.asyncresolver
import dns.exception
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.resolver

from segl.addresses import normal_domain
from segl.errors import RoutingError
from segl.settings import server_address

RESOLV_CONF = Path("/etc/resolv.conf")
QUERY_SECONDS = 5.0  # for one look-up, over all name servers and tries
TRY_SECONDS = 2.0  # for one name server to answer
_PAYLOAD = 1232  # bytes in one UDP answer that pass without fragments (DNS Flag Day 2020)


class DnsUnsure(RoutingError):
    """DNS gave no answer now. Says nothing about what the answer would be."""


class NoMail(StrEnum):
    """Why, for certain, a domain takes no mail."""

    NO_SUCH_DOMAIN = "no-such-domain"
    NULL_MX = "null-mx"
    NO_HOST = "no-host"


class _Missing(StrEnum):
    NAME = "no such name"
    DATA = "no such data"


class MailDns:
    """Asks the name servers of the settings, or those of ``/etc/resolv.conf`` as it stands now."""

    def __init__(
        self,
        nameservers: Iterable[str] = (),
        resolv_conf: Path = RESOLV_CONF,
        query_seconds: float = QUERY_SECONDS,
    ) -> None:
        self._query_seconds = query_seconds
        self._nameservers = tuple(nameservers)
        self._resolv_conf = resolv_conf
        self._made_of: object = None
        self._resolver: dns.asyncresolver.Resolver | None = None

    async def mail_hosts(self, domain: str) -> tuple[str, ...] | NoMail:
        """The names of the hosts that take mail for *domain*, best first, each once.

        Hosts whose name is no host name are left out, as Postfix leaves them out. Raises :class:`DnsUnsure`.
        """
        records = await self._ask(domain, "MX")
        if isinstance(records, _Missing):
            return await self._implicit(domain, records)
        exchangers = sorted((record.preference, record.exchange.to_text()) for record in records)
        if all(name == "." for _, name in exchangers):
            return NoMail.NULL_MX
        hosts = dict.fromkeys(_host_names(name for _, name in exchangers if name != "."))
        return tuple(hosts) or NoMail.NO_HOST

    async def addresses(self, host: str) -> tuple[str, ...]:
        """The addresses of *host*, IPv4 first; none when it is certain that it has none.

        Raises :class:`DnsUnsure` when none was found and either family may have some.
        """
        found = await self._both_families(host)
        return () if isinstance(found, _Missing) else found

    async def texts(self, name: str) -> tuple[bytes, ...]:
        """The TXT records of *name*, the strings of each joined (RFC 7208 §3.3, RFC 8461 §3.1); none when it is
        certain that it has none. Raises :class:`DnsUnsure`."""
        records = await self._ask(name, "TXT")
        return () if isinstance(records, _Missing) else tuple(b"".join(record.strings) for record in records)

    async def _implicit(self, domain: str, mx: _Missing) -> tuple[str, ...] | NoMail:
        """No MX: the domain itself, if it has an address.

        That a domain does not exist is believed only when every type says so: some name servers deny a name
        when they are asked for a type they do not know.
        """
        found = await self._both_families(domain)
        if not isinstance(found, _Missing):
            return (domain,)
        return NoMail.NO_SUCH_DOMAIN if mx is found is _Missing.NAME else NoMail.NO_HOST

    async def _both_families(self, host: str) -> tuple[str, ...] | _Missing:
        """A and AAAA, asked at once. With an IPv4 address found, AAAA gets one second more and may fail."""
        later = asyncio.create_task(self._ask(host, "AAAA"))
        try:
            first = await self._ask_or_doubt(self._ask(host, "A"))
            patience = 1.0 if isinstance(first, list) else None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await asyncio.wait((later,))
        finally:
            if not later.done():
                later.cancel()
        second = await self._ask_or_doubt(later) if later.done() else []
        records = [*(first if isinstance(first, list) else ()), *(second if isinstance(second, list) else ())]
        if records:
            return tuple(record.address for record in records)
        for answer in (first, second):
            if isinstance(answer, DnsUnsure):
                raise answer
        return _Missing.NAME if first is second is _Missing.NAME else _Missing.DATA

    @staticmethod
    async def _ask_or_doubt(asked: Awaitable[list[Any] | _Missing]) -> list[Any] | _Missing | DnsUnsure:
        try:
            return await asked
        except DnsUnsure as doubt:
            return doubt

    async def _ask(self, name: str, kind: str) -> list[Any] | _Missing:
        """The records; ``list[Any]`` because dnspython makes their classes at run time."""
        try:
            answer = await self._current().resolve(
                dns.name.from_text(name + "."), kind, search=False, lifetime=self._query_seconds
            )
        except dns.resolver.NXDOMAIN:
            return _Missing.NAME
        except dns.resolver.NoAnswer:
            return _Missing.DATA
        except (dns.exception.DNSException, OSError) as error:
            why = _WHY.get(type(error), type(error).__name__)
            raise DnsUnsure("the domain's DNS does not answer", f"DNS {kind} {name}: {why}") from None
        return list(cast("Iterable[Any]", answer))

    def _current(self) -> dns.asyncresolver.Resolver:
        """The resolver, made anew when resolv.conf has changed (a resolver that moved is no reason to doubt
        every domain until somebody reloads us)."""
        made_of = self._nameservers or _version(self._resolv_conf)
        if self._resolver is None or made_of != self._made_of:
            self._resolver = self._make()
            self._made_of = made_of
        return self._resolver

    def _make(self) -> dns.asyncresolver.Resolver:
        if self._nameservers:
            resolver = dns.asyncresolver.Resolver(configure=False)
            resolver.nameservers = [
                dns.nameserver.Do53Nameserver(*server_address(text)) for text in self._nameservers
            ]
        else:
            resolver = dns.asyncresolver.Resolver(filename=str(self._resolv_conf))
        resolver.use_edns(0, 0, _PAYLOAD)
        resolver.timeout = TRY_SECONDS
        resolver.lifetime = self._query_seconds
        resolver.cache = None  # what is known is remembered in segl_routing.knowledge, with our own limits
        return resolver


_WHY: dict[type[BaseException], str] = {
    dns.resolver.LifetimeTimeout: "no answer in time",
    dns.resolver.NoNameservers: "the name servers answer with an error",
    dns.resolver.NoResolverConfiguration: "no name server is configured",
}


def _host_names(names: Iterable[str]) -> Iterable[str]:
    for name in itertools.islice(names, 65536):
        try:
            yield normal_domain(name)
        except ValueError:
            continue


def _version(file: Path) -> tuple[int, int]:
    try:
        stat = file.stat()
    except OSError:
        return (0, 0)
    return (stat.st_mtime_ns, stat.st_ino)

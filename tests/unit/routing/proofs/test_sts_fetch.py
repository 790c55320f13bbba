"""The record from a real unbound, the policy from a real HTTPS server; and what strangers may send instead.

Each hostile answer ends in a word of ours, in time, and with none of the stranger's text.
"""

from __future__ import annotations

import asyncio
import gzip
import ssl
import time
from dataclasses import dataclass

import pytest

from segl.vocabulary import Known
from segl_routing.dns.mx import DnsUnsure, MailDns
from segl_routing.proofs.sts_fetch import MAX_POLICY, StsRefusal, StsSource, web_trust
from segl_routing.proofs.sts_policy import StsFault, StsMode, StsPolicy
from world.dns import CNAME, TXT, A, DnsServer, Record, Zone
from world.dns import Fault as DnsFault
from world.outside import Outside
from world.peers import Script, silent
from world.policies import (
    PATH,
    PolicyServer,
    chunked,
    drip,
    endless_body,
    endless_header,
    endless_hints,
    mute,
    page,
    policy_text,
)

SECONDS = 30.0  # for one fetch; none of them is waited for so long
HOST = "mta-sts.kommune.example"
TEXT = policy_text("enforce", "mx.kommune.example", "*.protection.example")
READ = StsPolicy(StsMode.ENFORCE, 86400, ("mx.kommune.example", "*.protection.example"))
NAMES = [HOST, "mta-sts.two.example", "mta-sts.alias.example", "mta-sts.xn--r-3fa9c.example"]


@dataclass
class Street:
    """One good web server, servers with something wrong about their TLS, and DNS."""

    outside: Outside
    web: PolicyServer
    dns: DnsServer

    def source(self, seconds: float = SECONDS, query_seconds: float = 20) -> StsSource:
        dns = MailDns([self.dns.nameserver], query_seconds=query_seconds)
        return StsSource(dns, web_trust(self.outside.ca.file), seconds=seconds, port=self.outside.port)

    def fetch(
        self, domain: str = "kommune.example", seconds: float = SECONDS
    ) -> StsPolicy | StsFault | StsRefusal:
        return asyncio.run(self.source(seconds).policy(domain))


def record(policy_id: str = "1") -> list[Record]:
    return [TXT(f"v=STSv1; id={policy_id};")]


@pytest.fixture(scope="module")
def street(outside: Outside) -> Street:
    ca = outside.ca
    web = outside.web(ca.issue(NAMES))
    wild = outside.web(ca.issue(["*.wild.example"]))
    wild.pages["mta-sts.wild.example"] = page(TEXT)
    bad = {
        "selfsigned": outside.web(ca.issue(["mta-sts.selfsigned.example"], self_signed=True)),
        "expired": outside.web(ca.issue(["mta-sts.expired.example"], expired=True)),
        "misnamed": outside.web(ca.issue(["www.misnamed.example"])),
        "oldtls": outside.web(ca.issue(["mta-sts.oldtls.example"]), only=ssl.TLSVersion.TLSv1_1),
    }
    for name, server in bad.items():
        server.pages[f"mta-sts.{name}.example"] = page(TEXT)
    hanging = outside.scripted(silent)
    plain = outside.scripted(_plain_http)
    zone: Zone = {
        HOST: [A(web.address)],
        "_mta-sts.kommune.example": [TXT("v=STSv1; id=20261124;"), TXT("v=spf1 -all")],
        "_mta-sts.two.example": [TXT("v=STSv1; id=1;"), TXT("v=STSv1; id=2;")],
        "mta-sts.two.example": [A("127.0.0.99"), A(web.address)],  # nobody listens at the first
        "_mta-sts.alias.example": [CNAME("_mta-sts.kommune.example")],
        "mta-sts.alias.example": [CNAME(HOST)],
        "_mta-sts.split.example": [TXT('v=STSv1; i" "d=2026" "1124;')],
        "_mta-sts.huge.example": [TXT('" "'.join(["v=STSv1; id=1; x="] + ["a" * 250] * 250))],
        "_mta-sts.many.example": [TXT(f"v=STSv1; id={number};") for number in range(1500)],
        "_mta-sts.noise.example": [*(TXT(f"noise {number}") for number in range(1500)), *record()],
        "mta-sts.xn--r-3fa9c.example": [A(web.address)],
        "mta-sts.wild.example": [A(wild.address)],
        "deep.wild.example": record(),
        "mta-sts.hanging.example": [A(hanging.address)],
        "mta-sts.plain.example": [A(plain.address)],
        "mta-sts.down.example": [A("127.0.0.98")],
        "ill.example": DnsFault.SERVFAIL,
        "mute.example": DnsFault.SILENT,
        **{f"mta-sts.{name}.example": [A(server.address)] for name, server in bad.items()},
    }
    return Street(outside, web, outside.dns(zone))


async def _plain_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(page(TEXT))


# The record


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("kommune.example", "20261124"),
        ("alias.example", "20261124"),  # through a CNAME
        ("split.example", "20261124"),  # the strings of one record are one text
        ("noise.example", "1"),
        ("huge.example", "1"),  # a record of 64 KB
        ("two.example", StsFault.SEVERAL_RECORDS),
        ("many.example", StsFault.SEVERAL_RECORDS),
        ("nowhere.example", StsFault.NO_RECORD),
        (f"{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 60}.example", StsFault.NO_RECORD),  # no room for _mta-sts
    ],
)
def test_the_record(street: Street, domain: str, expected: str | StsFault) -> None:
    assert asyncio.run(street.source().record(domain)) == expected


@pytest.mark.parametrize("domain", ["ill.example", "mute.example"])
def test_dns_without_an_answer_is_a_doubt(street: Street, domain: str) -> None:
    source = street.source(query_seconds=0.2 if domain == "mute.example" else 2)
    with pytest.raises(DnsUnsure):
        asyncio.run(source.record(domain))
    assert asyncio.run(source.policy(domain)) is StsRefusal.DNS_UNSURE


# The policy


@pytest.mark.parametrize(
    "answer",
    [
        page(TEXT),
        page(TEXT, kind="text/plain; charset=utf-8"),
        page(TEXT, kind="Text/Plain"),
        page(TEXT, "Content-Encoding: identity"),
        page(TEXT, length=False),  # ends with the connection
        chunked(TEXT),
        chunked(TEXT, 1),
        b"HTTP/1.1 100 Continue\r\n\r\n" + page(TEXT),
        page(TEXT).replace(b"HTTP/1.1", b"HTTP/1.0"),
        page(TEXT) + b"HTTP/1.1 200 OK\r\n\r\nand another answer",
        page(TEXT + b"x: y\n" * ((MAX_POLICY - len(TEXT)) // 5)),
    ],
)
def test_a_policy_comes_in_many_wrappings(street: Street, answer: bytes) -> None:
    street.web.pages[HOST] = answer
    assert street.fetch() == READ


def test_what_is_asked(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    """One request to the name that the certificate proves; proxies of the environment are not asked."""
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.97:1")
    street.web.pages[HOST] = page(TEXT)
    street.web.visits.clear()
    assert street.fetch() == READ
    [request] = street.web.visits
    lines = request.decode().split("\r\n")
    assert lines[0] == f"GET {PATH} HTTP/1.1"
    assert f"Host: {HOST}" in lines
    assert not {line.split(":")[0].lower() for line in lines} & {"cookie", "authorization", "if-none-match"}


def test_the_systems_own_resolver_is_never_asked(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise AssertionError("getaddrinfo was asked")

    monkeypatch.setattr("socket.getaddrinfo", refuse)
    street.web.pages[HOST] = page(TEXT)
    assert street.fetch() == READ


def test_the_next_address_is_tried(street: Street) -> None:
    street.web.pages["mta-sts.two.example"] = page(TEXT)
    assert street.fetch("two.example") == READ


def test_the_policy_host_may_be_an_alias_but_the_certificate_is_the_domains(street: Street) -> None:
    street.web.pages["mta-sts.alias.example"] = page(TEXT)
    assert street.fetch("alias.example") == READ


def test_a_domain_beyond_ascii(street: Street) -> None:
    street.web.pages["mta-sts.xn--r-3fa9c.example"] = page(TEXT)
    assert street.fetch("xn--r-3fa9c.example") == READ


def test_a_wildcard_certificate_will_do(street: Street) -> None:
    assert street.fetch("wild.example") == READ


@pytest.mark.parametrize(
    ("domain", "refusal"),
    [
        ("selfsigned.example", StsRefusal.UNTRUSTED),
        ("expired.example", StsRefusal.UNTRUSTED),
        ("misnamed.example", StsRefusal.UNTRUSTED),
        ("plain.example", StsRefusal.TLS_FAILED),
        ("down.example", StsRefusal.UNREACHABLE),
        ("nowhere.example", StsRefusal.NO_HOST),
    ],
)
def test_servers_that_prove_nothing(street: Street, domain: str, refusal: StsRefusal) -> None:
    assert street.fetch(domain) is refusal


def test_tls_older_than_1_2_is_none(street: Street) -> None:
    """Some such servers say why with an alert, others hang up."""
    assert street.fetch("oldtls.example") in (StsRefusal.TLS_FAILED, StsRefusal.CLOSED)


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        (page(TEXT, "Location: https://kommune.example/", status="301 Moved"), StsRefusal.REDIRECT),
        (page(TEXT, f"Location: https://{HOST}{PATH}", status="302 Found"), StsRefusal.REDIRECT),
        (page(TEXT, status="304 Not Modified"), StsRefusal.REDIRECT),
        (page(TEXT, status="404 Not Found"), StsRefusal.NOT_THERE),
        (page(TEXT, status="410 Gone"), StsRefusal.NOT_THERE),
        (page(TEXT, status="206 Partial Content"), StsRefusal.NOT_THERE),
        (page(b"", status="204 No Content"), StsRefusal.NOT_THERE),
        (page(TEXT, status="500 Internal Server Error"), StsRefusal.BUSY),
        (page(TEXT, status="503 Service Unavailable"), StsRefusal.BUSY),
        (page(TEXT, status="429 Too Many Requests"), StsRefusal.BUSY),
        (page(TEXT, kind="text/html"), StsRefusal.WRONG_TYPE),
        (page(TEXT, kind="text/plainish"), StsRefusal.WRONG_TYPE),
        (page(TEXT, "Content-Type: text/html"), StsRefusal.WRONG_TYPE),
        (page(TEXT).replace(b"Content-Type: text/plain\r\n", b""), StsRefusal.WRONG_TYPE),
        (page(gzip.compress(TEXT), "Content-Encoding: gzip"), StsRefusal.WRONG_TYPE),
        (page(gzip.compress(b"x" * 1_000_000) * 100, "Content-Encoding: gzip"), StsRefusal.WRONG_TYPE),
        (page(gzip.compress(TEXT)), StsFault.NOT_LINES),
        (page(TEXT + b"x" * MAX_POLICY), StsRefusal.TOO_LARGE),
        (page(TEXT + b"x" * MAX_POLICY, length=False), StsRefusal.TOO_LARGE),
        (chunked(TEXT + b"x" * MAX_POLICY, 1000), StsRefusal.TOO_LARGE),
        (endless_body, StsRefusal.TOO_LARGE),
        (endless_hints, StsRefusal.TOO_LARGE),
        (endless_header, StsRefusal.GARBLED),
        (page(TEXT, "X: " + "y" * 100_000), StsRefusal.GARBLED),
        (page(TEXT, "Content-Length: 1"), StsRefusal.GARBLED),
        (page(TEXT, "Content-Length: 1", length=False), StsFault.NOT_LINES),
        (page(TEXT, "Content-Length: -1", length=False), StsRefusal.GARBLED),
        (page(TEXT, "Transfer-Encoding: chunked"), StsRefusal.GARBLED),  # two lengths: smuggling
        (page(TEXT, "Transfer-Encoding: chunked", length=False), StsRefusal.GARBLED),
        (page(TEXT, "Transfer-Encoding: gzip, chunked", length=False), StsRefusal.GARBLED),
        (page(TEXT, "Transfer-Encoding : chunked", length=False), StsRefusal.GARBLED),
        (page(TEXT, "X: a\r\n b\x00c"), StsRefusal.GARBLED),
        (page(TEXT, "no colon"), StsRefusal.GARBLED),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n" + page(TEXT), StsRefusal.GARBLED),
        (TEXT, StsRefusal.CLOSED),  # HTTP/0.9: a header without an end
        (TEXT + b"\r\n", StsRefusal.GARBLED),
        (b"\x00" * 1000, StsRefusal.GARBLED),
        (b"220 mx.kommune.example ESMTP\r\n\r\n", StsRefusal.GARBLED),
        (b"", StsRefusal.CLOSED),
        (b"HTTP/1.1 200 OK\r\nContent-", StsRefusal.CLOSED),
        (page(TEXT)[:-1], StsRefusal.CLOSED),
        (chunked(TEXT)[:-5], StsRefusal.CLOSED),
        (page(TEXT, length=False)[:-9], StsRefusal.CLOSED),  # cut off in the middle of a line
        (page(b""), StsFault.BAD_VERSION),
        (page(b"<html>"), StsFault.NOT_LINES),
        (page(TEXT.replace(b"mx:", b"nmx:")), StsFault.NO_MX),
    ],
)
def test_hostile_and_broken_answers(
    street: Street, answer: bytes | Script, refusal: StsRefusal | StsFault
) -> None:
    street.web.pages[HOST] = answer
    assert street.fetch(seconds=10.0) is refusal


def test_no_redirect_is_followed(street: Street) -> None:
    street.web.pages[HOST] = page(b"", f"Location: https://{NAMES[1]}{PATH}", status="301 Moved Permanently")
    street.web.pages[NAMES[1]] = page(TEXT)
    street.web.visits.clear()
    assert street.fetch() is StsRefusal.REDIRECT
    assert len(street.web.visits) == 1


@pytest.mark.parametrize("how", ["drip", "mute", "hanging"])
def test_a_slow_server_ends_in_time(street: Street, how: str) -> None:
    """Byte by byte, not at all, or in the middle of the TLS handshake: the limit is for the whole."""
    street.web.pages[HOST] = drip if how == "drip" else mute
    begun = time.monotonic()
    assert (
        street.fetch("hanging.example" if how == "hanging" else "kommune.example", 0.2)
        is StsRefusal.TIMED_OUT
    )
    assert time.monotonic() - begun < 5


def test_every_refusal_is_told_apart() -> None:
    assert len({refusal.word for refusal in StsRefusal}) == len(StsRefusal)
    assert Known.YES not in {refusal.known for refusal in StsRefusal}

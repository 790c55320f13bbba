"""What MTA-STS finds out, as the secure Postfix takes it: which mail hosts it goes to, and which it passes over.

Records from a real DNS, policies from a real HTTPS server, answers over a real socketmap. The answers are those of
:class:`MtaSts` alone; how they are weighed against the other proofs is not asked here.
"""

from __future__ import annotations

import asyncio
import smtplib
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from segl.daemons.listening import listen_unix
from segl.events import Events
from segl_routing.dns.mx import MailDns
from segl_routing.proofs.mta_sts import MAX_TOLD, MtaSts
from segl_routing.proofs.sts_archive import NoStsArchive
from segl_routing.proofs.sts_fetch import StsSource, web_trust
from segl_routing.socketmap import Reply, SocketmapServer, Status
from world.dns import MX, TXT, A, DnsServer, Record
from world.house import House
from world.letters import SENDER, letter
from world.peers import SmtpPeer
from world.policies import PolicyServer, page, policy_text
from world.postfix import wait_for_port
from world.street import Street

pytestmark = pytest.mark.world

LISTED, WILD, FORGED, MISNAMED = (
    "mx.listed.example",
    "a.wild.example",
    "mx.forged.example",
    "mx.misnamed.example",
)
WEB = "127.0.0.70"
HOSTS = {LISTED: "127.0.0.71", WILD: "127.0.0.72", FORGED: "127.0.0.73", MISNAMED: "127.0.0.74"}

# A list that is told whole, and one that is too long for it.
LONG = [f"{'long' * 10}{number}.elsewhere.example" for number in range(140)]
TOO_LONG = [f"mx{number}.elsewhere.example" for number in range(1800)]

# domain: its mail hosts, best first, and the list of its policy
DOMAINS: dict[str, tuple[list[str], list[str]]] = {
    "plainly.example": ([LISTED], [LISTED]),
    "starred.example": ([WILD], ["*.wild.example"]),
    "first-forged.example": ([FORGED, LISTED], [LISTED, "*.wild.example"]),
    "long.example": ([LISTED], [*LONG, LISTED]),
    "too-long.example": ([LISTED], [*TOO_LONG, LISTED]),
    "misnamed.example": ([MISNAMED], [MISNAMED]),
    "moved.example": ([FORGED], [LISTED]),
}


@dataclass
class StsHouse:
    """A secure Postfix that asks us, and the mail servers it may go to."""

    house: House
    peers: Mapping[str, SmtpPeer]
    answers: dict[str, str]

    def send(self, domain: str) -> str:
        recipient = f"bo@{domain}"
        content = letter("", (recipient,), "Sag", "Hej\n").content
        with smtplib.SMTP("127.0.0.1", 10026, local_hostname="front.example", timeout=60) as smtp:
            smtp.sendmail(SENDER, [recipient], content)
        return recipient

    def fate(self, domain: str) -> str:
        """The first delivery report for the domain."""
        return self.house.secure.wait_for_log(rf"to=<bo@{domain}>.*status=.*", 40)[0]

    def hosts_with(self, recipient: str) -> list[str]:
        return [
            host
            for host, peer in self.peers.items()
            if any(recipient in mail.recipients for mail in peer.received)
        ]


def zone() -> dict[str, list[Record]]:
    records: dict[str, list[Record]] = {host: [A(address)] for host, address in HOSTS.items()}
    for domain, (hosts, _) in DOMAINS.items():
        records[domain] = [MX(10 * number, host) for number, host in enumerate(hosts, 1)]
        records[f"_mta-sts.{domain}"] = [TXT("v=STSv1; id=1;")]
        records[f"mta-sts.{domain}"] = [A(WEB)]
    return records


class Answers:
    """The socketmap as segl-map would speak it if MTA-STS were all there is. Of ``moved.example`` it was found
    out while the listed host was still the domain's mail host."""

    def __init__(self, sts: MtaSts, told: dict[str, str]) -> None:
        self._sts = sts
        self._told = told

    async def __call__(self, name: str, key: str) -> Reply:
        if name == "transport":
            return Reply(Status.OK, f"segl-tls:{key.rpartition('@')[2]}")
        hosts = [LISTED] if key == "moved.example" else DOMAINS.get(key, ([], []))[0]
        policy = (await self._sts.evidence(key, hosts)).policy
        if policy is None:
            return Reply(Status.NOTFOUND)
        self._told[key] = str(policy)
        return Reply(Status.OK, str(policy))


@contextmanager
def answering(socket: Path, street: Street, told: dict[str, str]) -> Iterator[None]:
    """Answers on *socket*, in a thread of its own."""
    listener = listen_unix(socket, 0o666)
    loop = asyncio.new_event_loop()
    events = Events("test")

    async def start() -> SocketmapServer:
        source = StsSource(MailDns([street.dns.nameserver]), web_trust(street.ca.file))
        server = SocketmapServer(Answers(MtaSts(source, NoStsArchive(), events), told), events)
        await server.start(listener.sock)
        return server

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(start(), loop).result(60)
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(1), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        listener.close()


@pytest.fixture(scope="module")
def sts(street: Street) -> Iterator[StsHouse]:
    issue = street.ca.issue
    certificates = {host: issue([host]) for host in (LISTED, WILD, FORGED)} | {
        MISNAMED: issue(["www.misnamed.example"])
    }
    peers = {host: SmtpPeer(HOSTS[host], tls=cert.server_context()) for host, cert in certificates.items()}
    web = PolicyServer(WEB, 443, issue([f"mta-sts.{domain}" for domain in DOMAINS]).server_context())
    for domain, (_, patterns) in DOMAINS.items():
        web.pages[f"mta-sts.{domain}"] = page(policy_text("enforce", *patterns))
    told: dict[str, str] = {}
    with ExitStack() as running:
        # this street has other neighbours: its own DNS steps aside
        running.callback(street.dns.start)
        street.dns.stop()
        running.enter_context(DnsServer(street.directory / "policies-dns", zone()))
        for server in (web, *peers.values()):
            running.enter_context(server)
        directory = Path(running.enter_context(TemporaryDirectory(prefix="segl-")))
        directory.chmod(0o755)
        house = House(directory, ca_file=street.ca.file)
        running.enter_context(answering(house.run / "map.sock", street, told))
        house.secure.start()
        running.callback(house.secure.stop)
        wait_for_port("127.0.0.1", 10026)
        yield StsHouse(house, peers, told)


@pytest.mark.parametrize(
    ("domain", "host"),
    [
        ("plainly.example", LISTED),
        ("starred.example", WILD),
        ("first-forged.example", LISTED),  # the better MX is not on the list: passed over
        ("long.example", LISTED),
        ("too-long.example", LISTED),
    ],
)
def test_mail_goes_to_a_host_on_the_list_and_to_no_other(sts: StsHouse, domain: str, host: str) -> None:
    recipient = sts.send(domain)
    assert "status=sent" in sts.fate(domain)
    assert sts.hosts_with(recipient) == [host]
    assert sts.peers[host].received[-1].tls is not None


def test_postfix_says_why_it_passed_over_the_forged_host(sts: StsHouse) -> None:
    sts.house.secure.wait_for_log(
        rf"MX name '{FORGED}' does not match STS MX pattern for 'first-forged.example'"
    )
    assert sts.peers[FORGED].connections == 0


@pytest.mark.parametrize(
    ("domain", "why"),
    [
        # On the list, with a certificate for another.
        ("misnamed.example", "Server certificate not verified"),
        ("moved.example", ""),  # its MX was forged after the check
    ],
)
def test_mail_waits_rather_than_go_elsewhere(sts: StsHouse, domain: str, why: str) -> None:
    recipient = sts.send(domain)
    fate = sts.fate(domain)
    assert "status=deferred" in fate
    assert why in fate
    assert sts.hosts_with(recipient) == []


def test_long_lists_fit_into_an_answer(sts: StsHouse) -> None:
    assert MAX_TOLD / 2 < len(sts.answers["long.example"]) <= MAX_TOLD
    assert sts.answers["long.example"].count("mx_host_pattern=") == len(LONG) + 1
    assert sts.answers["too-long.example"].count("mx_host_pattern=") == 1


def test_postfix_never_complained_of_an_answer(sts: StsHouse) -> None:
    log = sts.house.secure.log
    for complaint in (
        "invalid TLS policy",
        "invalid attribute",
        "invalid policy",
        "client TLS configuration problem",
    ):
        assert complaint not in log
    # this DNS signs nothing, which Postfix says once
    told = ("STS", "DNSSEC validation may be unavailable", "dnssec_probe")
    assert "warning" not in "\n".join(
        line for line in log.splitlines() if "segl-tls" in line and not any(word in line for word in told)
    )

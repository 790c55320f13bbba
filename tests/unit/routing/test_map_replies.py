"""What segl-map says for each key, how long it waits, and what it writes in the log."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from prometheus_client import REGISTRY

from segl.errors import RoutingError
from segl.events import Events, configure_log
from segl.settings.file import parse_settings
from segl.vocabulary import Known, Proof
from segl_routing.dns.no_mail import NoMail
from segl_routing.map_replies import MapReplies
from segl_routing.proofs.archive import NoArchive
from segl_routing.proofs.evidence import Evidence
from segl_routing.proofs.facts import Checked, DomainFacts
from segl_routing.proofs.knowledge import Knowledge
from segl_routing.proofs.tls_policy import StsTold, sts_secure
from segl_routing.routes import RouteTable
from segl_routing.socketmap import Reply, Status
from segl_routing.states import CertificateState
from segl_routing.tunnels import Tunnels
from segl_routing.wait_budget import BURST_SECONDS, WaitBudget
from world.lookups import pkix

SETTINGS = parse_settings(
    {
        "organisation": {"name": "Nordby Vandværk", "domains": ["nordby-vand.example"]},
        "domain": [{"name": "pinned.example", "way": "tls", "match": ["mx.x.example"]}],
    }
)
WORLD = {
    "good.example": pkix(Known.YES, "verifies"),
    "listed.example": Checked(
        (
            Evidence(
                Proof.MTA_STS,
                Known.YES,
                "on the list",
                policy=sts_secure(StsTold("listed.example", ("mx.listed.example",), ("mode: enforce",))),
            ),
        )
    ),
    "bare.example": pkix(Known.NO, "no STARTTLS"),
    "ill.example": pkix(Known.UNKNOWN, "no answer in time"),
    "gone.example": Checked(no_mail=NoMail.NO_SUCH_DOMAIN, reason="does not exist"),
}


PKIX, PINNED, DANE, SEALED = (
    f".least-{proof}.segl.invalid" for proof in (Proof.PKIX, Proof.PINNED, Proof.DANE, Proof.SEALED)
)


async def check(domain: str) -> Checked:
    await asyncio.sleep(3600 if domain.startswith("mute") else 0.001)
    return WORLD[domain]


def told(
    story: Callable[[MapReplies], Awaitable[None]],
    *,
    answer_seconds: float = 30,
    certificates: Any = None,
    given: Callable[[str, Proof | None], None] = lambda _next_hop, _proof: None,
    knows_sts: bool = True,
    kept_by: type[Knowledge] = Knowledge,
    wait_budget: WaitBudget | None = None,
) -> None:
    async def run() -> None:
        events = Events("segl-map")
        knowledge = kept_by(check, NoArchive(), SETTINGS.routing, events)
        tunnels = Tunnels(SETTINGS, events.certificate_refused, events.tunnel_list_unreadable)
        try:
            table = RouteTable(SETTINGS)
            answers = MapReplies(
                table,
                tunnels,
                knowledge,
                events,
                answer_seconds=answer_seconds,
                certificates=certificates,
                given=given,
                knows_sts=knows_sts,
                wait_budget=wait_budget,
            )
            await story(answers)
        finally:
            await knowledge.stop()

    asyncio.run(run())


async def reply(answers: MapReplies, key: str, table: str = "transport") -> Reply:
    answer = answers(table, key)
    return answer if isinstance(answer, Reply) else await answer


@pytest.mark.parametrize(
    ("table", "key", "status", "text"),
    [
        ("transport", "anna@nordby-vand.example", Status.OK, "segl-internal:"),
        ("transport", "bo@good.example", Status.OK, "segl-tls:good.example"),
        ("transport", "bo@bare.example", Status.OK, "segl-portal:unix:"),
        ("transport", "Canary@canary.segl.invalid", Status.OK, "segl-canary:unix:/run/segl/canary.sock"),
        ("transport", f"canary@canary.segl.invalid{DANE}", Status.OK, "segl-canary:unix:"),
        ("transport", "bo@gone.example", Status.OK, "error:5.1.2 "),
        ("transport", "bo@ill.example", Status.TEMP, "no answer in time"),
        ("transport", "bo@mute.example", Status.TEMP, "mute.example: still looking"),
        ("transport", "bo", Status.OK, "error:5.1.3 "),
        ("transport", "", Status.OK, "error:5.1.3 "),
        ("transport", "*", Status.NOTFOUND, ""),
        ("transport", "good.example", Status.NOTFOUND, ""),
        ("transport", ".good.example", Status.NOTFOUND, ""),
        ("tlspolicy", "pinned.example", Status.OK, "secure match=mx.x.example "),
        ("tlspolicy", "good.example", Status.NOTFOUND, ""),  # not asked for yet: nothing is proven
        ("tlspolicy", "*", Status.NOTFOUND, ""),
        ("transport", f"anna@nordby-vand.example{DANE}", Status.OK, "segl-internal:"),
        ("transport", f"bo@good.example{PKIX}", Status.OK, "segl-tls-pkix:good.example"),
        ("transport", f"bo@good.example{DANE}", Status.OK, "segl-portal:unix:"),
        ("transport", f"bo@good.example{SEALED}", Status.OK, "segl-portal:unix:"),
        ("transport", f"bo@good.example{PKIX}{DANE}", Status.OK, "segl-portal:unix:"),
        ("transport", f"bo@pinned.example{PINNED}", Status.OK, "segl-tls-pinned:pinned.example"),
        ("transport", "bo@good.example.least-x.segl.invalid", Status.TEMP, "'x' is no proof"),
        ("tlspolicy-pinned", "pinned.example", Status.OK, "secure match=mx.x.example "),
        ("tlspolicy-dane", "pinned.example", Status.TEMP, "no TLS policy meets the demand dane"),
        ("tlspolicy-sealed", "pinned.example", Status.PERM, "there is no such map"),
        ("TRANSPORT", "bo@good.example", Status.PERM, "there is no such map"),
        ("", "bo@good.example", Status.PERM, "there is no such map"),
    ],
)
def test_replies(table: str, key: str, status: Status, text: str) -> None:
    async def story(answers: MapReplies) -> None:
        found = await reply(answers, key, table)
        assert found.status is status
        assert found.text.startswith(text)

    told(story, answer_seconds=0.05 if "mute" in key else 30)


def test_a_policy_follows_the_proof() -> None:
    async def story(answers: MapReplies) -> None:
        await reply(answers, "bo@good.example")
        await reply(answers, "bo@bare.example")
        assert (await reply(answers, "good.example", "tlspolicy")).text.startswith("verify ")
        assert (await reply(answers, "bare.example", "tlspolicy")).status is Status.NOTFOUND

    told(story)


def test_a_policy_for_a_demand_never_falls_below_it() -> None:
    async def story(answers: MapReplies) -> None:
        await reply(answers, "bo@good.example")
        assert (await reply(answers, "good.example", "tlspolicy-pkix")).text.startswith("verify ")
        for least in ("pinned", "mta-sts", "dane"):
            assert (await reply(answers, "good.example", f"tlspolicy-{least}")).status is Status.TEMP

    told(story)


def test_of_each_policy_it_is_told_which_proof_it_rests_on_and_of_what_gave_none() -> None:
    noted: list[tuple[str, Proof | None]] = []

    async def story(answers: MapReplies) -> None:
        await reply(answers, "bo@good.example")
        for table, key in (
            ("tlspolicy", "good.example"),
            ("tlspolicy", "pinned.example"),
            ("tlspolicy-pkix", "good.example"),
            ("tlspolicy-dane", "good.example"),  # none that meets it: the copy waits
            ("tlspolicy", "never-asked.example"),  # it goes by the level of master.cf
            ("tlspolicy", ".example"),  # what Postfix asks for next then
        ):
            await reply(answers, key, table)

    told(story, given=lambda next_hop, proof: noted.append((next_hop, proof)))
    assert noted == [
        ("good.example", Proof.PKIX),
        ("pinned.example", Proof.PINNED),
        ("good.example", Proof.PKIX),
        ("never-asked.example", None),
    ]


def test_what_memory_holds_is_answered_at_once() -> None:
    async def story(answers: MapReplies) -> None:
        await reply(answers, "bo@good.example")
        assert isinstance(answers("transport", "eva@good.example"), Reply)
        assert isinstance(answers("transport", "anna@nordby-vand.example"), Reply)

    told(story)


def test_fifty_silent_domains_do_not_stop_the_queue() -> None:
    """The queue manager asks one after the other. With the purse empty the rest are answered at once."""

    async def story(answers: MapReplies) -> None:
        answers._wait_budget._left = 0.25
        begun = time.monotonic()
        for number in range(50):
            assert (await reply(answers, f"bo@mute{number}.example")).status is Status.TEMP
        assert time.monotonic() - begun < 4  # of five seconds that they would take
        assert (await reply(answers, "anna@nordby-vand.example")).status is Status.OK

    told(story, answer_seconds=0.1)


def test_the_purse() -> None:
    now = [0.0]
    budget = WaitBudget(lambda: now[0])
    assert budget.left() == BURST_SECONDS
    budget.spend(4)
    assert budget.left() == BURST_SECONDS - 4
    now[0] += 8
    assert budget.left() == BURST_SECONDS - 2
    budget.spend(1000)
    assert budget.left() == 0
    now[0] += 2
    assert budget.left() == 0.5
    now[0] += 1e6
    assert budget.left() == BURST_SECONDS


def test_the_log_tells_each_route_once_and_a_change_again(capfd: pytest.CaptureFixture[str]) -> None:
    async def story(answers: MapReplies) -> None:
        for key in ("bo@good.example", "bo@good.example", "bo@gone.example", "bo@gone.example"):
            await reply(answers, key)
        await reply(answers, "bo@ill.example")

    configure_log("json", "debug")
    try:
        told(story)
    finally:
        configure_log()
    events = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [(e["event"], e["level"]) for e in events] == [
        ("routed", "info"),
        ("routed", "debug"),
        ("route_refused", "info"),
        ("route_refused", "debug"),
        ("route_undecided", "warning"),
    ]
    assert events[0]["way"] == "tls"
    assert events[4]["error"] == "no answer in time"


def test_a_proof_counts_once_for_a_recipient_however_often_it_is_asked_for() -> None:
    """Postfix asks at each try, and several times at each; a message is nothing the map is told of."""

    def counted() -> float:
        return REGISTRY.get_sample_value("segl_tls_proofs_total", {"proof": "pkix"}) or 0.0

    async def story(answers: MapReplies) -> None:
        for key in ["bo@good.example"] * 5 + ["eva@bare.example"] * 3 + ["eva@good.example"]:
            await reply(answers, key)

    before = counted()
    told(story)
    assert counted() - before == 2


# a recipient's own certificate


class Certificates:
    """Knows what it is told to, after a while."""

    def __init__(self, state: CertificateState, takes: float = 0.0) -> None:
        self.state = state
        self.takes = takes
        self.found = False

    def recall(self, _address: str) -> CertificateState | None:
        return self.state if self.found else None

    async def find(self, _address: str, within: float) -> CertificateState:
        if self.takes > within:
            raise RoutingError("looking", "certificate: still looking")
        await asyncio.sleep(self.takes)
        self.found = True
        return self.state


@pytest.mark.parametrize(
    ("state", "key", "status", "text"),
    [
        (CertificateState(Known.YES, "known"), "bo@bare.example", Status.OK, "segl-certificate:unix:"),
        (
            CertificateState(Known.YES, "known"),
            f"bo@bare.example{SEALED}",
            Status.OK,
            "segl-certificate:unix:",
        ),
        (CertificateState(Known.NO, "none"), "bo@good.example", Status.OK, "segl-tls:good.example"),
        (CertificateState(Known.NO, "none"), "bo@bare.example", Status.OK, "segl-portal:unix:"),
        (CertificateState(Known.UNKNOWN, "is down"), "bo@good.example", Status.TEMP, "is down"),
        (CertificateState(Known.YES, "known"), "anna@nordby-vand.example", Status.OK, "segl-internal:"),
        (CertificateState(Known.YES, "known"), "bo@pinned.example", Status.OK, "segl-tls:pinned.example"),
    ],
)
def test_a_certificate_goes_before_tls_and_a_dont_know_waits(
    state: CertificateState, key: str, status: Status, text: str
) -> None:
    certificates = Certificates(state)

    async def story(answers: MapReplies) -> None:
        for _ in range(2):  # looked for, then from memory
            answer = await reply(answers, key)
            assert answer.status is status
            assert text in answer.text

    told(story, answer_seconds=5, certificates=certificates)


class Forgetful(Certificates):
    """Keeps nothing in mind, as one whose memory is full."""

    def recall(self, _address: str) -> CertificateState | None:
        return None


@pytest.mark.parametrize(("known", "text"), [(Known.YES, "segl-certificate:"), (Known.NO, "segl-tls:good")])
def test_what_was_just_found_counts_though_memory_has_let_it_go(known: Known, text: str) -> None:
    async def story(answers: MapReplies) -> None:
        answer = await reply(answers, "bo@good.example")
        assert answer.status is Status.OK
        assert answer.text.startswith(text)

    told(story, answer_seconds=5, certificates=Forgetful(CertificateState(known, "told")))


class ShortLived(Knowledge):
    """What it finds may be believed no longer than it took to find."""

    def recall(self, _domain: str) -> DomainFacts | None:
        return None


@pytest.mark.parametrize(
    ("domain", "text"),
    [("good.example", "segl-tls:good"), ("bare.example", "segl-portal:"), ("gone.example", "error:5.1.2 ")],
)
def test_a_domain_whose_records_are_short_lived_is_answered_by_what_was_just_found(
    domain: str, text: str
) -> None:
    async def story(answers: MapReplies) -> None:
        answer = await reply(answers, f"bo@{domain}")
        assert answer.status is Status.OK
        assert answer.text.startswith(text)

    told(story, kept_by=ShortLived)


class Endless(WaitBudget):
    def left(self) -> float:
        return 3600.0


def test_one_answer_is_waited_for_no_longer_than_the_settings_say_however_much_time_there_is() -> None:
    async def story(answers: MapReplies) -> None:
        async with asyncio.timeout(60):
            assert (await reply(answers, "bo@mute.example")).status is Status.TEMP

    told(story, answer_seconds=0.01, wait_budget=Endless())


def test_which_copies_take_forced_tls_is_told_by_what_is_known_and_nobody_is_asked() -> None:
    """A certificate that nobody has looked for is none here: the copy waits in the queue of that way already."""
    certificates = Certificates(CertificateState(Known.NO, "none"))

    async def story(answers: MapReplies) -> None:
        assert not answers.goes_by_tls("bo@good.example", Proof.ENCRYPT), "nothing is known of it"
        await reply(answers, "bo@good.example")
        certificates.found = False
        assert answers.goes_by_tls("bo@good.example", Proof.ENCRYPT)
        assert not answers.goes_by_tls("bo@good.example", Proof.DANE)
        certificates.found, certificates.state = True, CertificateState(Known.YES, "known")
        assert not answers.goes_by_tls("bo@good.example", Proof.ENCRYPT)

    told(story, answer_seconds=5, certificates=certificates)


@pytest.mark.parametrize("knows_sts", [True, False])
@pytest.mark.parametrize("table", ["tlspolicy", "tlspolicy-mta-sts"])
def test_mta_sts_is_told_in_words_that_postfix_knows(table: str, knows_sts: bool) -> None:
    async def story(answers: MapReplies) -> None:
        await reply(answers, "bo@listed.example")
        answer = await reply(answers, "listed.example", table)
        assert answer.text.startswith("secure match=mx.listed.example servername=hostname ")
        assert ("policy_type=sts" in answer.text) is knows_sts
        assert ("{" in answer.text) is knows_sts

    told(story, answer_seconds=5, knows_sts=knows_sts)


def test_only_those_whose_way_hangs_on_it_are_searched_for_ahead() -> None:
    async def story(answers: MapReplies) -> None:
        assert answers.awaits_certificate("bo@good.example")
        for address in ("bo@pinned.example", "anna@nordby-vand.example", "bo"):
            assert not answers.awaits_certificate(address)
        await reply(answers, "bo@good.example")
        assert not answers.awaits_certificate("bo@good.example")

    told(story, answer_seconds=5, certificates=Certificates(CertificateState(Known.NO, "none")))


def test_a_search_that_takes_long_holds_the_map_up_no_longer_than_it_may() -> None:
    async def story(answers: MapReplies) -> None:
        begun = time.perf_counter()
        answer = await reply(answers, "bo@good.example")
        assert answer == Reply(Status.TEMP, "certificate: still looking")
        assert time.perf_counter() - begun < 30

    told(
        story,
        answer_seconds=0.05,
        certificates=Certificates(CertificateState(Known.YES, "known"), takes=3600),
    )

"""MTA-STS policies over time: when they are fetched, how long they hold, what they prove (RFC 8461 §3.3, §5, §10.2).

The clock and the outside are the test's; cache, store and judgement are the real ones.
"""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from segl.events import configure_log
from segl.vocabulary import Known, Proof
from segl_routing.dns.mx import DnsUnsure
from segl_routing.proofs import mta_sts as module
from segl_routing.proofs.defects import BROKEN_DNS, BROKEN_STS, Defect, Repair
from segl_routing.proofs.evidence import Evidence
from segl_routing.proofs.mta_sts import MAX_TOLD
from segl_routing.proofs.sts_archive import KeptStsPolicy, NoStsArchive
from segl_routing.proofs.sts_fetch import StsRefusal
from segl_routing.proofs.sts_policy import MAX_AGE, StsFault, StsMode, StsPolicy
from segl_routing.proofs.tls_policy import Level
from world.policy_desk import DAY, DOMAIN, DOUBT, MX, NONE, TESTING, WEEK, Desk, enforce, run


@pytest.fixture
def desk() -> Desk:
    return Desk()


# What it proves


def test_enforce_with_its_mail_host_is_proof(desk: Desk) -> None:
    found = desk.ask()
    assert (found.proof, found.known, found.bars) == (Proof.MTA_STS, Known.YES, False)
    assert found.holds_for == WEEK
    assert str(found.policy) == (
        f"secure match={MX} servername=hostname policy_type=sts policy_domain={DOMAIN} mx_host_pattern={MX} "
        "{ policy_string = version: STSv1 } { policy_string = mode: enforce } "
        f"{{ policy_string = mx: {MX} }} {{ policy_string = max_age: 604800 }} protocols=>=TLSv1.2"
    )


def test_postfix_is_told_of_the_star_in_its_own_way(desk: Desk) -> None:
    """`*.x.dk` is `.x.dk` in match=, and stays `*.x.dk` for the mail hosts."""
    desk.outside.policy_now = enforce("*.protection.example")
    text = str(desk.ask("a.protection.example").policy)
    assert " match=.protection.example " in text
    assert " mx_host_pattern=*.protection.example " in text


def test_one_host_on_the_list_is_enough_and_the_others_are_passed_over(desk: Desk) -> None:
    found = desk.ask(MX, "mx.elsewhere.example")
    assert found.known is Known.YES
    assert found.reason.startswith("1 of 2 mail hosts")
    assert found.policy is not None
    assert found.policy.level is Level.SECURE
    assert found.policy.match == (MX,)


@pytest.mark.parametrize("hosts", [("mx.evil.example",), ("a.b.protection.example", "protection.example")])
def test_no_host_on_the_list_bars_every_weaker_proof(desk: Desk, hosts: tuple[str, ...]) -> None:
    """That is what forged MX records look like."""
    desk.outside.policy_now = enforce(MX, "*.protection.example")
    found = desk.ask(*hosts)
    assert (found.known, found.bars, found.policy) == (Known.NO, True, None)
    assert found.defect == Defect(Repair.STS_NOT_LISTED)


@pytest.mark.parametrize("policy", [TESTING, NONE])
def test_testing_and_none_are_no_proof_and_bar_nothing(desk: Desk, policy: StsPolicy) -> None:
    desk.outside.policy_now = policy
    found = desk.ask("mx.elsewhere.example")
    assert (found.known, found.bars, found.policy) == (Known.NO, False, None)
    assert policy.mode in found.reason
    assert found.defect == (Defect(Repair.STS_TESTING) if policy is TESTING else None)


@pytest.mark.parametrize(
    ("record", "policy", "known", "defect"),
    [
        (StsFault.NO_RECORD, enforce(), Known.NO, None),  # without a record nobody asks the web server
        (StsFault.SEVERAL_RECORDS, enforce(), Known.NO, BROKEN_STS),
        (DOUBT, enforce(), Known.UNKNOWN, BROKEN_DNS),
        ("1", StsRefusal.NOT_THERE, Known.NO, BROKEN_STS),
        ("1", StsRefusal.UNTRUSTED, Known.NO, BROKEN_STS),
        ("1", StsFault.NO_MX, Known.NO, BROKEN_STS),
        ("1", StsRefusal.TIMED_OUT, Known.UNKNOWN, BROKEN_STS),
        ("1", StsRefusal.DNS_UNSURE, Known.UNKNOWN, None),
        ("1", StsRefusal.BUSY, Known.UNKNOWN, None),
    ],
)
def test_without_a_policy(
    desk: Desk,
    record: str | StsFault | DnsUnsure,
    policy: StsPolicy | StsFault | StsRefusal,
    known: Known,
    defect: Defect | None,
) -> None:
    """No is said for certain only; and nothing is barred, as if there were no MTA-STS (RFC 8461 §3.3)."""
    desk.outside.record_now, desk.outside.policy_now = record, policy
    found = desk.ask()
    assert (found.known, found.bars, found.policy) == (known, False, None)
    assert DOMAIN in found.reason
    assert found.defect == defect
    assert desk.fetches == (record == "1")


# How long it holds, and when it is fetched anew


@pytest.mark.parametrize("record", [DOUBT, StsFault.NO_RECORD, StsFault.SEVERAL_RECORDS, "2"])
@pytest.mark.parametrize("policy", [StsRefusal.TIMED_OUT, StsRefusal.UNTRUSTED, StsFault.NO_MX])
def test_a_policy_in_force_holds_whatever_becomes_of_dns_and_web(
    desk: Desk, record: str | StsFault | DnsUnsure, policy: StsFault | StsRefusal
) -> None:
    """Taking them away is what an attacker would do."""
    desk.ask()
    desk.outside.record_now, desk.outside.policy_now = record, policy
    for days in (1, 3, 6.99):
        desk.now = 1_000_000 + days * DAY
        assert desk.ask().known is Known.YES
        assert desk.ask("mx.evil.example").bars
    desk.now = 1_000_000 + WEEK
    assert desk.ask().known is not Known.YES


def test_nothing_is_fetched_while_the_id_stands_still_and_the_policy_is_young(desk: Desk) -> None:
    for minutes in range(0, 1430, 60):
        desk.now = 1_000_000 + minutes * 60
        desk.ask()
    assert desk.fetches == 1


def test_a_new_id_fetches_at_once(desk: Desk) -> None:
    desk.ask()
    desk.outside.record_now, desk.outside.policy_now = "2", enforce("mx2.kommune.example")
    assert desk.ask().bars
    assert desk.ask("mx2.kommune.example").known is Known.YES
    assert desk.fetches == 2


@pytest.mark.parametrize(("max_age", "due"), [(WEEK, DAY), (MAX_AGE, DAY), (DAY, DAY / 2), (600, 300)])
def test_it_is_fetched_anew_at_half_its_life_and_at_least_daily(desk: Desk, max_age: int, due: float) -> None:
    desk.outside.policy_now = enforce(max_age=max_age)
    desk.ask()
    desk.now += due - 1
    desk.ask()
    assert desk.fetches == 1
    desk.now += 1
    assert desk.ask().holds_for == max_age
    assert desk.fetches == 2


def test_an_unchanged_id_does_not_keep_a_changed_policy_alive(desk: Desk) -> None:
    """postfix-mta-sts-resolver 113 and 109: the text was changed, the id was not."""
    desk.ask()
    desk.outside.policy_now = enforce("mx2.kommune.example")
    desk.now += DAY
    assert desk.ask("mx2.kommune.example").known is Known.YES
    assert desk.ask().bars


def test_an_unchanged_id_does_not_prolong_a_policy_that_cannot_be_fetched(desk: Desk) -> None:
    desk.ask()
    desk.outside.policy_now = StsRefusal.NOT_THERE
    for hours in range(7 * 24):
        desk.now = 1_000_000 + hours * 3600
        assert desk.ask().holds_for == WEEK - hours * 3600
    desk.now = 1_000_000 + WEEK
    assert desk.ask().known is Known.NO


def test_mode_none_ends_a_policy_at_once(desk: Desk) -> None:
    desk.ask()
    desk.outside.record_now, desk.outside.policy_now = "2", NONE
    found = desk.ask("mx.elsewhere.example")
    assert (found.known, found.bars) == (Known.NO, False)


def test_a_failed_renewal_is_not_tried_again_at_every_question(desk: Desk) -> None:
    desk.ask()
    desk.outside.record_now, desk.outside.policy_now = "2", StsRefusal.UNREACHABLE
    for _ in range(10):
        desk.now += 29
        desk.ask()
    assert desk.fetches == 2
    desk.now += 60
    desk.outside.policy_now = enforce("mx2.kommune.example")
    assert desk.ask("mx2.kommune.example").known is Known.YES


def test_max_age_0_is_good_for_now_and_kept_for_nothing(desk: Desk) -> None:
    desk.outside.policy_now = enforce(max_age=0)
    assert desk.ask().known is Known.YES
    assert desk.ask().holds_for == 0
    desk.outside.policy_now = StsRefusal.NOT_THERE
    assert desk.ask().known is Known.NO


def test_a_policy_that_runs_out_while_dns_is_asked_holds_no_more(desk: Desk) -> None:
    desk.outside.policy_now = enforce(max_age=600)
    desk.ask()
    desk.now += 599
    desk.outside.record_now = DOUBT

    async def slow(domain: str) -> str | StsFault:
        desk.now += 2
        raise DOUBT

    desk.outside.record = slow  # type: ignore[method-assign]
    assert desk.ask().known is Known.UNKNOWN


@pytest.mark.parametrize("back", [120, DAY, WEEK])
def test_a_clock_set_back_ends_no_policy(desk: Desk, back: float) -> None:
    """Who moves the clock and keeps the record away must not make forged mail hosts good enough."""
    desk.ask()
    desk.now -= back
    desk.outside.record_now, desk.outside.policy_now = StsFault.NO_RECORD, StsRefusal.UNREACHABLE
    found = desk.ask()
    assert (found.known, found.holds_for) == (Known.YES, WEEK)
    assert desk.ask("mx.evil.example").bars
    assert desk.fetches == 2, "it was tried to fetch it anew, and not at every question"


def test_a_policy_fetched_by_a_clock_that_was_ahead_is_fetched_anew(desk: Desk) -> None:
    desk.ask()
    desk.now -= DAY
    desk.outside.policy_now = enforce("mx2.kommune.example")
    assert desk.ask("mx2.kommune.example").known is Known.YES
    assert desk.ask("mx2.kommune.example").holds_for == WEEK
    assert desk.fetches == 2


def test_a_clock_set_back_by_more_than_its_life_does_not_make_a_policy_last_for_years(desk: Desk) -> None:
    desk.ask()
    desk.now -= WEEK + 1
    desk.outside.record_now = StsFault.NO_RECORD
    assert desk.ask().known is Known.NO


def test_a_clock_set_back_does_not_put_a_renewal_off(desk: Desk) -> None:
    """It was a day ahead when the renewal failed: not for a day is nothing fetched."""
    desk.ask()
    desk.now += DAY + 1
    desk.outside.policy_now = StsRefusal.UNREACHABLE
    assert desk.ask().known is Known.YES
    desk.now -= DAY - 60
    desk.outside.record_now, desk.outside.policy_now = "2", enforce("mx2.kommune.example")
    assert desk.ask("mx2.kommune.example").known is Known.YES


# Whose it is


def test_policies_are_kept_by_recipient_domain_never_by_mail_host(desk: Desk) -> None:
    """KumoMTA 557: a broken policy spread to all domains with the same mail host."""
    desk.ask("mx.shared.example", domain="broken.example")
    desk.outside.policy_now = enforce("mx.shared.example")
    assert desk.ask("mx.shared.example", domain="fine.example").known is Known.YES
    assert desk.ask("mx.shared.example", domain="broken.example").bars
    desk.outside.record_now = StsFault.NO_RECORD
    assert not desk.ask("mx.shared.example", domain="third.example").bars


def test_many_who_ask_at_once_share_one_fetch(desk: Desk) -> None:
    desk.outside.takes = 0.05

    async def ask() -> list[Evidence]:
        return await asyncio.gather(
            *(desk.sts.evidence(DOMAIN, (host,)) for host in (MX, "mx.evil.example") * 20)
        )

    found = run(ask())
    assert [evidence.known for evidence in found] == [Known.YES, Known.NO] * 20
    assert desk.fetches == 1


def test_one_who_gives_up_does_not_break_it_off_for_the_others(desk: Desk) -> None:
    desk.outside.takes = 0.1

    async def ask() -> Evidence:
        first = asyncio.create_task(desk.sts.evidence(DOMAIN, (MX,)))
        second = asyncio.create_task(desk.sts.evidence(DOMAIN, (MX,)))
        await asyncio.sleep(0.01)
        first.cancel()
        return await second

    assert run(ask()).known is Known.YES


# What is held in memory


def test_memory_is_bounded_by_domains_and_by_what_they_list(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_DOMAINS", 5)
    monkeypatch.setattr(module, "MAX_PATTERNS", 100)
    for number in range(10):
        desk.ask(domain=f"d{number}.example")
    assert list(desk.sts._kept) == [f"d{number}.example" for number in range(5, 10)]
    desk.outside.policy_now = enforce(*(f"mx{number}.kommune.example" for number in range(98)))
    for number in range(3):
        desk.ask(domain=f"long{number}.example")
    assert list(desk.sts._kept) == ["long2.example"]
    assert desk.sts._patterns == 98


def test_a_list_longer_than_postfix_could_take_is_told_as_far_as_it_is_needed(desk: Desk) -> None:
    mx = tuple(f"mx{number}.kommune.example" for number in range(2500))
    desk.outside.policy_now = enforce(*mx)
    policy = desk.ask("mx7.kommune.example", "mx2499.kommune.example", "mx.evil.example").policy
    assert policy is not None
    assert policy.match == ("mx7.kommune.example", "mx2499.kommune.example")
    assert len(str(policy)) < MAX_TOLD
    text = str(desk.ask(*mx).policy)
    assert len(text) < MAX_TOLD
    assert text.count("mx_host_pattern=") == module.MAX_TOLD_PATTERNS


# What is told


def test_a_change_is_told_once_and_fetches_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    configure_log("json")
    desk = Desk()

    def counted(result: str) -> float:
        return REGISTRY.get_sample_value("segl_sts_fetches_total", {"result": result}) or 0.0

    before = {word: counted(word) for word in ("enforce", "none", "bad-policy")}
    desk.ask()
    desk.now += DAY
    desk.ask()
    desk.outside.record_now, desk.outside.policy_now = "2", StsFault.BAD_MODE
    desk.ask()
    desk.now += DAY
    desk.outside.policy_now = NONE
    desk.ask()
    log = capsys.readouterr().err
    assert log.count('"sts_policy_changed"') == 2
    assert '"before": "enforce", "mode": "none"' in log
    assert '"result": "bad-policy", "seconds_left": 604800' in log
    assert [counted(word) - before[word] for word in ("enforce", "none", "bad-policy")] == [2, 1, 1]


# Laws

STEP = st.tuples(
    st.floats(0, 2 * DAY),  # seconds that pass
    st.sampled_from(["1", "2", StsFault.NO_RECORD, DOUBT]),
    st.one_of(
        st.builds(
            StsPolicy,
            st.sampled_from([StsMode.ENFORCE, StsMode.TESTING]),
            st.integers(0, 3 * DAY),
            st.just((MX,)),
        ),
        st.sampled_from([NONE, StsRefusal.TIMED_OUT, StsRefusal.NOT_THERE, StsFault.NO_MX]),
    ),
    st.booleans(),  # a restart before
)


@given(st.lists(STEP, min_size=1, max_size=12))
def test_no_policy_outlives_its_max_age_and_none_ends_before_it_unless_replaced(
    steps: list[tuple[float, str | StsFault | DnsUnsure, StsPolicy | StsFault | StsRefusal, bool]],
) -> None:
    """Proof is there exactly while the policy fetched last demands it and its max_age has not passed."""
    archive = _Memory()
    desk = Desk(archive)
    last: tuple[float, StsPolicy] | None = None
    for seconds, record, policy, restart in steps:
        desk.now += seconds
        if restart:
            desk.restart()
        desk.outside.record_now, desk.outside.policy_now = record, policy
        before = desk.fetches
        found = desk.ask()
        just_fetched = desk.fetches > before and isinstance(policy, StsPolicy)
        if just_fetched and isinstance(policy, StsPolicy):
            last = (desk.now, policy)
        demanded = (
            last is not None
            and last[1].mode is StsMode.ENFORCE
            and (desk.now < last[0] + last[1].max_age or just_fetched)  # one of no age at all serves once
        )
        assert (found.known is Known.YES) == demanded
        if demanded and last is not None:
            assert found.holds_for == pytest.approx(last[0] + last[1].max_age - desk.now)


class _Memory(NoStsArchive):
    def __init__(self) -> None:
        self.rows: dict[str, KeptStsPolicy] = {}

    async def read(self, domain: str) -> KeptStsPolicy | None:
        return self.rows.get(domain)

    def write(self, kept: KeptStsPolicy) -> None:
        self.rows[kept.domain] = kept

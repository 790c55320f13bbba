"""`segl domains`: who is mailed to by which way, why the portal, and what to write to the postmaster."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from sqlalchemy.engine import Connection
from typer import Typer
from typer.testing import CliRunner, Result

from segl.cli.domains import domains
from segl.events import configure_log
from segl.language import Language
from segl.receipts import records
from segl.receipts.records import Heard
from segl.receipts.states import News, Stage, State
from segl.settings.file import load_settings
from segl.settings.receipts import Receipts, ReceiptTerms
from segl.store.engine import open_store, transaction
from segl.tables.domains import domain_knowledge, domain_mark
from segl.vocabulary import Known, Proof, Way
from segl_routing.fallback.failures import Failure
from segl_routing.fallback.marking import Marked
from segl_routing.postmaster.draft import draft
from segl_routing.postmaster.repairs import NeededRepair, needed_repairs
from segl_routing.postmaster.texts import TEXTS
from segl_routing.proofs.archive_form import to_text
from segl_routing.proofs.checking import CheckedWith
from segl_routing.proofs.defects import Defect, Repair
from segl_routing.proofs.evidence import Evidence
from segl_routing.proofs.facts import DomainFacts, KeptEvidence, strongest_first
from segl_routing.proofs.hosts import HostResult
from segl_routing.proofs.joined import by_certificate, sts_with_probes
from segl_routing.proofs.probe import Probed, ProbeResult
from segl_routing.proofs.providers import Providers
from segl_routing.proofs.tls_policy import VERIFY, StsTold, sts_secure

APP = Typer()
APP.command()(domains)
NOW = time.time()
HOST = "mx.kunde.example"


def facts(*evidence: Evidence) -> DomainFacts:
    held = (
        KeptEvidence(
            e.proof, e.known, e.reason, NOW - 60, NOW + 600, bars=e.bars, policy=e.policy, defect=e.defect
        )
        for e in evidence
    )
    return DomainFacts("kunde.example", strongest_first(held), NOW - 60, NOW + 600)


def probed(result: ProbeResult) -> DomainFacts:
    return facts(*by_certificate([HostResult(HOST, Probed(result))], Providers(())))


def repairs(known: DomainFacts | None, mark: Marked | None = None, least: Proof = Proof.PKIX) -> list[Repair]:
    return [one.repair for one in needed_repairs(known, mark, least)]


@pytest.mark.parametrize(
    ("result", "repair"),
    [
        (ProbeResult.NO_STARTTLS, Repair.NO_STARTTLS),
        (ProbeResult.TLS_FAILED, Repair.OLD_TLS),
        (ProbeResult.SELF_SIGNED, Repair.SELF_SIGNED),
        (ProbeResult.EXPIRED, Repair.EXPIRED),
        (ProbeResult.WRONG_NAME, Repair.WRONG_NAME),
        (ProbeResult.UNTRUSTED, Repair.UNTRUSTED),
        (ProbeResult.REFUSED, Repair.REFUSED),
        (ProbeResult.UNREACHABLE, Repair.NO_ANSWER),
        (ProbeResult.TIMED_OUT, Repair.NO_ANSWER),
        (ProbeResult.CLOSED, Repair.NO_ANSWER),
        (ProbeResult.GARBLED, Repair.NO_ANSWER),
    ],
)
def test_each_fault_of_a_mail_host_is_told_with_the_host(result: ProbeResult, repair: Repair) -> None:
    [one] = needed_repairs(probed(result), None, Proof.PKIX)
    assert (one.repair, one.host) == (repair, HOST)


def no(
    proof: Proof, repair: Repair | None, host: str = "", *, bars: bool = False, known: Known = Known.NO
) -> Evidence:
    return Evidence(
        proof, known, "its words", bars=bars, defect=None if repair is None else Defect(repair, host)
    )


YES = Evidence(Proof.PKIX, Known.YES, "verifies", policy=VERIFY)
TESTING = no(Proof.MTA_STS, Repair.STS_TESTING)
BARE = no(Proof.PKIX, Repair.NO_STARTTLS, HOST)
MARK = Marked(
    "kunde.example",
    Failure.TLS,
    f"forced TLS failed at delivery: TLS is required, but was not offered by host {HOST}[192.0.2.1]",
    NOW,
    NOW + 600,
)


@pytest.mark.parametrize(
    ("known", "mark", "least", "expected"),
    [
        (facts(no(Proof.DANE, Repair.TLSA_MISMATCH, HOST, bars=True), YES), None, Proof.PKIX, [Repair.TLSA_MISMATCH]),
        (facts(no(Proof.DANE, Repair.DNS, bars=True, known=Known.UNKNOWN), YES), None, Proof.PKIX, [Repair.DNS]),
        (facts(TESTING, BARE), None, Proof.PKIX, [Repair.NO_STARTTLS, Repair.STS_TESTING]),
        (facts(no(Proof.MTA_STS, Repair.STS_NOT_LISTED, bars=True), YES), None, Proof.PKIX, [Repair.STS_NOT_LISTED]),
        (facts(no(Proof.MTA_STS, None), BARE), None, Proof.PKIX, [Repair.NO_STARTTLS]),
        (facts(no(Proof.MTA_STS, Repair.STS_BROKEN), YES), None, Proof.MTA_STS, [Repair.STS_BROKEN]),
        (facts(no(Proof.DANE, None), YES), None, Proof.DANE, [Repair.STRONGER]),
        (facts(YES), MARK, Proof.PKIX, [Repair.DELIVERY]),
        (facts(YES), None, Proof.PKIX, []),
        (None, None, Proof.PKIX, []),
    ],
)  # fmt: skip
def test_what_is_to_repair(
    known: DomainFacts | None, mark: Marked | None, least: Proof, expected: list[Repair]
) -> None:
    assert repairs(known, mark, least) == expected


def test_a_promise_that_fails_names_the_host_and_its_fault() -> None:
    policy = sts_secure(StsTold("kunde.example", (HOST,), ()))
    promise = Evidence(Proof.MTA_STS, Known.YES, "on the list", policy=policy)
    failing = sts_with_probes(promise, [HostResult(HOST, Probed(ProbeResult.EXPIRED))])
    assert repairs(facts(failing, YES)) == [Repair.EXPIRED]


def test_the_host_of_a_failed_delivery_is_named() -> None:
    [one] = needed_repairs(facts(YES), MARK, Proof.PKIX)
    assert (one.host, one.found.partition(",")[0]) == (HOST, "TLS is required")


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("repair", list(Repair))
def test_every_repair_has_a_ready_mail(language: Language, repair: Repair) -> None:
    mail = draft(
        "kunde.example", [NeededRepair(repair, HOST, "its words")], "Nordby\nVandværk", NOW, language
    )
    header, _, body = mail.partition("\n\n")
    assert header.isascii()
    assert header.startswith("To: postmaster@kunde.example\nSubject: ")
    advice = TEXTS[language].advice[repair]
    assert all(f"https://www.rfc-editor.org/rfc/rfc{number}" in body for number in advice.rfcs)
    assert "{" not in body
    assert body.endswith("Nordby Vandværk")
    assert all(
        len(line) <= 78 or "https://" in line or "openssl" in line or "-verify" in line
        for line in body.splitlines()
    )


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    file = tmp_path / "segl.toml"
    file.write_text(
        f"""
[organisation]
name = "Nordby Vandværk"
domains = ["nordby-vand.example"]
[[domain]]
name = "vores.example"
way = "portal"
[store]
url = "sqlite:///{tmp_path}/segl.db"
""",
        "utf-8",
    )
    return file


def deliver(connection: Connection, domain: str, way: Way | None, number: int, at: float) -> None:
    """As delivery reports tell it: one message to *number* recipients; by no way at all: it failed."""
    name = f"{domain}-{way}"
    state = State.FAILED if way is None else State.SEALED if way is Way.PORTAL else State.SENT
    addresses = [f"{number}@{domain}" for number in range(number)]
    news = tuple(News(one, one, Stage.SECURE, state, at, way=way) for one in addresses)
    heard = Heard(name, "anna@nordby-vand.example", f"<{name}>", at, None, news)
    records.hear(connection, heard, lambda _: TERMS, at)


TERMS = ReceiptTerms(Receipts.SECURE, "da", 1800.0, 90)


@pytest.fixture
def mailed(settings: Path) -> Path:
    found_with = CheckedWith.of(load_settings(settings)).digest
    with transaction(open_store(f"sqlite:///{settings.parent}/segl.db")) as connection:
        for domain, way, number, days in (
            ("kunde.example", Way.PORTAL, 30, 0),
            ("kunde.example", Way.TLS, 10, 1),
            ("kunde.example", None, 2, 1),
            ("god.example", Way.TLS, 50, 0),
            ("vores.example", Way.PORTAL, 5, 0),
            ("gammel.example", Way.TLS, 90, 60),
        ):
            deliver(connection, domain, way, number, NOW - days * 86400)
        for name, known in (("kunde.example", probed(ProbeResult.SELF_SIGNED)), ("god.example", facts(YES))):
            row = {
                "domain": name,
                "evidence": to_text(known.evidence),
                "checked_at": NOW,
                "expires_at": NOW + 60,
            }
            connection.execute(domain_knowledge.insert().values({**row, "checked_with": found_with}))
    return settings


def ask(settings: Path, *arguments: str) -> Result:
    try:
        return CliRunner().invoke(APP, ["--settings", str(settings), *arguments])
    finally:
        configure_log()


def test_for_people(mailed: Path) -> None:
    result = ask(mailed)
    assert result.exit_code == 0
    first, head, *rows = result.stdout.splitlines()
    assert first == "95 recipients at 3 domains in 30 days, 37% by the portal"
    assert head.split()[:3] == ["domain", "now", "proof"]
    assert [row.split()[:3] for row in rows] == [
        ["god.example", "tls", "pkix"],
        ["kunde.example", "portal", "-"],
        ["vores.example", "portal", "-"],
    ]
    assert time.strftime("%Y-%m-%d %H:%M tls", time.localtime(NOW)) in rows[0]
    assert rows[1].split()[-8:] == ["portal", "40", "0", "0", "10", "30", "2", "75%"]


def test_for_programs(mailed: Path) -> None:
    good, bad, _ = (json.loads(line) for line in ask(mailed, "--json").stdout.splitlines())
    assert (good["domain"], good["way"], good["proof"], good["portal_share"]) == (
        "god.example",
        "tls",
        "pkix",
        0.0,
    )
    assert good["last_success"] == {"way": "tls", "at": round(NOW, 1)}
    assert bad["recipients"] == {"portal": 30, "tls": 10}
    assert (bad["failed"], bad["last_success"]["way"]) == (2, "portal")
    assert [(one["repair"], one["host"]) for one in bad["repairs"]] == [("self-signed", HOST)]


def test_more_days_and_a_limit(mailed: Path) -> None:
    told = ask(mailed, "--days", "90", "--limit", "1").stdout
    assert "gammel.example" in told
    assert "god.example" not in told
    assert "3 more: --limit 4" in told


def test_why_the_portal_with_the_mail(mailed: Path) -> None:
    told = ask(mailed, "--portal").stdout
    assert "god.example" not in told
    assert "kunde.example  30 of 40 recipients by the portal; now portal: mail host mx.kunde.example" in told
    assert "  | To: postmaster@kunde.example" in told
    assert "now portal: pinned to portal in the settings" in told
    assert "postmaster@vores.example" not in told, "that is our own postmaster's word"


def test_the_ready_mail(mailed: Path) -> None:
    danish = ask(mailed, "--draft", "Kunde.Example.").stdout
    assert danish.startswith("To: postmaster@kunde.example\n")
    assert "har et certifikat, den selv har underskrevet" in " ".join(danish.split())
    english = ask(mailed, "--draft", "kunde.example", "--language", "en").stdout
    assert "has a certificate that it signed itself" in " ".join(english.split())


def test_a_marked_domain_is_told_with_what_postfix_said(mailed: Path) -> None:
    row = {
        "domain": "god.example",
        "failure": MARK.failure.value,
        "reason": MARK.reason,
        "since": NOW,
        "until": NOW + 600,
        "times": 1,
    }
    with transaction(open_store(f"sqlite:///{mailed.parent}/segl.db")) as connection:
        connection.execute(domain_mark.insert().values(row))
    assert f"was not offered by host {HOST}" in " ".join(ask(mailed, "--draft", "god.example").stdout.split())


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--draft", "god.example"), 1, "nothing to ask of god.example: tls"),
        (("--draft", "vores.example"), 1, "pinned to portal in the settings"),
        (("--draft", "ukendt.example"), 1, "no secure mail to ukendt.example in 30 days"),
        (("--draft", "no domain"), 2, "is no domain name"),
        (("--days", "0"), 2, "days"),
        (("--language", "fr"), 2, "language"),
    ],
)
def test_errors_say_what_is_wrong(mailed: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    result = ask(mailed, *arguments)
    assert result.exit_code == code
    assert words in result.stderr


def test_without_a_store_nothing_is_made(settings: Path) -> None:
    result = ask(settings)
    assert result.exit_code == 2
    assert "there is no store yet" in result.stderr
    assert not (settings.parent / "segl.db").exists()

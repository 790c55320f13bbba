"""`segl route`: the way and the reasons, for people and for programs."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from segl.cli.route import route
from segl.events import configure_log
from segl.settings.file import load_settings
from segl.store.engine import open_store, transaction
from segl.tables.domains import domain_mark, mta_sts_policy
from segl_routing.own_postfix import OwnPostfix
from segl_routing.proofs.checking import CheckedWith
from world.dns import MX, DnsServer, Fault
from world.outside import Outside, host
from world.peers import SmtpPeer
from world.ports import free_port

SEEN_BEFORE = '[{"proof":"pkix","known":"no","reason":"seen before","checked_at":1,"ends":9e12}]'

APP = Typer()
APP.command()(route)


@pytest.fixture(scope="module")
def settings(outside: Outside, good: SmtpPeer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("route")
    dns: DnsServer = outside.dns(
        {
            "boligforening.example": [MX(10, "mx.boligforening.example")],
            "mx.boligforening.example": host(good),
            "klartekst.example": host(outside.peer()),
            "ill.example": Fault.SERVFAIL,
        }
    )
    (directory / "tunnel.d").mkdir()
    partner = outside.ca.issue(["tunnel@kommune.example"], key="rsa")
    shutil.copy(partner.cert, directory / "tunnel.d" / "kommune.example.pem")
    file = directory / "segl.toml"
    file.write_text(
        f"""
[organisation]
name = "Nordby Vandværk"
domains = ["nordby-vand.example"]
[routing]
nameservers = ["{dns.nameserver}"]
smtp_port = {outside.port}
tls_ca_file = "{outside.ca.file}"
[delivery]
certificates = "{directory}/tunnel.d"
[store]
url = "sqlite:///{directory}/segl.db"
""",
        "utf-8",
    )
    return file


def ask(settings: Path, *arguments: str) -> Result:
    try:
        return CliRunner().invoke(APP, ["--settings", str(settings), *arguments])
    finally:
        configure_log()


def test_for_people(settings: Path) -> None:
    result = ask(settings, "bo@klartekst.example", "bo@kommune.example")
    assert result.exit_code == 0
    first, second = result.stdout.split("bo@kommune.example")
    assert first.splitlines()[0] == "bo@klartekst.example → portal"
    assert "  why         mail host klartekst.example does not offer STARTTLS" in first
    assert "  tunnel      no certificate is known" in first
    assert "  tls         mail host klartekst.example does not offer STARTTLS" in first
    assert "  portal      takes anyone" in first
    assert second.startswith(" → tunnel\n")


def test_what_the_manual_shows(settings: Path, repository: Path) -> None:
    page = (repository / "docs" / "troubleshooting.md").read_text("utf-8")
    shown = re.search(r"^```text\n(bo@.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert shown is not None
    lines = ask(settings, "--refresh", "bo@klartekst.example").stdout.splitlines()
    assert shown[1].splitlines()[:-1] == lines[:7]
    assert len(lines) > 7, "the proofs, where the page has …"


def test_for_programs(settings: Path, outside: Outside) -> None:
    addresses = ["anna@nordby-vand.example", "bo@boligforening.example", "bo@kommune.example"]
    result = ask(settings, "--json", *addresses)
    assert result.exit_code == 0
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(t["recipient"], t["way"]) for t in told] == list(
        zip(addresses, ["internal", "tls", "tunnel"], strict=True)
    )
    assert told[1]["transport"] == f"segl-tls:boligforening.example:{outside.port}"
    assert {proof["proof"]: proof["known"] for proof in told[1]["checked"]["proofs"]}["pkix"] == "yes"
    assert told[0]["checked"] is None


def test_an_address_as_the_queue_shows_it_is_read_with_its_demand(settings: Path) -> None:
    result = ask(settings, "bo@boligforening.example.least-dane.segl.invalid")
    assert result.stdout.startswith("bo@boligforening.example → portal\n")
    assert "dane is demanded" in result.stdout
    assert ask(settings, "bo@kommune.example.least-luck.segl.invalid").exit_code == 21


def test_each_proof_is_told_with_its_age(settings: Path) -> None:
    shown = ask(settings, "bo@boligforening.example").stdout
    assert "  policy      verify servername=hostname protocols=>=TLSv1.2\n" in shown
    assert re.search(
        r"^    dane     no       .*DNSSEC.* \(now, holds for \d+ (minutes|seconds)\)$", shown, re.M
    )
    assert re.search(r"^    mta-sts  no       .* \(now, holds for \d+ minutes\)$", shown, re.M)
    assert re.search(
        r"^    pkix     yes      mail host mx\.boligforening\.example offers STARTTLS", shown, re.M
    )


def test_what_if_a_message_demanded_more(settings: Path) -> None:
    shown = ask(settings, "--least", "dane", "bo@boligforening.example", "bo@kommune.example").stdout
    assert "bo@boligforening.example → portal" in shown
    assert "; dane is demanded" in shown
    assert "bo@kommune.example → tunnel" in shown, "a tunnel meets every demand"
    assert ask(settings, "--least", "luck", "bo@boligforening.example").exit_code == 2


@pytest.mark.parametrize(
    ("addresses", "code", "word"),
    [
        (["bo@findes-ikke.example", "bo@kommune.example"], 20, "refused"),
        (["bo@ill.example", "bo@findes-ikke.example"], 21, "undecided"),
        (["bo%elsewhere.example@nordby-vand.example"], 20, "refused"),
        (["no address"], 20, "refused"),
        (["\x1b[31mred@\x1b[0m"], 20, "refused"),
    ],
)
def test_exit_codes(settings: Path, addresses: list[str], code: int, word: str) -> None:
    result = ask(settings, *addresses)
    assert result.exit_code == code
    assert f"→ {word}" in result.stdout
    assert "\x1b" not in result.stdout


def test_of_a_domain_it_says_what_to_ask_for(settings: Path) -> None:
    said = ask(settings, "kommune.example")
    assert (said.exit_code, "this is no mail address" in said.stdout) == (20, True)


def test_bad_settings_are_named(tmp_path: Path) -> None:
    file = tmp_path / "segl.toml"
    file.write_text("[organisation]\nname = 'N'\n", "utf-8")
    result = ask(file, "bo@kommune.example")
    assert result.exit_code == 2
    assert result.stderr == (
        f'segl: {file}: organisation.domains: is required\nhint: write domains = ["…"]\n'
    )


def test_it_makes_no_store_and_changes_none(settings: Path, good: SmtpPeer) -> None:
    """It may run as root; a file that root made would keep segl-map from writing."""
    store = settings.parent / "segl.db"
    store.unlink(missing_ok=True)
    ask(settings, "bo@boligforening.example")
    assert not store.exists()
    open_store(f"sqlite:///{store}").dispose()
    ask(settings, "bo@boligforening.example")
    with closing(sqlite3.connect(store)) as connection:
        assert connection.execute("SELECT count(*) FROM domain_knowledge").fetchone() == (0,)


def test_what_segl_map_knows_is_told_unless_asked_anew(settings: Path, good: SmtpPeer) -> None:
    store = settings.parent / "segl.db"
    open_store(f"sqlite:///{store}").dispose()
    now = time.time()
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute(
            "INSERT INTO domain_knowledge VALUES ('boligforening.example', ?, ?, ?, ?)",
            (SEEN_BEFORE, now - 600, now + 600, CheckedWith.of(load_settings(settings)).digest),
        )
    good.forget()
    result = ask(settings, "bo@boligforening.example")
    assert "→ portal" in result.stdout
    assert "seen before" in result.stdout
    assert "10 minutes ago, holds for 10 minutes" in result.stdout
    assert good.connections == 0
    assert "→ tls" in ask(settings, "--refresh", "bo@boligforening.example").stdout
    store.unlink()


def test_a_marked_domain_takes_the_way_it_takes_in_segl_map(settings: Path, good: SmtpPeer) -> None:
    """Forced TLS failed at delivery: what a look-up finds is shown, and does not decide."""
    store = settings.parent / "segl.db"
    engine = open_store(f"sqlite:///{store}")
    since = time.time() - 60
    row = {
        "domain": "boligforening.example",
        "failure": "tls",
        "reason": "forced TLS failed at delivery: TLS is required, but was not offered by host mx",
        "since": since,
        "until": since + 660,
        "times": 1,
    }
    with transaction(engine) as connection:
        connection.execute(domain_mark.insert().values(row))
    for option in ((), ("--refresh",)):
        shown = ask(settings, *option, "bo@boligforening.example").stdout
        assert "bo@boligforening.example → portal" in shown, option
        assert "tls         forced TLS failed at delivery: TLS is required" in shown
        assert "  marked      no TLS for 10 minutes more" in shown
        assert "pkix     yes" in shown, "how the domain stands now"
    told = json.loads(ask(settings, "--json", "bo@boligforening.example").stdout)
    assert (told["way"], told["marked"]["until"]) == ("portal", round(since + 660, 1))
    with transaction(engine) as connection:
        connection.execute(domain_mark.update().values(healed_at=time.time()))
    told = json.loads(ask(settings, "--json", "bo@boligforening.example").stdout)
    assert (told["way"], told["marked"]) == ("tls", None), "a mark that has ended decides nothing"
    engine.dispose()
    store.unlink()


@pytest.fixture
def kept_policy(settings: Path) -> Iterator[None]:
    """As segl-map keeps what it fetched; no record in DNS tells of it."""
    store = settings.parent / "segl.db"
    engine = open_store(f"sqlite:///{store}")
    row = {"domain": "boligforening.example", "id": "1", "fetched_at": time.time(), "max_age": 86400}
    text = "version: STSv1\nmode: enforce\nmax_age: 86400\nmx: mx.boligforening.example\n"
    with transaction(engine) as connection:
        proven_by = CheckedWith.of(load_settings(settings)).authorities
        connection.execute(mta_sts_policy.insert().values({**row, "policy": text, "authorities": proven_by}))
    yield
    engine.dispose()
    store.unlink()


@pytest.mark.usefixtures("kept_policy")
def test_a_kept_mta_sts_policy_is_not_fetched(settings: Path) -> None:
    """What segl-map fetched is in force for ``route`` too, whatever DNS and the web say now."""
    told = json.loads(ask(settings, "--json", "bo@boligforening.example").stdout)
    assert (told["way"], told["proof"]) == ("tls", "mta-sts"), "though no record in DNS tells of a policy"
    assert (
        json.loads(ask(settings, "--json", "--refresh", "bo@boligforening.example").stdout)["proof"] == "pkix"
    )


@pytest.mark.parametrize("version", [(3, 9), (3, 10)])
@pytest.mark.usefixtures("kept_policy")
def test_the_policy_is_told_in_the_words_that_this_postfix_gets(
    settings: Path, version: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segl_routing.ask.own_postfix", lambda _settings: OwnPostfix(version))
    policy = json.loads(ask(settings, "--json", "bo@boligforening.example").stdout)["policy"]
    assert policy.startswith("secure match=mx.boligforening.example ")
    assert ("policy_type=sts" in policy) is (version >= (3, 10))


def test_a_store_that_cannot_be_read_is_done_without(settings: Path) -> None:
    store = settings.parent / "segl.db"
    store.write_bytes(b"this is no database at all, whatever its name says" * 100)
    result = ask(settings, "bo@boligforening.example")
    assert result.exit_code == 0
    assert "→ tls" in result.stdout
    assert result.stderr.startswith("segl: what segl-map has learnt is left out: store sqlite")
    store.unlink()


@pytest.mark.slow
def test_a_resolver_that_does_not_answer_is_named_with_what_becomes_of_mail(
    settings: Path, tmp_path: Path
) -> None:
    file = tmp_path / "segl.toml"
    dead = f"127.0.0.1:{free_port()}"
    named = re.sub(r"nameservers = .*", f'nameservers = ["{dead}"]', settings.read_text("utf-8"))
    file.write_text(named, "utf-8")
    result = ask(file, "bo@andre.example")
    assert result.exit_code == 21
    assert f"why         DNS MX andre.example: no answer in time from the resolver {dead}" in result.stdout
    assert (
        f"no answer from the resolver {dead}: mail to domains that are not known yet waits" in result.stderr
    )
    assert "hint: Is it running, and may it ask other servers" in result.stderr
    ill = ask(settings, "bo@ill.example")
    assert (ill.exit_code, ill.stderr) == (21, ""), "the domain's own DNS is ill, not ours"

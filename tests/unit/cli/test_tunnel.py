"""``segl tunnel``: from a publisher's folder of certificates to a postmaster's answer, and what may go wrong."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from cryptography.hazmat.primitives import serialization
from typer.testing import CliRunner, Result

from segl.certificates import fingerprint
from segl.cli.doctor_tunnel import tunnel_checks
from segl.cli.main import build
from segl.cli.status import _tunnel_lists
from segl.postfix.check import State
from segl.settings_file import load_settings
from world.lists import Publisher, entry, listed, partner
from world.partners import certificate, pem, rsa_key

PUBLISHER = Publisher()
TOWNS = [f"by{number:02}.example" for number in range(20)]


@dataclass
class Desk:
    """A postmaster's settings and the publisher's file."""

    directory: Path

    def __post_init__(self) -> None:
        (self.directory / "tunnel.d").mkdir()
        self.file = self.directory / "segl.toml"
        self.list = self.directory / "tunnel.p7m"
        self.write()

    def write(self, more: str = "", signer: str = PUBLISHER.pin) -> None:
        self.file.write_text(
            f"""
[organisation]
name = "Nordby"
domains = ["nordby.example"]
[delivery]
certificates = "{self.directory}/tunnel.d"
tunnel_lists = "{self.directory}/lists"
[[tunnel_list]]
name = "forening"
source = "{self.list}"
signers = ["{signer}"]
{more}
""",
            "utf-8",
        )

    def offer(self, *domains: Any, serial: int = 1, **times: timedelta) -> None:
        self.list.write_bytes(PUBLISHER.signed(listed(*domains, serial=serial, **times)))

    def run(self, command: str, *arguments: str) -> Result:
        return segl(command, "--settings", str(self.file), *arguments)

    def json(self, command: str, *arguments: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.run(command, "--json", *arguments).stdout.splitlines()]

    def checks(self, id_: str) -> list[tuple[State, str]]:
        return [
            (check.state, check.found) for check in tunnel_checks(load_settings(self.file)) if check.id == id_
        ]


def segl(*arguments: str) -> Result:
    try:
        return CliRunner().invoke(build("tunnel"), ["tunnel", *arguments])
    finally:
        structlog.reset_defaults()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


# the postmaster


def test_the_first_update_tells_who_is_in_the_list(desk: Desk) -> None:
    weak = entry("svag.example", certificate("weak", rsa_key(1024)))
    desk.offer("kommune.example", "region.example", weak, serial=7)
    tried = desk.run("update", "--dry-run")
    assert tried.exit_code == 0
    assert tried.stdout.splitlines()[0] == "forening: would accept serial 7; 3 new"
    assert not (desk.directory / "lists").exists()
    done = desk.run("update")
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "forening: accepted serial 7; 3 new",
        "  + kommune.example",
        "  + region.example",
        "  + svag.example",
        "  ! svag.example is left out: the RSA key has 1024 bits, fewer than 2048",
    ]
    assert desk.run("update").stdout == "forening: nothing new, serial 7\n"


def test_a_refusal_has_a_cause_a_hint_and_a_code(desk: Desk) -> None:
    desk.offer(*TOWNS)
    desk.run("update")
    desk.offer(*TOWNS[5:], serial=2)
    refused = desk.run("update")
    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert refused.stderr.splitlines() == [
        "segl: list forening: 5 of 20 domains would lose their certificates, more than 10%: "
        "by00.example, by01.example, by02.example, by03.example, by04.example",
        "hint: see: segl tunnel diff forening; if it is right: segl tunnel update forening --accept-shrink",
    ]
    [record] = desk.json("update")
    assert (record["result"], record["cause"]) == ("refused", "shrunk")
    taken = desk.run("update", "--accept-shrink")
    assert taken.exit_code == 0
    assert "5 of 20 domains" in taken.stderr


def test_one_list_that_fails_does_not_hold_the_others(desk: Desk) -> None:
    more = f'[[tunnel_list]]\nname = "anden"\nsource = "{desk.directory}/anden.csv"\nformat = "csv"\n'
    desk.write(more)
    (desk.directory / "anden.csv").write_text(f'x.example;"{pem(partner("x.example")).decode()}"\n')
    results = {one["list"]: one["result"] for one in desk.json("update")}
    assert results == {"forening": "refused", "anden": "accepted"}
    assert desk.run("update").exit_code == 1
    assert desk.run("update", "anden").exit_code == 0


@pytest.mark.parametrize("command", ["update", "diff", "list"])
def test_a_name_that_is_none(desk: Desk, command: str) -> None:
    done = desk.run(command, "foreningen")
    assert done.exit_code == 2
    assert done.stderr.splitlines() == [
        "segl: there is no list 'foreningen' in the settings",
        "hint: there are: forening",
    ]


def test_without_lists_there_is_nothing_to_do(tmp_path: Path) -> None:
    file = tmp_path / "segl.toml"
    file.write_text('[organisation]\nname = "N"\ndomains = ["n.example"]\n')
    assert segl("update", "--settings", str(file)).exit_code == 0
    assert "no [[tunnel_list]]" in segl("list", "--settings", str(file)).stdout
    assert segl("update", "--settings", str(tmp_path / "none.toml")).exit_code == 2


def test_show(desk: Desk) -> None:
    more = f'[[tunnel_list]]\nname = "anden"\nsource = "{desk.directory}/anden"\nformat = "pem"\n'
    desk.write(more)
    (desk.directory / "anden").mkdir()
    (desk.directory / "anden" / "kommune.example.pem").write_bytes(pem(partner("kommune.example", -2)))
    desk.offer("kommune.example", entry("region.example", subdomains=True))
    desk.run("update")
    [record] = desk.json("show", "Kommune.EXAMPLE")
    assert [(one["place"], one["used"]) for one in record["places"]] == [
        ("list forening, serial 1", True),
        ("list anden, serial 1", False),
    ]
    assert record["places"][0]["sha256"] == fingerprint(partner("kommune.example"))
    assert "list forening, serial 1: used" in desk.run("show", "sygehus.region.example").stdout
    nobody = desk.run("show", "other.example")
    assert (nobody.exit_code, nobody.stdout) == (1, "other.example: nobody knows it\n")
    assert desk.run("show", "no domain").exit_code == 2
    [first, second] = desk.json("diff")
    assert first["decided_elsewhere"] == {}
    assert second["decided_elsewhere"] == {"kommune.example": "list forening"}


def test_diff_shows_what_would_come_also_what_would_be_refused(desk: Desk) -> None:
    desk.offer(*TOWNS, serial=2)
    desk.run("update")
    assert desk.run("diff").exit_code == 0
    desk.offer(*TOWNS[10:], "new.example", serial=1)
    shown = desk.run("diff")
    assert shown.exit_code == 22
    assert shown.stdout.splitlines()[0] == "forening: 1 new, 10 gone"
    assert "  + new.example" in shown.stdout
    desk.list.unlink()
    assert desk.run("diff").exit_code == 1


def test_long_changes_are_cut_short_for_people_only(desk: Desk) -> None:
    desk.offer(*(f"d{number:03}.example" for number in range(50)))
    assert "  + and 30 more (all with --json)" in desk.run("update", "--dry-run").stdout
    assert len(desk.json("update", "--dry-run")[0]["added"]) == 50


def test_rollback(desk: Desk) -> None:
    assert desk.run("rollback", "forening").exit_code == 1
    for serial in (1, 2):
        desk.offer(*TOWNS, *(f"new{n}.example" for n in range(serial)), serial=serial)
        desk.run("update")
    tried = desk.run("rollback", "forening", "--dry-run")
    assert tried.stdout.splitlines() == [
        "forening: would go from serial 2 to 1; 1 gone",
        "  - new1.example",
    ]
    assert desk.json("rollback", "forening")[0]["done"] is True
    assert "rolled back to serial 1, and it stays so" in desk.run("update").stdout
    [stands] = desk.json("list")
    assert (stands["condition"], stands["serial"], stands["highest_serial"]) == ("rolled-back", 1, 2)
    done = desk.run("rollback", "forening", "--to", "9")
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (1, "hint: kept are: 2, 1")


def test_the_domains_of_a_list(desk: Desk) -> None:
    old = entry("gammel.example", partner("gammel.example", -9, -1))
    desk.offer("kommune.example", old, entry("region.example", subdomains=True))
    desk.run("update")
    shown = desk.run("list", "forening").stdout.splitlines()
    assert shown[0].startswith("gammel.example")
    assert "expired on" in shown[0]
    assert "and below" in shown[2]
    assert shown[3] == "3 domains, 2 usable"


def test_the_timer_gets_log_events(desk: Desk) -> None:
    """As the unit runs it: one JSON event a line on standard error, nothing on standard output."""
    desk.offer(*TOWNS)
    events = []
    for _ in range(2):
        done = desk.run("update", "--log")
        assert (done.exit_code, done.stdout) == (0, "")
        events += [json.loads(line)["event"] for line in done.stderr.splitlines()]
    desk.offer(*TOWNS[9:], serial=2)
    refused = desk.run("update", "--log")
    event = json.loads(refused.stderr)
    assert (refused.exit_code, event["event"], event["cause"]) == (1, "tunnel_list_refused", "shrunk")
    assert events == ["tunnel_list_accepted", "tunnel_list_unchanged"]


# how it stands: list, status, doctor


def aged(desk: Desk, **changes: Any) -> None:
    """Change what the state file says, as time would."""
    file = desk.directory / "lists" / "forening" / "accepted.json"
    state = json.loads(file.read_bytes())
    for key, value in changes.items():
        (state if key in state else state["current"])[key] = value
    file.write_text(json.dumps(state))


@pytest.mark.parametrize(
    ("story", "condition", "doctor", "text"),
    [
        ({}, "used", State.OK, "20 of 20 domains usable, until "),
        (
            {"checked_at": time.time() - 30 * 3600},
            "old",
            State.WARN,
            "nothing good came from its source since",
        ),
        ({"expires": "2026-01-01T00:00:00Z"}, "ended", State.WARN, "not used: it ended on 2026-01-01"),
        ({"signer": "0" * 64}, "untrusted", State.WARN, "its signer is no longer pinned"),
        ({"current": 1}, "unreadable", State.WARN, "accepted.json is damaged"),
    ],
)
def test_conditions(desk: Desk, story: dict[str, Any], condition: str, doctor: State, text: str) -> None:
    assert desk.json("list")[0]["condition"] == "empty"
    desk.offer(*TOWNS)
    desk.run("update")
    aged(desk, **story)
    [stands] = desk.json("list")
    assert stands["condition"] == condition
    assert text in stands["text"]
    assert desk.run("list").exit_code == (0 if doctor is State.OK else 1)
    [(state, found)] = desk.checks("tunnel.list")
    assert (state, text in found) == (doctor, True)
    [line] = _tunnel_lists(load_settings(desk.file))
    assert (line.name, line.good) == ("list forening", doctor is State.OK)


def test_grace_is_told(desk: Desk) -> None:
    desk.offer(*TOWNS)
    desk.run("update")
    aged(desk, expires=(listed().issued - timedelta(days=1)).isoformat())
    assert desk.json("list")[0]["condition"] == "grace"
    assert desk.run("show", TOWNS[0]).exit_code == 0


def test_certificates_that_end_soon(desk: Desk) -> None:
    desk.offer(entry("kommune.example", partner("kommune.example", -1, 20)), "region.example")
    desk.run("update")
    [(state, found)] = desk.checks("tunnel.certificates")
    assert state is State.WARN
    assert found.startswith("forening: the first certificate ends on ")


def test_a_domain_pinned_to_the_tunnel_may_have_its_certificate_from_a_list(desk: Desk) -> None:
    desk.write('[[domain]]\nname = "kommune.example"\nway = "tunnel"\n')
    [(state, found)] = desk.checks("certificates.pinned")
    assert (state, found) == (State.WARN, "kommune.example is pinned to tunnel: no certificate is known")
    desk.offer("kommune.example")
    desk.run("update")
    [(state, _)] = desk.checks("certificates.pinned")
    assert state is State.OK


# the publisher


@dataclass
class Office:
    """A publisher's key and the certificates of its members."""

    directory: Path

    def __post_init__(self) -> None:
        self.members = self.directory / "medlemmer"
        self.members.mkdir()
        self.key, self.certificate = self.directory / "liste.key", self.directory / "liste.pem"
        self.out = self.directory / "tunnel.p7m"
        self.write_key(serialization.NoEncryption())
        self.certificate.write_bytes(pem(PUBLISHER.certificate))

    def write_key(self, how: serialization.KeySerializationEncryption) -> None:
        private = serialization.PrivateFormat.PKCS8
        self.key.write_bytes(PUBLISHER.key.private_bytes(serialization.Encoding.PEM, private, how))
        self.key.chmod(0o600)

    def member(self, domain: str, content: bytes | None = None) -> None:
        (self.members / f"{domain}.pem").write_bytes(content or pem(partner(domain)))

    def publish(self, *arguments: str, sources: tuple[Path, ...] = (), input_: str = "") -> Result:
        places = [str(source) for source in sources or (self.members,)]
        signer = ["--key", str(self.key), "--certificate", str(self.certificate), "--out", str(self.out)]
        try:
            return CliRunner().invoke(
                build("tunnel"), ["tunnel", "publish", *places, *signer, *arguments], input=input_
            )
        finally:
            structlog.reset_defaults()

    def published(self, *arguments: str) -> dict[str, Any]:
        done = self.publish("--json", *arguments)
        assert done.exit_code in (0, 23), done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_what_is_published_is_accepted_by_members(office: Office, tmp_path: Path) -> None:
    office.member("kommune.example")
    office.member("region.example")
    first = office.published("--publisher", "Foreningen", "--subdomains", "region.example", "--days", "30")
    assert (first["domains"], first["added"]) == (2, ["kommune.example", "region.example"])
    house = tmp_path / "house"
    house.mkdir()
    desk = Desk(house)
    for pin in ("pin_certificate", "pin_key"):
        desk.write(signer=first[pin])
        desk.list.write_bytes(office.out.read_bytes())
        assert desk.run("update").exit_code == 0
        assert desk.run("show", "sygehus.region.example").exit_code == 0
    assert desk.json("list")[0]["publisher"] == "Foreningen"


def test_each_list_is_newer_than_the_last_and_tells_what_changed(office: Office) -> None:
    office.member("kommune.example")
    office.member("region.example")
    serials = [office.published()["serial"]]
    office.member("by.example")
    (office.members / "region.example.pem").unlink()
    second = office.published()
    assert (second["added"], second["removed"]) == (["by.example"], ["region.example"])
    serials += [second["serial"], office.published()["serial"]]
    assert serials == sorted(set(serials))
    assert serials[0] >= time.time() - 60


def openssl(arguments: str) -> bytes:
    return subprocess.run(["openssl", *arguments.split()], capture_output=True, check=True).stdout


def test_openssl_reads_it(office: Office) -> None:
    office.member("kommune.example")
    office.published()
    told = openssl(
        f"cms -verify -inform DER -binary -purpose any -in {office.out} -CAfile {office.certificate}"
    )
    assert json.loads(told)["entries"][0]["domain"] == "kommune.example"


def test_a_list_made_with_openssl_is_accepted(office: Office, tmp_path: Path) -> None:
    from segl_routing.tunnel_list.content import write_list

    house = tmp_path / "house"
    house.mkdir()
    desk = Desk(house)
    plain = tmp_path / "liste.json"
    plain.write_bytes(write_list(listed("kommune.example")))
    signer = f"-signer {office.certificate} -inkey {office.key}"
    openssl(f"cms -sign -binary -nodetach -outform DER -in {plain} {signer} -out {desk.list}")
    assert desk.run("update").exit_code == 0
    assert desk.run("show", "kommune.example").exit_code == 0


def test_members_without_a_good_certificate_are_left_out_and_named(office: Office) -> None:
    office.member("kommune.example")
    office.member("gammel.example", pem(partner("gammel.example", -9, -1)))
    office.member("svag.example", pem(certificate("weak", rsa_key(1024))))
    office.member("tom.example", b"intet")
    office.member("dk")
    done = office.publish()
    assert done.exit_code == 23
    assert "1 domains" in done.stdout
    for named in (
        "gammel.example is left out: expired on",
        "svag.example is left out: the RSA key has 1024 bits",
        "tom.example is left out: a certificate is damaged",
        "dk is left out: is a top-level domain",
    ):
        assert named in done.stderr


def test_a_dry_run_publishes_nothing(office: Office) -> None:
    office.member("kommune.example")
    assert "would publish" in office.publish("--dry-run").stdout
    assert not office.out.exists()


def test_two_who_publish_at_once_give_two_serials(office: Office) -> None:
    office.member("kommune.example")
    command = [sys.executable, "-m", "segl.cli", "tunnel", "publish", str(office.members), "--json"]
    command += ["--key", str(office.key), "--certificate", str(office.certificate), "--out", str(office.out)]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]
    serials = {json.loads(run.communicate(timeout=120)[0])["serial"] for run in runs}
    assert len(serials) == 3


def test_members_from_several_sources(office: Office, tmp_path: Path) -> None:
    office.member("a.example")
    table, more, single = tmp_path / "b.csv", tmp_path / "c.json", tmp_path / "d.example.pem"
    table.write_text(f'b.example;"{pem(partner("b.example")).decode()}"\n')
    more.write_text(json.dumps({"c.example": pem(partner("c.example")).decode()}))
    single.write_bytes(pem(partner("d.example")))
    sources = (office.members, table, more, single)
    assert json.loads(office.publish("--json", sources=sources).stdout)["domains"] == 4
    twice = office.publish(sources=(office.members, office.members))
    assert (twice.exit_code, "a.example stands in the list twice" in twice.stderr) == (2, True)


def test_a_key_with_a_password(office: Office) -> None:
    office.member("kommune.example")
    office.write_key(serialization.BestAvailableEncryption(b"hemmelig"))
    assert office.publish(input_="hemmelig\n").exit_code == 0
    wrong = office.publish(input_="gaettet\n")
    assert (wrong.exit_code, "the password is wrong" in wrong.stderr) == (2, True)


def test_a_key_others_can_read_is_told(office: Office) -> None:
    office.member("kommune.example")
    office.key.chmod(0o644)
    assert "can be read by others" in office.publish().stderr


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda o: o.key.unlink(), "liste.key: No such file"),
        (lambda o: o.key.write_bytes(b"x"), "holds no private key in PEM form"),
        (lambda o: o.certificate.write_bytes(b"x"), "cannot sign with"),
        (lambda o: o.certificate.write_bytes(pem(partner("x.example"))), "belongs to another key"),
        (lambda o: o.out.write_bytes(b"my notes"), "is no tunnel list"),
        (lambda o: o.out.mkdir(), "Is a directory"),
        (lambda o: [file.unlink() for file in o.members.iterdir()], "no member has a certificate"),
        (lambda o: o.members.rename(o.directory / "x"), "is no source"),
    ],
)
def test_what_it_refuses(office: Office, spoil: Any, problem: str) -> None:
    office.member("kommune.example")
    spoil(office)
    before = office.out.read_bytes() if office.out.is_file() else b""
    done = office.publish()
    assert (done.exit_code, problem in done.stderr) == (2, True), done.stderr
    assert (office.out.read_bytes() if office.out.is_file() else b"") == before


@pytest.mark.parametrize(
    ("domain", "problem"), [("other.example", "is no member"), ("a b", "is not a domain name")]
)
def test_subdomains_of_a_stranger(office: Office, domain: str, problem: str) -> None:
    office.member("kommune.example")
    done = office.publish("--subdomains", domain)
    assert (done.exit_code, problem in done.stderr) == (2, True)

"""``segl tunnel publish``: from a folder of members' certificates to a list that members accept."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from typer.testing import CliRunner, Result

from segl.cli.main import build
from segl.events import configure_log
from world import template
from world.at_once import at_once
from world.listhouse import PUBLISHER, Desk
from world.lists import listed, partner
from world.partners import certificate, pem, rsa_key


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
            configure_log()

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


def test_a_web_server_can_read_it_where_files_of_root_are_shut_to_others(office: Office) -> None:
    """CIS benchmarks ask for a umask of 027."""
    office.member("kommune.example")
    before = os.umask(0o027)
    try:
        office.published()
    finally:
        os.umask(before)
    assert stat.S_IMODE(office.out.stat().st_mode) == 0o644


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
    assert "1 domain," in done.stdout
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
    command = ["tunnel", "publish", str(office.members), "--json", "--key", str(office.key)]
    command += ["--certificate", str(office.certificate), "--out", str(office.out)]
    runs = at_once(lambda _: template.run("segl", *command), range(3))
    assert len({json.loads(run.stdout)["serial"] for run in runs}) == 3


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

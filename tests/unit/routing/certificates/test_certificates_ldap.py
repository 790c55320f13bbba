"""Certificates from a real directory (slapd), and from servers that are none."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.certificates.judgement import fingerprint
from segl.certificates.names import mail_key
from segl.errors import SettingsError
from segl.settings.certificates import Directory
from segl.vocabulary import Known
from segl_routing.certificates import ldap_worker
from segl_routing.certificates.ldap import MOST_AT_ONCE, LdapSource, filter_for
from segl_routing.certificates.sources import MOST_OFFERED, Answer
from world.authority import Authority
from world.ca import TestCA
from world.ldap import BASE, PASSWORD, READER, LdapServer, person, pointer
from world.peers import ScriptedPeer, dripping, endless_line, hanging_up, silent
from world.ports import free_port
from world.process import children_of

CA = Authority("Udstedende CA")
BO, BO_OLD, BO_EC = CA.issue("bo@x.example"), CA.issue("bo@x.example"), CA.issue("bo@x.example", kind="ec")
EVA = CA.issue("eva@x.example")
STAR = CA.issue("*@x.example")
ELSEWHERE = free_port()
KEPT = [CA.issue("ida@x.example", kind="ec", begins=day - 100) for day in range(70)]


@pytest.fixture(scope="module")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LdapServer]:
    directory = tmp_path_factory.mktemp("ldap")
    ca = TestCA(directory / "ca")
    entries = [
        person("Bo", "bo@x.example", BO.certificate, BO_OLD.certificate, CA.certificate),
        person("Bo paa arbejde", ["bo@x.example", "b.hansen@x.example"], BO_EC.certificate),
        person("Eva", "eva@x.example", EVA.certificate),
        person("Stjerne", "*@x.example", STAR.certificate),
        person("Tom", "tom@x.example"),
        person("Ida", "ida@x.example", *(one.certificate for one in KEPT)),
        person("Skidt", "skidt@x.example", raw=[b"\x00", b"\x30", b"\xff" * 90_000, EVA.der[:-3], EVA.der]),
        person("Ole", "o'le(1)\\2@x.example", EVA.certificate),
        pointer("andetsteds", f"ldap://127.0.0.1:{ELSEWHERE}/o=andetsteds"),
        *(person(f"Mange {n}", "mange@x.example", EVA.certificate) for n in range(25)),
    ]
    with LdapServer(directory / "slapd", entries, tls=ca.issue(["127.0.0.1"])) as server:
        yield server


def ask(url: str, address: str, **options: Any) -> Answer:
    directory = Directory(**{"url": url, "base": BASE, **options})
    return asyncio.run(asked(directory, address))


async def asked(directory: Directory, address: str) -> Answer:
    source = LdapSource(directory)
    try:
        return await source.ask(address)
    finally:
        await source.close()


def found(answer: Answer) -> set[str]:
    return {fingerprint(offer.certificate) for offer in answer.offers}


def test_all_certificates_of_all_entries_are_offered_and_authorities_go_along(slapd: LdapServer) -> None:
    answer = ask(slapd.url, "bo@x.example")
    assert answer.known is Known.YES
    assert found(answer) == {BO.fingerprint, BO_OLD.fingerprint, BO_EC.fingerprint}
    assert any(CA.certificate in offer.along for offer in answer.offers)
    assert slapd.started_in < 2


def test_of_an_entry_that_nobody_clears_out_the_newest_are_looked_at(slapd: LdapServer) -> None:
    """They stand there in the order in which they were made, and all are valid still."""
    assert found(ask(slapd.url, "ida@x.example")) == {one.fingerprint for one in KEPT[-MOST_OFFERED:]}


def test_mail_is_compared_without_case(slapd: LdapServer) -> None:
    assert found(ask(slapd.url, "BO@X.example")) == found(ask(slapd.url, "bo@x.example"))


@pytest.mark.parametrize("address", ["ukendt@x.example", "tom@x.example"])
def test_no_entry_and_no_certificate_are_a_no(slapd: LdapServer, address: str) -> None:
    assert ask(slapd.url, address).known is Known.NO


@pytest.mark.parametrize(
    "address",
    [
        "*",
        "*@x.exampl*",
        "bo@x.example)(mail=*",
        "x)(|(mail=*))(cn=*",
        "*)(userCertificate;binary=*",
        "\\2a",
        "bo@x.example\\",
        "bø@x.example",
        "\ud800@x.example",
        "(" * 400,
        ":dn:=bo",
    ],
)
def test_an_address_is_never_a_part_of_the_filter(slapd: LdapServer, address: str) -> None:
    """Whatever it holds, it finds nobody but its own holder."""
    answer = ask(slapd.url, address)
    assert answer.offers == ()
    assert answer.known is Known.NO


def test_signs_of_the_filter_language_find_who_bears_them(slapd: LdapServer) -> None:
    assert found(ask(slapd.url, "*@x.example")) == {STAR.fingerprint}
    assert found(ask(slapd.url, "o'le(1)\\2@x.example")) == {EVA.fingerprint}


@given(st.text(max_size=40))
def test_an_escaped_address_reads_back_as_itself(address: str) -> None:
    """RFC 4515 §3: what stands between "=" and ")" is a plain value, and that value."""
    value = filter_for("(mail={address})", address).removeprefix("(mail=").removesuffix(")")
    assert re.fullmatch(r"(?:[A-Za-z0-9@._+-]|\\[0-9a-f]{2})*", value)
    raw = re.sub(r"\\([0-9a-f]{2})", lambda pair: chr(int(pair[1], 16)), value).encode("latin-1")
    assert raw == address.encode("utf-8", "replace")


def test_bad_values_take_nothing_from_good_ones(slapd: LdapServer) -> None:
    answer = ask(slapd.url, "skidt@x.example", attribute="anyCertificate")
    assert found(answer) == {EVA.fingerprint}


def test_more_entries_than_the_limit_are_no_answer(slapd: LdapServer) -> None:
    answer = ask(slapd.url, "mange@x.example")
    assert answer.known is Known.UNKNOWN
    assert "more entries" in answer.reason
    assert ask(slapd.url, "mange@x.example", entries=25).known is Known.YES


def test_pointers_to_other_servers_are_not_followed(slapd: LdapServer) -> None:
    with ScriptedPeer("127.0.0.1", ELSEWHERE, hanging_up) as elsewhere:
        assert found(ask(slapd.url, "eva@x.example", filter="(|(mail={address})(ou=andetsteds))")) == {
            EVA.fingerprint
        }
        assert ask(slapd.url, "bo@x.example", base=f"ou=andetsteds,{BASE}").offers == ()
    assert elsewhere.connections == 0


@pytest.mark.parametrize("base", [f"ou=intet,{BASE}", "dc=andetsteds", f"ou=andetsteds,{BASE}"])
def test_a_base_that_is_not_there_or_elsewhere_is_told(slapd: LdapServer, base: str) -> None:
    """So misspelt, it would be said of everybody that she has none, without a word why."""
    answer = ask(slapd.url, "bo@x.example", base=base)
    assert (answer.known, "nothing that we may see at its base" in answer.reason) == (Known.NO, True)
    assert ask(slapd.url, "ukendt@x.example").reason == "has none"


# TLS and who asks


def test_a_directory_without_starttls_is_asked_nothing(tmp_path: Path) -> None:
    with LdapServer(tmp_path / "slapd", [person("Bo", "bo@x.example", BO.certificate)]) as clear:
        answer = ask(clear.url, "bo@x.example", starttls=True)
        assert (answer.known, answer.reason) == (Known.UNKNOWN, "does not take StartTLS")


def test_tls_is_verified(slapd: LdapServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever ldap.conf, or the environment, says for other programs of the host."""
    monkeypatch.setenv("LDAPTLS_REQCERT", "never")
    good, other = slapd.directory.parent / "ca" / "ca.pem", TestCA(tmp_path / "other").file
    for options in ({"url": slapd.tls_url}, {"url": slapd.url, "starttls": True}):
        assert ask(address="eva@x.example", ca_file=good, **options).known is Known.YES
        answer = ask(address="eva@x.example", ca_file=other, **options)
        assert answer.known is Known.UNKNOWN
        assert "TLS certificate is not trusted" in answer.reason


def test_a_name_and_password_are_used(slapd: LdapServer, tmp_path: Path) -> None:
    password = tmp_path / "password"
    options = {"bind_dn": READER, "password_file": password}
    assert "password_file cannot be read" in ask(slapd.url, "eva@x.example", **options).reason
    password.write_text(f"{PASSWORD}\n")
    assert ask(slapd.url, "eva@x.example", **options).known is Known.YES
    password.write_text(PASSWORD, "utf-8-sig")  # as Notepad does
    assert ask(slapd.url, "eva@x.example", **options).known is Known.YES
    password.write_bytes("æ".encode("latin-1"))
    assert ask(slapd.url, "eva@x.example", **options).reason == "password_file is not UTF-8"
    password.write_text("forkert")
    answer = ask(slapd.url, "eva@x.example", **options)
    assert answer.known is Known.UNKNOWN
    assert "refuses bind_dn" in answer.reason


# servers that misbehave


def test_nobody_there(slapd: LdapServer) -> None:
    answer = ask(f"ldap://127.0.0.1:{free_port()}", "bo@x.example")
    assert answer.known is Known.UNKNOWN
    assert "cannot be reached" in answer.reason


@pytest.mark.parametrize("script", [silent, dripping, hanging_up, endless_line])
@pytest.mark.parametrize("scheme", ["ldap", "ldaps"])
def test_a_server_that_misbehaves_holds_up_nobody_else(script: Any, scheme: str) -> None:
    """It is a don't-know in time, and meanwhile the process does its other work, without spinning."""
    port, longest = free_port(), 0.0

    async def other_work() -> None:
        nonlocal longest
        while True:
            begun = time.monotonic()
            await asyncio.sleep(0.01)
            longest = max(longest, time.monotonic() - begun)

    async def both() -> Answer:
        working = asyncio.create_task(other_work())
        try:
            directory = Directory(url=f"{scheme}://127.0.0.1:{port}", base=BASE, seconds=1.0)
            return await asked(directory, "bo@x.example")
        finally:
            working.cancel()

    with ScriptedPeer("127.0.0.1", port, script):
        begun, cpu = time.monotonic(), time.thread_time()
        answer = asyncio.run(both())
        assert time.monotonic() - begun < 6
        assert time.thread_time() - cpu < 0.6
    assert answer.known is Known.UNKNOWN
    assert longest < 0.9
    assert talkers() == []


def talkers() -> list[str]:
    """The processes that talk to directories for us."""
    found = [Path(f"/proc/{child}/cmdline").read_text() for child in children_of(os.getpid())]
    return [line for line in found if "ldap_worker" in line]


def test_many_at_once_are_served_by_a_few_processes_that_end_with_the_source(slapd: LdapServer) -> None:
    source = LdapSource(Directory(url=slapd.url, base=BASE, seconds=20))

    async def all_of_them() -> list[Answer]:
        try:
            answers = await asyncio.gather(*(source.ask("bo@x.example") for _ in range(60)))
            assert len(talkers()) == MOST_AT_ONCE
            late = asyncio.create_task(source.ask("eva@x.example"))
            await asyncio.sleep(0)  # it has begun
        finally:
            await source.close()
        return [*answers, await late]

    assert {answer.known for answer in asyncio.run(all_of_them())} == {Known.YES}
    assert talkers() == []


# A process that is not to be had, that dies, that says what is no answer, or too much.
@pytest.mark.parametrize(
    "program",
    [
        ("/nonexistent",),
        ("/bin/true",),
        ("/bin/sh", "-c", "read question; echo nonsense"),
        ("/bin/sh", "-c", "read question; head -c 9000000 /dev/zero"),
    ],
)
def test_a_process_that_fails_is_no_answer(program: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segl_routing.certificates.ldap._WORKER", program)
    answer = ask("ldap://127.0.0.1:1", "bo@x.example")
    assert (answer.known, answer.reason) == (Known.UNKNOWN, "the talk with it broke off")


def test_the_process_ends_itself_should_nobody_be_there_to_end_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its parent was killed, and the server says nothing: it is counted anew for each question, and not in between."""
    monkeypatch.setattr(sys, "stdin", [json.dumps({"seconds": seconds}) for seconds in (5.5, 30)])
    monkeypatch.setattr(ldap_worker, "_answer", lambda _question: signal.alarm(60))
    ldap_worker.main()
    assert signal.alarm(0) == 0
    assert [json.loads(left) for left in capsys.readouterr().out.split()] == [7, 32]


def test_an_error_without_words_of_ours_is_told_by_its_name(slapd: LdapServer) -> None:
    answer = ask(slapd.url, "bo@x.example", base="intet navn")
    assert (answer.known, answer.reason) == (Known.UNKNOWN, "answers with an error (InvalidDN)")


def test_without_the_client_the_settings_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segl_routing.certificates.ldap.find_spec", lambda _name: None)
    with pytest.raises(SettingsError, match=r"certificates\.directory: needs bonsai"):
        LdapSource(Directory(url="ldap://127.0.0.1:1", base=BASE))


def test_a_process_that_was_ended_while_it_waited_costs_no_answer(slapd: LdapServer) -> None:
    source = LdapSource(Directory(url=slapd.url, base=BASE, seconds=20))

    async def asked_again() -> Answer:
        try:
            await source.ask("bo@x.example")
            [process] = source._idle
            process.kill()
            await process.wait()
            return await source.ask("bo@x.example")
        finally:
            await source.close()

    assert asyncio.run(asked_again()).known is Known.YES


def test_the_key_of_an_address_is_what_is_asked_for() -> None:
    assert filter_for("(&(mail={address})(cn=*))", mail_key("Bo@X.example")) == "(&(mail=bo@x.example)(cn=*))"

"""Two organisations on one real Postfix, kept apart: looks, receipts, hold rights, statistics; and what policies lower,
raise, demand and order there."""

from __future__ import annotations

import email
import json
import subprocess
from collections.abc import Iterator, Sequence
from email import policy
from email.message import EmailMessage

import pytest

from world import template
from world.estate import standing_house
from world.house import House
from world.letters import BARE, CPR, GOOD, PARTNER, SENDER, letter
from world.peers import ReceivedMail
from world.postfix import wait_until
from world.receipts import ReadReceipt, receipts_for
from world.street import Street

pytestmark = pytest.mark.world

SCHOOL = "nordby-skole.example"
HEAD, TEACHER, OFFICER = f"rektor@{SCHOOL}", f"lis@{SCHOOL}", f"dpo@{SCHOOL}"
SECRET = f"Hej\n\nCPR-nummer {CPR}\n"
HARMLESS = "Hej\n\nVi ses til te kl. 15.\n"
TABLES = f"""
[hold]
officer = "dpo@nordby-vand.example"
deciders = ["vera"]

[[tenant]]
name = "Nordby Skole"
domains = ["{SCHOOL}"]
language = "en"
officer = "{OFFICER}"
deciders = ["lise"]
feedback = "help@{SCHOOL}"

[[portal.look]]
name = "Nordby Vandværk"
colour = "#113300"

[[portal.look]]
domains = ["{SCHOOL}"]
name = "Nordby Skole, kontoret"
colour = "#440011"

[[group]]
name = "ledelse"
members = ["{HEAD}", "direktoer@nordby-vand.example"]

[[policy]]
name = "ledelsen"
sender = ["group:ledelse"]
labels = ["cpr"]
verdict = "hold"

[[policy]]
name = "skolens-kvitteringer"
organisation = "Nordby Skole"
receipts = "all"

[[policy]]
name = "klar-til-boligforeningen"
sender = ["{TEACHER}"]
recipient = ["boligforening.example"]
verdict = "plain"
lowers = ["cpr"]

[[policy]]
name = "altid-sikker"
recipient = ["klartekst.example"]
verdict = "secure"

[[policy]]
name = "kommunen-ved-tls"
recipient = ["kommune.example"]
order = ["tls", "portal"]

[[policy]]
name = "fortroligt"
tags = ["fortroligt"]
verdict = "secure"
least = "sealed"
"""


@pytest.fixture(scope="module")
def both(street: Street) -> Iterator[House]:
    street.peers[SCHOOL] = street.store
    try:
        with standing_house(street, settings_text=TABLES, more_domains=(SCHOOL,)) as house:
            yield house
    finally:
        del street.peers[SCHOOL]


def send(
    house: House, sender: str, recipients: Sequence[str], text: str, subject: str = "Sag 7", about: str = ""
) -> None:
    named = (("Message-ID", f"<{about}@desk.example>"),) if about else ()
    content = letter("", tuple(recipients), subject, text, headers=named).content
    house.submit(content.replace(SENDER.encode(), sender.encode()), sender, recipients)


def mail_for(house: House, street: Street, address: str, number: int = 1) -> list[ReceivedMail]:
    wait_until(lambda: len(street.mail_for(address)) >= number, 60, lambda: house.log[-8000:])
    return street.mail_for(address)


def read(mail: ReceivedMail) -> EmailMessage:
    return email.message_from_bytes(mail.content, policy=policy.default)


def receipt(house: House, street: Street, to: str, about: str) -> ReadReceipt:
    def found() -> list[ReadReceipt]:
        every = receipts_for(street, to)
        return [one for one in every if one.message["In-Reply-To"] == f"<{about}@desk.example>"]

    wait_until(lambda: bool(found()), 90, lambda: house.log[-8000:])
    return found()[-1]


def segl(house: House, *words: str, person: str = "") -> subprocess.CompletedProcess[str]:
    user = {"SUDO_USER": person} if person else {}
    environment = {"PATH": "/usr/sbin:/usr/bin:/bin", **user}
    return template.run("segl", *words, "--settings", str(house.settings_file), environment=environment)


def test_notices_and_receipts_are_those_of_the_senders_organisation(both: House, street: Street) -> None:
    street.forget()
    for sender in (SENDER, TEACHER):
        send(both, sender, [BARE], SECRET, about=sender.partition("@")[0])
    notices = {
        read(mail)["From"].addresses[0].addr_spec: read(mail) for mail in mail_for(both, street, BARE, 2)
    }
    assert set(notices) == {"sikker-besked@nordby-vand.example", f"sikker-besked@{SCHOOL}"}
    water, school = (notices[f"sikker-besked@{domain}"] for domain in ("nordby-vand.example", SCHOOL))
    assert "Nordby Vandværk" in water["Subject"]
    assert "Nordby Skole, kontoret" in school["Subject"]
    html = {
        name: body.get_content()
        for name, one in (("water", water), ("school", school))
        if (body := one.get_body(("html",)))
    }
    assert ("#113300" in html["water"], "#440011" in html["school"]) == (True, True)
    assert "Vandværk" not in html["school"]
    assert "Skole" not in html["water"]
    assert 'lang="en"' in html["school"]

    hers, theirs = receipt(both, street, SENDER, "mette"), receipt(both, street, TEACHER, "lis")
    assert "kvittering@nordby-vand.example" in str(hers.message["From"])
    assert f"kvittering@{SCHOOL}" in str(theirs.message["From"])
    assert f"help@{SCHOOL}" in theirs.part("text/plain")
    assert "Vandværk" not in theirs.part("text/plain")
    assert theirs.subject.startswith("Receipt")


def test_a_message_is_held_for_its_own_officer_and_no_other_may_decide(both: House, street: Street) -> None:
    street.forget()
    send(both, HEAD, [GOOD], SECRET)
    wait_until(lambda: HEAD in segl(both, "hold", "list", person="lise").stdout, 30, lambda: both.log[-4000:])
    assert segl(both, "hold", "tell").returncode == 0
    assert "Nordby Skole" in str(read(mail_for(both, street, OFFICER)[0])["From"])
    assert not street.mail_for("dpo@nordby-vand.example")

    [held] = map(json.loads, segl(both, "hold", "list", "--json", person="lise").stdout.splitlines())
    assert (held["organisation"], held["reasons"]) == ("Nordby Skole", ["policy.ledelsen", "cpr"])
    seen = segl(both, "hold", "list", person="vera").stdout
    assert HEAD not in seen
    assert "1 more, about which others decide" in seen
    assert segl(both, "hold", "list", "--organisation", "Nordby Vandværk", person="lise").stdout.startswith(
        "nothing"
    )
    for act in (["show"], ["show", "--content"], ["release"], ["reject", "--yes"]):
        refused = segl(both, "hold", act[0], held["id"], *act[1:], person="vera")
        assert refused.returncode == 1
        assert f"no message {held['id']} waits" in refused.stderr
        assert "Skole" not in refused.stdout + refused.stderr
        assert CPR not in refused.stdout
    assert not street.mail_for(GOOD)
    assert segl(both, "hold", "release", held["id"], person="lise").returncode == 0
    assert mail_for(both, street, GOOD)[0].tls


def test_what_a_policy_lowers_goes_out_as_without_segl_and_is_told_in_the_log(
    both: House, street: Street
) -> None:
    street.forget()
    send(both, TEACHER, [GOOD], SECRET, "lowered")
    [mail] = mail_for(both, street, GOOD)
    assert b"Subject: lowered" in mail.content
    assert b"x-segl" not in mail.content.lower()
    wait_until(lambda: "klar-til-boligforeningen" in both.milter.log, 30, lambda: both.milter.log[-3000:])
    events = [json.loads(line) for line in both.milter.log.splitlines() if line.startswith("{")]
    [lowered] = [one for one in events if one["event"] == "lowered"]
    assert (lowered["policies"], lowered["labels"]) == (["klar-til-boligforeningen"], ["cpr"])
    classified = [one for one in events if one["event"] == "classified"][-1]
    assert classified["reasons"] == ["cpr", "lowered.klar-til-boligforeningen"]
    # another recipient for whom nobody said so, and nothing is lowered
    street.forget()
    send(both, TEACHER, [GOOD, BARE], SECRET, "not lowered")
    assert CPR.encode() not in mail_for(both, street, BARE)[0].content
    assert mail_for(both, street, GOOD)[0].tls
    # nor for another sender of the same house
    assert not [one for one in events if one["event"] == "lowered" and one["sender"] != TEACHER]


def test_a_policy_raises_what_is_harmless_and_the_receipt_names_it(both: House, street: Street) -> None:
    street.forget()
    send(both, TEACHER, [BARE], HARMLESS, about="raised")
    assert b"te kl. 15" not in mail_for(both, street, BARE)[0].content
    told = receipt(both, street, TEACHER, "raised")
    assert told.form["reasons"] == ["policy.altid-sikker"]
    assert "your organisation's own policy “altid-sikker” asks for it" in told.part("text/plain")


def test_order_by_recipient_and_a_demand_by_tag(both: House, street: Street) -> None:
    street.forget()
    send(both, SENDER, [PARTNER], SECRET)
    [mail] = mail_for(both, street, PARTNER)
    assert mail.tls
    assert CPR.encode() in mail.content, "by TLS, though there is a tunnel"
    street.forget()
    send(both, SENDER, [GOOD, PARTNER], HARMLESS, "Fortroligt: møde")
    for address in (GOOD, PARTNER):
        assert "te kl. 15" not in mail_for(both, street, address)[0].content.decode("utf-8", "replace")
        assert b"sikker-besked@nordby-vand.example" in mail_for(both, street, address)[0].content


def test_mail_between_the_two_is_like_mail_within_one(both: House, street: Street) -> None:
    street.forget()
    send(both, HEAD, [SENDER], SECRET)
    [mail] = mail_for(both, street, SENDER)
    assert CPR.encode() in mail.content
    classified = [json.loads(line) for line in both.milter.log.splitlines() if '"classified"' in line][-1]
    assert classified["reasons"] == ["internal"]


def test_statistics_are_each_organisations_own(both: House) -> None:
    """Of what the tests before have sent."""

    def counted(name: str) -> dict[str, int]:
        lines = segl(both, "domains", "--organisation", name, "--json").stdout.splitlines()
        return {one["domain"]: one["total"] for one in map(json.loads, lines)}

    # segl-map writes what it has told a moment later.
    wait_until(lambda: counted("Nordby Vandværk").get("kommune.example") == 2, 60, lambda: both.log[-4000:])
    school = counted("Nordby Skole")
    assert school["boligforening.example"] == 2
    assert "kommune.example" not in school
    status = segl(both, "status").stdout
    assert "sent Nordby Skole" in status
    unknown = segl(both, "domains", "--organisation", "Nordby")
    assert (unknown.returncode, "there is no organisation 'Nordby'" in unknown.stderr) == (2, True)


def test_explain_says_what_happened(both: House) -> None:
    def explained(sender: str, to: str, *more: str) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = json.loads(
            segl(both, "policy", "explain", sender, to, "--json", "--label", "cpr", *more).stdout
        )
        return found

    assert explained(HEAD, GOOD)["verdict"]["policy"] == "ledelsen"
    assert explained(TEACHER, GOOD)["verdict"]["value"] == "plain"
    assert explained(SENDER, GOOD)["verdict"]["value"] == "secure"
    assert explained(SENDER, PARTNER)["order"]["policy"] == "kommunen-ved-tls"
    assert explained(SENDER, GOOD, "--tag", "fortroligt")["least"]["value"] == "sealed"
    assert explained(TEACHER, GOOD)["receipts"]["value"] == "all"

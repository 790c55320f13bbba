"""What senders are told, on the two real Postfix instances: one receipt a message, true in every line, whatever dies in
between."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from world.estate import at_work, build_house
from world.forgetful import Forgetful
from world.house import House
from world.letters import BARE, COLLEAGUE, CPR, GOOD, PARTNER, SELF_SIGNED, SENDER
from world.oracle import Identity
from world.partners import rsa_key
from world.postfix import wait_until
from world.receipts import ReadReceipt, other_reports, receipts_for, secret_letter
from world.street import Street

pytestmark = pytest.mark.world

NOBODY = "nobody@findes-ikke.invalid"
OWN_KEY = "pia@klartekst.example"  # has a certificate of her own; her server speaks no TLS
EVERYONE = (PARTNER, OWN_KEY, GOOD, SELF_SIGNED, BARE, COLLEAGUE, NOBODY)


def complete(street: Street) -> list[ReadReceipt]:
    return [one for one in receipts_for(street, SENDER) if one.form["complete"]]


@pytest.fixture(scope="module")
def steady_house(street: Street, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """As that of other modules, and it has the certificate of one recipient."""
    own = Identity.new(tmp_path_factory.mktemp("pia"), "pia", rsa_key())
    with TemporaryDirectory(prefix="house-") as folder:
        certificates = Path(folder) / "certificates.d"
        certificates.mkdir()
        shutil.copy(own.cert_file, certificates / f"{OWN_KEY}.pem")
        terms = (
            f'[certificates]\nsources = ["folder"]\nfolder = "{certificates}"\n'
            f'trust = ["{own.cert_file}"]\nrevocation_unknown = "use"\n'
        )
        with at_work(build_house(street, Path(folder), settings_text=terms)) as house:
            yield house


@pytest.fixture(scope="module")
def told(steady_house: House, street: Street) -> ReadReceipt:
    """The receipt of one message over all ways, one of whose recipients does not exist. Where the others take longer
    than three seconds (``SETTLE_BAD``), as on a busy machine, she is told of him first."""
    street.forget()
    steady_house.submit(secret_letter(*EVERYONE), SENDER, EVERYONE)
    wait_until(lambda: bool(complete(street)), 90, lambda: steady_house.log[-9000:])
    return complete(street)[0]


def test_one_receipt_tells_of_every_way(told: ReadReceipt) -> None:
    assert told.form["complete"]
    assert {one: told.ways[one] for one in EVERYONE[:5]} == {
        PARTNER: "tunnel",
        OWN_KEY: "certificate",
        GOOD: "tls",
        SELF_SIGNED: "portal",
        BARE: "portal",
    }
    assert {one: told.states[one] for one in (PARTNER, OWN_KEY, GOOD, SELF_SIGNED, BARE, NOBODY)} == {
        PARTNER: "sent",
        OWN_KEY: "sent",
        GOOD: "sent",
        SELF_SIGNED: "sealed",
        BARE: "sealed",
        NOBODY: "failed",
    }
    assert told.form["reasons"] == ["cpr"]
    assert "encrypted to sha256=" in told.line(PARTNER)["evidence"]
    assert "encrypted to sha256=" in told.line(OWN_KEY)["evidence"]
    tls = told.line(GOOD)["tls"]
    assert tls["proof"] == "pkix"
    assert (tls["level"], tls["version"], tls["host"]) == (
        "verified",
        "TLSv1.3",
        f"mx.{GOOD.partition('@')[2]}",
    )
    text = told.part("text/plain")
    assert f"Tunnelmail til {PARTNER.partition('@')[2]}" in text
    assert "Domænet efter @ findes ikke" in text
    assert text.count("https://sikker.nordby-vand.example/r/") == 2  # what takes a sealed copy back
    assert told.subject == f"Ikke leveret: din sikre mail til {NOBODY}"


def test_it_is_a_mail_that_nobody_answers_and_that_stands_beside_its_own(told: ReadReceipt) -> None:
    assert told.mail.sender == "<>"
    assert told.message["Auto-Submitted"] == "auto-generated"
    assert told.message["In-Reply-To"] == "<1@desk.example>"


def test_it_holds_nothing_of_the_content(told: ReadReceipt) -> None:
    for word in (CPR, "Lejeren", "Flytning"):
        for part in ("text/plain", "text/html", "application/json"):
            assert word not in told.part(part)


def test_nothing_else_comes(told: ReadReceipt, steady_house: House, street: Street) -> None:
    """No notice of Postfix's own, from either instance, and no receipt behind the one that tells of all."""
    wait_until(lambda: not steady_house.queued, 30, lambda: steady_house.log[-6000:])
    time.sleep(1)
    assert other_reports(street, SENDER) == []
    assert [one.form["complete"] for one in receipts_for(street, SENDER)][-2:] in ([True], [False, True])


def test_reports_that_postfix_hands_over_twice_make_one_receipt(steady_house: House, street: Street) -> None:
    """Each report was taken, and its taking not heard of: three times the same comes again, from both instances."""
    street.forget()
    everyone = (PARTNER, GOOD, BARE, COLLEAGUE, NOBODY)
    with Forgetful(steady_house.run / "receipt.sock", 3) as forgetful:
        steady_house.submit(secret_letter(*everyone, message_id="<12@desk.example>"), SENDER, everyone)
        wait_until(lambda: forgetful.lost == 3, 60, lambda: steady_house.log[-9000:])
        wait_until(lambda: not steady_house.queued, 60, lambda: steady_house.log[-9000:])
    wait_until(lambda: bool(complete(street)), 60, lambda: steady_house.log[-9000:])
    told = complete(street)
    assert [one.form["message_id"] for one in told] == ["<12@desk.example>"]
    assert told[0].states == {
        PARTNER: "sent",
        GOOD: "sent",
        BARE: "sealed",
        COLLEAGUE: "sent",
        NOBODY: "failed",
    }
    # the second delivery there, perhaps by the same smtp(8), which asks for the policy each time
    assert told[0].line(GOOD)["tls"]["proof"] == "pkix"
    assert other_reports(street, SENDER) == []
    assert (
        len(
            re.findall(
                "lost connection with .*receipt.sock", steady_house.secure.log + steady_house.front.log
            )
        )
        >= 3
    )

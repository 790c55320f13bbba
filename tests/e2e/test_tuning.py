"""From a message that goes securely to the rule that cost a false alarm, and what another weight then really does: two
real Postfixes, segl-portal with TLS, a real browser. No word of the message is in the store."""

from __future__ import annotations

import json
import re
import signal
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect
from typer.testing import CliRunner

from segl.cli.main import build
from segl.store.engine import transaction
from segl_delivery.receipts.weekly_rules import rules_that_cost
from world.browser import DESKTOP, Chromium, violations
from world.estate import at_work, build_house, portal_of
from world.house import DOMAIN, House
from world.letters import CPR, GOOD, SENDER, letter
from world.postfix import wait_until
from world.receipts import ReadReceipt, receipts_for
from world.street import Street
from world.tuning import BOAT

pytestmark = pytest.mark.world

PORTAL = f"sikker.{DOMAIN}"
LINK = re.compile(rf"https://{re.escape(PORTAL)}/f/[0-9a-f]{{64}}#[\w-]{{43}}")
TEXT = "Min kajak ligger ved broen hos Preben Hansen.\n"
SETTINGS = """
rules = ["{rules}"]

[portal.web]
listen = "127.0.0.1:443"
certificate = "{certificate}"
key = "{key}"
workers = 1
"""


@pytest.fixture(scope="module")
def house(street: Street) -> Iterator[House]:
    certificate = street.ca.issue([PORTAL])
    with tempfile.TemporaryDirectory(prefix="house-") as folder:
        rules = Path(folder) / "own.toml"
        rules.write_text(BOAT.format(weight=0.6, words="kajak*", more=""), "utf-8")
        text = SETTINGS.format(rules=rules, certificate=certificate.cert, key=certificate.key)
        with at_work(build_house(street, Path(folder), settings_text=text)) as house, portal_of(house):
            yield house


@pytest.fixture(scope="module")
def chromium(street: Street, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    directory = tmp_path_factory.mktemp("chromium")
    with Chromium(directory, street.ca.file, {PORTAL: "127.0.0.1"}) as chromium:
        yield chromium


def segl(house: House, *words: object) -> str:
    command = [*map(str, words), "--settings", str(house.settings_file)]
    done = CliRunner().invoke(build(command[0]), command)
    assert done.exit_code in (0, 10), done.output
    return done.stdout


def told(house: House, *words: object) -> list[dict[str, Any]]:
    return [json.loads(line) for line in segl(house, *words, "--json").splitlines()]


def send(house: House, street: Street, text: str, message_id: str) -> ReadReceipt:
    """Send it; the receipt."""
    street.forget()
    content = letter("", (GOOD,), "Båden", text).content
    house.submit(f"Message-ID: {message_id}\r\n".encode() + content, SENDER, [GOOD])
    wait_until(lambda: bool(receipts_for(street, SENDER)), 90, lambda: house.log[-9000:])
    return receipts_for(street, SENDER)[0]


def decision_of(house: House, message_id: str) -> dict[str, Any]:
    """What is remembered of it, once segl-deliver has written."""
    runner = CliRunner()
    command = ["decisions", "show", message_id, "--json", "--settings", str(house.settings_file)]
    wait_until(
        lambda: runner.invoke(build("decisions"), command).exit_code == 0, 40, lambda: house.log[-5000:]
    )
    return told(house, "decisions", "show", message_id)[0]


def test_a_false_alarm_is_said_by_its_sender_and_the_rule_put_right(
    house: House, street: Street, chromium: Chromium
) -> None:
    receipt = send(house, street, TEXT, "<one@desk.example>")
    decision = decision_of(house, "<one@desk.example>")
    assert (decision["verdict"], decision["why"], decision["domain"]) == ("secure", ["family"], DOMAIN)
    assert decision["ways"] == {"tls": 1}

    # a second one, with a number: whatever the rule weighs, it is secure
    send(house, street, f"{TEXT}Hans CPR-nummer er {CPR}.\n", "<two@desk.example>")
    numbered = decision_of(house, "<two@desk.example>")
    assert numbered["why"] == ["cpr", "family"]
    assert nothing_of_the_text_is_kept(house)

    link = LINK.search(receipt.part("text/plain"))
    assert link is not None
    assert link[0].split("/f/")[1].startswith(decision["id"])
    assert link[0] in receipt.part("text/html")
    with chromium.person(DESKTOP) as person:
        page = person.page()
        page.goto(link[0])
        expect(page.get_by_role("heading", level=1)).to_have_text("Var din mail følsom?")
        assert violations(page) == []
        page.get_by_role("radio", name="Dette var ikke følsomt").check()
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Tak, det er noteret")
        assert person.faults == []
    [said] = told(house, "feedback", "list")
    assert (said["id"], said["says"], said["by"]) == (decision["id"], "wrong", "sender")

    [boat, _] = told(house, "rules", "cost")
    assert boat == {"rule": "own.boat", "secure": 2, "wrong": 1, "right": 0, "alone": 1}
    end = datetime.now().astimezone() + timedelta(minutes=1)
    engine = sa.create_engine(house.settings.store.url)
    with transaction(engine) as connection:
        _, lines = rules_that_cost(connection, end - timedelta(days=7), end, "da")
    engine.dispose()
    assert "own.boat: forkert: 1, sikre mails i alt: 2" in lines

    new = house.directory / "new.toml"
    new.write_text(BOAT.format(weight=0.2, words="kajak*", more=""), "utf-8")
    [foreseen] = told(house, "rules", "replay", new)
    assert (foreseen["turns"], foreseen["by_rule"]) == ({"secure → plain": 1}, {"own.boat": 1})
    assert foreseen["relabelled"] == 1

    # and so it is, once the new rules are in force
    (house.directory / "own.toml").write_text(new.read_text("utf-8"), "utf-8")
    house.milter.signal(signal.SIGHUP)
    wait_until(
        lambda: any(e["event"] == "reloaded" for e in house.milter.events), 60, lambda: house.log[-5000:]
    )
    street.forget()
    house.submit(letter("", (GOOD,), "Båden", TEXT).content, SENDER, [GOOD])
    wait_until(lambda: bool(street.mail_for(GOOD)), 60, lambda: house.log[-5000:])
    wait_until(
        lambda: told(house, "decisions", "list", "--verdict", "plain") != [], 40, lambda: house.log[-5000:]
    )
    [plain] = told(house, "decisions", "list", "--verdict", "plain")
    assert (plain["why"], plain["hits"][0]["rule"], plain["hits"][0]["score"]) == ([], "own.boat", 0.2)
    assert "as they were written" in segl(house, "audit", "verify")


def nothing_of_the_text_is_kept(house: House) -> bool:
    """Neither in the database nor in its log, while both messages' records are there."""
    files = [file for file in house.state.rglob("segl.db*") if file.is_file()]
    kept = b"".join(file.read_bytes() for file in files)
    assert b"own.boat" in kept, "the records are there"
    for word in ("kajak", "Preben", "Hansen", "broen", CPR, CPR.replace("-", ""), CPR[:6], "Båden"):
        assert word.encode() not in kept, word
    return True


def test_while_segl_deliver_is_down_mail_is_decided_on_and_the_record_comes_later(
    house: House, street: Street
) -> None:
    assert house.deliver.stop() == 0
    begun = time.monotonic()
    house.submit(letter("", (GOOD,), "Te", "Vi ses til te.\n").content, SENDER, [GOOD])
    assert time.monotonic() - begun < 10
    before = len(told(house, "decisions", "list", "--limit", "100"))
    house.deliver.start()
    # As many as there are workers, and more: each tells what it kept with its next message.
    for _ in range(4):
        house.submit(letter("", (GOOD,), "Te", "Vi ses til te.\n").content, SENDER, [GOOD])
    wait_until(
        lambda: len(told(house, "decisions", "list", "--limit", "100")) > before + 3,
        60,
        lambda: house.log[-5000:],
    )

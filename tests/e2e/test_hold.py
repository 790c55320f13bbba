"""Messages on hold: who is told, who lets them go, and that nothing leaves before, on real Postfixes."""

from __future__ import annotations

import json
import shlex
import subprocess
import time
from collections.abc import Iterator

import pytest

from segl.nodes import Node, announce
from segl.postfix.bound import Bound, left_behind
from segl.store.engine import open_store
from world import template
from world.documents import typed
from world.estate import standing_house
from world.house import House
from world.letters import CPR, GOOD, SENDER, letter
from world.peers import ReceivedMail
from world.postfix import quick_start, wait_for_port, wait_until
from world.receipts import receipts_for
from world.street import Street

pytestmark = pytest.mark.world

OFFICER = "dpo@nordby-vand.example"
BODY = f"Hej\n\nCPR-nummer {CPR}\n"


@pytest.fixture(scope="module")
def holding(street: Street) -> Iterator[House]:
    settings = f'[hold]\nofficer = "{OFFICER}"\npersons = 2\n'
    with standing_house(street, prepare=hold_cpr, settings_text=settings) as house:
        yield house


def hold_cpr(house: House) -> None:
    rules = house.directory / "house.toml"
    rules.write_text('[label.cpr]\ndecision = "hold"\n', "utf-8")
    text = house.settings_file.read_text("utf-8")
    changed = text.replace("[detection]\n", f'[detection]\nrules = ["{rules}"]\n')
    house.settings_file.write_text(changed, "utf-8")


def segl(
    house: House, *words: str, person: str = "root", answer: str = ""
) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/sbin:/usr/bin:/bin", "SUDO_USER": person}
    arguments = ("hold", *words, "--settings", str(house.settings_file))
    return template.run("segl", *arguments, given=answer, environment=environment)


def held(house: House, street: Street) -> dict[str, object]:
    """A message that waits now."""
    street.forget()
    house.submit(letter("", (GOOD,), "Sag 7", BODY).content, SENDER, [GOOD])
    wait_until(lambda: bool(segl(house, "list", "--json").stdout), 30, lambda: house.log[-4000:])
    found: dict[str, object] = json.loads(segl(house, "list", "--json").stdout)
    return found


def told(street: Street, address: str) -> str:
    """The last mail to *address* that is no receipt: that of a message before may come late."""

    def notices() -> list[ReceivedMail]:
        receipts = [id(receipt.mail) for receipt in receipts_for(street, address)]
        return [mail for mail in street.mail_for(address) if id(mail) not in receipts]

    wait_until(lambda: bool(notices()), 30, lambda: f"nothing for {address}")
    return notices()[-1].content.decode("utf-8", "replace")


def test_two_people_let_a_message_go_and_it_goes_securely(holding: House, street: Street) -> None:
    message = held(holding, street)
    assert (message["sender"], message["recipients"], message["reasons"]) == (SENDER, [GOOD], ["cpr"])
    ident = str(message["id"])
    assert ident in segl(holding, "tell").stdout
    assert segl(holding, "tell").stdout == "", "nobody is told twice"
    for address in (SENDER, OFFICER):
        assert ident in told(street, address).replace("=\r\n", "")
        assert CPR not in told(street, address)
        assert "Sag 7" not in told(street, address)
    shown = segl(holding, "show", ident)
    assert "Sag 7" in shown.stdout
    assert "X-Segl" not in shown.stdout
    assert "\ufffd" not in shown.stdout, "Postfix folds Received with a tab"
    assert CPR not in shown.stdout
    assert CPR in segl(holding, "show", ident, "--content", person="lise").stdout

    assert segl(holding, "release", ident[:8], person="lise").returncode == 1
    again = segl(holding, "release", ident, person="lise")
    assert (again.returncode, "you have agreed already" in again.stdout) == (1, True)
    assert not street.mail_for(GOOD), "one person is not enough"
    assert "agreed: lise" in segl(holding, "list").stdout
    assert segl(holding, "release", ident, person="knud").returncode == 0
    wait_until(lambda: bool(street.mail_for(GOOD)), 60, lambda: holding.log[-4000:])
    [mail] = street.mail_for(GOOD)
    assert mail.tls
    assert b"x-segl" not in mail.content.lower()
    arguments = ("audit", "export", "--about", ident, "--settings", str(holding.settings_file))
    trail = template.run("segl", *arguments)
    acts = [(entry["act"], entry["actor"]) for entry in map(json.loads, trail.stdout.splitlines())]
    assert acts == [
        ("held", "segl"),
        ("held-sender-told", "segl"),
        ("looked-at", "root (sudo)"),
        ("looked-at", "lise (sudo)"),
        ("release-asked", "lise (sudo)"),
        ("released", "knud (sudo)"),
    ]


def test_a_rejected_message_is_deleted_and_its_sender_hears_why(holding: House, street: Street) -> None:
    message = held(holding, street)
    done = segl(holding, "reject", str(message["queue_id"]), "--yes", "--why", "Send uden CPR-nummer.")
    assert done.returncode == 0, done.stderr
    assert "Send uden CPR-nummer." in told(street, SENDER)
    assert segl(holding, "list").stdout == "nothing waits\n"
    # What the sender was told is on its way.
    wait_until(lambda: not holding.front.queued, 30, lambda: holding.log[-4000:])
    assert not street.mail_for(GOOD)


def test_while_the_secure_instance_is_down_nothing_is_released(holding: House, street: Street) -> None:
    """What has waited longer than Postfix tries to deliver would come back at the first failure."""
    ident = str(held(holding, street)["id"])
    segl(holding, "release", ident, person="lise")
    holding.secure.stop()
    refused = segl(holding, "release", ident, person="knud")
    assert (
        refused.returncode,
        "the secure instance, [127.0.0.1]:10026: nobody listens" in refused.stderr,
    ) == (2, True)
    assert ident[:12] in segl(holding, "list").stdout
    quick_start(holding.directory / "secure/spool")
    holding.secure.run("postfix", "start")
    wait_for_port("127.0.0.1", 10026)
    assert segl(holding, "release", ident, person="knud").returncode == 0
    wait_until(lambda: bool(street.mail_for(GOOD)), 60, lambda: holding.log[-4000:])


def test_one_that_was_held_before_a_port_was_changed_goes_by_the_new_one(
    holding: House, street: Street
) -> None:
    """Its queue file names the old one. It is handed in anew, is not held again, and its sender has a receipt."""
    front = holding.front

    def filter_at(port: int) -> None:  # by a start: after a reload an old smtpd may take one more message
        front.stop()
        front.run("postconf", "-e", f"content_filter=segl-secure:[127.0.0.1]:{port}")
        verdicts = front.files["segl-verdict"].replace(
            "segl-secure:[127.0.0.1]:10026", f"segl-secure:[127.0.0.1]:{port}"
        )
        (front.config / "segl-verdict").write_text(verdicts, "utf-8")
        quick_start(front.directory / "spool")
        front.run("postfix", "start")
        wait_for_port("127.0.0.1", 10027)

    filter_at(10099)
    message = held(holding, street)
    filter_at(10026)
    [left] = left_behind(holding.settings)
    assert left == Bound(str(message["queue_id"]), "segl-secure:[127.0.0.1]:10099", held=True)

    ident = str(message["id"])
    segl(holding, "release", ident, person="lise")
    assert segl(holding, "release", ident, person="knud").returncode == 0
    front.flush()  # pickup(8) looks once a minute
    wait_until(lambda: bool(street.mail_for(GOOD)), 90, lambda: holding.log[-4000:])
    [mail] = street.mail_for(GOOD)
    assert mail.tls
    wait_until(lambda: bool(receipts_for(street, SENDER)), 60, lambda: holding.log[-4000:])
    assert receipts_for(street, SENDER)[-1].states == {GOOD: "sent"}
    assert left_behind(holding.settings) == ()


def test_what_the_pages_tell_to_type_is_typed_as_it_stands_there(holding: House, street: Street) -> None:
    ident = str(held(holding, street)["id"])
    for command in typed("hold"):
        words = shlex.split(command.replace(" ID", f" {ident}"))[1:]
        done = segl(holding, *words, person="lise", answer="y\n")
        waits_for_another = words[0] == "release"
        assert (done.returncode, done.stderr) == (int(waits_for_another), ""), done
    assert segl(holding, "list").stdout == "nothing waits\n", "the last of them rejects it"


def test_a_canary_is_not_held_though_it_has_a_number(holding: House) -> None:
    arguments = ("canary", "run", "--now", "--wait", "60", "--settings", str(holding.settings_file))
    done = template.run("segl", *arguments)
    assert (done.returncode, done.stdout[:13]) == (0, "arrived: own "), done.stdout + done.stderr
    assert segl(holding, "list").stdout == "nothing waits\n"


def test_what_somebody_else_put_on_hold_is_none_of_our_business(holding: House, street: Street) -> None:
    held(holding, street)
    # What the test before has sent is on its way, perhaps.
    wait_until(lambda: holding.queued == 1, 30, lambda: holding.log[-4000:])
    holding.front.run("postsuper", "-h", "ALL")
    waiting = holding.front.queue()
    assert len(segl(holding, "list", "--json").stdout.splitlines()) == len(waiting) == 1
    holding.front.run("postsuper", "-d", "ALL")
    missing = segl(holding, "show", "ABCDEF12")
    assert (missing.returncode, "no message ABCDEF12 waits" in missing.stderr) == (1, True)


def test_it_is_told_which_node_is_spoken_of(holding: House) -> None:
    """The queues of other nodes that share the store are theirs."""
    settings = holding.settings
    engine = open_store(settings.store.url)
    announce(engine, Node("west", time.time(), "1.0", {}))
    engine.dispose()
    here = settings.store.node_name
    told = segl(holding, "list").stdout
    assert (
        told
        == f"nothing waits on this node\nthis is {here}; what waits on west is listed, and decided, there\n"
    )
    missing = segl(holding, "release", "ABCDEF12").stderr
    assert "no message ABCDEF12 waits on this node" in missing
    assert "on west those that wait there" in missing

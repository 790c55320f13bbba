"""What is told in the morning of what was sealed the day before: as it is then, and with the sender's links."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine
from typer.testing import CliRunner

from segl.cli.receipt import app
from segl.events import Events
from segl.mail.return_port import ReturnPort
from segl.receipts import records
from segl.receipts.facts import Facts
from segl.receipts.records import Heard
from segl.receipts.states import News, Stage, State
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.store.engine import transaction
from segl.tables.sealed import sealed_message, sealed_recipient
from segl.vocabulary import Way
from segl_delivery.receipts.machine import iso
from segl_delivery.receipts.schedule import ReceiptSchedule
from segl_delivery.receipts.since import Fate, fates_of
from segl_delivery.receipts.texts import ReceiptKind
from segl_delivery.receipts.view import MOST_ROWS, House, view_of
from segl_delivery.receipts.writer import ReceiptWriter
from world.peers import SmtpPeer
from world.ports import free_port
from world.receipts import ReadReceipt, read_receipts
from world.told import ANNA, JOURNAL, NAME, NOW

BO, SEALED = "bo@x.example", "5e" * 16
DAY = 86400.0
AT = NOW.timestamp() - 6 * 3600
READY = {"opened_at": None, "revoked_at": None, "server_secret": b"s" * 32}
TERMS_OF = parse_settings({"organisation": {"name": "Nordby", "domains": ["nordby.example"]}}).receipt_terms


def sealed(engine: Engine, *recipients: str, expires_in: float = 86400.0, **columns: object) -> None:
    with transaction(engine) as connection:
        connection.execute(
            sealed_message.insert().values(
                id=SEALED, sender=ANNA, size=1, created_at=AT, expires_at=NOW.timestamp() + expires_in
            )
        )
        for number, recipient in enumerate(recipients or (BO,)):
            row = {"message_id": SEALED, "wrapped_key": b"k" * 40, "notified_at": AT, **READY, **columns}
            connection.execute(
                sealed_recipient.insert().values(id=f"{number:032}", recipient=recipient, **row)
            )


def heard_sealed(engine: Engine, *recipients: str) -> records.SentMessage:
    everyone = recipients or (BO,)
    news = tuple(
        News(one, one, Stage.SECURE, State.SEALED, AT, way=Way.PORTAL, sealed_id=SEALED) for one in everyone
    )
    with transaction(engine) as connection:
        return records.hear(
            connection, Heard(NAME, ANNA, "<1@x>", AT, Facts(AT, ("cpr",), everyone), news), TERMS_OF, AT
        )


def morning(engine: Engine, peer: SmtpPeer, **rule: object) -> list[ReadReceipt]:
    """The digests that go out, the sender's and the journal's."""
    chosen: Settings = parse_settings(
        {
            "organisation": {"name": "Nordby", "domains": ["nordby.example"]},
            "portal": {"url": "https://sikker.nordby.example"},
            "receipts": {"send": "daily"},
            "receipt": [{"domain": "nordby.example", "journal": JOURNAL, **rule}],
        }
    )
    writer = ReceiptWriter.of(chosen, ReturnPort("127.0.0.1", peer.port), lambda _: None)
    days = ReceiptSchedule(engine, lambda: writer, Events("test"))
    days.look(NOW - timedelta(days=7))
    days.look(NOW)
    return read_receipts(peer)


LATER = NOW.timestamp() - 3600
FATES = {
    "nothing": ({}, "Ligger klar", None),
    "opened": ({"opened_at": LATER}, "Åbnet ", ("opened", LATER)),
    "taken back": ({"revoked_at": LATER, "server_secret": None}, "Trukket tilbage ", ("revoked", LATER)),
    "opened, then taken back": ({"opened_at": LATER, "revoked_at": LATER}, "Åbnet ", ("opened", LATER)),
    "expired": ({"expires_in": -60.0}, "Kan ikke åbnes længere", ("ended", NOW.timestamp() - 60)),
    "shredded": ({"server_secret": None}, "Kan ikke åbnes længere", ("ended", NOW.timestamp() + DAY)),
}


@pytest.mark.parametrize("happened", FATES)
def test_a_digest_says_what_became_of_a_sealed_copy_since(happened: str, engine: Engine) -> None:
    columns, said, since = FATES[happened]
    can_be_taken_back = since is None
    sealed(engine, **columns)  # type: ignore[arg-type]
    heard_sealed(engine)
    with SmtpPeer("127.0.0.1", free_port()) as peer:
        digest, copy = morning(engine, peer)
    for form in (digest.form, copy.form):
        [line] = form["messages"][0]["recipients"]
        assert line["state"] == "sealed"  # a closed list of words for programs
        assert line["since"] == (since and {"fate": since[0], "at": iso(since[1])})
    for part in ("text/plain", "text/html"):
        assert said in digest.part(part)
        assert said in copy.part(part)
        assert ("Ligger klar" in digest.part(part)) is can_be_taken_back
        assert ("sikker.nordby.example/r/" in digest.part(part)) is can_be_taken_back
        assert f"sikker.nordby.example/f/{NAME}" in digest.part(part)  # "it was not sensitive"
        assert "sikker.nordby.example" not in copy.part(part)  # the links are the sender's


def test_of_one_whose_records_are_gone_it_is_not_said_that_it_is_ready(engine: Engine) -> None:
    lines = heard_sealed(engine).lines
    with transaction(engine) as connection:
        assert fates_of(connection, lines, AT + 3600) == {}  # not yet: its records outlive it by a day
        [since] = fates_of(connection, lines, AT + 2 * 86400).values()
    assert since.fate is Fate.ENDED


def test_of_very_many_those_who_opened_it_are_counted_by_themselves(engine: Engine) -> None:
    everyone = tuple(f"{number}@x.example" for number in range(MOST_ROWS + 20))
    sealed(engine, *everyone)
    message = heard_sealed(engine, *everyone)
    with transaction(engine) as connection:
        opened = sealed_recipient.c.recipient.in_(everyone[:3])
        connection.execute(sealed_recipient.update().where(opened).values(opened_at=LATER))
        fates = fates_of(connection, message.lines, NOW.timestamp())
    view = view_of(message, ReceiptKind.SENT, "en", House("Nordby"), fates=fates)
    found = {row.recipient: row.state for row in view.rows}
    assert found["3 recipients"].startswith("Opened")
    assert found[f"{MOST_ROWS + 17} recipients"].startswith("Ready")


@pytest.mark.slow
def test_the_command_says_how_it_is_now_and_json_beside_what_was_reported(
    engine: Engine, tmp_path: Path
) -> None:
    eva = "eva@y.example"
    sealed(engine, BO, eva)
    heard_sealed(engine, BO, eva)
    with transaction(engine) as connection:
        row = sealed_recipient.update()
        connection.execute(row.where(sealed_recipient.c.recipient == BO).values(opened_at=LATER))
        connection.execute(row.where(sealed_recipient.c.recipient == eva).values(revoked_at=LATER))
    file = tmp_path / "segl.toml"
    file.write_text(
        f'[organisation]\nname = "Nordby"\ndomains = ["nordby.example"]\n[store]\nurl = "sqlite:///{tmp_path}/segl.db"\n'
    )

    def said(*words: str) -> str:
        done = CliRunner().invoke(app, [*words, "--settings", str(file)])
        assert done.exit_code == 0, done.output
        return done.stdout

    shown = {line.split()[0]: line.split()[1:5] for line in said("show", NAME).splitlines() if "@" in line}
    then = time.strftime("%Y-%m-%d %H:%M", time.localtime(LATER)).split()
    assert (shown[BO], shown[eva]) == (["opened", "portal", *then], ["revoked", "portal", *then])
    for words in (["list"], ["list", "--state", "sealed"]):
        assert "1 sealed (opened), 1 sealed (revoked)" in said(*words)
    for form in (json.loads(said("show", NAME, "--json")), json.loads(said("list", "--json"))):
        assert {line["state"] for line in form["recipients"]} == {"sealed"}
        since = {line["recipient"]: line["since"] for line in form["recipients"]}
        assert since == {
            BO: {"fate": "opened", "at": iso(LATER)},
            eva: {"fate": "revoked", "at": iso(LATER)},
        }

"""``segl receipt``: what became of messages, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from segl.cli.receipt import app
from segl.events import configure_log
from segl.receipts import records
from segl.receipts.facts import Facts
from segl.receipts.records import Heard
from segl.receipts.states import News, Stage, State
from segl.settings.receipts import Receipts, ReceiptTerms
from segl.store.engine import open_store, transaction
from segl.vocabulary import Way
from world.stores import store_in

TERMS = ReceiptTerms(Receipts.SECURE, "da", 1800.0, 90)
ANNA, PER = "anna@nordby.example", "per@nordby.example"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    file = tmp_path / "segl.toml"
    file.write_text(
        f'[organisation]\nname = "Nordby"\ndomains = ["nordby.example"]\n'
        f'[store]\nurl = "sqlite:///{tmp_path}/segl.db"\n',
        "utf-8",
    )
    return file


@pytest.fixture
def sent(settings: Path) -> Path:
    """Three messages, one an hour: to one by TLS; to two, of whom one failed and one is unheard of; to very many."""
    messages: list[tuple[str, Facts, list[tuple[str, State, Way | None]]]] = [
        (ANNA, Facts(1_790_000_000.0, ("cpr",), ("bo@x.example",)), [("bo@x.example", State.SENT, Way.TLS)]),
        (
            PER,
            Facts(1_790_003_600.0, ("health",), ("eva@y.example", "ib@y.example")),
            [("eva@y.example", State.FAILED, None)],
        ),
        (PER, Facts(1_790_007_200.0, ("cpr",), (), 1_200), [("m1@z.example", State.SEALED, Way.PORTAL)]),
    ]
    engine = open_store(store_in(settings.parent))
    with transaction(engine) as connection:
        for number, (sender, facts, some) in enumerate(messages):
            news = tuple(
                News(
                    to, to, Stage.SECURE, state, facts.at + 5, way=way, status="5.1.1", detail="no such user"
                )
                for to, state, way in some
            )
            heard = Heard(f"{number:064x}", sender, f"<{number}@nordby.example>", facts.at, facts, news)
            records.hear(connection, heard, lambda _: TERMS, facts.at + 6)
    engine.dispose()
    return settings


def ask(settings: Path, *arguments: str) -> Result:
    try:
        return CliRunner().invoke(app, [*arguments, "--settings", str(settings)])
    finally:
        configure_log()


def test_the_list_has_the_newest_first_and_says_who_and_how_many(sent: Path) -> None:
    result = ask(sent, "list")
    assert result.exit_code == 0
    head, *rows = result.stdout.splitlines()
    assert head.split() == ["when", "sender", "recipients", "id"]
    assert [(row.split()[2], " ".join(row.split()[3:-1])) for row in rows] == [
        (PER, "1 sealed, 1199 unheard of"),
        (PER, "1 pending, 1 failed"),
        (ANNA, "1 sent"),
    ]
    assert [row.split()[-1] for row in rows] == [f"{number:064x}"[:32] for number in (2, 1, 0)]
    assert ask(sent, "list", "--limit", "3").stdout == result.stdout
    cut = ask(sent, "list", "--limit", "1").stdout.splitlines()
    assert [row.split()[-1] for row in cut[1:-1]] == [f"{2:064x}"[:32]]
    assert cut[-1] == "the newest 1; there are more: --limit N shows so many"


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (("--sender", "ANNA@nordby.example"), [0]),
        (("--state", "failed"), [1]),
        (("--state", "sent", "--sender", PER), []),
        (("--limit", "1"), [2]),
    ],
)
def test_the_list_is_narrowed(sent: Path, arguments: tuple[str, ...], found: list[int]) -> None:
    lines = ask(sent, "list", "--json", *arguments).stdout.splitlines()
    assert [json.loads(line)["message_id"] for line in lines] == [
        f"<{number}@nordby.example>" for number in found
    ]


def test_for_programs_it_is_what_a_receipt_encloses(sent: Path) -> None:
    [many, two, _] = map(json.loads, ask(sent, "list", "--json").stdout.splitlines())
    assert (two["schema"], two["kind"], two["complete"]) == ("segl-receipt/1", None, False)
    assert [(line["recipient"], line["state"]) for line in two["recipients"]] == [
        ("eva@y.example", "failed"),
        ("ib@y.example", "pending"),
    ]
    assert (many["unheard_of"], many["counts"]) == (
        1_199,
        [{"way": "portal", "state": "sealed", "number": 1}],
    )


def test_one_message_recipient_by_recipient(sent: Path) -> None:
    told = ask(sent, "show", "<1@nordby.example>").stdout
    assert "because  health" in told
    assert "eva@y.example" in told
    assert "5.1.1 no such user" in told
    assert ask(sent, "show", "nobody@nordby.example").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("list", "--state", "lost"), "lost"),
        (("list", "--limit", "0"), "limit"),
        (("show",), "MESSAGE-ID"),
        (("show", "0" * 12), "several ids begin with 000000000000"),
    ],
)
def test_errors_say_what_is_wrong(sent: Path, arguments: tuple[str, ...], words: str) -> None:
    result = ask(sent, *arguments)
    assert result.exit_code == 2
    assert words in result.stderr


def test_without_a_store_nothing_is_made(settings: Path) -> None:
    result = ask(settings, "list")
    assert (result.exit_code, (settings.parent / "segl.db").exists()) == (2, False)

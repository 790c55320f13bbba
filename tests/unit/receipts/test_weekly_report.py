"""The weekly report: what it says, in words and in one plot."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy.engine import Engine

from segl.days import days_earlier
from segl.receipts import records
from segl.receipts.records import Heard
from segl.receipts.states import News, Stage, State
from segl.receipts.statistics import WAYS
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.store.engine import open_store, transaction
from segl.vocabulary import Way
from segl_delivery.receipts.endings import endings
from segl_delivery.receipts.plot import HEIGHT, WIDTH, bars
from segl_delivery.receipts.weekly import COLOURS, week_before, weekly_report
from segl_delivery.receipts.weekly_sections import SECTIONS
from world import lists
from world.partners import pem
from world.stores import store_in

NOW = datetime(2026, 11, 30, 7, 30, tzinfo=UTC)  # a Monday


def settings(**tables: object) -> Settings:
    organisation = {"name": "Nordby", "domains": ["nordby.example"]}
    return parse_settings({"organisation": organisation, **tables})


@pytest.mark.parametrize("days", range(7))
def test_it_is_of_the_last_whole_week(days: int) -> None:
    assert week_before(NOW + timedelta(days=days)) == NOW.replace(hour=0, minute=0)


@pytest.mark.usefixtures("danish_time")
@pytest.mark.parametrize(
    "now", [datetime(2026, 10, 25, 8), datetime(2027, 3, 28, 8), datetime(2027, 4, 4, 8)]
)
def test_it_ends_with_midnight_also_when_the_clock_on_the_wall_was_changed(now: datetime) -> None:
    """One that nobody could send before the Sunday."""
    end = week_before(now.astimezone())
    assert end == (now - timedelta(days=6)).replace(hour=0).astimezone()
    assert days_earlier(end, 7) == (now - timedelta(days=13)).replace(hour=0).astimezone()


def tell(
    engine: Engine, number: int, recipient: str, state: State, way: Way | None, days_before: float
) -> None:
    at = NOW.replace(hour=0, minute=0).timestamp() - days_before * 86400
    news = News(recipient, recipient, Stage.SECURE, state, at, way=way)
    with transaction(engine) as connection:
        some = Heard(f"{number}", "anna@nordby.example", "", at, None, (news,))
        records.hear(connection, some, settings().receipt_terms, at)


@pytest.mark.slow
def test_it_says_the_numbers_in_words_and_in_one_plot(tmp_path: Path) -> None:
    engine = open_store(store_in(tmp_path))
    for number in range(28):
        portal = number % 4 == 0
        way, state = (Way.PORTAL, State.SEALED) if portal else (Way.TLS, State.SENT)
        tell(engine, number, f"{number}@{'y' if portal else 'x'}.example", state, way, 0.1 + number / 4)
    for number in range(30):
        tell(engine, 100 + number, f"bo@z{number:02}.example", State.FAILED, None, 3)
    chosen = settings(receipts={"report_to": "postmaster@nordby.example"})
    with transaction(engine) as connection:
        mail = message_from_bytes(weekly_report(connection, chosen, NOW).message(NOW))
    engine.dispose()
    parts = {part.get_content_type(): part.get_payload(decode=True) for part in mail.walk()}
    text = str(parts["text/plain"], "utf-8").replace("\r\n", "\n")  # type: ignore[arg-type]
    assert "25 % (7 af 28)" in text
    assert "y.example: 7" in text
    assert "z19.example: 1\n  og 10 til" in text
    assert text.count("\n\n") >= len(SECTIONS)
    assert b'<img src="cid:' in parts["text/html"]
    with Image.open(BytesIO(parts["image/png"])) as picture:  # type: ignore[arg-type]
        assert picture.size == (WIDTH, HEIGHT)


def test_certificates_that_end_soon_are_told_wherever_they_come_from(tmp_path: Path) -> None:
    """A file of the postmaster's own decides over a list; a list's domain lasts as long as the last of its
    certificates."""
    folder = tmp_path / "tunnel.d"
    folder.mkdir()
    for name, days in (("soon.example", 10), ("late.example", 200), ("both.example", 20)):
        (folder / f"{name}.pem").write_bytes(pem(lists.partner(name, ends=days)))
    (folder / "broken.example.pem").write_text("no certificate")
    desk = lists.desk_in(tmp_path)
    desk.publish(
        lists.listed(
            lists.entry("listed.example", lists.partner("listed.example", ends=5)),
            lists.entry("both.example", lists.partner("both.example", ends=6)),
            lists.entry(
                "renewed.example",
                lists.partner("renewed.example", ends=7),
                lists.partner("renewed.example", ends=300),
            ),
            lists.entry("gone.example", lists.partner("gone.example", begins=-60, ends=-3)),
            lists.entry("forgotten.example", lists.partner("forgotten.example", begins=-60, ends=-30)),
        )
    )
    desk.update()
    chosen = settings(
        delivery={"certificates": str(folder), "keys": str(tmp_path), "tunnel_lists": str(desk.base)},
        tunnel_list=[{"name": "forening", "source": desk.terms.source, "signers": list(desk.terms.signers)}],
    )
    moment = datetime.now(UTC) + timedelta(seconds=1)
    found = [(name, days + 1) for name, days in endings(chosen, moment, chosen.owners.first)]
    assert found == [
        ("gone.example (forening)", -3),
        ("listed.example (forening)", 5),
        ("soon.example", 10),
        ("both.example", 20),
    ]


def test_the_bars_are_as_high_as_the_numbers() -> None:
    with Image.open(BytesIO(bars([[0] * len(WAYS), [3, 0, 0, 0], [0, 0, 0, 6]], COLOURS))) as picture:
        pixels = Counter(picture.convert("RGB").get_flattened_data())
    blue, orange = (tuple(bytes.fromhex(colour[1:])) for colour in (COLOURS[0], COLOURS[3]))
    assert pixels[orange] == pytest.approx(2 * pixels[blue], rel=0.05)

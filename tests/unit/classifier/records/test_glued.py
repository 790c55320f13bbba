"""Records without dividers: numbers that touch letters and digits, at the same place in each row."""

from __future__ import annotations

import time
from random import Random

import pytest

from corpus.unfolded import Read
from segl_classifier.records.glued import parted

PEOPLE = {
    "1203851002": ("HOLM", "BO"),
    "0707614285": ("LUND", "IDA"),
    "1503851237": ("HALS", "IB"),
    "1105821235": ("BANG", "OLE"),
    "2306741236": ("RIIS", "ANE"),
    "0102561236": ("KOCH", "EVA"),
}
"""All with modulus 11."""


def rows(form: str) -> str:
    return "\n".join(
        form.format(number=number, last=last, first=first, count=f"{count:03}")
        for count, (number, (last, first)) in enumerate(PEOPLE.items(), 1)
    )


@pytest.mark.parametrize(
    "form",
    [
        "{last}{number}{first}",
        "{last:<10}{number}{first:<10}VEJGADE {count}",
        "P{number}{last:<20}4700NAESTVED",
        "{last:<20}{number}M{count}4700",
        "SAG9990000{count}P{number}{last}",
        "{count}{number}20261130000125000DK",
        "00{count}{number}{last:<10}20261130000125000DK",
        "{last:<10}{count}{number}0000125000",
    ],
)
@pytest.mark.parametrize("around", ["{}", "00HOVED 20261130\n{}\n99SLUT 0000006", "Løn, uge 48\n\n{}\n"])
def test_every_number_of_such_a_file_is_found(form: str, around: str) -> None:
    read = Read("udtræk.txt", around.format(rows(form)).encode("cp1252"), "text/plain")
    (columns,) = (text.text for text in read if text.where.endswith("(in columns)"))
    assert [line.partition("\t")[0] for line in columns.split("\n")] == list(PEOPLE)
    assert read.numbers >= len(PEOPLE)
    assert not read.gaps


@pytest.mark.parametrize(
    "text",
    [
        "HANSEN1203851002ANNA\n",
        "HOLM1203851002BO\nLUND1203851002IDA\nHALS1203851002IB\n",
        "\n".join(f"A12038510{count:02}B" for count in range(50)),
        "\n".join(f"VARE{day:02}1126{count:04}DK" for count, day in enumerate(range(1, 29), 1000)),
        "\n".join(f"VARE{day:02}1124{count:04}DK" for count, day in enumerate(range(1, 29), 4000)),
        "\n".join(
            f"TIL{day:02}11{27 + day % 10}{count:04}DK" for count, day in enumerate(range(1, 29), 4000)
        ),
        "\n".join(f"TEGNET{day:02}06{49 + day}{count:04}DK" for count, day in enumerate(range(1, 29), 1000)),
        "\n".join(f"00{day:02}11260000{count:06}" for count, day in enumerate(range(1, 29), 1000)),
        "\n".join(
            f"00{day:02}06{year:02}{count:04}00"
            for count, (day, year) in enumerate(zip(range(1, 28), range(27), strict=True), 1000)
        ),
        "Faktura 1203851002DK og ordre 0707614285SE",
    ],
)
def test_ids_counters_and_dates_are_none(text: str) -> None:
    assert parted(text) == ""


def test_random_digits_are_none() -> None:
    draw = Random(1)
    for _ in range(100):
        glued = "\n".join(f"SKU{draw.randrange(10**10):010}DK" for _ in range(draw.randrange(3, 40)))
        long = "\n".join(f"{draw.randrange(10**60):060}" for _ in range(draw.randrange(6, 40)))
        assert parted(glued) == parted(long) == ""


def test_time_grows_with_length_and_no_faster() -> None:
    for row in ("A1203851002B", "0" * 3_000, "12038510021203851002", "A1203851002" * 300):
        text = "\n".join([row] * (500_000 // len(row)))
        start = time.process_time()
        parted(text)
        assert time.process_time() - start < 1


@pytest.mark.slow
def test_rows_with_a_date_at_every_place_cost_no_more() -> None:
    draw = Random(1)
    wide = "\n".join("".join(draw.choice("1" * 30 + "2") for _ in range(4_000)) for _ in range(125))
    many = "\n".join("1111" * 11 + f"{count:06}" for count in range(10_000))
    for text in (wide, many):
        start = time.process_time()
        assert parted(text) == ""
        assert time.process_time() - start < 1

"""How many different numbers a message holds: said twice is one, and no more than needed is told of any."""

from __future__ import annotations

import pytest

from segl.settings.detection import Limits
from segl.vocabulary import MOST_NUMBERS, Verdict
from segl_classifier.classify import classify
from segl_classifier.rules import shipped_rules

RULES = shipped_rules()


def numbers(count: int) -> list[str]:
    return [f"{day:02}{month:02}70-{1000 + day}" for month in range(1, 13) for day in range(1, 29)][:count]


def verdict(text: str, html: str = "") -> Verdict:
    if not html:
        raw = f"Subject: Liste\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    else:
        raw = (
            "Subject: Liste\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
            f"--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n"
            f"--b\r\nContent-Type: text/html\r\n\r\n<p>{html}</p>\r\n--b--\r\n"
        )
    return classify(raw.encode(), RULES, Limits())


@pytest.mark.parametrize("count", [1, 2, 19, 20, MOST_NUMBERS])
def test_each_is_counted(count: int) -> None:
    assert verdict("\r\n".join(f"CPR-nr. {n}" for n in numbers(count))).cpr_numbers == count


def test_said_again_it_is_the_same() -> None:
    first, second = numbers(2)
    text = f"CPR-nr. {first} og CPR-nr. {second}. Igen: CPR-nr. {first.replace('-', '')}"
    assert verdict(text).cpr_numbers == 2
    assert verdict(text, html=f"CPR-nr. {first} og CPR-nr. {second}").cpr_numbers == 2


def test_different_ones_come_before_repetitions() -> None:
    few = numbers(30)
    text = "\r\n".join(f"CPR-nr. {n}" for n in [few[0]] * 60 + few)
    assert verdict(text).cpr_numbers == 30


def test_what_does_not_count_is_not_counted() -> None:
    assert verdict("Ordrenummer 0101701001 og faktura nr. 0201701002").cpr_numbers == 0


def test_a_finding_tells_nothing_of_the_number() -> None:
    [number] = numbers(1)
    found = verdict(f"CPR-nr. {number}")
    assert number not in repr(found)
    assert number.replace("-", "") not in repr(found)
    assert all("number" not in finding.as_dict() for finding in found.findings)

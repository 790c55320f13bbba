"""No way of writing a personal number shows it in what ``segl check`` and ``segl explain`` tell of a message."""

from __future__ import annotations

import json
import unicodedata

import pytest
from typer.testing import CliRunner

from segl.cli.main import build

HEAD = "From: a@vand.example\nTo: b@by.example\nSubject: Liste\nContent-Type: text/plain; charset=utf-8\n\n"
WRITTEN = [
    "010190-1234",
    "O1O19O-I234",
    "⁰¹⁰¹⁹⁰-¹²³⁴",
    "⓪①⓪①⑨⓪-①②③④",
    "01<b>0190</b>-1<b>23</b>4",
    "0101........90.......12.........34",
]
TEXTS = ["Lejer;Restance\n{};4500\nJens Holm;3200", "Jens Holm {} har fået kræft og er opsagt."]
CASES = [(text, number) for text in TEXTS for number in WRITTEN]


@pytest.fixture(scope="module", params=["check", "explain"])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the command tells of each text with each number in it, asked of all at once."""
    folder = tmp_path_factory.mktemp("mails")
    mails = {text.format(number): folder / f"{place}.eml" for place, (text, number) in enumerate(CASES)}
    for text, mail in mails.items():
        mail.write_text(HEAD + text, "utf-8")
    words = [request.param, "--no-model", "--json", *map(str, mails.values())]
    lines = CliRunner().invoke(build(request.param), words).stdout.splitlines()
    return {
        text: json.dumps(json.loads(line), ensure_ascii=False)
        for text, line in zip(mails, lines, strict=True)
    }


@pytest.mark.parametrize(("text", "number"), CASES)
def test_no_whole_number_is_told(told: dict[str, str], text: str, number: str) -> None:
    said = told[text.format(number)]
    assert "Lejer" in said or "kræft" in said
    assert number not in said
    assert number[-5:] not in said
    assert "901234" not in "".join(str(unicodedata.digit(char)) for char in said if char.isdigit())

"""No way of writing a personal number shows it in what ``segl check`` and ``segl explain`` tell of a message."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from typer.testing import CliRunner

from segl.cli.main import build

pytestmark = pytest.mark.usefixtures("no_model")

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


def _told(command: str, mail: Path) -> str:
    done = CliRunner().invoke(build(command), [command, "--no-model", "--json", str(mail)])
    return json.dumps(json.loads(done.stdout), ensure_ascii=False)


@pytest.mark.parametrize("command", ["check", "explain"])
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("number", WRITTEN)
def test_no_whole_number_is_told(tmp_path: Path, command: str, text: str, number: str) -> None:
    mail = tmp_path / "mail.eml"
    mail.write_text(HEAD + text.format(number), "utf-8")
    told = _told(command, mail)
    assert "Lejer" in told or "kræft" in told
    assert number not in told
    assert number[-5:] not in told
    assert "901234" not in "".join(str(unicodedata.digit(char)) for char in told if char.isdigit())

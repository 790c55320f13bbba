"""The same file in several mails: each shows what is in it, and one in which nothing was found is read once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path

import pytest
from typer.testing import CliRunner

from corpus.extracted import names_of_read
from keyword_model import KeywordModel
from segl.cli.main import build
from segl.vocabulary import Label
from segl_classifier.evaluation.documents import docx

TELLING = "Preben er stadig sygemeldt med sin diskusprolaps. Hans cpr-nummer er 010190-1234."
HARMLESS = "Vi ses på torsdag i kantinen, og kaffen er klar fra klokken ni."


@pytest.fixture(autouse=True)
def model(monkeypatch: pytest.MonkeyPatch) -> None:
    said = KeywordModel({"sygemeldt": {Label.HEALTH: 0.8}})
    monkeypatch.setattr("segl_classifier.understanding.loading.load_model", lambda: said)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are truly read."""
    return names_of_read(monkeypatch)


def mails(folder: Path, text: str, number: int = 2) -> list[Path]:
    """So many mails that carry the same Word file."""
    message = EmailMessage()
    message["Subject"] = "Brev"
    message.set_content("Se vedlagte.")
    kind = "vnd.openxmlformats-officedocument.wordprocessingml.document"
    message.add_attachment(docx(text), maintype="application", subtype=kind, filename="brev.docx")
    files = [folder / f"{each:02}.eml" for each in range(1, number + 1)]
    for file in files:
        file.write_bytes(message.as_bytes())
    return files


def each(command: str, files: Sequence[Path], *options: str) -> list[dict[str, object]]:
    """What ``segl`` says of each of *files* when it is asked of all, but for its name."""
    done = CliRunner().invoke(build(command), [command, "--json", *options, *map(str, files)])
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one.pop("file") for one in told] == [str(file) for file in files]
    return told


@pytest.mark.parametrize("text", [TELLING, HARMLESS])
@pytest.mark.parametrize("command", ["explain", "check"])
def test_of_the_second_mail_is_told_what_is_told_of_the_first(
    command: str, text: str, tmp_path: Path
) -> None:
    first, second = each(command, mails(tmp_path, text))
    assert second == first


def test_explain_shows_the_windows_of_both(tmp_path: Path) -> None:
    for told in each("explain", mails(tmp_path, TELLING)):
        shown = json.dumps(told["windows"], ensure_ascii=False)
        assert "sygemeldt med sin diskusprolaps" in shown
        assert "0101xx-xxxx" in shown


def test_check_shows_the_excerpts_of_both(tmp_path: Path) -> None:
    done = CliRunner().invoke(build("check"), ["check", *map(str, mails(tmp_path, TELLING))])
    _, first, second = done.stdout.split("secure  ")
    for told in (first, second):
        assert "0101xx-xxxx.”" in told
        assert told.count("“Preben er stadig sygemeldt") == 4  # the model's, and those of three rules


def test_check_reads_a_file_in_which_nothing_was_found_once(tmp_path: Path, read: list[str]) -> None:
    each("check", mails(tmp_path, HARMLESS, 5))
    assert read == ["brev.docx"]


def test_check_reads_one_in_which_something_was_found_each_time(tmp_path: Path, read: list[str]) -> None:
    each("check", mails(tmp_path, TELLING, 3))
    assert read == ["brev.docx"] * 3

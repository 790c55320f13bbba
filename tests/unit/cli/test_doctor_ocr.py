"""What ``segl doctor`` says of the program that reads pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from segl.cli.doctor_checks import check_ocr
from segl.postfix.check import State
from segl.settings.file import parse_settings


def found(*, ocr: bool = True) -> tuple[State, str]:
    organisation = {"name": "V", "domains": ["vand.example"]}
    check = check_ocr(parse_settings({"organisation": organisation, "detection": {"ocr": ocr}}))
    assert check.id == "ocr"
    assert (check.state is State.OK) == (not check.fix)
    return check.state, check.found


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which programs are looked for."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(folder: Path, body: str) -> None:
    (folder / "tesseract").write_text(f"#!/bin/sh\n{body}\n")
    (folder / "tesseract").chmod(0o755)


def test_off_it_is_not_looked_for(path: Path) -> None:
    assert found(ocr=False) == (State.OK, "turned off: pictures are not read")


@pytest.mark.parametrize(
    ("body", "state", "text"),
    [
        ("echo dan; echo eng; echo osd", State.OK, "tesseract reads Danish and English"),
        ("echo eng; echo osd", State.FAIL, "tesseract has no data for dan"),
        ("echo 'error while loading' >&2; exit 127", State.FAIL, "tesseract has no data for dan, eng, osd"),
        (None, State.FAIL, "tesseract is not installed"),
    ],
    ids=["there", "no Danish", "broken", "none"],
)
def test_it_is_asked_which_languages_it_reads(path: Path, body: str | None, state: State, text: str) -> None:
    if body is not None:
        program(path, body)
    assert found() == (state, text)


def test_a_file_that_is_no_program_does_not_run(path: Path) -> None:
    (path / "tesseract").write_bytes(b"\x7fELF")
    (path / "tesseract").chmod(0o755)
    assert found() == (State.FAIL, f"{path}/tesseract does not run")

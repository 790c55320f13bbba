"""Labelled messages as they are read: what is one, and how each fault is told."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from segl.errors import RecordsError
from segl.vocabulary import Label
from segl_classifier.evaluation.labelled import Attached, read_labelled

MAIL: dict[str, Any] = {
    "id": "a-1",
    "from": "Bo <bo@vand.example>",
    "to": ["a@by.example"],
    "subject": "Hej",
    "body": "Preben er syg.",
    "html": False,
    "attachments": [{"filename": "brev.docx", "type": "docx", "text": "Kære Preben"}],
    "labels": ["health"],
    "must_encrypt": True,
    "unclear": False,
    "why": "illness",
    "spans": [{"label": "health", "text": "syg"}],
}


def written(folder: Path, *records: Any) -> Path:
    file = folder / "set.jsonl"
    lines = [r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in records]
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file


def faults(file: Path) -> list[str]:
    with pytest.raises(RecordsError) as refused:
        read_labelled([file])
    return [str(fault) for fault in refused.value.faults]


def test_a_mail(tmp_path: Path) -> None:
    file = written(tmp_path, MAIL)
    (record,) = read_labelled([file])
    assert record.place == f"{file}:1"
    assert (record.subject, record.body, record.why) == ("Hej", "Preben er syg.", "illness")
    assert (record.labels, record.must_encrypt) == (frozenset({Label.HEALTH}), True)
    assert record.attachments == (Attached("brev.docx", "docx", "Kære Preben"),)


def test_a_passage_needs_only_its_text_and_labels(tmp_path: Path) -> None:
    (record,) = read_labelled([written(tmp_path, {"text": "Vi ses.", "labels": []})])
    assert (record.body, record.must_encrypt) == ("Vi ses.", False)


def test_the_unclear_are_left_out_and_empty_lines_passed_over(tmp_path: Path) -> None:
    file = written(tmp_path, "\ufeff", {**MAIL, "unclear": True}, "", "  ", {**MAIL, "id": "a-2"})
    assert [record.id for record in read_labelled([file])] == ["a-2"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "is no JSON: expecting property name enclosed in double quotes at character 1"),
        ("[1]", "is no JSON object (one record a line, in { })"),
        ("[" * 100_000, "is no JSON that can be read"),
        ({"labels": []}, "body: is required (or text, for a passage)"),
        ({"text": "x"}, "labels: is required"),
        ({"text": "x", "labels": "health"}, "labels: is no list of texts"),
        ({"text": "x", "labels": ["helth"]}, "labels: 'helth' is no category (did you mean health?)"),
        ({"text": 3, "labels": []}, "text: must be text"),
        ({**MAIL, "must_encrypt": False}, "must_encrypt: is false though there are labels"),
        ({**MAIL, "must_encrypt": "no"}, "must_encrypt: must be true or false"),
        ({**MAIL, "to": [3]}, "to: is no list of texts"),
        ({**MAIL, "attachments": {}}, None),
        ({**MAIL, "attachments": ["x"]}, "attachments.1: is no JSON object"),
        (
            {**MAIL, "attachments": [{"filename": "a.exe", "text": ""}]},
            "attachments.1.type: 'exe' is not one of txt, html, csv, pdf, docx, xlsx",
        ),
    ],
)
def test_every_fault_names_file_and_line(tmp_path: Path, line: Any, told: str | None) -> None:
    file = written(tmp_path, MAIL, line)
    if told is None:
        assert len(read_labelled([file])) == 2
        return
    (fault,) = faults(file)
    assert fault.startswith(f"{file}:2: {told}")


@pytest.mark.parametrize(
    "content",
    [
        b"From: a@x.dk\nTo: b@y.dk\nSubject: Hej\n\nHej\n" * 9,
        b"\x7fELF\n" * 99,
        b"\n[\n" + b"{},\n" * 99 + b"]",
    ],
    ids=["a mail", "a program", "a list over many lines"],
)
def test_a_file_of_another_kind_is_one_fault(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "message.eml"
    file.write_bytes(content)
    (fault,) = faults(file)
    assert fault == (
        f"{file}: holds no labelled messages: the first line is no JSON object "
        f"(one record a line, in {{ }}; what a mail holds: segl check {file})"
    )


def test_bytes_in_another_charset_are_told(tmp_path: Path) -> None:
    file = tmp_path / "latin.jsonl"
    file.write_bytes('{"text": "æ", "labels": []}\n'.encode("latin-1"))
    assert faults(file) == [f"{file}:1: is not UTF-8 at byte 10 (save the file as UTF-8)"]


def test_all_faults_are_told_at_once_up_to_some_twenty(tmp_path: Path) -> None:
    assert len(faults(written(tmp_path, "{", "{", "["))) == 3
    many = faults(written(tmp_path, *["{"] * 1000))
    assert len(many) == 21
    assert many[-1].endswith("and perhaps more: the rest was not read")


@pytest.mark.parametrize(
    ("name", "told"),
    [("none.jsonl", "cannot be read: no such file"), (".", "is no file"), ("/dev/zero", "is no file")],
)
def test_what_is_no_file_is_told(tmp_path: Path, name: str, told: str) -> None:
    (fault,) = faults(tmp_path / name)
    assert told in fault


def test_a_set_without_records_is_a_fault(tmp_path: Path) -> None:
    assert "holds no records" in faults(written(tmp_path, {**MAIL, "unclear": True}))[0]


def test_a_file_may_come_through_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(json.dumps(MAIL),))
    writer.start()
    assert len(read_labelled([pipe])) == 1
    writer.join()

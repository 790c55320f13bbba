"""Files that are sent "inline", as Apple's mail program sends them: read as files, whatever the word says."""

from __future__ import annotations

import base64

import pytest

from corpus.extracted import extract
from segl.settings.detection import Limits
from segl.vocabulary import Finding
from segl_classifier.message import Source, Text
from segl_classifier.parse import parse

CPR = "070761-4285"
CODED = base64.b64encode(f"<brev><cpr>{CPR}</cpr><om>{'vand og varme ' * 15}</om></brev>".encode()).decode()
DARK = base64.b64encode(b"\x07\x01" + bytes(range(251)) * 20).decode()
SHEET = "Fødselsdato;Løbenr.;CPR\n1;2;707614285\n2;3;1503850237\n"
HALF = "<!DOCTYPE p [<!ENTITY c '-4285'>]><p>070761&c;</p>"
SCRIPT = f"<html><p>Rapport</p><script>vis('{CODED}')</script></html>"
INLINE, NAMED, PLAIN = "inline", 'inline; filename="{}"', "attachment; filename={}"


def read(content_type: str, content: str, placed: str) -> tuple[list[Text], list[Finding]]:
    """What is read of a letter with a part of this content, whose Content-Disposition is *placed*."""
    head = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSe bilag.\r\n--b\r\n"
    field = f"Content-Type: {content_type}; charset=utf-8\r\nContent-Disposition: {placed}\r\n\r\n"
    return extract(parse(f"{head}{field}{content}\r\n--b--\r\n".encode(), Limits()), Limits())


def numbers(texts: list[Text]) -> bool:
    return any(number in text.text for text in texts for number in (CPR, CPR.replace("-", "")))


@pytest.mark.parametrize("placed", [NAMED, PLAIN])
@pytest.mark.parametrize(
    ("name", "content_type", "content"),
    [
        ("faktura.xml", "application/xml", f"<Invoice><fil>{CODED}</fil></Invoice>"),
        ("udtraek.json", "application/json", f'{{"fil": "{CODED}"}}'),
        ("note.txt", "text/plain", f"Se {CODED} her"),
        ("liste.csv", "text/csv", SHEET),
        ("rapport.html", "text/html", SCRIPT),
    ],
)
def test_a_file_shown_in_place_is_opened(name: str, content_type: str, content: str, placed: str) -> None:
    texts, gaps = read(content_type, content, placed.format(name))
    assert numbers(texts)
    assert not gaps


@pytest.mark.parametrize("placed", [NAMED, PLAIN])
@pytest.mark.parametrize(
    ("name", "content_type", "content", "gap"),
    [
        (
            "faktura.xml",
            "application/xml",
            f"<Invoice><fil>{DARK}</fil></Invoice>",
            "unreadable.unknown-type",
        ),
        ("person.txt", "text/plain", HALF, "unreadable.damaged"),
    ],
)
def test_what_is_dark_in_it_is_told_of(
    name: str, content_type: str, content: str, gap: str, placed: str
) -> None:
    assert [finding.rule for finding in read(content_type, content, placed.format(name))[1]] == [gap]


@pytest.mark.parametrize("content", [f"Se {CODED} her", f"Se {DARK} her", HALF])
def test_a_letter_in_place_without_a_name_is_none(content: str) -> None:
    texts, gaps = read("text/plain", content, INLINE)
    assert not numbers(texts)
    assert not gaps


def test_a_letter_whose_text_bears_a_name_is_still_the_letter() -> None:
    texts, gaps = read("text/plain", "Hej Ib, vi ses i morgen.", NAMED.format("TEXT.txt"))
    assert [text.source for text in texts if "Ib" in text.text] == [Source.BODY]
    assert not gaps

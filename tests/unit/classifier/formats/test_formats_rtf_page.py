r"""Rich text with a page packed into it, as Outlook writes it: what the page says beyond its words is read, too."""

from __future__ import annotations

import base64
import struct
import time

import pytest

from corpus import office_files
from corpus.compound import message
from corpus.reading import ALLOWANCE, WITH_OCR, causes, stands_in, text_of
from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Allowance, Content
from segl_classifier.formats.outlook import message as outlook
from segl_classifier.formats.rtf.reader import read

CPR = "010190-1234"
PNG = office_files.large_png(9_000, 1240, 1754)
IMAGE = f'<img src="cid:a" alt="Journal for Bo Holm {CPR}">'
PAR = r"\htmlrtf \par\htmlrtf0 "


def tag(markup: str, word: str = "htmltag") -> str:
    return rf"{{\*\{word}64 {markup}}}"


def rich(body: str) -> bytes:
    page = f"{tag('<html><body>')}{body}{PAR}{tag('</body></html>')}"
    return rf"{{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{{\fonttbl{{\f0 Arial;}}}}\uc1\pard {page}}}".encode(
        "cp1252"
    )


def packed(body: str, allowance: Allowance = ALLOWANCE) -> Content:
    return read(rich(body), "", allowance)


def in_message(body: str, allowance: Allowance = ALLOWANCE) -> Content:
    data = rich(body)
    envelope = struct.pack("<II4sI", len(data) + 12, len(data), b"MELA", 0) + data
    return outlook.read(message({"10090102": envelope}), "", allowance)


@pytest.mark.parametrize("read_it", [packed, in_message])
@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("Hej." + tag(IMAGE), "spoken"),
        ("Hej." + tag(IMAGE.replace("alt", "\\par\nalt")), "spoken"),
        ("Hej." + tag(f'<input value="{CPR}">'), "beside the text"),
        (tag(f'<a href="https://x.example/?cpr={CPR}">') + "Hej." + tag("</a>"), "beside the text"),
        ("Hej." + tag(f"<!-- Sagen om Bo, {CPR} -->"), "beside the text"),
        (tag("<title>") + tag(CPR) + tag("</title>") + "Hej.", ""),
        ("01" + tag('<span style="display:none">') + "99" + tag("</span>") + "0190-1234", "as displayed"),
        ("Hej." + tag(IMAGE, "mhtmltag"), "spoken"),
    ],
    ids=[
        "alt",
        "alt on another line",
        "value",
        "link",
        "comment",
        "title of the page",
        "hidden",
        "repeated tag",
    ],
)
def test_what_the_page_says_is_read(read_it: object, body: str, place: str) -> None:
    content = read_it(body)  # type: ignore[operator]
    assert place in stands_in(content, CPR)
    assert content.lacks == ()


@pytest.mark.parametrize("letters", ["K\xe6re S\xf8n", r"K\'e6re S\'f8n", r"K\u230?re S\u248?n"])
def test_letters_in_tags_are_those_of_rich_text(letters: str) -> None:
    content = packed("Hej." + tag(f'<img alt="{letters} \\{{Bo\\}} {CPR}">'))
    assert "Kære Søn {Bo} 010190-1234" in text_of(content)


def test_words_are_read_once_however_the_page_joins_them() -> None:
    body = rf"{tag('<p>')}K\'e6re Bo 0101{tag('<b>')}{{\htmlrtf \b \htmlrtf0 90-12{tag('</b>')}\htmlrtf }}\htmlrtf0 34"
    more = rf"{tag('&nbsp;')}\htmlrtf \'a0\htmlrtf0 {tag('</p>')}{PAR}{tag('<p>')}Venlig hilsen{tag('</p>')}"
    content = packed(body + more)
    assert [passage.place for passage in content.passages] == [""]
    assert stands_in(content, CPR) == [""]
    assert text_of(content).count("Venlig hilsen") == 1


def test_rows_that_rich_text_tears_apart_stand_whole_in_the_page() -> None:
    cells = [f"{tag('<td>')}{word}{PAR}{tag('</td>')}" for word in ("Bo Holm", CPR)]
    body = f"{tag('<table><tr>')}{''.join(cells)}{tag('</tr></table>')}"
    assert f"Bo Holm\t{CPR}" in text_of(packed(body))


def test_what_only_rich_text_needs_is_no_part_of_the_page() -> None:
    """A bullet as a letter, in the middle of a number of the page."""
    body = rf"{tag('<p>')}0101\htmlrtf \'95\tab\htmlrtf0 90-1234{tag('</p>')}"
    assert stands_in(packed(body), CPR) == [""]


def test_a_picture_written_into_the_page_is_handed_on_or_told_of() -> None:
    picture = f'<img src="data:image/png;base64,{base64.b64encode(PNG).decode()}">'
    body = f"Hej.{tag(picture)}{tag(picture, 'mhtmltag')}"
    assert causes(packed(body)) == causes(in_message(body)) == {Unreadable.UNKNOWN_TYPE}
    assert [file.data for file in packed(body, WITH_OCR).files] == [PNG]
    assert [file.data for file in in_message(body, WITH_OCR).files] == [PNG]


def test_tags_without_end_are_told_of_and_the_words_are_read() -> None:
    body = f"{tag('<p class=x>') * 1_000}Hej {CPR}"
    content = packed(body, Allowance(5_000, 10, 10**6))
    assert causes(content) == {Unreadable.TOO_LARGE}
    assert stands_in(content, CPR) == [""]


@pytest.mark.parametrize("body", [tag("<p>") * 40_000, tag("<") * 40_000, tag('<a title="a b c" ') * 20_000])
def test_hostile_tags_end_in_time(body: str) -> None:
    begin = time.process_time()
    packed(body)
    assert time.process_time() - begin < 4

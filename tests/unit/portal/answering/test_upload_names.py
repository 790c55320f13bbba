"""File names of uploads: what comes out is harmless on every system, and still the name the recipient knows."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl_portal.answering.kinds import is_refused, media_type
from segl_portal.answering.names import clean_name, ending, unlike
from segl_portal.reading.shown import LONGEST_NAME, MOST_NAME_BYTES


@pytest.mark.parametrize(
    ("given_name", "clean"),
    [
        ("brev.pdf", "brev.pdf"),
        ("Ægløs års­opgørelse (2).xlsx", "Ægløs årsopgørelse (2).xlsx"),  # a soft hyphen inside
        ("A\u030aret.txt", "Året.txt"),  # one letter, however it was typed
        ("C:\\Users\\Bo\\Skrivebord\\brev.pdf", "brev.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\system.ini", "system.ini"),
        ("/", "fil-1"),
        ("", "fil-1"),
        ("..", "fil-1"),
        (" . . ", "fil-1"),
        ("\u202e\u200b", "fil-1"),
        ("???", "fil-1"),
        ("brev\x00.pdf", "brev.pdf"),
        ("brev\r\nBcc: evil@evil.example\r\n.pdf", "brevBcc_ evil@evil.example.pdf"),
        ("gpj.\u202eexe.jpg", "gpj.exe.jpg"),
        ("a\u2066b\u2069.txt", "ab.txt"),
        ("brev.exe\u200b", "brev.exe"),
        ("brev.exe. . ", "brev.exe"),
        ("brev.txt:skjult.exe", "brev.txt_skjult.exe"),
        ('a"b<c>d|e*f.txt', "a_b_c_d_e_f.txt"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("COM1.pdf", "_COM1.pdf"),
        ("lpt¹", "_lpt¹"),
        ("aux .txt", "_aux .txt"),
        ("contract.pdf", "contract.pdf"),
        ("faktura.pdf" + "\u2800" * 40 + ".docm", "faktura.pdf.docm"),  # blanks that are no blanks
        (".htaccess", "htaccess"),
        ("-rf.txt", "-rf.txt"),
        ("=?utf-8?q?x?=.txt", "=_utf-8_q_x_=.txt"),
        ("billede\t1   2.jpg", "billede1 2.jpg"),
        ("\ud800x.txt", "x.txt"),
    ],
)
def test_names(given_name: str, clean: str) -> None:
    assert clean_name(given_name, "fil-1") == clean


@given(st.text(max_size=400))
def test_whatever_comes_in_a_harmless_name_comes_out(text: str) -> None:
    name = clean_name(text, "fil-1")
    assert 0 < len(name) <= LONGEST_NAME
    assert len(name.encode()) <= MOST_NAME_BYTES
    assert not set(name) & set('/\\<>:"|?*')
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for c in name)
    assert name == name.strip(". ")
    assert clean_name(name, "fil-1") == name, "once is enough"


@given(st.text(min_size=1, max_size=300), st.sampled_from(["exe", "pdf", "docx"]))
def test_the_ending_is_kept_however_long_the_name_is(stem: str, end: str) -> None:
    assert ending(clean_name(f"{stem}.{end}", "fil-1")) in {end, ""} or stem.strip(". ") == ""


def test_doubles_are_told_apart_as_the_strictest_system_does() -> None:
    taken: set[str] = set()
    names = []
    for name in ("brev.pdf", "BREV.PDF", "brev.pdf", "brev (2).pdf", "uden", "Uden"):
        names.append(unlike(name, taken))
        taken.add(names[-1].casefold())
    assert names == ["brev.pdf", "BREV (2).PDF", "brev (3).pdf", "brev (2) (2).pdf", "uden", "Uden (2)"]


def test_no_refused_endings_means_that_all_is_taken() -> None:
    assert not is_refused("program.exe", b"MZ", ())
    assert is_refused("program.exe", b"x", ("exe",))
    assert is_refused("billede.jpg", b"MZ", ("exe",))
    assert not is_refused("billede.jpg", b"\xff\xd8\xff", ("exe",))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.pdf", "application/pdf"),
        ("a.JPG", "image/jpeg"),
        ("a.txt", "text/plain"),
        ("a.eml", "application/octet-stream"),  # a message in base64 is no message/rfc822
        ("a.tar.gz", "application/octet-stream"),
        ("a.ukendt", "application/octet-stream"),
        ("a", "application/octet-stream"),
    ],
)
def test_the_type_is_told_by_the_ending(name: str, kind: str) -> None:
    assert media_type(name) == kind

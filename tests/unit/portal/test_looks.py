"""How the pages look for whom: colours that can be read, logos that are pictures, each domain its own; and words that
are complete in both languages."""

from __future__ import annotations

import dataclasses
import re
import string
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.errors import SettingsError
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl_portal.catalogue import Texts
from segl_portal.colours import DARK_GROUND, LIGHT_GROUND, TEXT, Palette, contrast
from segl_portal.guard import Trouble
from segl_portal.look import load_looks
from segl_portal.texts_da import DANISH
from segl_portal.texts_en import ENGLISH

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'


def settings(*looks: dict[str, Any]) -> Settings:
    return parse_settings(
        {
            "organisation": {"name": "Nordby Vandværk", "domains": ["nordby.example", "syd.example"]},
            "portal": {"look": list(looks)},
        }
    )


def test_contrast_is_counted_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert contrast("#777777", "#777777") == 1


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_by_night_every_colour_can_be_read_and_read_on(colour: str) -> None:
    assert contrast(Palette.of(colour).night, DARK_GROUND) >= TEXT


def test_the_palette_reckons_with_the_grounds_of_the_style_sheet() -> None:
    sheet = files("segl_portal").joinpath("static/portal.css").read_text("utf-8")
    assert re.findall(r"--ground: (#[0-9a-f]{6})", sheet)[:2] == [LIGHT_GROUND, DARK_GROUND]


@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        *[(ink, ground) for ink in ("ink", "quiet") for ground in ("ground", "paper")],
        ("wrong", "wrong-soft"),
        ("good", "good-soft"),
    ],
)
def test_the_style_sheets_own_colours_can_be_read_by_day_and_by_night(ink: str, ground: str) -> None:
    sheet = files("segl_portal").joinpath("static/portal.css").read_text("utf-8")
    for palette in (sheet, sheet.partition("prefers-color-scheme: dark")[2]):
        colours = dict(reversed(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", palette)))
        assert contrast(colours[ink], colours[ground]) >= TEXT
        assert contrast(colours["field"], colours["paper"]) >= 3


def test_without_a_word_in_the_settings_the_organisations_name_is_shown() -> None:
    looks = load_looks(settings())
    assert looks.default.name == "Nordby Vandværk"
    assert looks.of_sender("anna@nordby.example") == looks.default


def test_a_domain_has_its_look_and_all_others_the_one_without_domains() -> None:
    looks = load_looks(settings({"name": "Fælles"}, {"name": "Syd", "domains": ["syd.example"]}))
    assert looks.default.name == "Fælles"
    assert looks.of_sender("bo@syd.example").name == "Syd"
    assert looks.of_sender("bo@SYD.example").name == "Syd"
    assert looks.of_sender("anna@nordby.example").name == "Fælles"
    assert looks.of_sender("no address").name == "Fælles"


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(PNG, "image/png"), (b"\xff\xd8\xff\xe0", "image/jpeg"), (SVG, "image/svg+xml")],
)
def test_a_logo_is_what_its_bytes_say(tmp_path: Path, content: bytes, media_type: str) -> None:
    file = tmp_path / "logo"
    file.write_bytes(content)
    logo = load_looks(settings({"logo": str(file)})).default.logo
    assert logo is not None
    assert (logo.media_type, logo.content) == (media_type, content)


@pytest.mark.parametrize(
    ("look", "word"),
    [
        ({"colour": "#ffd500"}, "cannot be read on white: contrast 1."),
        ({"logo": "/nowhere/logo.png"}, "No such file"),
        ({"logo": b"<html>"}, "is no PNG"),
        ({"logo": b"<svg><script>alert(1)</script></svg>"}, "without script"),
        ({"logo": PNG + bytes(200_000)}, "200 KB"),
        ({"logo": b""}, "is no PNG"),
    ],
    ids=["pale", "no file", "html", "svg with script", "large", "empty"],
)
def test_a_look_that_cannot_be_used_is_refused_by_name(
    tmp_path: Path, look: dict[str, Any], word: str
) -> None:
    if isinstance(content := look.get("logo"), bytes):
        (tmp_path / "logo").write_bytes(content)
        look = {"logo": str(tmp_path / "logo")}
    with pytest.raises(SettingsError) as refused:
        load_looks(settings(look))
    assert "portal.look.1" in refused.value.private
    assert word in refused.value.private


def test_two_looks_for_one_domain_are_refused() -> None:
    with pytest.raises(SettingsError) as refused:
        load_looks(settings({"domains": ["syd.example"]}, {"domains": ["syd.example"]}, {}, {}))
    assert "portal.look.2.domains: syd.example has a look already" in refused.value.private
    assert "portal.look.4" in refused.value.private


def _filled(texts: Texts, name: str) -> set[str]:
    value = getattr(texts, name)
    return (
        {field for _, field, _, _ in string.Formatter().parse(value) if field}
        if isinstance(value, str)
        else set()
    )


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Texts)])
def test_both_languages_say_everything_with_the_same_blanks_to_fill(name: str) -> None:
    assert getattr(DANISH, name)
    assert getattr(ENGLISH, name)
    assert _filled(DANISH, name) == _filled(ENGLISH, name)


def test_every_trouble_has_its_words() -> None:
    for texts in (DANISH, ENGLISH):
        assert set(texts.faults) == {trouble.value for trouble in Trouble}
        assert all(title and text for title, text in texts.faults.values())


def test_days_times_and_sizes_are_written_as_each_language_does() -> None:
    at = datetime(2026, 3, 5, 9, 7)
    assert (DANISH.day(at), ENGLISH.day(at)) == ("5. marts 2026", "5 March 2026")
    assert (DANISH.time(at), ENGLISH.time(at)) == ("5. marts 2026 kl. 9.07", "5 March 2026 at 9:07")
    sizes = {
        0: "0 byte",
        999: "999 byte",
        1000: "1 KB",
        999_499: "999 KB",
        999_500: "1,0 MB",
        2_449_000: "2,4 MB",
    }
    assert {octets: DANISH.size(octets) for octets in sizes} == sizes
    assert ENGLISH.size(2_449_000) == "2.4 MB"
    assert ENGLISH.size(1) == "1 byte"

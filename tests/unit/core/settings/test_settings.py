"""The settings file: defaults, every fault at once with file, key and hint, own domains and pins."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from segl.errors import SettingsError
from segl.settings.cautions import detection_cautions
from segl.settings.document import Settings
from segl.settings.file import load_settings, parse_settings
from segl.vocabulary import Decision, Label, Mode, Way

SMALLEST: dict[str, Any] = {"organisation": {"name": "Nordby Vandværk", "domains": ["nordby-vand.example"]}}
BAD_FOLDER = Path(__file__).resolve().parents[3] / "bad_settings"
BAD = sorted(BAD_FOLDER.glob("*/segl.toml"))


def settings(**tables: Any) -> Settings:
    return parse_settings(SMALLEST | tables)


def test_the_smallest_file_names_only_the_organisation() -> None:
    found = settings()
    assert found.detection.mode is Mode.DETECT
    assert found.routing.order == (Way.TUNNEL, Way.CERTIFICATE, Way.TLS, Way.PORTAL)
    assert found.owners.first.notice_from == "sikker-besked@nordby-vand.example"


def test_settings_are_frozen() -> None:
    with pytest.raises(AttributeError):
        settings().detection.mode = Mode.SHADOW  # type: ignore[misc]


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.parent.name)
def test_a_bad_file_names_every_fault(file: Path) -> None:
    """Each folder of tests/bad_settings holds one broken file and the faults it must be told."""
    expected = (file.parent / "expected").read_text("utf-8").splitlines()
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    told = [str(fault).replace(str(file), "segl.toml") for fault in caught.value.faults]
    assert told == expected


def test_there_are_bad_files_to_learn_from() -> None:
    assert len(BAD) >= 6


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "there is no such file"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"[organisation\n", "is not TOML"),
        (b"[detection]\nmode = detect\n", "is not TOML: Invalid value (at line 2, column 8) (texts stand in"),
        (b"[detection]\n[portal]\n[detection]\n", "twice (at line 3, column 11) (a table begins once: "),
        (
            b"[log]\nlevel = 'info'\nlevel = 'debug'\n",
            "(at line 3, column 16) (a key or a table stands once: ",
        ),
        (b"", "organisation: is required"),
    ],
)
def test_a_file_that_cannot_be_read_says_so(tmp_path: Path, content: bytes | None, problem: str) -> None:
    file = tmp_path / "segl.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    assert problem in caught.value.private
    assert str(file) in caught.value.private


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is a directory"):
        load_settings(tmp_path)


def test_whatever_stands_in_a_files_place_is_told_of(tmp_path: Path) -> None:
    file, pipe, loop = tmp_path / "segl.toml", tmp_path / "pipe", tmp_path / "loop"
    file.write_text("a = " + "[" * 5_000)
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    for odd, words in (
        (file, "too many brackets"),
        (file / "x", "Not a directory"),
        (tmp_path / ("x" * 300), "name too long"),
        (pipe, "no ordinary file"),
        (Path("/dev/zero"), "no ordinary file"),
        (loop, "Too many levels of symbolic links"),
    ):
        with pytest.raises(SettingsError, match=words):
            load_settings(odd)


def test_own_domains_and_their_subdomains() -> None:
    alone = settings()
    assert alone.is_own("nordby-vand.example")
    assert not alone.is_own("drift.nordby-vand.example")
    assert not alone.is_own("xnordby-vand.example")
    organisation = {**SMALLEST["organisation"], "subdomains": True}
    with_subdomains = parse_settings({"organisation": organisation})
    assert with_subdomains.is_own("drift.nordby-vand.example")
    assert not with_subdomains.is_own("xnordby-vand.example")


PINNED = {
    "a.syd.region.example": Way.TLS,
    "a.vest.region.example": Way.TUNNEL,
    "nord.region.example": Way.PORTAL,
    "by.example": Way.TUNNEL,
    "x.by.example": None,
    "example": None,
}


def test_the_nearest_pin_wins() -> None:
    found = settings(
        domain=[
            {"name": "syd.region.example", "way": "tls", "subdomains": True},
            {"name": "region.example", "way": "portal", "subdomains": True},
            {"name": "vest.region.example", "way": "tunnel", "subdomains": True},
            {"name": "by.example", "way": "tunnel"},
        ]
    )
    ways = {domain: pin.way if (pin := found.pin(domain)) else None for domain in PINNED}
    assert ways == PINNED


def test_thresholds_of_the_model_are_set_by_category() -> None:
    found = settings(detection={"unsure": "hold", "thresholds": {"health": 0.4, "any": 1}}).detection
    assert found.thresholds == {Label.HEALTH: 0.4, "any": 1.0}
    assert (found.model, found.unsure) == (True, Decision.HOLD)


def test_the_model_has_no_threshold_for_cpr_numbers() -> None:
    with pytest.raises(SettingsError, match=r"detection\.thresholds\.cpr: the model has no say"):
        settings(detection={"thresholds": {"cpr": 0.4}})


def test_domains_are_compared_as_smtp_does() -> None:
    organisation = {"name": "x", "domains": ["Ærø.Example."]}
    assert parse_settings({"organisation": organisation}).organisation.domains == ("xn--r-3fa9c.example",)


def test_what_turns_detection_down_is_told_where_settings_are_checked() -> None:
    turned = {
        "mode": "shadow",
        "model": False,
        "unsure": "plain",
        "pictures": "ignore",
        "languages_read": ["all"],
        "thresholds": {"any": 1.0, "health": 0.6},
    }
    assert not list(detection_cautions(parse_settings(SMALLEST)))
    told = [one.where for one in detection_cautions(parse_settings(SMALLEST | {"detection": turned}))]
    names = ("mode", "model", "unsure", "pictures", "languages_read", "thresholds.any")
    assert told == [f"detection.{name}" for name in names]


def test_a_limit_longer_than_postfix_waits_is_no_fault_and_shorter() -> None:
    """Files of before have such; refused, they would stop all mail at an upgrade."""
    limits = {"attachment_seconds": 45, "attachments_seconds": 90, "ocr_seconds": float("inf")}
    read = settings(limits=limits | {"message_seconds": 600}).limits
    assert (read.attachment_seconds, read.attachments_seconds, read.ocr_seconds) == (45, 50, 50)
    assert read.message_seconds == 50

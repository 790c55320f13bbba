"""Binary property lists of Apple's programs."""

from __future__ import annotations

import plistlib
import time
from datetime import datetime
from typing import Any

import pytest

from corpus.unfolded import Read, Whole
from segl.vocabulary import Unreadable

SAID = "Bo Holm, CPR 070761-4285"


def listed(tree: dict[str, Any] | list[Any]) -> bytes:
    return plistlib.dumps(tree, fmt=plistlib.FMT_BINARY)


@pytest.mark.parametrize(
    ("name", "tree"),
    [
        ("side.webloc", {"URL": "https://sag.example/?cpr=0707614285"}),
        ("side.webarchive", {"WebMainResource": {
            "WebResourceData": f"<p>{SAID.replace('0761', '<b>0761</b>')}".encode(),
            "WebResourceMIMEType": "text/html", "WebResourceURL": "https://sag.example/",
        }}),
        ("noter.plist", {"CPR": 707614285, "Noter": ["Ringet", SAID]}),
        ("noter.plist", {"$objects": ["$null", {"NS.string": SAID}], "Gemt": datetime(2026, 12, 1)}),
        ("pakket.plist", {"Data": listed([{"Brev": SAID}])}),
    ],
)  # fmt: skip
def test_all_is_read(name: str, tree: dict[str, Any]) -> None:
    assert Whole(name, listed(tree)).numbers


def test_settings_are_no_gap() -> None:
    tree = {"Vindue": [1, 2.5, True], "Navn": "Vandværk", "Åbnet": datetime(2026, 1, 1)}
    assert "Navn: Vandværk" in str(Whole("indstillinger.plist", listed(tree)))


def test_what_is_no_list_and_what_is_more_than_a_text_may_be_is_told_of() -> None:
    whole = listed({"Brev": SAID * 20, "Liste": [[]] * 9})
    for data in (whole[:-20], whole[:60], b"bplist00" + bytes(40)):
        assert Read("a.plist", data).causes == [f"unreadable.{Unreadable.DAMAGED}"]
    assert Read("a.plist", listed({"a": b"\x93\1\2\3" * 99})).causes == [
        f"unreadable.{Unreadable.UNKNOWN_TYPE}"
    ]


def test_lists_within_lists_many_times_take_no_time() -> None:
    tree: list[Any] = ["x"]
    for _ in range(60):
        tree = [tree] * 50
    start = time.process_time()
    Read("a.plist", listed(tree))
    assert time.process_time() - start < 1

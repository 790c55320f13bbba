"""``segl evaluate`` with the shipped rules and the shipped model, on mails that no model has learned from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from segl.cli.main import build

SETS = ("harvest", "estuary", "orchard")
FOUND, FALSE_ALARMS, LABEL_F1 = 0.95, 0.055, 0.85
LISTS_FOUND, LISTS_FALSE = 0.88, 0.1
SETTINGS = '[organisation]\nname = "Vandet"\ndomains = ["vand.example"]\n'


def judged(sets: Sequence[str], repository: Path, folder: Path) -> dict[str, float]:
    settings = folder / "segl.toml"
    settings.write_text(SETTINGS, "utf-8")
    files = [str(repository / f"classifier/corpus/test_{name}.jsonl") for name in sets]
    done = CliRunner().invoke(build("evaluate"), ["evaluate", "--json", "--settings", str(settings), *files])
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["model"] is True
    must, every = told["must_encrypt"], told["micro"]
    return {
        "mails": told["n"],
        "found": must["recall"],
        "false alarms": must["false_alarms"],
        "label F1": every["f1"],
    }


@pytest.mark.slow
def test_the_shipped_model_still_finds_what_it_found(repository: Path, tmp_path: Path) -> None:
    """A guard against a change, anywhere between the bytes of a mail and the decision, that costs recall; no
    measurement: what a model is worth its card says.

    The floors lie somewhat below what the shipped model reaches (.976 found at .032 false alarms, label F1 .883), so
    that a mail or two more or less raise no alarm. With an earlier model (.972, .035, .882) as many were found where
    the encoder was never asked, but at .061 and .839; where the sieve was not either, at .091 and .795. Of one set
    alone too few are missed or false to show it. A new model brings floors of its own. Only figures are shown on
    failure: who reads the mails that were missed, and mends them one by one, has no fresh set any longer.
    """
    figures = judged(SETS, repository, tmp_path)
    assert figures["mails"] == 594
    assert figures["found"] >= FOUND, figures
    assert figures["false alarms"] <= FALSE_ALARMS, figures
    assert figures["label F1"] >= LABEL_F1, figures


@pytest.mark.slow
def test_lists_that_say_it_by_their_heading_are_found(repository: Path, tmp_path: Path) -> None:
    """As above, of 107 mails half of which carry such a list and half one that looks like it (.942 found at .055)."""
    figures = judged(["registry"], repository, tmp_path)
    assert figures["mails"] == 107
    assert figures["found"] >= LISTS_FOUND, figures
    assert figures["false alarms"] <= LISTS_FALSE, figures

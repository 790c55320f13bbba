"""Somebody's matter in a mail that also speaks of the same in general, as minutes and newsletters of a house do.

A guard of the shipped model and rules, which find 24 of these 28: it was 16 while the texts that taught said one thing
in a mail each. No measurement.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from segl.cli.main import build

SETTINGS = '[organisation]\nname = "Vandet"\ndomains = ["vand.example"]\n'
# What is said in general, and of whom.
TOPICS = {
    "stress": (
        "Arbejdstilsynet har samlet gode råd om stress. Hver fjerde oplever stress i løbet af et arbejdsliv, og de "
        "fleste kommer tilbage efter nogle måneder.",
        "Gitte Vang på kontoret er sygemeldt med stress og går til psykolog.",
    ),
    "diabetes": (
        "Diabetesforeningen holder foredrag i november. Sygdommen kan behandles med kost og medicin, og mange lever "
        "godt med den.",
        "Børge Skou i værkstedet har fået konstateret diabetes og tager insulin.",
    ),
    "belief": (
        "Pinsekirken fejrer jubilæum, og byens trossamfund inviterer til åbent hus. Der er plads til alle.",
        "Martin Høg er blevet medlem af Jehovas Vidner og vil ikke med til julefrokost.",
    ),
    "crime": (
        "Ny lov giver strengere straf for spirituskørsel. Bøden følger indkomsten, og kortet kan frakendes.",
        "Torben Riis blev i går dømt for spirituskørsel og har mistet kørekortet.",
    ),
    "debt": (
        "Inkassoloven fastsætter, hvor meget en rykker må koste. Skyldneren skal have ti dages frist.",
        "Lejeren Mette Skaarup i 3. tv. skylder to måneders husleje og er sendt til inkasso.",
    ),
    "union": (
        "Overenskomsten på området genforhandles til foråret. Forbundet har varslet krav om kortere arbejdstid.",
        "Henrik Toft har meldt sig ud af Dansk Metal og ind i Krifa.",
    ),
    "divorce": (
        "Familieretshuset har fået nye regler om samvær. Forældre skal nu til møde, før de kan blive skilt.",
        "Sanne Holst er blevet skilt, og børnene skal bo hos deres far.",
    ),
}
PLACES = {
    "before": "Hej alle\n\n{general}\n\n{matter}\n\nHilsen Per\n",
    "after": "Hej alle\n\n{matter}\n\n{general}\n\nHilsen Per\n",
    "in one paragraph": "Hej alle\n\n{general} {matter}\n\nHilsen Per\n",
    "point of an agenda": "Dagsorden\n\n- {general}\n- {matter}\n- Eventuelt\n",
}


def decisions(folder: Path, mails: dict[str, str]) -> dict[str, str]:
    """How each of *mails* is decided, by its name."""
    settings = folder / "segl.toml"
    settings.write_text(SETTINGS, "utf-8")
    files = []
    for number, (name, body) in enumerate(mails.items()):
        file = folder / f"{number:03}.eml"
        head = "From: per@vand.example\nTo: x@y.example\nSubject: Orientering\n"
        head += (
            "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
        )
        file.write_text(f"{head}\n{body}", "utf-8")
        files.append((name, str(file)))
    done = CliRunner().invoke(
        build("check"), ["check", "--json", "--settings", str(settings), *(file for _, file in files)]
    )
    told = {line["file"]: line["decision"] for line in map(json.loads, done.stdout.splitlines())}
    return {name: told[file] for name, file in files}


@pytest.mark.slow
def test_a_matter_is_found_beside_general_words_on_the_same(tmp_path: Path) -> None:
    mails = {
        f"{topic}, {place}": form.format(general=general, matter=matter)
        for topic, (general, matter) in TOPICS.items()
        for place, form in PLACES.items()
    }
    plain = [name for name, decided in decisions(tmp_path, mails).items() if decided == "plain"]
    assert len(mails) == 28
    assert len(plain) <= 5, plain


@pytest.mark.slow
def test_the_general_words_alone_are_nobodys_matter(tmp_path: Path) -> None:
    mails = {topic: f"Hej alle\n\n{general}\n\nHilsen Per\n" for topic, (general, _) in TOPICS.items()}
    secure = [name for name, decided in decisions(tmp_path, mails).items() if decided != "plain"]
    assert len(secure) <= 1, secure

"""Titles that say by themselves what a message is about, above what only hangs on them."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from segl.vocabulary import Label
from segl_classifier.message import Source, Text
from segl_classifier.understanding.cascade import Cascade
from segl_classifier.understanding.interface import CascadeStage, Window
from segl_classifier.understanding.loading import load_model
from segl_classifier.understanding.passing import BY, LOWERED
from segl_classifier.understanding.titles import BY_ITSELF, titles
from segl_classifier.understanding.windows import SplitWindow, split_windows
from told_stages import alone, running_out, saying

TITLE = "Lis Møller, skizofreni"
MATTER = "Lis Møller har fået diagnosen skizofreni og er indlagt."


def text(content: str, source: Source = Source.BODY) -> Text:
    return Text(content, "part 1", source)


def subject(content: str = TITLE) -> Text:
    return Text(content, "subject", Source.SUBJECT)


def read(*texts: Text) -> list[str]:
    return [title.text for title in titles(texts)]


@pytest.mark.parametrize(
    "written",
    [
        *(
            "SV: ",
            "Re: ",
            "VS: SV: ",
            "FW: Fwd: ",
            "AW: WG: ",
            "Antw: ",
            "Re[2]: ",
            "Sv : ",
            "[EKSTERN] ",
            "SV: [Sag 25/1188] ",
        ),
        *("(Ekstern) ", "EXTERNAL: RE: ", "[Bestyrelsen] VS: "),
    ],
)
def test_a_subject_is_read_without_what_programs_put_before_it(written: str) -> None:
    assert read(subject(f"{written}{TITLE}")) == [f"{TITLE} |"]
    assert read(subject(f"{written}{TITLE} [Ref: 00D.5003X] [Sag 1]")) == [f"{TITLE} |"]


@pytest.mark.parametrize("whole", ["[Sygemeldt]", "SV: [Lis Møller]", "Revision: Lis Møller", "Svært: Bo"])
def test_nothing_else_is_left_out(whole: str) -> None:
    assert read(subject(whole)) == [f"{whole} |"]


@pytest.mark.parametrize(
    "line",
    [
        *(
            "Emne: {}",
            "Subject: {}",
            "> Betreff: {}",
            "Betr.: {}",
            "Ärende: {}",
            "Gjelder: {}",
            "*Emne:* {}",
            "Emne\t{}",
            "Vedr.: {}",
            "Vedrørende: {}",
        ),
        *("Ang. {}", "Titel: {}", "Sagstitel: SV: {}", "SUMMARY;LANGUAGE=da-DK:{}", "SUMMARY:{}"),
    ],
)
def test_a_line_that_says_what_it_is_about_is_a_title(line: str) -> None:
    told = line.format(TITLE)
    if ":" not in line and "\t" not in line:
        assert read(text(f"Hej\n{told}\nRing lige.")) == []
        return
    [title] = titles([text("Hej"), text(f"Hej\r\n{told}\r\nRing lige.")])
    assert title.text == f"{TITLE} |"
    assert (title.source_index, f"Hej\r\n{told}\r\nRing lige."[title.start : title.end][-len(TITLE) :]) == (
        1,
        TITLE,
    )


@pytest.mark.parametrize(
    "line", ["Emne: 25/1188", "Emne:", "Emnet: valg", "Vi talte om emne: valg", "Titel: \n\nHej"]
)
def test_other_lines_are_none(line: str) -> None:
    assert read(text(line)) == []


@pytest.mark.parametrize("line", ["3. {}", "Pkt. 3: {}", "12) {}", "- {}", "> • {}", "Ad 4. {}"])
def test_a_point_of_an_agenda_is_a_title_where_somebody_may_be_named(line: str) -> None:
    assert read(text(f"Dagsorden\r\n{line.format(TITLE)}\r\nØkonomi")) == [f"{TITLE} |"]
    for none in (
        "44 % af ægteskaber ender i skilsmisse",
        "Er nogen uenige",
        "Lis Møller er syg.",
        "Møde om Lis " * 9,
    ):
        assert read(text(f"Dagsorden\n{line.format(none)}\nØkonomi")) == []


def test_the_first_line_of_a_file_is_a_title() -> None:
    letter = f"\n{TITLE}\nHermed som aftalt."
    assert read(text(letter, Source.ATTACHMENT)) == [f"{TITLE} |"]
    assert read(text(letter)) == []
    assert read(text("Lis Møller er indlagt.\nHermed.", Source.ATTACHMENT)) == []
    assert read(text("Navn\tEnhed\nLis\tNord", Source.ATTACHMENT)) == []


@pytest.mark.parametrize(
    "heading", ["Sagsnr.\tEmne\tFrist", "Emne\tFrist\tAnsvarlig", "Sag\tAnsvarlig\tSagstitel"]
)
def test_in_a_list_of_cases_each_has_its_title(heading: str) -> None:
    place = next(n for n, name in enumerate(heading.split("\t")) if name in ("Emne", "Sagstitel"))
    rows = []
    for title in (TITLE, "Nøgle til kontoret"):
        row = ["PD"] * 3
        row[place] = title
        rows.append("\t".join(row))
    list_ = text("\n".join((heading, *rows)), Source.ATTACHMENT)
    found = titles([list_], list(split_windows([list_])))
    assert [title.text for title in found] == [f"{TITLE} |", "Nøgle til kontoret |"]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Afslag_Bo-Bro.pdf", "Afslag Bo Bro |"),
        ("OpsigelseBoBro.docx", "Opsigelse Bo Bro |"),
        ("scan.pdf", "scan |"),
    ],
)
def test_the_name_of_a_file_is_a_title_without_its_kind(name: str, title: str) -> None:
    assert read(text(name, Source.FILENAME)) == [title]


def test_each_is_read_once_and_not_what_is_a_window_already() -> None:
    mail = [subject(f"SV: {TITLE}"), text(f"Emne: {TITLE}\nTak.")]
    assert read(*mail) == [f"{TITLE} |"]
    assert titles(mail, [SplitWindow(Window(f"{TITLE} |", "subject", Source.SUBJECT, 0, 0, 9))]) == []
    assert read(replace(subject("Noget andet her"), remark=True), Text(TITLE, "to", Source.NAME)) == []


@pytest.fixture(scope="module")
def shipped() -> Cascade:
    loaded = load_model()
    assert loaded is not None
    return loaded


def asked(model: Cascade) -> list[str]:
    encoder: Any = model.encoder
    return [one for one in encoder.asked if one.endswith(" |")]


def test_a_title_is_found_where_the_rest_only_hangs_on_it_and_loses_little(shipped: Cascade) -> None:
    model = saying(shipped, {f"{TITLE} |": Label.HEALTH})
    understood = model.understand([subject(), text("Tager du den her? Ring lige.")])
    [reading] = alone(understood.readings)
    assert (reading.window.text, reading.stage) == (f"{TITLE} |", CascadeStage.ENCODER)
    assert reading.lowered == ((LOWERED, BY_ITSELF),)
    assert understood.any == reading.any >= model.any_threshold.unsure
    assert BY_ITSELF < BY


def test_a_title_takes_no_sentence_its_turn(shipped: Cascade) -> None:
    model = saying(shipped, {f"{TITLE} |": Label.HEALTH, MATTER: Label.CRIMINAL})
    mail = [subject(), text(f"Taget bliver lagt om i uge 14. {MATTER} Printeren er flyttet til kopirummet.")]
    assert [reading.window.text for reading in alone(model.understand(mail).readings)] == [
        MATTER,
        f"{TITLE} |",
    ]


@pytest.mark.parametrize(
    ("certain", "told"), [(Label.HEALTH, []), (Label.FAMILY, [f"{TITLE} |"])], ids=["the same", "another"]
)
def test_what_is_certain_already_is_not_asked_again(
    shipped: Cascade, certain: Label, told: list[str]
) -> None:
    model = saying(shipped, {f"{TITLE} |": Label.HEALTH, f"{TITLE} | {MATTER}": certain})
    model.understand([subject(), text(MATTER)])
    assert asked(model) == told


def test_of_a_title_that_is_unlikely_the_encoder_is_not_asked(shipped: Cascade) -> None:
    model = saying(shipped, {})
    model.understand([subject(), text("Ring lige.")])
    assert asked(model) == []


def test_of_many_titles_the_encoder_is_asked_of_few(shipped: Cascade) -> None:
    lines = [f"Emne: Lis Møller og {letter}en" for letter in "abcdefghijklmnopqrstuvw"]
    model = saying(shipped, {f"{line[6:]} |": Label.HEALTH for line in lines})
    model.understand([text("\n".join(lines))])
    assert 1 <= len(asked(model)) <= len(lines) // model.budget.one_in


def test_without_time_for_a_title_that_is_likely_it_does_not_say_that_it_understood(shipped: Cascade) -> None:
    model = saying(shipped, {f"{TITLE} |": Label.HEALTH})
    late = replace(model, budget=replace(model.budget, seconds=-1.0))
    assert not late.understand([subject(), text("Ring lige.")]).complete


def test_nor_where_the_sieve_takes_the_encoders_time(
    shipped: Cascade, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, mail = saying(shipped, {f"{TITLE} |": Label.HEALTH}), [subject(), text("Ring lige.")]
    assert model.understand(mail).complete
    late = running_out(model, f"{TITLE} |", monkeypatch).understand(mail)
    assert (late.complete, alone(late.readings)) == (False, [])


@pytest.mark.parametrize(
    "told", ["Jørgen Vad: operation for diskusprolaps, afsnit O3", "Afslag: kontanthjælp, Bo Bro"]
)
@pytest.mark.parametrize(
    "hanging", ["Hej\n\nTager du den her? Ring lige.\n\nLone", "Se nedenfor.", "Tak for i dag."]
)
def test_the_shipped_model_finds_a_title_that_tells_it_all(shipped: Cascade, told: str, hanging: str) -> None:
    for mail in (
        [subject(told), text(hanging)],
        [subject(f"SV: VS: {told}"), text(hanging)],
        [
            subject("VS: som aftalt"),
            text(f"Fra: Per Dam\nSendt: 24. november\nTil: Lone\nEmne: {told}\n\n{hanging}"),
        ],
        [text(f"{told}.pdf", Source.FILENAME), text(hanging, Source.ATTACHMENT)],
    ):
        assert shipped.understand(mail).any >= shipped.any_threshold.unsure, mail


@pytest.mark.slow
@pytest.mark.parametrize(
    "hostile",
    [
        *(
            "Emne: Bo Bro\n" * 40_000,
            "- Bo Bro\n" * 60_000,
            "1. " * 165_000,
            "- " * 250_000,
            "sv: " * 125_000,
            "[a] " * 125_000,
            "[" * 500_000,
            " " * 500_000,
        ),
        *("Emne: " + "a" * 500_000, ">*_|- " * 90_000, "\t" * 500_000 + "Emne: Bo", "Emne \t" * 100_000),
        *("(ekstern" * 65_000, "x" * 500_000 + ".docx", "[" + "]" * 500_000, "\n" * 500_000),
    ],
    ids=lambda hostile: repr(hostile[:8]),
)
def test_half_a_megabyte_of_anything_takes_no_time(hostile: str) -> None:
    started = time.process_time()
    for source in (Source.SUBJECT, Source.FILENAME, Source.BODY):
        assert len(titles([text(hostile, source)])) <= 512
    assert time.process_time() - started < 1.5


@pytest.mark.parametrize(
    "title", ["Paradigme: skriftlig advarsel", "Skabelon til opsigelse", "Ny blanket om sygdom"]
)
def test_the_title_of_a_template_is_none(title: str) -> None:
    assert read(subject(title)) == []

"""Who is in a passage: names, pronouns, kin and numbers, and whether that makes a person."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segl_classifier.understanding.persons import Mark, Person, Sign, marks_of, person_in
from segl_classifier.understanding.recogniser import FILES, Kind, Recogniser, companies, spans

FOLDER = Path(__file__).resolve().parents[4] / "classifier/model"


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser.load(FOLDER)


def signs(text: str) -> set[Sign | Kind]:
    return {mark.kind for mark in marks_of(text.split(), [])}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Kan du komme ?", Sign.ADDRESSED),
        ("Jeg er her", Sign.SPEAKER),
        ("Hun er indlagt", Sign.SPOKEN_OF),
        ("He is in hospital", Sign.SPOKEN_OF),
        ("my daughter is ill", Sign.KIN),
        ("og hans yngste søn er syg", Sign.KIN),
        ("mein Vater ist krank", Sign.KIN),
        ("vores bogholder er syg", Sign.ROLE),
        ("Borgeren har klaget", Sign.ROLE),
        ("kundenr. 0000000", Sign.NUMBER),
        ("cpr-nummer : 000000-0000", Sign.NUMBER),
    ],
)
def test_what_points_at_a_person(text: str, found: Sign) -> None:
    assert found in signs(text)


@pytest.mark.parametrize(
    "text",
    [
        "Pumpen er i stykker",
        "er der vand i kælderen ?",
        "vi er her",
        "sagen er deres",
        "ordrenr. 0000000",
        "sønnike",
        "",
    ],
)
def test_what_does_not(text: str) -> None:
    assert not signs(text)


@pytest.mark.parametrize(
    ("kinds", "person"),
    [
        ((), Person.NO),
        ((Kind.PLACE,), Person.NO),
        ((Sign.ROLE,), Person.UNKNOWN),
        ((Kind.ORGANISATION,), Person.UNKNOWN),
        ((Sign.ROLE, Sign.NAMED), Person.YES),
        ((Sign.CORRESPONDENT,), Person.YES),
        ((Sign.ADDRESSED,), Person.YES),
    ],
)
def test_the_answer_has_three_values(kinds: tuple[Sign | Kind, ...], person: Person) -> None:
    assert person_in([Mark(0, 1, kind) for kind in kinds]) is person


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("Kære Karen , her er regningen .", "Karen", Kind.PERSON),
        ("Kære Dragan , her er regningen .", "Dragan", Kind.PERSON),
        ("Vi har talt med Fatima Yildiz om sagen .", "Fatima Yildiz", Kind.PERSON),
        ("Ifølge overlæge Jens Holm er det ikke farligt .", "Jens Holm", Kind.PERSON),
        ("Fakturaen til Nordvand A/S er betalt .", "Nordvand A/S", Kind.ORGANISATION),
        ("Mødet holdes i København på tirsdag .", "København", Kind.PLACE),
    ],
)
def test_names_are_recognised(recogniser: Recogniser, text: str, name: str, kind: Kind) -> None:
    words = text.split()
    assert (name, kind) in [(" ".join(words[a:b]), found) for a, b, found in recogniser.names(words)]


def test_ordinary_words_are_no_names(recogniser: Recogniser) -> None:
    assert (
        recogniser.names(
            "Hilsen til alle . Vandet er lukket på mandag , og pumpen er til reparation .".split()
        )
        == []
    )


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("Kære Karen , her er regningen .", Sign.CORRESPONDENT),
        ("Det var alt for i dag . Karen Holm", Sign.CORRESPONDENT),
        ("Vi har talt med Karen Holm om sagen .", Sign.NAMED),
    ],
)
def test_who_writes_and_who_is_written_of_are_told_apart(
    recogniser: Recogniser, text: str, sign: Sign
) -> None:
    words = text.split()
    kinds = {mark.kind for mark in marks_of(words, recogniser.names(words))}
    assert kinds & {Sign.CORRESPONDENT, Sign.NAMED} == {sign}


def test_tags_become_names() -> None:
    tags = ["I-PER", "I-PER", "O", "B-ORG", "B-ORG", "I-LOC"]
    found = [(0, 2, Kind.PERSON), (3, 4, Kind.ORGANISATION), (4, 5, Kind.ORGANISATION), (5, 6, Kind.PLACE)]
    assert list(spans(tags)) == found


@pytest.mark.parametrize(
    ("text", "names", "end"),
    [
        ("Hauge Rør ApS har betalt", [(0, 3, Kind.PERSON)], 3),
        ("Hauge Rør ApS har betalt", [(0, 2, Kind.PERSON)], 3),
        ("Jens Holm A/S har betalt", [(0, 2, Kind.PERSON), (2, 3, Kind.ORGANISATION)], 3),
    ],
)
def test_a_company_is_no_person_whoever_it_is_called_after(
    text: str, names: list[tuple[int, int, Kind]], end: int
) -> None:
    assert companies(text.split(), names) == [(0, end, Kind.ORGANISATION)]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.one_of(st.text(max_size=30), st.sampled_from(["hun", "min", "søn", "Jens", "Holm", "CPR"])),
        max_size=60,
    )
)
def test_any_words_have_an_answer(words: list[str]) -> None:
    names = Recogniser.load(FOLDER).names(words) if words and len(words) < 3 else []
    for mark in marks_of(words, names):
        assert 0 <= mark.first < mark.end <= len(words)


def test_hostile_words_cost_little(recogniser: Recogniser) -> None:
    words = ["A" * 2000, "\x00", "=", ":", "\\", " ", "🙂" * 50, "w=hun"]
    for a, b, _ in recogniser.names(words):
        assert 0 <= a < b <= len(words)


@pytest.mark.parametrize("cut", [0, 3, 100, 300_000])
def test_a_damaged_file_is_refused_before_it_is_read(tmp_path: Path, cut: int) -> None:
    for name in FILES:
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    whole = (tmp_path / FILES[0]).read_bytes()
    (tmp_path / FILES[0]).write_bytes(whole[:cut])
    with pytest.raises(ValueError, match="damaged"):
        Recogniser.load(tmp_path)

"""However a sentence is written, it is read as if it were written plainly."""

from __future__ import annotations

import pytest

from segl_classifier.message import Source, Text
from segl_classifier.understanding import written as as_written
from segl_classifier.understanding.loading import shipped_model
from segl_classifier.understanding.network import Vocabulary
from segl_classifier.understanding.windows import split_windows, windows_of

MATTER = "Lis Holm er indlagt på psykiatrisk afdeling med skizofreni."
FOLLOWED = (
    "https://eur02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.kommunen.example%2Fdokumenter%2Freferat.aspx"
    "%3Fid%3D4711&data=05%7C02%7Cbo.hansen%40kommunen.example%7C5f2f7a6c0d9b4d3e8a6f08dd1c2b9e11%7C0%7C638681234567%7C"
    "TWFpbGZsb3d8eyJFbXB0eU1hcGkiOnRydWUsIlYiOiIwLjAuMDAwMCIsIlAiOiJXaW4zMiIsIkFOIjoiTWFpbCIsIldUIjoyfQ%3D%3D&reserved=0"
)
OPENED = (
    "https://kommunen.example/:w:/r/sites/PersonaleogHR/_layouts/15/Doc.aspx?sourcedoc=%7B5F2F7A6C-0D9B-4D3E-8A6F%7D"
    "&file=Referat%20MED-udvalg.docx&action=default&mobileredirect=true"
)


def windows(text: str, source: Source = Source.BODY) -> list[str]:
    return [window.text for window in windows_of([Text(text, "part 1", source)])]


@pytest.mark.parametrize(
    ("link", "read"),
    [
        (FOLLOWED, "https://eur02.safelinks.protection.outlook.com/"),
        (OPENED, "https://kommunen.example/:w:/r/sites/PersonaleogHR/_layouts/15/Doc.aspx"),
        ("www.kommunen.example/nyt?id=4711&visning=alle", "www.kommunen.example/nyt"),
        ("HTTPS://kommunen.example/nyt#afsnit", "HTTPS://kommunen.example/nyt"),
        ("https://kommunen.example/" + "a" * 90, "https://kommunen.example/" + "a" * 60),
        ("https://kommunen.example/nyt", "https://kommunen.example/nyt"),
    ],
)
def test_of_a_link_only_where_it_leads_is_read(link: str, read: str) -> None:
    assert windows(f"Se {link} – {MATTER}") == [f"Se {read} – {MATTER}"]
    assert windows(f"Se <{link}> – {MATTER}") == [f"Se <{read}> – {MATTER}"]


@pytest.mark.parametrize("link", [FOLLOWED, f"{OPENED} og {OPENED}"])
def test_what_stands_behind_a_link_is_read_by_the_networks(link: str) -> None:
    folder = shipped_model()
    assert folder is not None
    vocabulary = Vocabulary(folder / "tokenizer.json")
    (window,) = windows(f"Vi talte om det i går (se referatet {link}), og du skal vide, at {MATTER}")
    assert vocabulary.pieces(window)[-5:] == vocabulary.pieces(MATTER)[-5:]


@pytest.mark.parametrize("written", [MATTER.upper(), MATTER.upper().replace("LIS", "Lis")])
def test_a_sentence_in_capitals_is_read_in_small_letters(written: str) -> None:
    small = MATTER.lower().capitalize()
    assert windows(written) == [small]
    assert windows(f"Taget bliver skiftet. {written} Vi ses.") == [f"Taget bliver skiftet. {small} Vi ses."]
    assert windows(f"> {written}") == [small]
    subject = Text(written, "subject", Source.SUBJECT)
    assert [w.text for w in windows_of([subject])] == [f"{small} |"]
    led = windows_of([subject, Text("Se bilaget.", "part 1", Source.BODY)])
    assert [w.text for w in led] == [f"{small} | Se bilaget."]


@pytest.mark.parametrize(
    "written", ["EAN OG CVR NR.", "DR og TV 2 SENDER FRA FT", "NB: Lis Holm kommer KL. 9", "12 34"]
)
def test_an_abbreviation_and_a_few_capitals_stay(written: str) -> None:
    assert windows(written) == [written]


def test_a_sentence_that_is_read_otherwise_lies_where_it_was_written() -> None:
    text = f"Taget bliver skiftet i uge 34.\n\n{MATTER.upper()} Se {FOLLOWED}.\n\nVi ses."
    ((_, (_, sentence, *_)),) = split_windows([Text(text, "part 1", Source.BODY)])
    assert text[sentence.start : sentence.end].strip() == MATTER.upper()


ROOF = "Taget over cykelskuret bliver skiftet i næste uge."
COFFEE = "Kantinen har fået en ny kaffemaskine ved siden af vasken."


def sentences(text: str) -> list[str]:
    ((_, found),) = split_windows([Text(text, "part 1", Source.BODY)])
    for sentence in found:
        assert sentence.text in text[sentence.start : sentence.end]
    return [sentence.text for sentence in found]


@pytest.mark.parametrize("between", [" ", "", "\n"])
def test_a_sentence_ends_at_its_stop_with_a_blank_behind_and_without(between: str) -> None:
    assert sentences(between.join([ROOF, MATTER, COFFEE])) == [ROOF, MATTER, COFFEE]


@pytest.mark.parametrize("stop", [".", "!", "?", "...", ".)"])
def test_who_writes_no_capitals_ends_his_sentences_at_stops(stop: str) -> None:
    written = [sentence.lower().rstrip(".") + stop for sentence in (ROOF, MATTER, COFFEE)]
    assert sentences(" ".join(written)) == written


@pytest.mark.parametrize(
    "sentence",
    [
        "Vi mødes f.eks. på tirsdag inkl. frokost.",
        "Se www.kommunen.example/Nyt.aspx, Kommunen.Example/nyt og Referat.docx; spørg Bo.Holm.",
        "Versionen er nu 2.Beta, og A.B.Jensen har den.",
        "Spørg hr. Holm, Mrs. Novak eller P. Holm, for de ved det.",
        "Am 3. März kommt sie, in der 22. Woche.",
    ],
)
def test_an_abbreviation_or_an_address_ends_no_sentence(sentence: str) -> None:
    assert sentence in sentences(f"{ROOF} {COFFEE} {sentence} {ROOF.replace('uge', 'måned')}")


@pytest.mark.parametrize(
    "written", ["Lis Holm: Indlagt på psykiatrisk afdeling.", "Resultat for Lis Holm: Har skizofreni."]
)
def test_what_stands_behind_a_colon_belongs_to_what_stands_before_it(written: str) -> None:
    assert sentences(f"{ROOF} {written} {COFFEE}") == [ROOF, written, COFFEE]


def test_a_colon_at_the_end_of_a_line_ends_a_sentence() -> None:
    assert sentences(f"Vi skal tale om følgende:\n{MATTER}") == ["Vi skal tale om følgende:", MATTER]


@pytest.mark.parametrize("face", ["😊", "👍👍", "☀️", ":-)", ";)", "🙏🏽"])
def test_a_face_ends_a_sentence_where_a_stop_would(face: str) -> None:
    told = sentences(f"{ROOF.rstrip('.')} {face} {MATTER.rstrip('.')} {face} {COFFEE}")
    assert MATTER.rstrip(".") in [sentence.removesuffix(f" {face}") for sentence in told]


SHELF = "Referatet ligger på fællesdrevet fra i morgen."
NO_STOPS = [sentence.rstrip(".") for sentence in (ROOF, COFFEE, MATTER, SHELF)]


@pytest.mark.parametrize("between", [", ", "; ", " - ", " – ", " | "])
def test_where_no_stops_stand_a_very_long_sentence_is_read_by_its_clauses(between: str) -> None:
    told = every_sentence(between.join(NO_STOPS))
    assert MATTER.rstrip(".") in [sentence.rstrip(",;").strip("-–| ") for sentence in told]


def test_without_any_mark_it_is_read_a_few_words_at_a_time() -> None:
    told = every_sentence(" ".join(NO_STOPS))
    assert " ".join(told) == " ".join(NO_STOPS)
    assert max(sentence.count(" ") for sentence in told) < 15


def test_a_sentence_of_usual_length_stays_one_whatever_its_commas() -> None:
    long = "Vi holder møde, når taget er lagt, og stilladset er væk, så vi kan se, om det er tæt, og hvad der mangler."
    assert sentences(f"{ROOF} {long} {COFFEE}") == [ROOF, long, COFFEE]


@pytest.mark.parametrize("mark", ["", "> ", "> > > "])
def test_a_sentence_goes_on_in_the_next_line(mark: str) -> None:
    text = (
        f"{ROOF}\n{mark}Lis Holm, som vi talte om, er indlagt\n{mark}på psykiatrisk afdeling.\n{mark}{COFFEE}"
    )
    assert read(text)[1] == "Lis Holm, som vi talte om, er indlagt på psykiatrisk afdeling."


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("Hun er på psykia-\ntrisk afdeling.", "Hun er på psykiatrisk afdeling."),
        ("Hun er på psykia-\n> > trisk afdeling.", "Hun er på psykiatrisk afdeling."),
        ("Bladets for-\nog bagside er væk.", "Bladets for-"),
    ],
)
def test_a_word_goes_on_in_the_next_line(written: str, read_as: str) -> None:
    assert read(f"{ROOF}\n{written}\n{COFFEE}")[1] == read_as


@pytest.mark.parametrize(
    "lines", ["- mælk til kaffen\n- kager til mødet", "Mælk\nkager\nkaffe", "Lis Holm\nBo Juhl"]
)
def test_points_and_short_lines_stay_apart(lines: str) -> None:
    assert read(f"{ROOF}\n{lines}\n{COFFEE}")[1:-1] == lines.split("\n")


@pytest.mark.parametrize("mark", ["*", "**", "_", "~~"])
def test_bold_words_are_words(mark: str) -> None:
    bold = " ".join(f"{mark}{word}{mark}" for word in MATTER.split())
    assert windows(bold) == [MATTER]
    assert read(f"{ROOF} {mark}{MATTER}{mark} {COFFEE}") == [ROOF, MATTER, COFFEE]


def test_names_of_files_and_figures_stay() -> None:
    for written in ("Se bo_holm_2.txt og 5*3.", "* et punkt"):
        assert windows(written) == [written]


@pytest.mark.parametrize("blank", [" ", "\xa0"])
def test_letters_with_blanks_between_them_are_words(blank: str) -> None:
    spaced = f"{blank} {blank}".join(blank.join(word) for word in MATTER.rstrip(".").split())
    assert windows(spaced) == [MATTER.rstrip(".")]
    assert windows("Svar: a b c eller d") == ["Svar: a b c eller d"]


def every_sentence(text: str) -> list[str]:
    found = [one for _, some in split_windows([Text(text, "part 1", Source.BODY)]) for one in some]
    for sentence in found:
        assert sentence.text in text[sentence.start : sentence.end]
    return list(dict.fromkeys(sentence.text for sentence in found))


def read(text: str) -> list[str]:
    ((_, found),) = split_windows([Text(text, "part 1", Source.BODY)])
    return [sentence.text for sentence in found]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Hej. Vi ses.", ["Hej. ", "Vi ses."]),
        ("... Nå. Ja.", ["... ", "Nå. ", "Ja."]),
        ("Taget er tæt!!! Vi ses.", ["Taget er tæt!!! ", "Vi ses."]),
        ("Taget er tæt\n\n\nVi ses", ["Taget er tæt\n\n\n", "Vi ses"]),
        (
            "\U0001f600 Vi ses \U0001f468\u200d\U0001f469 Tak",
            ["\U0001f600 ", "Vi ses \U0001f468\u200d\U0001f469 ", "Tak"],
        ),
        ("Vi ses :-) ;) Tak", ["Vi ses :-) ", ";) ", "Tak"]),
        ("Vi ses:) Tak: nu", ["Vi ses:) Tak: nu"]),
        ("Taget er tæt.Hun er der. Ja", ["Taget er tæt.", "Hun er der. ", "Ja"]),
        ("på kommunen.Example/nyt og 3.4", ["på kommunen.Example/nyt og 3.4"]),
    ],
)
def test_where_sentences_end(text: str, parts: list[str]) -> None:
    assert [text[start:end] for start, end in as_written.sentences(text) if start < end] == parts

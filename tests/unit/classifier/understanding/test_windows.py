"""Texts become windows: small enough to be about one thing, with the context that makes them clear."""

from __future__ import annotations

import time
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl_classifier.message import Source, Text
from segl_classifier.understanding.windows import MOST, PARTED, WORDS, split_windows, windows_of
from segl_classifier.understanding.written import words


def windows(*texts: Text) -> list[str]:
    return [window.text for window in windows_of(texts)]


def body(text: str) -> Text:
    return Text(text, "part 1", Source.BODY)


def subject(text: str) -> Text:
    return Text(text, "subject", Source.SUBJECT)


def test_the_subject_stands_with_the_first_sentence() -> None:
    assert windows(subject("Vagtplan"), body("Jens kommer ikke.")) == ["Vagtplan | Jens kommer ikke."]


def test_a_subject_alone_is_read_too() -> None:
    assert windows(subject("Karen er indlagt"), body("")) == ["Karen er indlagt |"]


def test_the_last_sentence_is_repeated_so_that_he_and_his_matter_are_seen_together() -> None:
    long = "Vi har bestilt nye ventiler, og de bliver sat op i uge 34, hvis vejret er til det. " * 2
    first, second = windows(body(f"{long}Jens ringer. Han er syg igen, {'og det er trist ' * 9}."))
    assert first.endswith("Jens ringer.")
    assert second.startswith("Jens ringer. Han er syg")


GENERAL = (
    "Hver fjerde oplever stress i løbet af et arbejdsliv. De fleste er tilbage efter nogle måneder, og hos os gør vi "
    "noget ved det."
)


def test_a_paragraph_is_not_read_as_one_with_what_stands_above_and_below() -> None:
    matter = "Gitte Vang er hjemme, for hun er ramt og går til samtaler. Vi venter hende tilbage efter sommer, vi ses."
    said = windows(subject("Nyt"), body(f"Hej alle\n\n{GENERAL}\n\n{matter}\n\n{GENERAL} Tak."))
    assert said == [f"Nyt | Hej alle {GENERAL}", matter, f"Hej alle {GENERAL} Tak."]


def test_it_is_not_torn_from_a_line_above_that_says_of_whom() -> None:
    above = "Navn: Jens Holm, Nygade 4, 8000 Aarhus C, tlf. 12 34"
    below = "Resultat: positiv for klamydia, skal i behandling og komme igen om tre uger."
    assert windows(body(f"{above}\n\n{below}\n\n{GENERAL}")) == [f"{above} {below}", GENERAL]


def test_of_a_book_the_paragraphs_go_on_in_one_another() -> None:
    line = "er det om stuen og køkkenet i huset, om haven, søen og skoven, og om vejen til byen."
    found = windows(body("\n\n".join(f"Kapitel {number} {line}" for number in range(3000))))
    assert PARTED < len(found) < PARTED + (3000 - PARTED) / 1.5


def test_a_few_words_go_on_with_the_next_paragraph_and_the_last_ones_with_the_one_before() -> None:
    text = "Hej\n\nOm sagen\n\nJens Holm kommer ikke tilbage, hans ryg er slidt op.\n\nHilsen\n\nPer"
    assert windows(body(text)) == [" ".join(text.split())]
    full = " ".join(f"ord{number}" for number in range(WORDS))
    assert windows(body(f"{full}\n\nHilsen Per")) == [full, "Hilsen Per"], "there is no room"


def test_the_title_of_a_conversation_is_read_like_a_subject_wherever_it_stands() -> None:
    title = Text("Opsigelse af Lars Brandt", "header thread-topic", Source.SUBJECT, remark=True)
    for order in ([title, subject("Hej")], [subject("Hej"), title]):
        assert windows(*order, body("Se bilaget.")) == ["Hej | Se bilaget.", "Opsigelse af Lars Brandt |"]
    assert windows(title, body("Se bilaget.")) == ["Se bilaget.", "Opsigelse af Lars Brandt |"]


def test_a_long_subject_is_read_to_its_end() -> None:
    long = "Referat af mødet i bestyrelsen " * 9
    found = windows(subject(f"{long}hvor Jens fortalte om sin kræftsygdom"), body("Se bilaget."))
    assert any(window.endswith("kræftsygdom") for window in found)


HEAD = "Fra: Bo <bo@by.example>\nSendt: 3. maj 2026 09:10\nTil: Lis <lis@by.example>\nEmne: Ferie\n\n"


def test_a_mail_within_a_mail_is_read_by_itself_behind_its_own_subject() -> None:
    said = windows(subject("VS: Uge 12"), body(f"Hej Lis\n\n{HEAD}Jens er syg.\n\nHilsen Bo\n\n{HEAD}Tak."))
    assert said == ["VS: Uge 12 | Hej Lis", "Ferie | Jens er syg. Hilsen Bo", "Ferie | Tak."]


def test_so_is_what_is_answered_behind_the_subject_of_the_answer() -> None:
    above = "Den 3. maj 2026 kl. 09.10 skrev Bo <bo@by.example>:"
    said = windows(subject("SV: Ferie"), body(f"Ja.\nLis\n\n{above}\n> Jens er syg.\n> Bo\n"))
    assert said == ["SV: Ferie | Ja. Lis", "SV: Ferie | Jens er syg. Bo"]


@pytest.mark.parametrize("number", ["", "2. ", "Pkt. 4.1 "])
def test_what_stands_below_a_heading_is_read_behind_it(number: str) -> None:
    said = windows(subject("Referat"), body(f"Til stede: alle.\n\n{number}Jens Holm\n{GENERAL}\n"))
    assert said == ["Referat | Til stede: alle.", f"Jens Holm | {GENERAL}"]


def test_a_heading_in_a_word_file_stands_above_a_long_line() -> None:
    said = windows(Text(f"Hej\nJens Holm\n{GENERAL}\nBo Bro\n{GENERAL} Tak.", "a.docx", Source.ATTACHMENT))
    assert said == ["Hej", f"Jens Holm | {GENERAL}", f"Bo Bro | {GENERAL} Tak."]


@pytest.mark.parametrize(
    "heading", ["Navn,Note", "Navn;Note", "Navn\tNote", 'Navn "Note"', "Navn  Note", "Kære alle", "Ja."]
)
def test_no_row_of_a_table_greeting_or_sentence_is_a_heading(heading: str) -> None:
    said = windows(Text(f"{heading}\n{GENERAL}\n{GENERAL} Tak.", "a.docx", Source.ATTACHMENT))
    assert "|" not in "".join(said)


def test_a_long_line_of_a_word_file_is_a_paragraph() -> None:
    other = GENERAL.replace("Hver fjerde", "Hver femte")
    said = windows(Text(f"{GENERAL}\n{other}", "a.docx", Source.ATTACHMENT))
    assert said == [GENERAL, other]


@pytest.mark.parametrize(
    "text", [f"{HEAD}", f"{HEAD}-- ", f"Hej\n\n{HEAD}", f"Kære kunder\n\n{HEAD}Betaler du ikke, ringer vi.\n"]
)
def test_no_title_is_lost_where_nothing_is_read_below_it(text: str) -> None:
    said = " ".join(windows(subject("Uge 12"), body(text)))
    assert "Uge 12 |" in said
    assert "Ferie" in said


@pytest.mark.parametrize(
    "first",
    ["Jens Holm er syg\n" + GENERAL, f"{HEAD}Jens.", "Emne: Jens\n" + GENERAL, f"Jens Holm\n\n{GENERAL}"],
)
def test_the_subject_is_read_before_whatever_stands_first(first: str) -> None:
    assert windows(subject("Lis er opsagt"), body(first))[0].startswith("Lis er opsagt | ")
    assert "Jens" in " ".join(windows(subject("Lis er opsagt"), body(first)))


def test_a_row_of_a_table_carries_its_headers() -> None:
    table = "Navn\tÅrsag\tDage\nJens Holm\tKOL\t12\nÅse Bro\tferie\t5"
    (window,) = windows(Text(table, "part 2", Source.ATTACHMENT))
    assert "Navn: Jens Holm, Årsag: KOL, Dage: 12" in window


@pytest.mark.parametrize("separator", ["\t", ";", "|"])
def test_a_long_table_keeps_its_header_in_every_window(separator: str) -> None:
    rows = [separator.join(("Navn", "Diagnose"))] + [separator.join((f"Per {n}", "gigt")) for n in range(80)]
    found = windows(Text("\n".join(rows), "part 2", Source.ATTACHMENT))
    assert len(found) > 3
    assert all("Diagnose" in window for window in found)


def test_prose_with_a_semicolon_is_no_table() -> None:
    assert windows(body("Det er godt; vi ses.\nHilsen Bo")) == ["Det er godt; vi ses. Hilsen Bo"]


def test_long_numbers_are_zeros() -> None:
    (window,) = windows(body("Ring 70 12 34 56 om faktura 2026004512 den 3. maj kl. 14."))
    assert window == "Ring 00 00 00 00 om faktura 0000000000 den 3. maj kl. 14."


def test_half_a_character_is_no_reason_to_stop() -> None:
    assert windows(body("a\ud800b")) == ["a\ufffdb"]


def test_a_word_without_end_is_read_in_pieces() -> None:
    letters = str.maketrans("0123456789", "abcdefghij")
    found = windows(body("".join(f"x{n}".translate(letters) for n in range(20_000))))
    assert sum(window.count("x") for window in found) == 20_000
    assert max(map(len, found)) < 5000


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("opsigelse_jens-holm.docx", "opsigelse jens holm docx"),
        ("OpsigelseJensHolm.docx", "Opsigelse Jens Holm docx"),
        ("opsigelse+jens+holm.docx", "opsigelse jens holm docx"),
        ("personale/Jens Holm/opsigelse.docx", "personale Jens Holm opsigelse docx"),
        ("SU-satser HK 2026.PDF", "SU satser HK 2026 PDF"),
    ],
)
def test_a_file_name_is_read_as_words(name: str, read: str) -> None:
    assert windows(Text(name, "part 2 file name", Source.FILENAME)) == [read]


LONG = (
    "Taget er skiftet.",
    "Bo Juhl er sygemeldt med stress og kommer igen efter ferien.",
    "Vi ses i uge 34. " * 8,
)


def test_prose_in_a_cell_is_read_by_its_sentences_with_what_the_row_is_about() -> None:
    table = f"Uge\tStatus\tNyt\n14\tgodt\t{' '.join(LONG)}\n15\tgodt\tIntet."
    read = [sentence.text for _, sentences in split_windows([body(table)]) for sentence in sentences]
    assert "Uge: 14, Bo Juhl er sygemeldt med stress og kommer igen efter ferien." in read


NOTE = (
    "Hun er indlagt med en blodprop. Hun kommer ikke i marts. Manden ringer igen på mandag. "
    + "Vi venter. " * 30
)


def test_the_sentences_of_a_cell_stand_together_and_each_window_says_of_whom_they_are() -> None:
    first, *others = windows(body(f"Dato\tNavn\tNotat\n3.11.25\tPia Toft\t{NOTE}\n4.11.25\tBo Bro\tIntet."))
    assert "Notat: Hun er indlagt med en blodprop. Hun kommer ikke i marts. Manden ringer igen" in first
    assert len(others) > 1
    assert all(window.startswith("Navn: Pia Toft, ") for window in others[:-1])


@pytest.mark.parametrize(
    ("cells", "about"),
    [
        ("Nr.\t14\nNavn\tPia Toft", "Navn: Pia Toft, "),
        ("Dato\t3.11.25\nInit.\tPD", "Dato: 3.11.25, "),  # none of them says of whom
        ("Lejer\tPia Toft\nEjendom\tSkovvej 4", "Lejer: Pia Toft, "),
    ],
)
def test_a_row_is_of_the_first_cell_with_a_name(cells: str, about: str) -> None:
    columns = [line.split("\t") for line in cells.split("\n")]
    rows = [(*names, "Notat") for names in zip(*columns, strict=True)]
    heading, row = rows[0], (*rows[1][:-1], NOTE)
    table = "\n".join("\t".join(cells) for cells in (heading, row, row))
    read = [sentence.text for _, sentences in split_windows([body(table)]) for sentence in sentences]
    assert f"{about}Hun kommer ikke i marts." in read


def test_what_stands_around_a_table_goes_on_in_the_next_line() -> None:
    table = "Uge\tVagt\n14\tBo\n15\tPia"
    told = "Pia Toft er fra i dag syge-\nmeldt med en depression, som hun har haft\nsiden i vinter."
    for text in (f"{told}\n{table}", f"{table}\n{told}"):
        read = [sentence.text for _, sentences in split_windows([body(text)]) for sentence in sentences]
        assert "Pia Toft er fra i dag sygemeldt med en depression, som hun har haft siden i vinter." in read


def test_of_a_wide_row_each_part_says_of_whom_it_is() -> None:
    heading = ["Navn", *(f"Felt {letter}" for letter in "abcdefghijklmnopqrst"), "Note"]
    row = ["Pia Toft", *["uden anmærkning"] * 20, "har fået konstateret KOL og er i behandling"]
    made = windows(body("\n".join(map("\t".join, (heading, row, row)))))
    assert any("KOL" in window for window in made)
    for window in made:
        assert window.count(" ") < WORDS
        assert "Navn" in window
        assert (
            "KOL" not in window
            or "Navn: Pia Toft, Note: har fået konstateret KOL og er i behandling" in window
        )


@pytest.mark.parametrize(
    "footer",
    [
        "Denne e-mail kan indeholde fortrolige oplysninger. Har du modtaget mailen ved en fejl, så slet den.",
        "This e-mail is confidential and intended only for the addressee. If received in error, please delete it.",
        "Diese E-Mail ist vertraulich. Sollten Sie sie irrtümlich erhalten haben, bitte löschen.",
    ],
)
def test_a_disclaimer_is_not_read_by_the_model(footer: str) -> None:
    assert windows(body(f"Vi ses i morgen.\n\n{footer}")) == ["Vi ses i morgen."]


@pytest.mark.parametrize("between", ["\n", " ", "\n\n"])
def test_a_disclaimer_hides_nothing_that_stands_beside_it(between: str) -> None:
    """In HTML, and in a file, a whole letter is one paragraph."""
    footer = "Denne mail er fortrolig. Har du modtaget den ved en fejl, så slet mailen."
    for text in (f"Karen er indlagt igen.{between}{footer}", f"{footer}{between}Karen er indlagt igen."):
        assert windows(body(text)) == ["Karen er indlagt igen."]


def test_what_a_disclaimer_says_of_somebody_is_read() -> None:
    (window,) = windows(
        body("Denne mail er fortrolig, da Karen er indlagt, og vi behandler personoplysninger.")
    )
    assert "da Karen er indlagt" in window


def test_the_subjects_of_messages_inside_are_read_too() -> None:
    inner = Text("Karen er indlagt", "part 2 > message > subject", Source.SUBJECT)
    assert windows(subject("Se bilag"), inner, body("Hej.")) == ["Se bilag | Hej.", "Karen er indlagt |"]


def test_a_confidential_matter_is_no_disclaimer() -> None:
    text = "Det er fortroligt, men Jens er indlagt på psykiatrisk afdeling."
    assert windows(body(text)) == [text]


def test_quoted_mail_is_read_without_its_marks() -> None:
    assert windows(body("> > Jens er syg.\n> > Han kommer ikke.")) == ["Jens er syg. Han kommer ikke."]


def test_plain_and_html_that_say_the_same_are_read_once() -> None:
    assert windows(body("Vi ses."), body("Vi ses.")) == ["Vi ses."]


@given(st.text(max_size=2000))
def test_every_window_is_small_and_lies_in_its_text(text: str) -> None:
    for window in windows_of([body(text)]):
        assert 0 < len(window.text.split()) <= WORDS + 1
        assert 0 <= window.start <= window.end <= len(text)


@pytest.mark.slow
@pytest.mark.parametrize(
    "hostile",
    [
        *(
            "a" * 500_000,
            "ord " * 50_000,
            "\n" * 250_000,
            "a;b\n" * 15_000,
            "\t" * 250_000,
            "> " * 125_000,
            "Navn\tNyt\n" + f"{'x' * 25_000}\t{'Han kom. ' * 5_000}\n" * 2,
        ),
        *(
            "." * 250_000,
            ".)" * 125_000,
            ". " * 125_000,
            ": . \n" * 50_000,
            "\n>" * 125_000,
            "1 " * 125_000,
        ),
        *("vi ses.Bo " * 25_000, "vi ses. bo " * 25_000, "ses.A" * 50_000, "KOM NU. " * 30_000),
        *("www." * 62_500, "https://a/" * 25_000, "https://a?b " * 22_500),
        *("denne mail fortrolig " * 12_500, "denne mail. fortrolig.\n" * 12_500, "received " * 30_000),
    ],
    ids=[
        *("one word", "one sentence", "blank lines", "a table", "tabs", "quote marks", "a long first cell"),
        *("dots", "dots and brackets", "dots and blanks", "ends of lines", "quoted blank lines", "digits"),
        *("stops without blanks", "small letters", "stops within words", "capitals"),
        *("hosts", "links in links", "links"),
        *("signs", "sentences of signs", "beginnings of a sign"),
    ],
)
def test_hostile_text_takes_bounded_time_and_windows(hostile: str) -> None:
    started = time.process_time()
    count = sum(1 for _ in islice(windows_of([body(hostile)]), MOST))
    assert count <= MOST
    assert time.process_time() - started < 2


def test_a_subject_without_end_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    long = "{{ navn }} x " * 8_000
    counted: list[str] = []

    def counting(text: str) -> list[str]:
        counted.append(text)
        return words(text)

    monkeypatch.setattr("segl_classifier.understanding.windows.words", counting)
    split = [*windows_of([Text(long, "subject", Source.SUBJECT), Text("hej", "part 1", Source.BODY)])]
    assert split
    assert sum(len(text) > len(long) // 2 for text in counted) < 10

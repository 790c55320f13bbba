"""A number called a personal number, with another word between the two; and the look-alikes of such sentences."""

from __future__ import annotations

import pytest

from corpus.numbers import found, looked_at
from segl_classifier.cpr.judging.score import THRESHOLD
from segl_classifier.cpr.vocabulary.mentions import mentions_cpr
from segl_classifier.cpr.vocabulary.words import Kind, key, look_up, names_person, value

WORDS_FOR_A_VALUE = [
    '{"name":"cpr","value":"0707614285"}',
    '{"cpr":{"value":"0707614285"}}',
    '{"cpr":{"type":"string","value":"0707614285"}}',
    '{"felt":"CPR","vaerdi":"0707614285"}',
    '{"label": "CPR-nummer", "type": "text", "value": "0707614285"}',
    '{\n  "name": "cpr",\n  "type": "text",\n  "value": "0707614285"\n}',
    "personnummer: {value: 0707614285}",
    "cpr:\n  type: string\n  value: 0707614285",
    "name: cpr\nvalue: 0707614285",
    "name=cpr; value=0707614285",
    "CPR value: 0707614285",
    "CPR: værdi 0707614285",
    "CPR field content: 0707614285",
    "Felt: CPR, indhold: 0707614285",
    "Feltnavn: CPR, feltværdi: 0707614285",
    "Personnummer, værdi: 0707614285",
    "Personnummer (Wert): 0707614285",
    "Personnummerværdi: 0707614285",
    "CPR\nVærdi\n0707614285",
    "Felt: CPR\nVærdi: 0707614285",
    '<input name="cpr" value="0707614285">',
    '<input type="text" name="cpr" maxlength="10" value="0707614285">',
    '<span data-field="cpr" data-value="0707614285">',
    '<cpr value="0707614285"/>',
    '<felt navn="cpr" vaerdi="0707614285"/>',
    "<field><name>cpr</name><value>0707614285</value></field>",
    "Fødselsdato, værdi: 0707614285",
]
IN_BRACKETS = [
    "Kundenummer (cpr): 0707614285",
    "Medlemsnr. (CPR) 0707614285",
    "Sagsnr. (cpr-nr.): 0707614285",
    "Jeres kundenr. (mit cpr) er 0707614285",
    "Medlemsnummer (dit personnummer) er 0707614285",
    "Kundenr. (= cpr): 070761-4285",
    "Ordre (personal number) 0707614285",
]
SHORTLY_BEFORE = [
    "cpr brugt som kundenr 0707614285",
    "CPR anvendes som medlemsnummer: 0707614285",
    "CPR-nr. der også er kundenr.: 0707614285",
    "Vi skal bruge dit personnummer som reference 0707614285",
    "Danish CPR number used as customer no. 0707614285",
    "Member no. and CPR used as reference 0707614285",
    "Personnummer für Auftrag: 070761-4285",
    "cprnr. til ordre 070761-4285",
    "Cpr til brug for bestilling: 070761-4285",
    "Cpr, til brug for bestilling: 070761-4285",
    "Oplys cpr og ordrenr. 070761-4285",  # made and spelled like hardly anything else
    "Vi har registreret dit cpr-nummer, og det bruges som kundenr. 0707614285",
    "Vi har noteret, at du vil benytte dit cpr-nummer som\nkundenummer: 0707614285",
]
SOMETHING_ELSE = [
    "Ordrenummer 0707614285",
    "Værdi: 0707614285",
    "value=0707614285",
    '{"value":"0707614285"}',
    '{"name":"ordrenr","value":"0707614285"}',
    "Ordre\nVærdi\n0707614285",
    '<input name="ordre" value="0707614285">',
    '<ordre value="0707614285"/>',
    "Faktura indhold: 0707614285",
    '{"cpr":null,"ordrenr":"0707614285"}',
    '{"cpr":"","ordre":{"value":"0707614285"}}',
    "cpr:\nordrenr: 0707614285",
    "Vi bruger ikke cpr, men kundenr. 0707614285",
    "Vi spørger aldrig om cpr, kun om kundenr. 0707614285",
    "I stedet for cpr bruges kundenr. 0707614285",
    "Uden cpr, med kundenr. 0707614285",
    "Ordre uden CPR: ordrenr. 0707614285",
    "Cpr bruges ikke som kundenr. 0707614285",
    "Cpr er slettet, kundenr. 0707614285",
    "We need no CPR but your order number 0707614285",
    "Husk at oplyse dit cpr og ordrenr. 0707614285",
    "Oplys cpr, ordrenr. 0707614285",
    "Jeg har sendt mit cpr med posten. Ordrenr. 0707614285",
    "CPR mangler; ordrenr. 0707614285",
    # the word beside the number tells
    "Husk cpr ved henvendelse om faktura 0707614285",
    "Oplys CPR-nr. sammen med ordrenr. 0707614285",
    "Send dit cpr-nummer med henvisning til sagsnr. 0707614285",
    "Systemet spørger om cpr når man taster målernummer 0707614285",
    "Hvilket cpr hører til målernr. 0707614285?",
    "Skriv cpr i feltet og brug kontonummer 0707614285",
    "Vi mangler cpr på kunden med kundenr. 0707614285",
    "CPR: xxxxxx-xxxx, ordrenr. 0707614285",
    "CPR-kontoret har telefon 0707614285",
    "CPR-opslag faktura 0707614285",
    "Kundenummer (ikke cpr): 0707614285",
    "Ordrenummer (ligner cpr) 0707614285",
    "Ordrenummer (se CPR-registret) 0707614285",
    "Serienummer (ID-nummer): 0707614285",
    "Ordrenr. (ID number) 0707614285",
]
BEHIND_ANOTHER = [
    "Mit cpr er 010190-1234 og ordrenummer 0707614285",
    "Cpr 0101901234, ordrenummer 0707614285",
    "Cpr 010190-1234 til brug for ordre 0707614285",
    "Cpr 010190-1234, brugt som kundenr., ikke 0707614285",
    "Patient Bo (cpr 010190-1234), faktura 0707614285",
    "CPR\n010190-1234\nOrdrenr.\n0707614285",
    "CPR: 010190-1234\nOrdre: pumpe\nVærdi: 0707614285",
    '{"cpr":"010190-1234","name":"Bo","value":"0707614285"}',
]


@pytest.mark.parametrize("text", WORDS_FOR_A_VALUE)
def test_a_word_for_any_value_does_not_hide_whose_value_it_is(text: str) -> None:
    assert len(found(text)) == 1


@pytest.mark.parametrize("text", IN_BRACKETS)
def test_a_word_for_the_personal_number_in_brackets_names_the_number(text: str) -> None:
    assert len(found(text)) == 1


@pytest.mark.parametrize("text", SHORTLY_BEFORE)
def test_a_personal_number_used_for_something_is_one(text: str) -> None:
    assert len(found(text)) == 1


@pytest.mark.parametrize("text", SOMETHING_ELSE)
def test_a_number_of_something_else_stays_one(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("text", BEHIND_ANOTHER)
def test_the_word_before_an_earlier_number_names_that_one(text: str) -> None:
    certain, doubtful = looked_at(text)
    assert certain.score >= THRESHOLD > doubtful.score


@pytest.mark.parametrize("end", [" ", "\n", "\n> ", "\n>> "])
def test_what_a_word_is_of_may_stand_at_the_end_of_the_line_above(end: str) -> None:
    """Mail is wrapped anywhere: behind "til", too."""
    text = f"Vikaren vår, Søren Lund, har sendt det danske nummeret sitt til{end}skattekortet: 07.07.61.4285."
    assert found(text)


def test_a_list_of_values_is_all_of_one_kind() -> None:
    assert len(found("CPR values: 010190-1234, 0707614285")) == 2


@pytest.mark.parametrize(
    "word", ["cpr", "CPR-nr.", "personnummer", "Personnr", "fødselsnummer", "ssn", "patientid"]
)
def test_words_that_are_the_personal_number_itself(word: str) -> None:
    assert names_person(key(word))
    assert mentions_cpr(word)


@pytest.mark.parametrize(
    "word", ["CPR-registret", "folkeregister", "sygesikringskort", "cpr-kontoret", "idnummer"]
)
def test_words_for_where_the_personal_number_stands(word: str) -> None:
    assert look_up(key(word)).kind is Kind.CPR
    assert not names_person(key(word))


@pytest.mark.parametrize("word", ["værdi", "vaerdi", "value", "Wert", "indhold", "feltværdi", "data-value"])
def test_words_that_say_no_more_than_that_here_stands_a_value(word: str) -> None:
    assert value(key(word))


@pytest.mark.parametrize(
    "before",
    [
        "Det ligner en fejl, ",
        "It looks good.\n",
        "Hun ligner sin mor\n",
        "Ansøgningen er afvist.\n\n",
        "Afvist: ",
    ],
)
@pytest.mark.parametrize("number", ["0707614286", "707614285"])
def test_what_only_looks_so_is_told_in_the_same_clause(before: str, number: str) -> None:
    assert found(f"{before}CPR-nr.: {number}")
    assert not found(f"Det ligner et CPR-nr.: {number}")
    assert not found(f"Ordrenummer (ligner cpr) {number}")

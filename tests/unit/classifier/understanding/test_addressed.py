"""In a letter to many it is told of nobody what holds if, and who "you" is stands before each passage."""

from __future__ import annotations

import time

import pytest

from segl_classifier.message import Source, Text
from segl_classifier.understanding.addressed import Greetings
from segl_classifier.understanding.windows import split_windows, windows_of

MANY = (
    "Kære kunder",
    "Hej alle",
    "Til alle lejere i afdeling 14",
    "Dear members",
    "Kära boende",
    "> Hej forældre",
)
ONE = ("Kære Anna", "Hej Bo og Lis", "Til Anna Lund", "Dear Mr Lund", "Kære bestyrelse")
CONDITIONS = (
    "Betaler du for sent, sender vi en rykker.",
    "Har du et misbrug, tilbyder vi behandling.",
    "Husk at melde dig syg inden kl. 8, hvis du er syg.",
    "If you have not paid by 1 March, your membership lapses.",
    "Betalar du inte i tid, går ärendet till inkasso.",
)
FILLING = (
    "Vi holder åbent hus på lørdag fra kl. 10 til 14, og der er kaffe og kage til alle, så længe vi har. "
)


def read(text: str, subject: str = "") -> str:
    texts = [Text(subject, "subject", Source.SUBJECT), Text(text, "part 1", Source.BODY)]
    return " / ".join(window.text for window in windows_of(texts))


@pytest.mark.parametrize("greeting", MANY)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_what_holds_if_is_told_of_nobody_in_a_letter_to_many(greeting: str, condition: str) -> None:
    assert condition not in read(f"{greeting}\n\nVandet lukkes mandag. {condition} Tak.")


@pytest.mark.parametrize("greeting", ONE)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_it_is_in_a_letter_to_one(greeting: str, condition: str) -> None:
    assert condition in read(f"{greeting}\n\nVandet lukkes mandag. {condition} Tak.")


@pytest.mark.parametrize(
    "told",
    [
        "Hvis I undrer jer: Lise er sygemeldt med stress.",
        "Når du læser dette, er han indlagt.",
        "Hvis I savner receptionisten, er grunden en blodprop.",
        "Har du hørt, at der er en i huset, der har kræft, må det blive her.",
        "Har du betalt?",
        "Vi har ikke modtaget din betaling.",
    ],
)
def test_what_is_told_of_somebody_is_read(told: str) -> None:
    assert told in read(f"Kære kolleger\n\nVandet lukkes mandag. {told} Tak.")


def test_who_may_be_one_alone_is_told_of_what_is_owed() -> None:
    owed = "Betaler du ikke de 3.200 kr. inden mandag, lukker vi for vandet."
    assert owed in read(f"Kære kunde\n\n{owed}")
    assert owed not in read(f"Kære kunder\n\n{owed}")


def test_the_greeting_stands_before_what_is_said_to_you_further_down() -> None:
    text = f"Kære kunder\n\n{FILLING * 2}\n\nDu kan nu skære 800 kr. om måneden på dit lån, siger banken nu."
    first, *others = [one.window for one in split_windows([Text(text, "part 1", Source.BODY)])]
    assert first.text.count("Kære kunder") == 1
    assert others[-1].text.startswith("Kære kunder ")
    assert text[others[-1].start :].startswith("Vi holder") or text[others[-1].start :].startswith("Du kan")


@pytest.mark.parametrize(
    ("greeting", "shown"),
    [
        ("Kære alle", "Man skal fortælle ens chef i god tid, at man er gravid."),
        ("Kære kunde", "Du skal fortælle din chef i god tid, at du er gravid."),  # it may be said to one
        ("Kære Anna", "Du skal fortælle din chef i god tid, at du er gravid."),
    ],
)
def test_in_a_letter_to_many_you_is_anybody(greeting: str, shown: str) -> None:
    told = "Du skal fortælle din chef i god tid, at du er gravid."
    assert shown in read(f"{greeting}\n\n{FILLING * 2}\n\n{told}")


@pytest.mark.parametrize(
    "told",
    [
        "Torben, du svarer ikke på brevene om restancen.",
        "Nu skylder du det hele, og jeg venter ikke længere på dig.",
        "Og vi har stadig ikke set dine penge for i sommer.",
    ],
)
def test_but_whom_it_speaks_to_in_particular(told: str) -> None:
    assert told in read(f"Kære alle\n\n{FILLING * 2}\n\n{told}")


def test_the_next_greeting_takes_its_place() -> None:
    greetings = Greetings("Kære alle\nTak.\n\n> Hej Anna\n> Du skylder 300 kr.\n")
    assert greetings.at(12).said == "Kære alle"
    assert not greetings.at(40).said
    assert greetings.tells("Hvis du ikke betaler, lukker vi.", 40)


GUIDED = (
    "Du får dagpenge fra os i 14 dage. Du skal udfylde et skema. Hvis du er rask igen, skal du melde det."
)


@pytest.mark.parametrize(
    ("subject", "head"),
    [
        ("Hej", "Sådan melder du dig syg, mens du er ledig\n\n"),
        ("Hej", "Trin for trin: sygdom\n\n1. "),
        ("Hej", "Spørgsmål og svar\n\nHvad får jeg? "),
        ("VS: Vejledning: syg, mens du er ledig", ""),
        ("Slik gjør du det", ""),
    ],
)
def test_who_reads_a_guide_is_nobody(subject: str, head: str) -> None:
    shown = read(f"{head}{GUIDED}\n\nMed venlig hilsen\nKassen", subject)
    assert "Vejledning" in shown
    assert "Man får dagpenge fra os i 14 dage." in shown
    assert "rask igen" not in shown


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Dagpenge", GUIDED),
        ("Sådan gør du", f"Hej Nadia\n\n{GUIDED}"),
        ("Sådan gør du", f"Nadia, {GUIDED}"),
        ("Sådan gør du", f"{GUIDED} Vi har modtaget din ansøgning."),
        ("Sådan gør du", f"{GUIDED} Du er visiteret til hjemmehjælp."),
        ("Sådan gør du", f"{GUIDED} Min mand er indlagt."),
        ("Sådan gør du", f"{GUIDED} Du bliver opsagt."),
        ("Sådan gør du", f"{GUIDED} Du skal møde til kemoterapi hver tirsdag."),
        ("Sådan gør du", f"{GUIDED} Du skal møde den 4. maj."),
        ("Vejledning", "Du får dagpenge fra os i 14 dage."),
        ("Sådan gør du", f"Se nedenfor, hvad de skriver.\n\n> {GUIDED}"),
        ("Sådan gør du", f"{GUIDED}\n\nMvh\nBo\n\nNadia er stadig syg."),
        ("Sådan gør du", f"{GUIDED}\n\nMvh\nBo\n\n> Nadia: syg"),
        ("Sådan gør du", f"Husk at logge på, før du kan se det.\n\nMvh\nBo\n\nPS: {GUIDED}"),
    ],
)
def test_but_whom_it_is_told_of_in_particular(subject: str, text: str) -> None:
    assert "Du får dagpenge fra os i 14 dage." in read(text, subject)


@pytest.mark.parametrize(
    "hostile",
    [
        "Kære " * 100_000,
        "Kære alle\n" * 50_000,
        "Til " + "a " * 250_000,
        "Hej alle\n" + "Hvis du " * 60_000,
        "\n>" * 250_000,
        "Hej alle\nEr du " + "a" * 500_000,
        "Hej alle\n" + "a" * 500_000,
        "Hej alle\n" + "er " * 150_000,
        "Sådan gør du\n" + "Hvis du " * 60_000,
        "Sådan gør du\n" + "a" * 500_000,
    ],
)
def test_the_time_grows_with_the_text_alone(hostile: str) -> None:
    start = time.process_time()
    greetings = Greetings(hostile)
    greetings.tells(hostile, len(hostile))
    greetings.before(hostile, len(hostile))
    assert time.process_time() - start < 1.5

"""Papers, cases and files that offices name by the person whom they concern, and by nothing else.

``070761-4285`` is spelled and made like hardly any other number: six digits, a hyphen and four, modulus 11, somebody
who may be alive. ``070761-4286`` is as well spelled, without modulus 11.
"""

from __future__ import annotations

from itertools import product
from random import Random

import pytest

from corpus.numbers import found
from segl_classifier.cpr.calendar import modulus11
from segl_classifier.cpr.judging.by_chance import Called, beyond_chance, is_by_chance
from segl_classifier.cpr.spelling.form import Spelling
from segl_classifier.message import Source


def numbers(count: int, sign: str, *, modulus: bool) -> list[str]:
    rnd = Random(count)
    made: list[str] = []
    while len(made) < count:
        digits = (
            f"{rnd.randint(1, 28):02}{rnd.randint(1, 12):02}{rnd.randint(40, 99):02}{rnd.randint(0, 3999):04}"
        )
        if modulus11(digits) is modulus:
            made.append(f"{digits[:6]}{sign}{digits[6:]}")
    return made


PAPERS = (
    *("Kontrakt", "Ansættelseskontrakt", "Lejekontrakt", "Elevkontrakt", "Ansættelsesaftale", "Lejeaftale"),
    *("Notat", "Journalnotat", "Sygefraværsnotat", "Referat", "Rapport", "Politirapport", "DNA-rapport"),
    *("Lægeudtalelse", "PPR-udtalelse", "Lønopgørelse", "Skatteopgørelse", "Pensionsopgørelse"),
    *("Opholdstilladelse", "Medlemsregistrering", "Tandlægeregning", "Dokument", "Skema", "Lån", "Bilag"),
    *("Sag", "Journal", "Scan", "Mødeindkaldelse", "Kvittering"),
)


@pytest.mark.parametrize("paper", PAPERS)
def test_a_paper_is_called_by_the_person_whom_it_concerns(paper: str) -> None:
    assert found(f"{paper} 070761-4285", Source.SUBJECT)
    assert found(f"{paper} 070761-4285 Karen Møller")
    for sign in "_- ":
        assert found(f"{paper}{sign}070761-4285.pdf", Source.FILENAME)
    assert not found(f"{paper}nr. 070761-4286")


@pytest.mark.parametrize(
    "called",
    [
        "Kontrakt nr.",
        "Kontraktnr.",
        "Aftalenummer",
        "Rapport nr.",
        "Bilag nr.",
        "Bilagsnr.",
        "Kvitteringsnr.",
    ],
)
def test_a_paper_with_a_number_of_its_own_is_called_by_that(called: str) -> None:
    assert not found(f"{called} 070761-4285")


@pytest.mark.parametrize("called", ["Rammeaftale", "Serviceaftale", "Servicerapport", "Ordrebekræftelse"])
def test_papers_of_trade_have_numbers_of_their_own(called: str) -> None:
    assert not found(f"{called} 070761-4285")


@pytest.mark.parametrize(
    "name",
    [
        *("070761-4285_1", "070761-4285-1", "2026-070761-4285", "20261129_070761-4285", "24-070761-4285"),
        *("Bilag1_070761-4285.pdf", "Sag_070761-4285_12", "Scan_070761-4285.pdf"),
    ],
)
def test_names_of_files_are_read_as_such_wherever_they_stand(name: str) -> None:
    assert found(name, Source.FILENAME)
    assert found(f"Re: {name}", Source.SUBJECT)
    assert found(f"Hermed {name} som aftalt")


@pytest.mark.parametrize(
    "text",
    [
        "kl. 12.03.85-1002.30",
        "2024-070761-4285-7",
        "A12-070761-4286",
        "24-070761-4286",
        "3f2a-070761-4285-7a",
    ],
)
def test_longer_numbers_are_none(text: str) -> None:
    assert not found(text)


@pytest.mark.parametrize(
    "matter",
    ["Henvisning", "Ansøgning", "Klage", "Anmeldelse", "Blodprøve", "Bevilling", "Forsikring", "Lejemål"],
)
def test_ten_digits_behind_the_matter_of_one_person_are_hers(matter: str) -> None:
    assert found(f"{matter} 0707614285")
    assert not found(f"{matter} 0707614286")
    assert not found(f"{matter}snr. 0707614285")


@pytest.mark.parametrize(
    "text", ["Levering 0707614285", "Sag 0707614285", "Ordre 0707614285", "Ref. 0707614285"]
)
def test_ten_digits_behind_a_matter_of_trade_are_its_number(text: str) -> None:
    assert not found(text)


def test_a_case_in_the_name_of_a_file_may_be_a_persons() -> None:
    assert found("sag_0707614285.pdf", Source.FILENAME)
    assert not found("sag_0707614286.pdf", Source.FILENAME)
    assert not found("sagsnr_0707614285.pdf", Source.FILENAME)
    assert not found("faktura_0707614285.pdf", Source.FILENAME)


@pytest.mark.parametrize(
    "text",
    [
        *("Karen Møller, født 07.07.1961 4285, flytter", "født 07-07-1961 4285", "født 7/7/1961 4285"),
        *(
            "født 07071961 4285",
            "Fødselsdag: 1961-07-07 4285",
            "born 07 07 1961 4285",
            "født 07.07.1961/4285",
        ),
    ],
)
def test_a_birthday_with_the_whole_year_and_four_digits_behind_it(text: str) -> None:
    assert found(text)


@pytest.mark.parametrize(
    "text",
    [
        *("født 07.07.1961 8000 Aarhus", "Han er født her. Mødet er 12.12.2026 1400", "Kl. 07.07.1961 4285"),
        *(
            "Født;Beløb\n07.07.1961;4285",
            "Født\tBeløb\n07.07.1961\t4285",
            "født i 1961. Uge 07.07.1961 4285 kr",
        ),
    ],
)
def test_four_digits_behind_another_day_are_none(text: str) -> None:
    assert not found(text)


@pytest.mark.parametrize("heading", ["Kundenr", "Sag", "Aftale", "Kontrakt", "Medlemsnr", "Ref", "Journal"])
def test_one_made_like_hardly_any_other_is_a_persons_whatever_a_column_of_persons_is_called(
    heading: str,
) -> None:
    assert found(f"{heading};Navn\n070761-4285;Karen Møller")
    assert not found(f"{heading};Navn\n070761-4286;Karen Møller")


@pytest.mark.parametrize("sign", ["-", "", " "])
@pytest.mark.parametrize("heading", ["Sagsnr", "Kundenr", "Medlemsnummer", "Aftalenr", "Policenr"])
@pytest.mark.parametrize("count", [3, 12, 300])
def test_a_column_of_numbers_that_chance_cannot_have_made_is_one_of_personal_numbers(
    heading: str, count: int, sign: str
) -> None:
    made = numbers(count, sign, modulus=True)
    assert found("\n".join([f"{heading};Navn", *(f"{number};Bo Lund" for number in made)]))


@pytest.mark.parametrize("sign", ["", " "])
def test_a_column_in_which_some_are_so_made_is_none(sign: str) -> None:
    made = [*numbers(3, sign, modulus=True), *numbers(6, sign, modulus=False)]
    assert not found("\n".join(["Sagsnr;Navn", *(f"{number};Bo Lund" for number in made)]))


@pytest.mark.parametrize(
    ("heading", "sign"),
    [*product(["Ordrenr", "Fakturanr", "Kontonr", "Varenr"], ["", "-"]), ("Telefon", "")],
)
def test_numbers_of_trade_stay_such_unless_all_are_made_like_personal_numbers(
    heading: str, sign: str
) -> None:
    """Accounts have a check digit of the same kind, and numbers that were given in a row begin alike."""
    made = numbers(12, sign, modulus=True)
    for few in (made[:2], [*made[:3], *numbers(9, sign, modulus=False)], [f"07{n[2:]}" for n in made]):
        assert not found("\n".join([f"{heading};Navn", *(f"{n};Bo" for n in few)]))
    assert len(found("\n".join([f"{heading};Navn", *(f"{n};Bo" for n in made)]))) == len(made)


def called(count: int, *, living: int, spelling: Spelling = Spelling.BARE) -> list[Called]:
    return [Called(f"{n:010}", spelling, n < living) for n in range(count)]


def test_what_is_beyond_chance() -> None:
    assert len(beyond_chance(called(3, living=3), "")) == 3
    assert len(beyond_chance(called(6, living=4), "")) == 4
    assert not beyond_chance(called(2, living=2), "")
    assert not beyond_chance(called(9, living=5), "")
    again = [Called("0707614285", Spelling.HYPHEN, True)] * 5
    assert not beyond_chance(again, "")  # one number, said five times


def test_ten_digits_that_are_no_days_speak_against_it() -> None:
    accounts = "\n".join(f"99{n:08}" for n in range(3))
    assert not beyond_chance(called(3, living=3), accounts)
    assert len(beyond_chance(called(3, living=3, spelling=Spelling.HYPHEN), accounts)) == 3


@pytest.mark.parametrize("heading", ["Sag", "Kontrakt", "Police"])
def test_one_among_many_that_are_not_so_made_is_made_by_chance(heading: str) -> None:
    made = [*numbers(1, "-", modulus=True), *numbers(7, "-", modulus=False)]
    assert not found("\n".join([f"{heading};Frist", *(f"{number};1. maj" for number in made)]))
    assert found("\n".join([f"{heading};Frist", *(f"{number};1. maj" for number in made[:2])]))


def column(heading: str, numbers: list[str]) -> str:
    return "\n".join([f"{heading};Frist", *(f"{number};1. maj" for number in numbers)])


@pytest.mark.parametrize("heading", ["Sag", "Kundenr", "Journalnr", "Medlemsnr", "Police"])
def test_what_chance_made_in_one_column_says_nothing_of_another(heading: str) -> None:
    cases = column("Sagsnr", numbers(8, "-", modulus=False))
    persons = column(heading, numbers(3, "-", modulus=True))
    for first, last in ((cases, persons), (persons, cases)):
        assert len(found(f"{first}\n\nDem talte vi om i går, og her er så de andre af dem.\n\n{last}")) == 3


PROSE = "Dem talte vi om i går, og her er så de andre af dem."
DATED = [f"{day:02}1126-{day:04}" for day in range(11, 19)]


@pytest.mark.parametrize("sign", ["-", "", " "])
@pytest.mark.parametrize("heading", ["Aftalenr", "Kundenr", "Medlemsnr", "Policenr"])
def test_nor_does_what_begins_with_its_date_in_another_column(heading: str, sign: str) -> None:
    dated = column("Sag", [number.replace("-", sign) for number in DATED])
    persons = column(heading, numbers(3, sign, modulus=True))
    for first, last in ((dated, persons), (persons, dated)):
        assert len(found(f"{first}\n\n{PROSE}\n\n{last}")) == 3


def test_nor_do_accounts_in_another_column() -> None:
    accounts = column("Konto", [f"99{number:08}" for number in range(8)])
    persons = column("Kundenr", numbers(3, "", modulus=True))
    assert len(found(f"{accounts}\n\n{PROSE}\n\n{persons}")) == 3
    assert not found(column("Kundenr", [*(f"99{n:08}" for n in range(8)), *numbers(3, "", modulus=True)]))


def test_what_two_columns_hold_is_no_chance_together() -> None:
    first, second, third = numbers(3, "-", modulus=True)
    tables = column("Aftalenr", [first, second]), column("Kundenr", [third])
    assert len(found(f"{tables[0]}\n\n{PROSE}\n\n{tables[1]}")) == 3


def test_numbers_that_begin_with_their_date_say_nothing_of_those_that_do_not() -> None:
    dated = [f"{day:02}1126-{day:04}" for day in range(11, 19)]
    assert not found(column("Sag", dated))
    assert len(found(column("Sag", dated + numbers(2, "-", modulus=True)))) == 2


def test_more_of_many_than_chance_makes_are_personal_numbers() -> None:
    made = [*numbers(30, "-", modulus=False), *numbers(9, "-", modulus=True)]
    assert len(found(column("Sag", made))) == 9


@pytest.mark.parametrize(
    ("living", "of", "by_chance"), [(1, 4, False), (1, 5, True), (2, 5, False), (2, 12, True), (9, 39, False)]
)
def test_what_chance_makes(living: int, of: int, by_chance: bool) -> None:
    assert is_by_chance(called(of, living=living)) is by_chance


@pytest.mark.parametrize("heading", ["Sagsnr", "Ordrenr", "Kundenr"])
def test_what_stands_behind_a_long_list_of_other_numbers_is_looked_at(heading: str) -> None:
    dated = [f"{1 + n % 28:02}{1 + n // 28:02}25-{n:04}" for n in range(100, 300)]
    other = column(heading, dated)
    persons = column("Kundenr", numbers(5, "-", modulus=True))
    assert (
        len(found(f"{other}\n\nOg her er så kunderne, som vi talte om i går på mødet hos Per.\n\n{persons}"))
        == 5
    )


def test_of_a_long_list_one_in_eleven_is_so_made_by_chance() -> None:
    made = [*numbers(300, "-", modulus=False), *numbers(25, "-", modulus=True)]
    assert not found(column("Sag", made))
    assert len(found(column("Sag", made[:80] + made[-25:]))) == 25

"""What is decided of somebody in English, German, Swedish and Norwegian counts as it does in Danish: with the model as
without."""

from __future__ import annotations

import pytest

from keyword_model import KeywordModel, labels_of_mail
from segl.vocabulary import Label

SURE_OF_NOTHING = KeywordModel({})
DOUBTS = KeywordModel({"": {None: 0.1}})
FRAME = (
    "Karen\n\n{said}\n\nThe canteen is closed. Der Parkplatz auch. Matsalen stänger kl 13. Kantina også, hele uka, og "
    "vi ses på mandag klokken ni.\n\nKim\n"
)


def labels(said: str, model: KeywordModel = SURE_OF_NOTHING) -> tuple[Label, ...]:
    return labels_of_mail("Re: i går", FRAME.format(said=said), model)


@pytest.mark.parametrize(
    ("said", "label"),
    [
        ("Mrs Abbott has been assessed for home care twice a day.", Label.HEALTH),
        ("Für Ihren Sohn haben wir eine Schulbegleitung bewilligt.", Label.HEALTH),
        ("Ni har fått avslag på färdtjänst för din mamma.", Label.HEALTH),
        ("Ho har fått innvilga heimesjukepleie to gonger i døgnet.", Label.HEALTH),
        ("His claim for housing benefit was turned down.", Label.INCOME_WEALTH),
        ("Herr Yilmaz bekommt seit Mai Bürgergeld.", Label.INCOME_WEALTH),
        ("Hans sjukersättning har dragits in.", Label.INCOME_WEALTH),
        ("NAV har stanset dagpengene hans; han har ikke rett til dagpenger.", Label.INCOME_WEALTH),
        ("Bailiffs acting for you took his van.", Label.PAYMENT_DEFAULT),
        ("Gegen ihn läuft eine Lohnpfändung.", Label.PAYMENT_DEFAULT),
        ("Hennes skuld ligger hos Kronofogden.", Label.PAYMENT_DEFAULT),
        ("Han har to betalingsanmerkninger.", Label.PAYMENT_DEFAULT),
        ("Noah was taken into care last week.", Label.FAMILY),
        ("Das Jugendamt war gestern bei Familie Lorenz, wegen ihrer Tochter.", Label.FAMILY),
        ("Vi har fått en orosanmälan om Elsa.", Label.FAMILY),
        ("Barnevernet har hentet jenta.", Label.FAMILY),
        ("Ian has been suspended on full pay.", Label.EMPLOYMENT_EDUCATION),
        ("Herr Voss ist bis zum 3. März krankgeschrieben.", Label.EMPLOYMENT_EDUCATION),
        ("Du kallas till rehabmöte på torsdag.", Label.EMPLOYMENT_EDUCATION),
        ("Arvid er sykmeldt ut januar.", Label.EMPLOYMENT_EDUCATION),
        ("Your mark was 34, so you have to resit in August.", Label.EMPLOYMENT_EDUCATION),
        ("Finn wird nicht versetzt.", Label.EMPLOYMENT_EDUCATION),
        ("Uwe ist bei ver.di.", Label.TRADE_UNION),
        ("Lasse är med i Unionen.", Label.TRADE_UNION),
        ("Miriam keeps kosher.", Label.RELIGIOUS_PHILOSOPHICAL),
        ("Ihr Mann ist aus der Kirche ausgetreten.", Label.RELIGIOUS_PHILOSOPHICAL),
        ("Ihr Bruder hat sich letztes Jahr geoutet; er ist schwul.", Label.SEXUAL),
    ],
)
def test_what_is_decided_of_somebody_counts_though_the_model_sees_nothing(said: str, label: Label) -> None:
    assert label in labels(said)


@pytest.mark.parametrize(
    "said",
    [
        "Mr Pugh has slipped a disc? No: he was admitted to hospital with a slipped disc.",
        "Jürgen liegt im Krankenhaus?",
        "Tove har vattkoppor?",
        "Gutten er innlagt på sykehuset?",
    ],
)
def test_an_illness_counts_where_the_model_is_not_sure_that_there_is_nothing(said: str) -> None:
    assert labels(said) == ()
    assert labels(said, DOUBTS) == (Label.HEALTH,)


@pytest.mark.parametrize(
    "said",
    [
        "Employees who are signed off for more than a week hand in a fit note.",
        "If you are in arrears, ask us for a payment plan.",
        "The seminar deals with bailiffs and county court judgments. Ask Ian.",
        "Wenn Sie krankgeschrieben sind, rufen Sie bitte an.",
        "Seminar: Abmahnung, Kündigung und Zeugnis, mit Dr. Behn.",
        "Die Rechnung der Holsten GmbH liegt jetzt beim Inkassobüro, sagt Anna.",
        "Om du är sjukskriven mer än 14 dagar behövs läkarintyg.",
        "Kurs om Kronofogden och skuldsanering, med Anna Ek.",
        "Dersom du blir sykmeldt, fyller du ut skjemaet.",
        "Foredrag om barnevernet ved Siri Vik.",
        "Anna søker etter flere ansatte til hjemmesykepleien.",
        "[Name], hiermit erhalten Sie eine Abmahnung wegen [Grund].",
    ],
)
def test_what_holds_for_anybody_does_not(said: str) -> None:
    assert labels(said) == ()

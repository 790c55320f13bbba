"""What people write of one another in plain words counts where the model is not sure that there is nothing."""

from __future__ import annotations

import pytest

from keyword_model import KeywordModel, labels_of_mail
from segl.vocabulary import Label

# Of every text this model says that it may be a person's matter, and not of which category.
DOUBTS = KeywordModel({"": {None: 0.1}})
FRAME = (
    "Hej Jonna\n\nTak for din mail, og undskyld det sene svar.\n\n{said}\n\nJeg sidder ved telefonen i morgen mellem 9 "
    "og 10, hvis du vil ringe. Parkeringspladsen er lukket hele ugen.\n\nVenlig hilsen\nBo Hansen\n"
)


def labels(said: str, model: KeywordModel = DOUBTS) -> tuple[Label, ...]:
    return labels_of_mail("SV: Spørgsmål", FRAME.format(said=said), model)


SAID = [
    ("Dit kolesterol er stadig for højt.", Label.HEALTH),
    ("Svaret er kommet, og hans knude var godartet.", Label.HEALTH),
    ("Grethe faldt om i kantinen i formiddags.", Label.HEALTH),
    ("Kim er begyndt at drikke igen.", Label.HEALTH),
    ("Du skal faste fra midnat.", Label.HEALTH),
    ("Yonas skal have fire tænder ud i fuld narkose.", Label.HEALTH),
    ("Susan er sygemeldt med en belastningsreaktion, og undersøgelsen er ikke slut.", Label.HEALTH),
    ("Bo fik venstre hånd i kantpressen.", Label.HEALTH),
    ("Mona og Preben er på bruttolisten.", Label.EMPLOYMENT_EDUCATION),
    ("Liste over de ni vi siger op på torsdag er vedhæftet.", Label.EMPLOYMENT_EDUCATION),
    ("Sælgerne skal skilles, men det må køberne ikke vide.", Label.FAMILY),
    ("Hendes knæ driller stadig.", Label.HEALTH),
    ("Aksel kan ikke tåle nødder.", Label.HEALTH),
    ("Hun samarbejder ikke med de andre.", Label.EMPLOYMENT_EDUCATION),
    ("Vi må af med Torben inden jul.", Label.EMPLOYMENT_EDUCATION),
    ("Sofie skal gå 3. klasse om.", Label.EMPLOYMENT_EDUCATION),
    ("Alma fik 02 i matematik.", Label.EMPLOYMENT_EDUCATION),
    ("Ole var væk i går uden at ringe.", Label.EMPLOYMENT_EDUCATION),
    ("Familien i nr. 4 er to måneder bagefter.", Label.PAYMENT_DEFAULT),
    ("Fru Bach vil have pengene tilbage, og hendes advokat har skrevet.", Label.DISPUTE),
    ("Hun lever af sin folkepension.", Label.INCOME_WEALTH),
    ("Anders og Lise er gået fra hinanden.", Label.FAMILY),
    ("Gitte er skiftet til Krifa.", Label.TRADE_UNION),
    ("Yusuf skal have fri til fredagsbøn.", Label.RELIGIOUS_PHILOSOPHICAL),
    ("Kurt stemmer på Enhedslisten.", Label.POLITICAL),
    ("Mads er sprunget ud for holdet.", Label.SEXUAL),
    ("Hendes pegefinger virker ikke i læseren.", Label.BIOMETRIC),
    ("Hun har det samme gen som sin mor.", Label.GENETIC),
    ("Hans mor er fra Somalia.", Label.RACIAL_ETHNIC),
]


@pytest.mark.parametrize(("said", "label"), SAID)
def test_what_is_said_of_somebody_in_plain_words_counts_where_the_model_doubts(
    said: str, label: Label
) -> None:
    assert label in labels(said)


def test_it_does_not_where_the_model_is_sure_of_nothing() -> None:
    assert labels("Hendes knæ driller stadig.", KeywordModel({})) == ()


def test_a_charge_said_in_plain_words_does_not_hold_a_mail_by_itself() -> None:
    """A mail on a charge waits for a person: there the model must say as much."""
    assert labels("Han har siddet inde.") == ()


@pytest.mark.parametrize(
    "said",
    [
        "Trykket i kedlen er stadig for højt.",
        "Vandprøven ligger lavt på kalk.",
        "Stakittet er faldet om i blæsten.",
        "Benene på bordet er slidte.",
        "Leverandøren er for langsom.",
        "Vi må af med de gamle stole.",
        "Vi fik 4 i målet på ti minutter.",
        "Bogen handler om, hvordan man lever af sin folkepension.",
        "Brædderne er gået fra hinanden.",
        "Pæonerne er sprunget ud.",
        "Fingeraftrykslæseren på porten er i stykker.",
        "Kaffen er fra Etiopien.",
        "Hvis du har forhøjet blodtryk, så tal med lægen.",
        "Send aldrig oplysninger om fagforening i almindelig mail.",
    ],
)
def test_the_same_words_of_nobody_do_not(said: str) -> None:
    assert labels(said) == ()

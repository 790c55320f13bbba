"""What an authority decides about somebody, said in its set words, counts with the model as it does without."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from keyword_model import KeywordModel
from segl.vocabulary import Label
from segl_classifier.classify import classify
from segl_classifier.rules import shipped_rules

SURE_OF_NOTHING = KeywordModel({})
FRAME = (
    "Hej Jonna\n\nTak for din mail, og undskyld det sene svar.\n\n{said}\n\nJeg sidder ved telefonen i morgen mellem 9 "
    "og 10, hvis du vil ringe. Parkeringspladsen er lukket hele ugen.\n\nVenlig hilsen\nBo Hansen\n"
)


def mail(said: str, file: str = "") -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "bo@by.example", "jonna@by.example", "SV: Spørgsmål"
    message.set_content(FRAME.format(said=said))
    if file:
        message.add_attachment(file, filename="brev.txt")
    return message.as_bytes()


def labels(raw: bytes) -> tuple[Label, ...]:
    return classify(raw, shipped_rules(), model=SURE_OF_NOTHING).labels


@pytest.mark.parametrize(
    ("said", "label"),
    [
        ("Din hjemmehjælp bliver skåret ned til 40 minutter om ugen.", Label.HEALTH),
        ("Vi har vurderet, at Agnes ikke længere har behov for støttepædagog.", Label.HEALTH),
        ("Din kone er kommet på ventelisten til demensafsnittet.", Label.HEALTH),
        ("Preben måtte fastholdes, og vi anvendte magt i to minutter.", Label.HEALTH),
        ("Kommunen har godkendt dit fleksjob hos Bilka på 10 timer.", Label.INCOME_WEALTH),
        ("Du er tilkendt seniorpension.", Label.INCOME_WEALTH),
        ("Jeres ansøgning om økonomisk friplads til tvillingerne er godkendt.", Label.INCOME_WEALTH),
        ("Emil skal undersøges på Børnehus Sjælland på onsdag.", Label.FAMILY),
        ("Samværet mellem Emma og hendes far er stoppet.", Label.FAMILY),
        ("Restancen på daginstitution er 4.118 kr., og Mette kan miste pladsen.", Label.PAYMENT_DEFAULT),
        ("Vi har besluttet at opsige Karsten i prøvetiden.", Label.EMPLOYMENT_EDUCATION),
        ("Viggo er skoleudsat et år.", Label.EMPLOYMENT_EDUCATION),
    ],
)
def test_what_an_authority_decides_of_somebody_counts_though_the_model_sees_nothing(
    said: str, label: Label
) -> None:
    assert label in labels(mail(said))
    assert label in labels(mail("Se brevet.", file=said))


@pytest.mark.parametrize(
    "said",
    [
        "Hjemmeplejen skal bruge to nye elbiler.",
        "Du kan få bevilget en kørestol, hvis du ikke kan gå.",
        "Kan du sende mig prisen på ti høreapparater?",
        "Din adgang til systemet er inddraget, når du skifter afdeling.",
        "Søren er bevilget orlov til sin jordomrejse.",
        "Satsen for helbredstillæg er uændret.",
        "Boligstøtte søges hos Udbetaling Danmark.",
        "Vi har modtaget 412 underretninger i år.",
        "Plejefamilierne er inviteret til julefest.",
        "Skabelonen til skriftlig påtale ligger på intranettet.",
        "Du er bevilget [timer] ledsagelse om måneden.",
        "Krav over 250 kr. sendes til inddrivelse.",
        "Plejecentret skal bruge en ny loftlift på stue 4.",
        "Har en medarbejder et misbrug, tilbyder vi medarbejderen ambulant behandling og plads på et hold.",
        "Du laver børnefaglige undersøgelser og indstiller sager om anbringelse til udvalget.",
        "Får du et påkrav med gebyr inden den tredje hverdag i måneden, og betaler du heller ikke inden 14 dage, "
        "bliver lejemålet uden videre ophævet, og sagen sendes til fogedretten.",
    ],
)
def test_what_is_decided_of_nobody_does_not(said: str) -> None:
    assert labels(mail(said)) == ()

"""In a message of a few words the model has nothing to go by: there the words of the rules count by themselves."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from keyword_model import KeywordModel
from segl.vocabulary import Decision, Label, Verdict
from segl_classifier.classify import classify, gather
from segl_classifier.decide import weigh_all
from segl_classifier.rules import shipped_rules

SURE_OF_NOTHING = KeywordModel({})
CLOSING = "Venlig hilsen\nBo Hansen"
MORE = "Stilladset ved skuret bliver stående til fredag, og den nye kaffemaskine i kantinen står ved siden af bakkerne."


def mail(body: str, subject: str = "Hej", *, html: bool = False, file: str = "") -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = (
        "Bo Hansen <bo@by.example>",
        "tove@by.example",
        subject,
    )
    message.set_content(body, subtype="html" if html else "plain")
    if file:
        message.add_attachment(file, filename="bilag.txt")
    return message.as_bytes()


def judged(raw: bytes) -> Verdict:
    return classify(raw, shipped_rules(), model=SURE_OF_NOTHING)


@pytest.mark.parametrize(
    ("said", "label"),
    [
        ("Du er fyret pr. 1. maj.", Label.EMPLOYMENT_EDUCATION),
        ("Min søn er skizofren.", Label.HEALTH),
        ("Jeg har kræft.", Label.HEALTH),
        ("Jens skylder husleje.", Label.PAYMENT_DEFAULT),
        ("Sofie skal skilles.", Label.FAMILY),
    ],
)
def test_a_short_sentence_counts_though_the_model_sees_nothing(said: str, label: Label) -> None:
    assert judged(mail(f"Hej Tove\n\n{said}\n\n{CLOSING}\n")).labels == (label,)
    assert judged(mail(f"<p>Hej Tove</p><p>{said}</p><p>Venlig hilsen<br>Bo</p>", html=True)).labels == (
        label,
    )


@pytest.mark.parametrize("times", [2, 30, 2_000])
@pytest.mark.parametrize("between", [" ", "\n", "\n\n", "\n> "])
def test_it_counts_however_often_it_is_said(times: int, between: str) -> None:
    assert judged(mail(between.join(["Hej Tove\nMin søn er skizofren."] * times))).labels == (Label.HEALTH,)


def test_what_is_said_once_beside_it_are_words_as_others() -> None:
    assert judged(mail(f"{'Min søn er skizofren. ' * 30}{MORE}")).decision is Decision.PLAIN


@pytest.mark.parametrize(
    "said",
    [
        "Din lønseddel ligger i e-Boks.",
        "Din lønseddel for maj er sendt til din digitale postkasse.",
        "Du kan se din lønseddel i Mit.dk fra den 26.",
        "Your payslip for May is now available in the employee portal.",
    ],
)
def test_that_something_lies_ready_elsewhere_tells_nothing(said: str) -> None:
    assert judged(mail(f"Kære medarbejder\n\n{said}\n\n{CLOSING}\n")).decision is Decision.PLAIN


def test_what_a_payslip_says_does() -> None:
    body = f"Kære Tove\n\nHer er din lønseddel for maj: 28.905 kr.\n\n{CLOSING}\n"
    assert judged(mail(body)).labels == (Label.INCOME_WEALTH,)


def test_above_a_long_signature_too() -> None:
    foot = f"{CLOSING}\nKonsulent\n{MORE}\nTorvet 4, Nordby\nTlf. 12 34 56 78"
    assert judged(mail(f"Hej Tove\n\nJeg har kræft.\n\n{foot}\n")).labels == (Label.HEALTH,)


QUESTION = f"Hej Bo\n\nHvordan går det med dig i dag? {MORE}\n\nVenlig hilsen\nTove"
OUTLOOK = "Fra: Tove Lind <tove@by.example>\nSendt: 12. maj 2026 10:11\nTil: Bo Hansen <bo@by.example>\nEmne: SV: Hej"
ANSWERED = [
    pytest.param(f"{OUTLOOK}\n\n{QUESTION}", id="Outlook"),
    pytest.param(
        f"________________________________\n{OUTLOOK.replace('Fra:', '*Fra:*')}\n\n{QUESTION}",
        id="Outlook, bold",
    ),
    pytest.param(
        f"From: Tove Lind\nDate: Tuesday, 12 May 2026\nTo: Bo Hansen\nSubject: Re: Hej\n{QUESTION}",
        id="English",
    ),
    pytest.param(
        f"Den 12. maj 2026 kl. 10.11 skrev Tove Lind <tove@by.example>:\n\n{QUESTION}", id="without marks"
    ),
    pytest.param(
        "Den tirs. 12. maj 2026 kl. 10.11 skrev Tove Lind <\ntove@by.example>:\n> "
        + QUESTION.replace("\n", "\n> "),
        id="with marks",
    ),
    pytest.param(f"-----Oprindelig meddelelse-----\n{OUTLOOK}\n{QUESTION}", id="a line above"),
]


@pytest.mark.parametrize("answered", ANSWERED)
@pytest.mark.parametrize("ends", ["", "\n\nSendt fra min iPhone", "\n\nMvh Bo"])
def test_above_the_mail_that_it_answers_too(ends: str, answered: str) -> None:
    assert judged(mail(f"Jeg har kræft.{ends}\n\n{answered}\n")).labels == (Label.HEALTH,)


def test_below_what_it_answers_too() -> None:
    assert judged(mail(f"> Hvordan går det? {MORE}\n\nJeg har kræft.\n")).labels == (Label.HEALTH,)


@pytest.mark.parametrize(
    ("above", "label"),
    [
        pytest.param("Tak.", (Label.HEALTH,), id="an answer of few words"),
        pytest.param("", (Label.HEALTH,), id="sent on"),
        pytest.param(f"{MORE} Husk at lukke vinduerne.", (), id="a longer one"),
    ],
)
def test_what_a_short_mail_answers_is_such_a_message_too(above: str, label: tuple[Label, ...]) -> None:
    quoted = "> Hej Bo\n>\n> Jeg har kræft.\n>\n> Venlig hilsen\n> Tove"
    for answered in (f"{OUTLOOK}\n\nHej Bo\n\nJeg har kræft.\n\n{CLOSING}", f"Tove skrev:\n{quoted}"):
        assert judged(mail(f"{above}\n\n{answered}\n")).labels == label


def test_general_words_in_the_mail_that_is_answered_take_nothing_away() -> None:
    course = "Her er vores nyhedsbrev med foredrag og webinarer om kræft for alle, der er nysgerrige. " * 2
    assert judged(mail(f"Jeg har kræft.\n\n{OUTLOOK}\n\n{course}\n")).labels == (Label.HEALTH,)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f"Jeg har kræft. {MORE}", id="the model has enough to go by"),
        pytest.param(
            f"Vi ses kl. 10.\n\n{CLOSING}\nKræftsygeplejerske, min patient", id="what the writer is by trade"
        ),
        pytest.param(
            "Vi ses kl. 10.\n\nMvh Lis\nMedlem af Dansk Metal, HK og din fagforening", id="where one works"
        ),
        pytest.param(f"Vi ses kl. 10.\n\n{CLOSING}", id="nothing"),
    ],
)
def test_the_model_has_the_last_word_otherwise(body: str) -> None:
    assert judged(mail(body)).decision is Decision.PLAIN


def test_a_topic_in_the_subject_does_not_count_by_itself() -> None:
    song = mail("Noderne kan hentes hos Asta.", "Jeg er skilt, syg og fattig: vise i a-mol")
    assert judged(song).decision is Decision.PLAIN


def test_a_letter_with_a_file_is_more_than_its_few_words() -> None:
    assert judged(mail("Jeg har kræft.", file="Vi ses ved broen.")).decision is Decision.PLAIN


def test_why_it_holds_is_told() -> None:
    found = gather(mail("Jeg har kræft."), shipped_rules(), model=SURE_OF_NOTHING)
    weighing = weigh_all(
        found.findings, shipped_rules(), model=SURE_OF_NOTHING, understanding=found.understanding
    ).labels[Label.HEALTH]
    assert weighing.beyond_holds
    assert weighing.steps[-1].reason.startswith("rules that need no model")
    assert [step.reason for f in found.findings for step in f.adjustments][-1] == "a message of few words"


def invitation(summary: str) -> bytes:
    calendar = (
        "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nPRODID:Microsoft Exchange Server 2010\r\nBEGIN:VEVENT\r\n"
        "ATTENDEE;ROLE=REQ-PARTICIPANT;RSVP=TRUE;CN=Anne Lund:mailto:anne@by.example\r\n"
        f"SUMMARY;LANGUAGE=da-DK:{summary}\r\nDTSTART;TZID=Romance Standard Time:20261203T130000\r\n"
        "LOCATION:Lokale 2\r\nSTATUS:CONFIRMED\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "bo@by.example", "anne@by.example", "Møde"
    message.set_content("Se indkaldelsen.\n")
    message.add_alternative(calendar.encode(), "text", "calendar", params={"method": "REQUEST"})
    return message.as_bytes()


def test_of_an_invitation_the_words_of_its_program_do_not_count() -> None:
    assert judged(invitation("Opfølgning for Ole Holm - misbrug og bolig")).labels == (Label.HEALTH,)
    assert judged(invitation("Ledermøde om budget 2027")).decision is Decision.PLAIN


def test_a_nursery_may_be_called_a_house_of_children() -> None:
    ordered = "Hej Kurt, kan I levere to vandkølere til Børnehuset Spiloppen?"
    assert judged(mail(f"{ordered}\n\n{CLOSING}\n")).decision is Decision.PLAIN

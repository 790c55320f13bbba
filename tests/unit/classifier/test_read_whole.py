"""Whole messages, with the model that is shipped: what the recipient reads decides, wherever it stands."""

from __future__ import annotations

from email.message import EmailMessage
from functools import cache
from pathlib import Path

import pytest

from segl.vocabulary import Decision, Label
from segl_classifier.classify import classify
from segl_classifier.rules import shipped_rules
from segl_classifier.understanding.asking import Budget
from segl_classifier.understanding.model import load_model
from segl_classifier.understanding.reading import Model

FOLDER = Path(__file__).resolve().parents[3] / "classifier/model"
ILL = "Din søster Karen Holm er i går indlagt på psykiatrisk afdeling efter et selvmordsforsøg."
PLAIN = "Vi mødes på torsdag kl. 10 i kantinen."
FOOTERS = (
    "Denne mail er fortrolig. Hvis du har modtaget den ved en fejl, bedes du slette mailen.",
    "Vi behandler dine personoplysninger efter databeskyttelsesreglerne. Læs vores privatlivspolitik.",
    "This message is confidential. If you received it in error, please delete it.",
)


@cache
def model() -> Model:
    loaded = load_model(FOLDER, Budget())
    assert loaded is not None
    return loaded


def is_secure(message: EmailMessage) -> bool:
    verdict = classify(message.as_bytes(), shipped_rules(), model=model())
    assert not any(finding.rule.startswith("unreadable") for finding in verdict.findings)
    return verdict.decision is Decision.SECURE and Label.HEALTH in verdict.labels


def mail(text: str, subject: str = "Hilsen", subtype: str = "plain") -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject
    message.set_content(text, subtype=subtype, charset="utf-8")
    return message


@pytest.mark.parametrize("footer", FOOTERS)
@pytest.mark.parametrize("text", [ILL, PLAIN], ids=["ill", "plain"])
def test_a_disclaimer_neither_hides_nor_alarms(text: str, footer: str) -> None:
    html = f"<html><body><p>Hej Bo</p><p>{text}</p><p>{footer}</p></body></html>"
    for message in (
        mail(f"Hej Bo\n{text}\n{footer}\n"),
        mail(f"{text} {footer}\n"),
        mail(f"Hej Bo\n\n{text}\n\n{footer}\n"),
        mail(html, subtype="html"),
    ):
        assert is_secure(message) == (text == ILL)


def test_the_subject_of_a_message_forwarded_as_a_file_is_read() -> None:
    outer = mail("Hej Jens, se bilaget.")
    outer.add_attachment(
        mail(
            "Ring til mig.", subject="Karen Holm er indlagt på psykiatrisk afdeling efter et selvmordsforsøg"
        )
    )
    assert is_secure(outer)


@pytest.mark.parametrize("sign", ["\u200b", "\u00ad", "\u2060"])
def test_signs_that_show_nothing_hide_nothing(sign: str) -> None:
    assert is_secure(mail(sign.join(ILL)))
    assert is_secure(mail(f"<p>{sign.join(ILL)}</p>", subtype="html"))
    assert is_secure(mail(PLAIN, subject=sign.join("Karen Holm er indlagt på psykiatrisk afdeling")))


@pytest.mark.parametrize(
    "markup",
    [
        '<input value="{}">',
        '<img src="https://x.example/a.png" alt="{}">',
        '<select><option label="{}"></select>',
        '<p title="{}">Hej</p>',
        '<iframe srcdoc="<p>{}</p>"></iframe>',
        "<!--[if mso]><p>{}</p><![endif]-->",
        '<style style="display:block">{}</style>',
        "<title><style></title>{}</style>",
        "<textarea>{}</textarea>",
    ],
)
def test_what_html_shows_is_read_whatever_shows_it(markup: str) -> None:
    assert is_secure(mail(f"<html><body><p>Hej</p>{markup.format(ILL)}</body></html>", subtype="html"))
    assert not is_secure(mail(f"<html><body><p>Hej</p>{markup.format(PLAIN)}</body></html>", subtype="html"))

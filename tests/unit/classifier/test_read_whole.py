"""Whole messages, with the model that is shipped: what the recipient reads decides, wherever it stands."""

from __future__ import annotations

import io
import re
import string
import time
import zipfile
from email.message import EmailMessage
from functools import cache
from pathlib import Path

import pytest

from corpus.standing_text import ABOVE, BELOW, Language
from segl.vocabulary import Decision, Label, Verdict
from segl_classifier.classify import classify
from segl_classifier.evaluation.documents import docx
from segl_classifier.message import as_seen
from segl_classifier.rules import shipped_rules
from segl_classifier.understanding.asking import Budget
from segl_classifier.understanding.interface import Model
from segl_classifier.understanding.loading import load_model

FOLDER = Path(__file__).resolve().parents[3] / "classifier/model"
ILL = "Din søster Karen Holm er i går indlagt på psykiatrisk afdeling efter et selvmordsforsøg."
PLAIN = "Vi mødes på torsdag kl. 10 i kantinen."
FOOTERS = (
    "Denne mail er fortrolig. Hvis du har modtaget den ved en fejl, bedes du slette mailen.",
    "Vi behandler dine personoplysninger efter databeskyttelsesreglerne. Læs vores privatlivspolitik.",
    "This message is confidential. If you received it in error, please delete it.",
)
# What people are by trade, and where they work, is in the foot of every mail of theirs, and nobody's secret.
SIGNATURES = (
    "Overlæge, psykiatrisk afdeling\nRegionshospitalet Nordby",
    "Tillidsrepræsentant, HK\nNordby Kommune",
    "Misbrugsbehandler\nRusmiddelcenter Nordby",
    "Sognepræst\nNordby Kirke",
    "Sekretariatsleder\nLGBT+ Danmark",
    "Gælds- og inkassomedarbejder\nNordby Forsyning A/S",
    "Sagsbehandler, sygedagpenge\nJobcenter Nordby",
    "Kræftsygeplejerske\nOnkologisk Afdeling, Nordby Sygehus",
    "Fængselsbetjent\nNordby Arrest, Kriminalforsorgen",
    "Familieretlig rådgiver\nFamilieretshuset, afdeling Nordby",
    "Partisekretær\nSocialdemokratiet i Nordby",
)


@cache
def model() -> Model:
    loaded = load_model(FOLDER, Budget())
    assert loaded is not None
    return loaded


def with_file(content: bytes, name: str) -> EmailMessage:
    message = mail("Se bilaget.")
    message.add_attachment(content, "application", "octet-stream", filename=name)
    return message


def zipped(name: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(name, "Vi ses ved broen.")
    return made.getvalue()


def judged(message: EmailMessage) -> Verdict:
    verdict = classify(message.as_bytes(), shipped_rules(), model=model())
    assert not any(finding.rule.startswith("unreadable") for finding in verdict.findings)
    return verdict


def is_secure(message: EmailMessage) -> bool:
    verdict = judged(message)
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


@pytest.mark.parametrize("signature", SIGNATURES)
def test_what_somebody_is_by_trade_is_no_matter_of_theirs(signature: str) -> None:
    text = f"Hej Bo\n\n{PLAIN}\n\nVenlig hilsen\n\nMette Krogh\n{signature}\nTlf. 55 55 12 34\n"
    assert judged(mail(text)).decision is Decision.PLAIN


def letter(language: Language, text: str, *, below: str = "", above: str = "") -> EmailMessage:
    lines = (above, language.opening, text, f"{language.closing}\nMette Krogh", below)
    return mail("\n\n".join(filter(None, lines)))


@pytest.mark.parametrize(("language", "foot"), BELOW.values(), ids=BELOW)
def test_over_a_standing_foot_a_plain_mail_is_plain_and_another_is_not(language: Language, foot: str) -> None:
    assert judged(letter(language, language.plain, below=foot)).decision is Decision.PLAIN
    assert is_secure(letter(language, language.ill, below=foot))


@pytest.mark.parametrize(("language", "banner"), ABOVE.values(), ids=ABOVE)
def test_so_it_is_below_what_a_mail_program_puts_above_it(language: Language, banner: str) -> None:
    assert judged(letter(language, language.plain, above=banner)).decision is Decision.PLAIN
    assert is_secure(letter(language, language.ill, above=banner))


@pytest.mark.parametrize(("language", "foot"), (BELOW | ABOVE).values(), ids=BELOW | ABOVE)
def test_what_somebody_writes_into_a_standing_foot_is_read(language: Language, foot: str) -> None:
    """As a sentence between its own, and as the end of one of them."""
    first, dot, rest = re.split(r"([.:?] |$)", foot, maxsplit=1)
    for changed in (f"{first}{dot} {language.ill} {rest}", f"{first}, {language.because_ill}. {rest}"):
        assert is_secure(letter(language, language.plain, below=changed))


def test_the_subject_of_a_message_forwarded_as_a_file_is_read() -> None:
    outer = mail("Hej Jens, se bilaget.")
    outer.add_attachment(
        mail(
            "Ring til mig.", subject="Karen Holm er indlagt på psykiatrisk afdeling efter et selvmordsforsøg"
        )
    )
    assert is_secure(outer)


_UNSEEN = "\u200b\u00ad\u2060\u200e\u200f\u034f\u061c\u180e\u2063\u2066\u2069"


@pytest.mark.parametrize("sign", _UNSEEN, ids=[f"U+{ord(sign):04X}" for sign in _UNSEEN])
def test_signs_that_show_nothing_hide_nothing(sign: str) -> None:
    assert is_secure(mail(sign.join(ILL)))
    assert is_secure(mail(f"<p>{sign.join(ILL)}</p>", subtype="html"))
    assert is_secure(mail(PLAIN, subject=sign.join("Karen Holm er indlagt på psykiatrisk afdeling")))


def test_nor_do_they_in_a_file() -> None:
    for sign in ("\u200e", "\u2063"):
        assert is_secure(with_file(docx(sign.join(ILL)), "referat.docx"))


_LETTERS = string.ascii_uppercase + string.ascii_lowercase
_SHAPES = {
    "wide": str.maketrans({letter: chr(ord(letter) + 0xFEE0) for letter in _LETTERS}),
    "bold": str.maketrans({letter: chr(0x1D400 + number) for number, letter in enumerate(_LETTERS)}),
    "circles": str.maketrans({letter: chr(0x24B6 + number) for number, letter in enumerate(_LETTERS)}),
}


@pytest.mark.parametrize("shape", _SHAPES)
def test_letters_in_another_shape_are_letters(shape: str) -> None:
    assert is_secure(mail(ILL.translate(_SHAPES[shape])))


_CYRILLIC = str.maketrans("aeopcyxAEOPCTX", "аеорсухАЕОРСТХ")
_GREEK = str.maketrans("oABEHIKMNOPTX", "οΑΒΕΗΙΚΜΝΟΡΤΧ")


@pytest.mark.parametrize("script", [_CYRILLIC, _GREEK])
def test_letters_of_another_script_in_a_latin_word_are_those_that_they_look_like(
    script: dict[int, int],
) -> None:
    assert as_seen(ILL.translate(script)) == ILL
    assert is_secure(mail(ILL.translate(script)))


@pytest.mark.parametrize("first", [0xF030, 0xF080, 0xF08B])
def test_digits_of_fonts_of_symbols_are_digits(first: int) -> None:
    """Word keeps what is written in Symbol or Wingdings in the private area of Unicode."""
    written = "070761-4285".translate({0x30 + digit: first + digit for digit in range(10)} | {0x2D: 0xF02D})
    assert as_seen(f"Personnummer {written}") == "Personnummer 070761-4285"
    assert as_seen("\uf0b7 Dagsorden \uf0e0 \uf04a") == "\uf0b7 Dagsorden \uf0e0 \uf04a"


def test_words_of_another_script_stay_what_they_are() -> None:
    for text in ("Олена Коваль хвора", "Ρόδος", "ΔΟΕ", "β-blokker", "10 kΩ, 5 μg"):
        assert as_seen(text) == text


@pytest.mark.parametrize("unit", ["а", "аa", "а ", "аб", "aб"])
def test_time_grows_with_the_letters_and_no_faster(unit: str) -> None:
    start = time.process_time()
    as_seen(unit * 500_000)
    assert time.process_time() - start < 2


@pytest.mark.parametrize("charset", ["cp1252", "latin-1"])
def test_what_was_read_in_a_wrong_charset_before_is_read_as_it_was_written(charset: str) -> None:
    for text in ("på Ærø, Åsa Øst", "über Größe, en élève"):
        assert as_seen(text.encode().decode(charset)) == text
    assert as_seen("SÃO PAULO, NÃO, Ã…") == "SÃO PAULO, NÃO, Å"


@pytest.mark.parametrize("joined", [" ", "%20", "+", "_", ""])
def test_the_name_of_a_file_is_read_however_its_words_are_joined(joined: str) -> None:
    name = joined.join(word.capitalize() for word in "Lis Holm indlagt på psykiatrisk afdeling".split())
    assert is_secure(with_file(b"Vi ses ved broen.", f"{name}.txt"))
    assert is_secure(with_file(zipped(f"{name}.txt"), "bilag.zip"))


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

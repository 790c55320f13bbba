"""A mail that is passed on is judged by what stands in it, not by who else got it."""

from __future__ import annotations

import html
import re
from functools import cache

import pytest

from segl.vocabulary import Decision, Label
from segl_classifier.classify import classify
from segl_classifier.message import Source, Text
from segl_classifier.rules import shipped_rules
from segl_classifier.understanding import mail_heads
from segl_classifier.understanding.codes import without_codes
from segl_classifier.understanding.interface import Model
from segl_classifier.understanding.loading import load_model
from segl_classifier.understanding.mail_heads import MailHeads
from segl_classifier.understanding.windows import windows_of

NAMES = (
    "Signe Riis",
    "Ole Nowak",
    "Tina Skov",
    "Bo Møller",
    "Pia Bech",
    "Emil Dahl",
    "Hanne Toft",
    "Kim Lund",
)
EACH = [f"{name} <{name[:2].lower()}{number}@nordby.example>" for number, name in enumerate(NAMES)]
MANY = "; ".join(EACH)
IN_LINES = ";\n  ".join(EACH)


@cache
def model() -> Model | None:
    return load_model()


def without_mail_heads(text: str) -> str:
    """*text* with blanks in the place of the lines of heads."""
    return MailHeads.of(text).text()


def told(text: str) -> str:
    return " ".join(without_mail_heads(text).split())


@pytest.mark.parametrize(
    ("head", "left"),
    [
        (f"Fra: Rie Holm\nSendt: 12. november 2026 09:31\nTil: {MANY}\nEmne: Lokaler", "Emne: Lokaler"),
        ("From: Rie Holm\nSent: Monday\nTo: Bo\nCc: Kim\nSubject: Rooms", "Subject: Rooms"),
        ("Von: Rie Holm\nGesendet: Montag\nAn: Bo\nBetreff: Räume", "Betreff: Räume"),
        ("Från: Rie Holm\nSkickat: måndag\nTill: Bo\nÄmne: Rum", "Ämne: Rum"),
        ("Frå: Rie Holm\nSend: måndag\nTil: Bo\nEmne: Rom", "Emne: Rom"),
        (
            "-------- Videresendt besked --------\nEmne: Lokaler\nDato: 12/11\nFra: Rie <r@x.example>\nTil: Bo",
            "Emne: Lokaler",
        ),
        ("> Fra: Rie Holm\n> Dato: 12/11\n> Til: Bo\n> Emne: Lokaler", "> Emne: Lokaler"),
        ("*Fra:* Rie Holm\n*Sendt:* mandag\n*Til:* Bo\n*Emne:* Lokaler", "*Emne:* Lokaler"),
        (f"Fra: Rie Holm\nTil: {IN_LINES}\n\nHej alle", "Hej alle"),
        ("From: Rie\nTo: Bo <b@x.example>,\n Kim Lund,\n kl@x.example\nHej alle", "Hej alle"),
        (f"Fra: Rie Holm\nTil: {EACH[0]}\nSkriv til Bo <b@x.example>", "Skriv til Bo <b@x.example>"),
        (f"Fra: Rie Holm\nTil: {EACH[0]}\nBo er syg, b@x.example", "Bo er syg, b@x.example"),
    ],
)
def test_of_a_head_only_what_it_is_about_is_left(head: str, left: str) -> None:
    assert told(head) == left
    assert told(head.replace("\n", "\r\n")) == left


@pytest.mark.parametrize(
    "text",
    [
        "Navn: Anna Lund\nDato: 3/4\nFra: 8.00\nTil: 12.00\nÅrsag: syg",
        "Fra: Nordby\nTil: Vestby\nAfgang: 8.12",
        "Til: Anna Lund\nEmne: Opsigelse",
        "Fra: din søster",
        "Vi tager af sted fra: broen",
    ],
)
def test_what_is_no_head_stays(text: str) -> None:
    assert without_mail_heads(text) == text


@pytest.mark.parametrize(
    "line",
    [
        "Den 12. nov. 2026 kl. 9.30 skrev Bo Holm <bo@x.example>:",
        "> Den man. 9. nov. 2026 kl. 10.22 skrev Holm, Bo (NORDBY) <bo@x.example>:",
        "man. 9. nov. 2026 kl. 10.22 skrev Bo Holm\n<bo@x.example>:",
        "On Thu, Nov 12, 2026 at 9:30 AM Bo Holm <bo@x.example> wrote:",
        "> On 12 Nov 2026, at 09:30, Bo Holm <bo@x.example>\n> wrote:",
        "Am 12.11.2026 um 09:30 schrieb Bo Holm [mailto:bo@x.example]:",
        "Am Do., 12. Nov. 2026 um 09:30 Uhr schrieb Bo Holm <bo@x.example>:",
        "Den 12.11.2026 kl. 09.30 skrev Bo Holm:\n>",
        "-----Original Message-----\nFrom: Bo Holm [mailto:bo@x.example]\nTo: Kim",
        "---------- Forwarded message ---------\nFra: Bo Holm <bo@x.example>\nTo: Kim",
        "> -----Oprindelig meddelelse-----\n> Fra: Bo Holm <bo@x.example>\n> Til: Kim",
    ],
)
def test_what_stands_in_place_of_a_head_is_left_out(line: str) -> None:
    text = f"Tak.\n\n{line}\n> Anna er syg"
    found = without_mail_heads(text)
    assert found.split() in (["Tak.", ">", "Anna", "er", "syg"], ["Tak.", ">", ">", "Anna", "er", "syg"])
    assert len(found) == len(text)
    assert without_mail_heads(text.replace("\n", "\r\n")).split() == found.split()


@pytest.mark.parametrize(
    "text",
    [
        "Den 12. nov. 2026 kl. 9.30 skrev Anna Lund:\nHun er syg",
        "Den 12. nov. 2026 kl. 9.30 skrev Anna til bo@x.example, at hun er syg",
        "Anna skrev:\n> Jeg er syg",
        "-----Original Message-----\nHun er syg",
        "-- \nAnna Lund\n--- original ---",
    ],
)
def test_what_a_person_wrote_of_another_stays(text: str) -> None:
    assert without_mail_heads(text) == text


@pytest.mark.parametrize(
    "line",
    [
        "Til: Bo og resten. Anna er indlagt igen",
        "Fra: hende i receptionen som er blevet indlagt igen med sin gamle depression her",
    ],
)
def test_a_line_of_a_head_that_tells_something_stays(line: str) -> None:
    label = line.partition(":")[0]
    head = {"Fra": "Fra: Rie Holm", "Sendt": "Sendt: mandag", "Til": "Til: Bo", "Emne": "Emne: Lokaler"} | {
        label: line
    }
    assert told("\n".join(head.values())).endswith(
        f"{line} Emne: Lokaler" if label == "Til" else "Emne: Lokaler"
    )
    assert line in told("\n".join(head.values()))


def test_all_else_stays_in_its_place() -> None:
    text = f"Hej\n\nFra: Rie Holm\nSendt: mandag\nTil: {MANY}\nEmne: Lokaler\n\nAnna er syg"
    found = without_mail_heads(text)
    assert len(found) == len(text)
    assert found.index("Anna er syg") == text.index("Anna er syg")


def test_a_head_without_end_is_no_longer_looked_through_for_each_line() -> None:
    assert without_mail_heads("Fra: a\n" * 100_000) == "Fra: a\n" * 100_000
    assert told("Fra: a@b.example\nTil: " + "b@c.example;\n" * 50) == ""
    assert told("Fra: a@b.example\nTil: " + "Bo Bro; " * 100_000) == ""
    wrote = "den 1 skrev\n" * 50_000
    assert without_mail_heads(wrote) == wrote


@pytest.mark.parametrize(
    "line", ["Aa " * 100_000, "A" * 240 + "<", "A" * 60 + "@x.example;" * 20_000, "A@x;" * 50_000 + "!"]
)
def test_a_line_that_is_nearly_a_list_is_read_once(line: str) -> None:
    assert told(f"Fra: a@b.example\nTil: b@c.example;\n{line}") == " ".join(line.split())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Signe Riis <siri@nordby.example>, Ole", "Signe Riis, Ole"),
        ("Signe Riis [mailto:siri@nordby.example]", "Signe Riis"),
        ("skriv til siri@nordby.example i dag", "skriv til i dag"),
        ("Rie [cid:image001.png@01D9A0B1.7C2F3E40]", "Rie"),
        ("se https://www.nordby.example/nyt", "se https://www.nordby.example/nyt"),
    ],
)
def test_addresses_are_not_shown_to_the_model(text: str, shown: str) -> None:
    assert without_codes(text) == shown


def _passed_on(body: str, *, as_html: bool) -> bytes:
    head = f"Fra: Rie Holm <riho@nordby.example>\nSendt: 12. november 2026 09:31\nTil: {MANY}\nEmne: Onsdag"
    text = f"FYI\n\n{head}\n\n{body}"
    if as_html:
        text = re.sub("^(Fra|Sendt|Til|Emne):", r"<b>\1:</b>", html.escape(text), flags=re.MULTILINE)
        text = "<html><body>" + text.replace("\n", "<br>\n") + "</body></html>"
    kind = f"Content-Type: text/{'html' if as_html else 'plain'}; charset=utf-8"
    message = f"From: a@nordby.example\nTo: b@firma.example\nSubject: VS: Onsdag\n{kind}\n\n{text}\n"
    return message.replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    "line",
    ["Fra: " + "a" * 500_000, "Til: " + "ab " * 200_000, ">" * 500_000 + "Fra:", "*" * 500_000 + " skrev:"],
)
def test_a_line_without_end_is_read_once(line: str) -> None:
    """Of half a megabyte in one word it took a quarter of an hour to see that it tells nothing."""
    assert without_mail_heads(line) == line


def test_pictures_that_do_not_end_are_read_once() -> None:
    text = "[cid:" * 200_000
    assert without_codes(text) == text


@pytest.mark.parametrize("as_html", [False, True])
def test_a_mail_to_many_that_is_passed_on_goes_as_it_is(as_html: bool) -> None:
    """Of 169 harmless mails of everyday 141 were taken for somebody's matter once they were passed on
    (docs/decisions/0070)."""
    harmless = (
        "Hej alle\n\nLokale 3 er optaget onsdag, så vi mødes i kantinen. Tag kaffe med.\n\nMvh receptionen"
    )
    assert _verdict(_passed_on(harmless, as_html=as_html)) == (Decision.PLAIN, frozenset())


@pytest.mark.parametrize("as_html", [False, True])
def test_what_stands_below_the_head_still_counts(as_html: bool) -> None:
    matter = "Hej\n\nAnna Lund er indlagt igen med sin depression og kommer ikke før jul.\n\nMvh Rie"
    decision, labels = _verdict(_passed_on(matter, as_html=as_html))
    assert decision is Decision.SECURE
    assert Label.HEALTH in labels


def _verdict(message: bytes) -> tuple[Decision, frozenset[Label]]:
    verdict = classify(message, shipped_rules(), model=model())
    return verdict.decision, frozenset(verdict.labels)


@pytest.mark.parametrize(
    ("above", "matter"),
    [
        (
            "---------- Forwarded message ---------\nFra: Rie <riho@nordby.example>\nDate: 2. nov. 2026\nTo: Bo\n\n",
            "Kan du flytta Malin och Petra till dubbelrummet i flygeln? De är ett par sedan i våras, men det ska inte "
            "resten av gänget veta. Karin",
        ),
        (
            "Den 2. nov. 2026 kl. 9.14 skrev Rie Holm <riho@nordby.example>:\n> ",
            "Hej Daniel\n> Døren til kølerummet, I ved, den hvor man kigger ind i det lille kamera med øjet helt tæt "
            "på, har glemt Zahra. De målte hendes regnbuehinde i august, men efter opdateringen står der bare ukendt.",
        ),
    ],
)
def test_what_stands_above_a_short_mail_takes_no_weight_from_it(above: str, matter: str) -> None:
    head = "From: a@nordby.example\nTo: b@firma.example\nSubject: Døren"
    message = f"{head}\nContent-Type: text/plain; charset=utf-8\n\nFYI\n\n{above}{matter}\n"
    assert _verdict(message.replace("\n", "\r\n").encode())[0] is Decision.SECURE


@pytest.mark.parametrize("label", ["Fra", "FRA", "from", "VON", "Från", "frå", "Afsender", "*Fra*", "fRom "])
def test_a_head_is_known_by_whom_it_is_from_however_that_is_written(label: str) -> None:
    assert told(f"> {label}: Bo Lund <bo@x.example>\n> Til: c@y.example\nTak.") == "Tak."


def test_heads_are_looked_for_once_in_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def noted(text: str) -> MailHeads:
        read.append(text)
        return MailHeads([text], [])

    monkeypatch.setattr(mail_heads, "_read", noted)
    text = Text("Tak.\nFra: Bo Lund <bo@x.example>\nTil: c@y.example\n", "body", Source.BODY)
    assert list(windows_of([text]))
    assert len(read) == 1

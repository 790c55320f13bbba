"""Links that say something to whoever follows them."""

from __future__ import annotations

import time
from urllib.parse import quote, quote_plus

import pytest

from corpus.extracted import extract
from segl.settings.detection import Limits
from segl_classifier.cpr.find import find_cpr
from segl_classifier.cpr.judging.score import THRESHOLD
from segl_classifier.markup.linked import told, told_in
from segl_classifier.message import Source, Text
from segl_classifier.parse import parse

SAID = "Patienten er indlagt på psykiatrisk afdeling"
WHATSAPP = f"https://wa.me/?text={quote(SAID)}"


@pytest.mark.parametrize(
    "link",
    [
        WHATSAPP,
        f"https://wa.me/?text={SAID}",
        f"https://api.whatsapp.com/send?phone=4520000041&text={quote_plus(SAID)}",
        f"whatsapp://send?text={quote(SAID)}",
        f"https://a.example/?text={quote(SAID.encode('cp1252'))}",
        f"https://calendar.google.com/calendar/render?action=TEMPLATE&text=Samtale&details={quote_plus(SAID)}",
        f"https://calendar.google.com/calendar/render?action=TEMPLATE&text={quote(SAID)}&dates=20261201T090000Z",
        f"https://outlook.office.com/calendar/0/deeplink/compose?subject=M%C3%B8de&body={quote('<p>' + SAID)}</p>",
        f"https://outlook.office.com/mail/deeplink/compose?to=b%40x.example&amp;body={quote(SAID)}",
        f"https://teams.microsoft.com/l/chat/0/0?users=a@x.example&message={quote(SAID)}",
        f"https://mail.google.com/mail/?view=cm&su=Hej&body={quote_plus(SAID)}",
        f"https://forms.example/d/e/viewform?usp=pp_url&entry.1045781291={quote_plus(SAID)}",
        f"https://a.example/#/ny/besked?text={quote(SAID)}",
        f"https://eur03.safelinks.protection.outlook.com/?url={quote(WHATSAPP, safe='')}&data=05%7C02%7C&reserved=0",
        f"mailto:b@x.example?subject=Hej&body={quote(SAID)}",
        f"sms:+4520000041?body={quote(SAID)}",
        f"https://by.sharepoint.com/:w:/r/sites/x/Delte%20dokumenter/Sager/{quote(SAID)}.docx",
        f"https://by.sharepoint.com/sites/x/{quote(SAID)}.pdf?web=1&e=4f3a",
        f"file:///S:/Sager/{quote(SAID)}.DOC",
        f"https://safe.example/?url={quote(f'https://by.sharepoint.com/x/{quote(SAID)}.xlsx?d=w4', safe='')}",
    ],
)
def test_a_link_says_what_it_carries(link: str) -> None:
    assert list(told(link)) == [SAID]
    if " " not in link:
        assert told_in(f"Skriv til os ({link})\n<{link}>.") in (SAID, f"{SAID})\n{SAID}")


@pytest.mark.parametrize(
    "link",
    [
        "https://a.example/side?id=7&lang=da",
        "https://a.example/?text=Hej%20med",
        "https://a.example/Vores%20nye%20logo.png",
        "https://a.example/sites/x/Delte%20dokumenter/Brev.docx",
        "https://a.example/om%20os%20alle",
        f"https://a.example/?q={quote(SAID)}",
        f"https://a.example/soeg?query={quote_plus(SAID)}&side=2",
        f"https://a.example/?utm_campaign={quote_plus(SAID)}&utm_content={quote(SAID)}",
        f"https://a.example/side#:~:text={quote(SAID)}",
        "https://maps.google.com/?daddr=Psykiatrisk+Hospital,+Skovvej+2,+8240+Risskov",
        f"javascript:alert?a={SAID}",
        "https://a.example/?url=https%3A%2F%2Fb.example%2Fen%2Fto%2Ftre%3Fid%3D7",
        "https://a.example/?t=2026-11-30+04%3A40&n=1764477621+x",
    ],
)
def test_other_links_say_nothing(link: str) -> None:
    assert list(told(link)) == []
    assert told_in(f"Se {link}") == ""


@pytest.mark.parametrize(
    "link",
    [
        "https://wa.me/?text=Bo+Holm+1203851002",
        "https://a.example/?navn=Bo%20Holm%2C%201203851002",
        f"https://calendar.example/render?details={quote_plus('Bo Holm, født 12.03.85, sidste fire 1002')}",
        "https://calendar.example/render?details=Hej%0A%0ACPR:%0A1203851002",
        f"https://safe.example/?url={quote('https://a.example/?cpr=1203851002', safe='')}",
        f"https://safe.example/?url={quote('https://a.example/?t=' + quote('Cpr 1203851002'), safe='')}",
    ],
)
@pytest.mark.parametrize("mail", ["text/plain|Hej\r\n\r\n{}", 'text/html|<p>Hej <a href="{}">her</a>'])
def test_a_number_in_a_link_is_found(link: str, mail: str) -> None:
    content_type, _, body = mail.partition("|")
    head = f"Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: {content_type}; charset=utf-8\r\n\r\n"
    texts, _ = extract(parse((head + body.format(link)).encode(), Limits()), Limits())
    assert any(f.score >= THRESHOLD for text in texts for f in find_cpr(text))


def test_what_links_in_a_text_say_is_a_text_of_its_own() -> None:
    raw = f"Subject: x\r\n\r\nHej\r\n{WHATSAPP}\r\n".encode()
    texts, _ = extract(parse(raw, Limits()), Limits())
    assert Text(SAID, "body (in links)", Source.BODY) in texts


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    ["?", "?a=%20", "&a=b+c", "&amp;", "?u=https%3A%2F%2Fa%3F", "#", "<", "a b c&a=", "/%20a.", "://%20/"],
)
def test_hostile_links_cost_linear_time(piece: str) -> None:
    many = piece * (300_000 // len(piece))
    start = time.process_time()
    list(told(f"https://a.example/?a={many}"))
    told_in(f"https://a.example/?a=%20{many}")
    assert time.process_time() - start < 2

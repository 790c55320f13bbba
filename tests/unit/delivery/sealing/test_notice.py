"""The notice: a plain mail that says who wrote, until when, and where; and nothing an address could
smuggle in."""

from __future__ import annotations

import email
import re
import subprocess
from datetime import UTC, datetime
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segl.language import Language
from segl.mail.compose import one_line
from segl.mail.paths import parse_path
from segl.sealed.keys import Secret
from segl.settings.file import parse_settings
from segl_delivery.sealing.notice import Notice, NoticeFrom
from segl_delivery.sealing.notice_texts import TEXTS
from segl_delivery.sealing.seal import end_of_day
from world import needs

SECRET = Secret(bytes(range(32)))
ROW = "0123456789abcdef" * 2
LINK = f"https://sikker.nordby.example/m/{ROW}#AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"


def notice(
    sender: str = "anna@nordby.example",
    recipient: str = "bo@vestby.example",
    organisation: str = "Nordby Vandværk",
    language: Language = "da",
    url: str = "https://sikker.nordby.example",
    subject: str = "",
    phone: str | None = None,
    phrase: bool = False,
    colour: str = "#0b4f6c",
    passes_on: bool = False,
) -> bytes:
    house = NoticeFrom(organisation, "sikker-besked@nordby.example", url, language, colour, passes_on)
    return Notice(
        house=house,
        sender=sender,
        recipient=recipient,
        link=house.link(ROW, SECRET),
        written=datetime(2026, 11, 24, 10, 0, tzinfo=UTC),
        until=datetime(2026, 12, 24, 23, 59, 59, tzinfo=UTC),
        subject=subject,
        phone=phone,
        phrase=phrase,
    ).message()


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def texts(raw: bytes) -> tuple[str, str]:
    """The plain and the HTML text."""
    plain, page = parsed(raw).iter_parts()
    return plain.get_content(), page.get_content()


def test_the_header_says_whose_mail_it_is() -> None:
    message = parsed(notice())
    assert message["From"] == "Nordby Vandværk <sikker-besked@nordby.example>"
    assert message["To"] == "bo@vestby.example"
    assert message["Reply-To"] == "anna@nordby.example"
    assert message["Subject"] == "Du har fået en sikker besked fra Nordby Vandværk"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Tue, 24 Nov 2026 10:00:00 +0000"
    assert re.fullmatch(r"<[0-9a-f]{32}@nordby\.example>", message["Message-ID"])
    assert message.defects == []


def test_of_a_list_neither_its_program_s_address_is_shown_nor_are_replies_sent_there() -> None:
    raw = notice(sender="bestyrelse-bounces+bo=vestby.example@nordby.example")
    assert parsed(raw)["Reply-To"] is None
    for text in texts(raw):
        assert "bounces" not in text
        assert "Nordby Vandværk har sendt dig en besked." in text


@pytest.mark.parametrize(
    ("language", "who", "until", "other"),
    [
        (
            "da",
            "anna@nordby.example fra Nordby Vandværk har sendt dig en besked.",
            "til og med den 24. december 2026",
            "In English: You have a secure message from Nordby Vandværk.",
        ),
        (
            "en",
            "anna@nordby.example at Nordby Vandværk has sent you a message.",
            "up to and including 24 December 2026",
            "På dansk: Du har fået en sikker besked fra Nordby Vandværk.",
        ),
    ],
)
def test_both_forms_say_who_until_when_and_where(
    language: Language, who: str, until: str, other: str
) -> None:
    for text in texts(notice(language=language)):
        assert who in text
        assert until in text
        assert other in text
        assert LINK in text
        assert "https://sikker.nordby.example/" in text


def test_the_plain_link_stands_alone_on_its_line() -> None:
    assert LINK in texts(notice())[0].splitlines()


def test_the_page_needs_nothing_from_anywhere() -> None:
    page = texts(notice())[1]
    assert re.findall(r'(?:href|src|url|action)\s*[=(]\s*"?([^"> ]+)', page) == [LINK]
    for word in ("<script", "<img", "<form", "<link", "<iframe", "@import"):
        assert word not in page


def test_it_says_how_to_go_about_it_and_how_the_code_comes() -> None:
    for text in texts(notice()):
        assert "Den kommer i en ny mail til dig." in text
        assert "kodeord" not in text
    for text in texts(notice(phone="+4512345678", phrase=True)):
        assert "Den kommer som sms til dit nummer, der ender på 78." in text
        assert "5678 " not in text
        assert "5678." not in text
        assert "Afsenderen har givet dig et kodeord. Skriv det på siden, før du beder om koden." in text


def test_the_subject_is_told_when_it_is_given_and_is_no_markup() -> None:
    assert all("Emne" not in text for text in texts(notice()))
    plain, page = texts(notice(subject='Svar <b>på</b> "brev" {link}'))
    assert 'Emne: Svar <b>på</b> "brev" {link}' in plain
    assert "<p>Emne: Svar &lt;b&gt;på&lt;/b&gt; &quot;brev&quot; {link}</p>" in page
    assert parsed(notice(subject="Svar"))["Subject"] == "Du har fået en sikker besked fra Nordby Vandværk"


def test_the_button_has_the_houses_colour() -> None:
    assert "background:#aa0000" in texts(notice(colour="#aa0000"))[1]


def test_it_comes_from_whoever_recipients_know_the_sending_domain_as() -> None:
    look = {
        "domains": ["skolen.example"],
        "name": "Nordby Skole",
        "notice_from": "post@skolen.example",
        "colour": "#005500",
    }
    house = parse_settings(
        {
            "organisation": {"name": "Nordby Kommune", "domains": ["nordby.example", "skolen.example"]},
            "portal": {"url": "https://sikker.nordby.example", "look": [look]},
        }
    )
    school = NoticeFrom.of(house, "rektor@Skolen.example")
    assert (school.organisation, school.address, school.colour) == (
        "Nordby Skole",
        "post@skolen.example",
        "#005500",
    )
    for sender in ("anna@nordby.example", "www-data@web.nordby.example", "", "fremmed@andet.example"):
        other = NoticeFrom.of(house, sender)
        assert (other.organisation, other.address) == ("Nordby Kommune", "sikker-besked@nordby.example")
        assert other.passes_on is (sender == "fremmed@andet.example")


@pytest.mark.parametrize(
    ("language", "who"),
    [
        ("da", "Nordby Vandværk har sendt en besked fra anna@andet.example videre til dig."),
        ("en", "Nordby Vandværk has passed a message from anna@andet.example on to you."),
    ],
)
def test_of_a_stranger_whose_mail_is_forwarded_it_does_not_say_that_she_is_of_the_house(
    language: Language, who: str
) -> None:
    for text in texts(notice("anna@andet.example", language=language, passes_on=True)):
        assert who in text


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize(
    "more", [{}, {"subject": "<&>", "phone": "+4512345678", "phrase": True}], ids=["", "all"]
)
def test_the_page_is_html_without_a_fault(language: Language, more: dict[str, Any]) -> None:
    """HTML Tidy reads it as a browser does, and has nothing to remark: not on form, not on access (WCAG)."""
    needs.program("tidy")
    page = texts(notice(language=language, organisation='Møller & "Søn" <A/S>', **more))[1]
    command = ["tidy", "-quiet", "-errors", "-utf8", "--accessibility-check", "3", "--show-info", "no"]
    found = subprocess.run(
        command, input=page, capture_output=True, encoding="utf-8", check=False, timeout=20
    )
    remarks = [line for line in found.stderr.splitlines() if "style sheets require testing" not in line]
    assert (found.returncode, remarks) == (0, [])


@pytest.mark.parametrize(("language", "whose"), [("da", "Har din arbejdsplads"), ("en", "If your workplace")])
def test_a_link_that_a_workplace_changed_is_not_called_false(language: Language, whose: str) -> None:
    """Safe Links and the like put every link into one of theirs; in plain text the reader sees that one."""
    for text in texts(notice(language=language)):
        assert whose in text


@pytest.mark.parametrize("language", ["da", "en"])
def test_anyone_can_read_it(language: Language) -> None:
    """LIX, the measure of Danish libraries: words a sentence, plus the share of words over six letters. Children's
    books are below 25, easy prose below 35."""
    parts = re.split(
        r"\n\n", texts(notice(language=language, organisation="Vandet"))[0].partition("--------")[0]
    )
    prose = re.sub(r"\d\. |\S+@\S+|https?:\S+", "", " ".join(part.replace(".", " . ") for part in parts))
    words = re.findall(r"\w+", prose)
    sentences = len(re.findall(r"[.:?!]", prose))
    lix = len(words) / sentences + 100 * sum(len(word) > 6 for word in words) / len(words)
    assert lix < 32, lix


def test_every_line_is_short_and_seven_bit() -> None:
    raw = notice()
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 100


def test_both_languages_know_the_same_words() -> None:
    danish, english = TEXTS["da"], TEXTS["en"]
    for name in danish.__dataclass_fields__:
        ours, theirs = getattr(danish, name), getattr(english, name)
        assert set(re.findall(r"\{\w+\}", ours)) == set(re.findall(r"\{\w+\}", theirs)), name


HOSTILE = [
    '"x\\\r\nBcc: evil@evil.example\\\r\n"@nordby.example',
    '"<script>alert(1)</script>"@nordby.example',
    '"https://evil.example/ click here"@nordby.example',
    "a@nordby.example, evil@evil.example",
    "a@nordby.example>\r\nBcc: <evil@evil.example",
    "{link}@nordby.example",
    "%s@nordby.example",
    "a@[192.0.2.1]",
    "=?utf-8?q?x?=@nordby.example",
    "a\u202emoc.live@nordby.example",
    "",
    "x" * 400 + "@nordby.example",
]


@pytest.mark.parametrize("address", HOSTILE)
def test_a_hostile_address_adds_no_field_and_no_markup(address: str) -> None:
    calm = [name for name, _ in parsed(notice()).items()]
    raw = notice(sender=address, recipient=address)
    message = parsed(raw)
    assert [name for name, _ in message.items() if name != "Reply-To"] == [n for n in calm if n != "Reply-To"]
    page = texts(raw)[1]
    assert "<script" not in page
    assert re.findall(r'href="([^"]+)"', page) == [LINK]
    assert "evil.example" not in page


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_no_address_the_server_accepts_changes_the_header(text: str) -> None:
    try:
        address, _ = parse_path(f"<{text}>")
    except ValueError:
        return
    names = [
        line.split(b":")[0]
        for line in notice(sender=address, recipient=address).split(b"\r\n\r\n")[0].split(b"\r\n")
    ]
    known = {b"Date", b"From", b"To", b"Reply-To", b"Subject", b"Message-ID", b"Auto-Submitted"}
    known |= {b"Content-Language", b"MIME-Version", b"Content-Type"}
    assert all(name in known or name.startswith(b" ") for name in names)
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "organisation",
    [
        'Møller & "Sønner" <A/S>',
        "Line\r\nBcc: evil@evil.example",
        "=?utf-8?q?x?=",
        "Æ" * 300,
        "A" * 950,
        "{sender} %s",
        "a\\",
    ],
)
def test_any_name_of_the_house_is_shown_as_it_is(organisation: str) -> None:
    raw = notice(organisation=organisation)
    message = parsed(raw)
    shown = one_line(organisation)
    assert message["Bcc"] is None
    assert message["From"].addresses[0].addr_spec == "sikker-besked@nordby.example"
    # not through the newer parser: it puts blanks between the words of a long encoded name
    name, _ = parseaddr(email.message_from_bytes(raw)["From"])
    assert str(make_header(decode_header(name))) == shown
    assert message["Subject"] == f"Du har fået en sikker besked fra {shown}"
    assert shown in texts(raw)[0]


def test_an_address_beyond_ascii_stands_in_utf8() -> None:
    message = parsed(notice(recipient="ærø@vestby.example"))
    assert message["To"] == "ærø@vestby.example"


def test_a_path_in_the_portal_address_is_kept() -> None:
    assert f"https://nordby.example/sikker/m/{ROW}#" in texts(notice(url="https://nordby.example/sikker/"))[0]


@pytest.mark.parametrize(
    ("written", "days", "until"),
    [
        ("2026-11-24T10:00:00", 30, "2026-12-24T22:59:59"),
        ("2026-11-24T00:00:00", 1, "2026-11-25T22:59:59"),
        ("2026-11-24T23:59:59", 1, "2026-11-25T22:59:59"),
        ("2027-03-01T10:00:00", 30, "2027-03-31T21:59:59"),  # summer time began in between
        ("2026-10-01T10:00:00", 30, "2026-10-31T22:59:59"),  # and ended
        ("2028-01-30T10:00:00", 30, "2028-02-29T22:59:59"),
    ],
)
@pytest.mark.usefixtures("danish_time")
def test_the_last_day_lasts_until_midnight_where_the_house_is(written: str, days: int, until: str) -> None:
    end = end_of_day(datetime.fromisoformat(written), days)
    assert end.astimezone(UTC) == datetime.fromisoformat(until).replace(tzinfo=UTC)

"""What a reply carries below it goes with it: a personal number in what is quoted is sent securely, too."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from segl.vocabulary import Decision, Label
from segl_classifier.classify import classify, gather
from segl_classifier.rules import shipped_rules

NUMBER = "010190-1234"
TOLD = f"Jeg hedder Anna Lund, cpr-nummer {NUMBER}."
REPLY = "Hej Anna\n\nTak for din mail, vi vender tilbage i næste uge.\n\nVenlig hilsen\nMette Krogh"
FOOT = "Denne mail er fortrolig. Er du ikke rette modtager, så slet mailen."
OUTLOOK = "Fra: Anna Lund <anna@by.example>\nSendt: 3. november 2026 10:12\nTil: Vandværket\nEmne: Flytning"
PLAIN = {
    "with a mark before each line": f"Den 3. nov. 2026 skrev Anna Lund:\n> Hej\n>\n> {TOLD}\n> Anna",
    "quoted twice": f"> > {TOLD}\n>\n> Det ser jeg på.",
    "quoted twenty times": f"{'>' * 20} {TOLD}",
    "over two lines": f"> Jeg hedder Anna Lund, cpr-nummer\n> {NUMBER}.",
    "cut in two by the mark": "> Jeg hedder Anna Lund, cpr-nummer 010190-\n> 1234.",
    "below the heading that Outlook writes": f"{OUTLOOK}\n\n{TOLD}",
    "below a line of dashes": f"-----Oprindelig meddelelse-----\n{OUTLOOK}\n\n{TOLD}",
    "forwarded as Gmail does": f"---------- Forwarded message ---------\nFrom: Anna <a@by.example>\n\n{TOLD}",
    "below the mark of a signature": f"-- \nMette Krogh\n\n> {TOLD}",
    "in the middle of a standing foot": FOOT.replace(". Er", f". > {TOLD} Er"),
    "far below": "> Vi ses på torsdag.\n" * 300 + f"> {TOLD}",
}
HTML = {
    "blockquote": "<blockquote type='cite'><p>{}</p></blockquote>",
    "Gmail": "<div class='gmail_quote'><blockquote class='gmail_quote'>{}</blockquote></div>",
    "Outlook": "<div id='divRplyFwdMsg'><b>Fra:</b> Anna</div><div>{}</div>",
    "Apple": "<blockquote type='cite'><div dir='ltr'>{}<br></div></blockquote>",
    "folded away": "<details><summary>Tidligere</summary>{}</details>",
}


def labels_of(message: EmailMessage) -> tuple[Decision, set[Label]]:
    verdict = classify(message.as_bytes(), shipped_rules())
    return verdict.decision, set(verdict.labels)


def reply(text: str, subtype: str = "plain") -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "SV: Flytning"
    message.set_content(text, subtype, charset="utf-8")
    return message


@pytest.mark.parametrize("quoted", PLAIN.values(), ids=PLAIN)
def test_a_number_that_is_quoted_is_found(quoted: str) -> None:
    decision, labels = labels_of(reply(f"{REPLY}\n\n{quoted}\n\n{FOOT}\n"))
    assert decision is Decision.SECURE
    assert Label.CPR in labels


@pytest.mark.parametrize("quoted", HTML.values(), ids=HTML)
def test_so_it_is_in_html(quoted: str) -> None:
    decision, labels = labels_of(reply(f"<p>Hej Anna</p>{quoted.format(TOLD)}<p>{FOOT}</p>", "html"))
    assert decision is Decision.SECURE
    assert Label.CPR in labels


def test_so_it_is_in_a_mail_that_is_answered_as_a_file() -> None:
    outer = reply(REPLY)
    outer.add_attachment(reply(f"{OUTLOOK}\n\n> {TOLD}"))
    decision, labels = labels_of(outer)
    assert decision is Decision.SECURE
    assert Label.CPR in labels


def test_without_a_number_nothing_is_found() -> None:
    for quoted in PLAIN.values():
        harmless = (
            quoted.replace(TOLD, "Vi ses på torsdag.").replace("010190-\n> 1234", "-").replace(NUMBER, "-")
        )
        assert Label.CPR not in labels_of(reply(f"{REPLY}\n\n{harmless}\n\n{FOOT}\n"))[1]


def test_a_message_that_seems_to_hold_itself_is_opened_once() -> None:
    """Else two ways at each of thirty levels, the last of them too deep to be read: 5 KB took four seconds."""
    found = gather(b"Content-Type:(\nr\n -Transfer-Encoding=E9", shipped_rules())
    assert len(found.texts) < 10
    assert found.findings == []

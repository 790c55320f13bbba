"""Mail as an office writes it, made of the labelled messages that models are chosen by.

The dice only shuffle: every sentence was written by a person as mail that needs no protection. A mail of 150
words is a short one with those it answers quoted below, which is how mail gets so long. None of it was seen in
training, so the model is as uncertain here as it will be with strangers' mail.
"""

from __future__ import annotations

import html
import io
import random
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from segl_classifier.evaluation import documents
from segl_classifier.evaluation.labelled import Attached, LabelledMessage, read_labelled
from segl_classifier.evaluation.letter import letter

CORPUS = Path(__file__).resolve().parents[2] / "classifier" / "corpus"
UNSEEN = ("dev_ordinary.jsonl", "dev_mixed.jsonl")
WORDS = 150
_MOST = 190
DOCUMENT_BYTES = 60_000
_DOCUMENT_WORDS = 550  # two pages


def harmless(*names: str) -> list[LabelledMessage]:
    """The messages of these files that need no protection."""
    return [r for r in _records(*names) if not r.must_encrypt and not r.html]


def ordinary(count: int, seed: int = 1) -> list[bytes]:
    """*count* mails of about 150 words, two thirds plain, one third HTML as mail programs write it."""
    dice = random.Random(seed)
    written = harmless(*UNSEEN)
    return [letter(_thread(dice, written, as_html=number % 3 == 2)) for number in range(count)]


def any_mail(count: int, seed: int) -> list[bytes]:
    """*count* mails drawn from everything there is, protected or not, with their attachments."""
    dice = random.Random(seed)
    everything = _records(*(file.name for file in CORPUS.glob("*.jsonl")))
    return [letter(_salted(dice, dice.choice(everything))) for _ in range(count)]


def pdf(seed: int) -> bytes:
    """Two pages of text, with a picture that brings the file to 60 KB."""
    import pikepdf

    dice = random.Random(seed)
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(documents.pdf(_prose(dice)))) as file:
        room = DOCUMENT_BYTES - len(documents.pdf(_prose(random.Random(seed)))) - 400
        picture = pikepdf.Stream(file, dice.randbytes(max(0, room)))
        picture.update(
            pikepdf.Dictionary(
                Type=pikepdf.Name.XObject,
                Subtype=pikepdf.Name.Image,
                Width=1,
                Height=max(1, room),
                ColorSpace=pikepdf.Name.DeviceGray,
                BitsPerComponent=8,
            )
        )
        file.pages[0].add_resource(picture, pikepdf.Name.XObject)
        file.save(out)
    return out.getvalue()


def docx(seed: int) -> bytes:
    """The same as a Word document."""
    dice = random.Random(seed)
    out = io.BytesIO(documents.docx(_prose(dice)))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_STORED) as archive:
        room = DOCUMENT_BYTES - len(out.getvalue()) - 200
        name = zipfile.ZipInfo("word/media/image1.jpeg", (2026, 8, 24, 12, 0, 0))
        archive.writestr(name, b"\xff\xd8\xff\xe0" + dice.randbytes(max(0, room)))
    return out.getvalue()


def with_file(data: bytes, filename: str) -> bytes:
    """A short mail with one attachment."""
    from email import policy
    from email.message import EmailMessage

    kinds = {
        "pdf": "application/pdf",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    }
    main, _, sub = kinds[filename.rpartition(".")[2]].partition("/")
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"] = "kontor@nordby-vand.example", "kunde@firma.example"
    mail["Subject"], mail["Message-ID"] = "Som aftalt", f"<{len(data)}@nordby-vand.example>"
    mail.set_content("Hej\n\nHer er papiret, som vi talte om i går.\n\nHilsen Mads\n")
    mail.add_attachment(data, main, sub, filename=filename)
    return mail.as_bytes()


def _thread(dice: random.Random, written: list[LabelledMessage], *, as_html: bool) -> LabelledMessage:
    first, body = None, ""
    while first is None or len(body.split()) < WORDS - 15:
        one = dice.choice(written)
        if first is None:
            first, body = one, one.body
        elif len(body.split()) + len(one.body.split()) <= _MOST:
            quoted = "\n".join(f"> {line}" for line in one.body.split("\n"))
            sender = one.sender.partition("<")[0].strip() or "du"
            body += f"\n\nDen {dice.randrange(1, 29)}. august 2026 skrev {sender}:\n{quoted}"
    return replace(first, body=_page(body) if as_html else body, html=as_html, attachments=())


def _page(text: str) -> str:
    style = "margin:0cm;font-size:11.0pt;font-family:Calibri,sans-serif"
    lines = "\n".join(
        f'<p class="MsoNormal" style="{style}"><span lang="DA">{html.escape(line) or "&nbsp;"}<o:p></o:p></span></p>'
        for line in text.split("\n")
    )
    head = '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
    return f'<html><head>{head}</head><body lang="DA" link="#0563C1">\n<div>{lines}</div>\n</body></html>\n'


def _prose(dice: random.Random) -> str:
    return "\n\n".join(_paragraphs(dice))


def _paragraphs(dice: random.Random) -> Iterator[str]:
    written = harmless(UNSEEN[0])
    words = 0
    while words < _DOCUMENT_WORDS:
        body = dice.choice(written).body
        words += len(body.split())
        yield body


def _salted(dice: random.Random, record: LabelledMessage) -> LabelledMessage:
    """*record* with something in it that no other message has, so that no file is met twice."""
    salt = f"\nSag {dice.randrange(10**7)}"
    attached = tuple(Attached(a.filename, a.type, a.text + salt) for a in record.attachments)
    return replace(record, body=record.body + ("" if record.html else salt), attachments=attached)


@cache
def _records(*names: str) -> tuple[LabelledMessage, ...]:
    return tuple(read_labelled([CORPUS / name for name in names]))

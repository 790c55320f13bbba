"""The message mix of the benchmarks: what a Danish office sends in a day, the same at each run.

Of each hundred messages 45 are short plain text (about 2 KB), 35 longer (about 9 KB, half of them HTML with
a plain part beside it), 15 carry a PDF or DOCX of 60 KB and 5 an attachment of 1 MB. Every third holds
something that must be sent securely, in the body or, where there is one, in half the cases in the
attachment.
"""

from __future__ import annotations

import io
import random
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP

_ORDINARY = (
    "Tak for din henvendelse om vandtrykket på Møllevej.",
    "Vi har bestilt nye ventiler, og de bliver sat op i uge 34.",
    "Mødet i bestyrelsen er flyttet til torsdag klokken 19 i det store lokale.",
    "Kontoret holder lukket mellem jul og nytår, men vagttelefonen er åben.",
    "Vedhæftet finder du referatet fra generalforsamlingen og forslaget til nye takster.",
    "Entreprenøren begynder gravearbejdet ved Kirkestien på mandag, hvis vejret tillader det.",
    "Kan du sende mig den seneste tegning over ledningsnettet ved søen?",
    "Vandprøverne fra boring 3 viser fine værdier for både nitrat og mangan.",
    "Fakturanummer 2026-004512 er betalt den 3. august, kreditnota følger.",
    "Husk at melde tilbage, om I deltager i sommerudflugten den 14. juni.",
    "Måleren har nummer 58210934 og skal aflæses inden årets udgang.",
    "Ring gerne på 70 12 34 56, hvis der er spørgsmål til planen.",
    "Vi følger op på sagen med kommunen og vender tilbage i næste uge.",
    "Den nye pumpe støjer mindre og bruger en fjerdedel mindre strøm end den gamle.",
    "Bilag 4 mangler i den udgave, der ligger på hjemmesiden.",
    "Tilbuddet fra Sønderby Smede er på 148.500 kr. uden moms og gælder til den 1. oktober.",
    "Der er kaffe og rundstykker fra klokken halv ni.",
    "Nøglen til værket hænger i skabet ved indgangen, som aftalt.",
    "Vi har opdateret vejledningen, så den passer til de nye fjernaflæste målere.",
    "Hilsen til alle på kontoret, og god weekend.",
)
_SENSITIVE = (
    "Mit CPR-nummer er {cpr}, hvis I skal bruge det til opkrævningen.",
    "Personnummer {cpr} er opdateret i jeres system.",
    "Kan I rette adressen for {name}, cpr. {cpr}?",
    "{name} er sygemeldt med depression og begynder i behandling på mandag.",
    "{name} har fået konstateret sklerose og kan ikke længere selv aflæse måleren.",
    "Skyldig restance for {name} er sendt til inkasso, og der er søgt om udlæg i lønnen.",
    "{name} er blevet opereret for brystkræft og er i kemoterapi de næste tre måneder.",
)
_NAMES = (
    "Karen Holm Iversen",
    "Jens Bækgaard",
    "Åse Thorup",
    "Mads Lindskov Ravn",
    "Signe Østergård",
    "Ole Kjærbo",
)
_SUBJECTS = (
    "Referat",
    "Ny aftale om målere",
    "Vand på Møllevej",
    "Spørgsmål til regningen",
    "Tegninger",
    "Bestyrelsesmøde",
)
_PDF, _DOCX = (
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One message as SMTP carries it; ``kind`` names its place in the mix."""

    kind: str
    sensitive: bool
    sender: str
    recipients: tuple[str, ...]
    raw: bytes


def messages(count: int, seed: int = 20260824) -> list[Sample]:
    """*count* messages in the order in which they are sent. Equal seeds give equal messages."""
    dice = random.Random(seed)
    return [_sample(dice, kind, number % 3 == 0) for number, kind in enumerate(_kinds(dice, count))]


def _kinds(dice: random.Random, count: int) -> Iterator[str]:
    """Kinds in their shares, shuffled within each hundred."""
    hundred = ["short"] * 45 + ["long"] * 17 + ["html"] * 18 + ["pdf"] * 8 + ["docx"] * 7 + ["big"] * 5
    for start in range(0, count, 100):
        dice.shuffle(hundred)
        yield from hundred[: count - start]


def _sample(dice: random.Random, kind: str, sensitive: bool) -> Sample:
    sender = f"kontor{dice.randrange(9)}@nordby-vand.example"
    recipients = tuple(
        f"kunde{dice.randrange(1000)}@firma{dice.randrange(50)}.example"
        for _ in range(dice.choice((1, 1, 1, 2, 5)))
    )
    message = EmailMessage(policy=SMTP)
    message["From"] = f"{dice.choice(_NAMES)} <{sender}>"
    message["To"] = ", ".join(recipients)
    message["Subject"] = f"{dice.choice(_SUBJECTS)} {dice.randrange(2000, 2030)}"
    message["Date"] = f"Mon, 24 Aug 2026 {dice.randrange(24):02}:{dice.randrange(60):02}:00 +0200"
    message["Message-ID"] = f"<{dice.randrange(10**12)}@nordby-vand.example>"
    for name in ("X-Mailer", "X-Priority", "Organization", "Content-Language"):
        message[name] = {"X-Priority": "3", "Content-Language": "da"}.get(name, "Nordby Vand Post 4.2")
    in_body = sensitive and (kind in ("short", "long", "html") or dice.random() < 0.5)
    _fill(message, dice, kind, in_body, sensitive and not in_body)
    for part in message.walk():
        if part.is_multipart():
            part.set_boundary(f"===={dice.randrange(10**16):016}====")
    return Sample(kind, sensitive, sender, recipients, message.as_bytes())


def _fill(message: EmailMessage, dice: random.Random, kind: str, in_body: bool, in_file: bool) -> None:
    """Give *message* the body and the attachment of its kind."""
    size = {"short": 1_400, "long": 7_000, "html": 2_600}.get(kind, 1_200)
    paragraphs = _paragraphs(dice, size, in_body)
    message.set_content("\n\n".join(paragraphs) + "\n", cte="quoted-printable")
    if kind == "html":
        message.add_alternative(_html(paragraphs), subtype="html", cte="quoted-printable")
    make: dict[str, Callable[[], tuple[bytes, str, str]]] = {
        "pdf": lambda: (_pdf(dice, 44_000, in_file), _PDF, "bilag.pdf"),
        "docx": lambda: (_docx(dice, 44_000, in_file), _DOCX, "brev.docx"),
        "big": lambda: (_pdf(dice, 740_000, in_file), _PDF, "tegninger.pdf"),
    }
    if kind in make:
        data, content_type, filename = make[kind]()
        main, _, sub = content_type.partition("/")
        message.add_attachment(data, maintype=main, subtype=sub, filename=filename)


def _paragraphs(dice: random.Random, size: int, sensitive: bool) -> list[str]:
    paragraphs: list[str] = []
    while sum(map(len, paragraphs)) < size:
        paragraphs.append(" ".join(dice.choice(_ORDINARY) for _ in range(dice.randrange(2, 6))))
    if sensitive:
        line = dice.choice(_SENSITIVE).format(cpr=_cpr(dice), name=dice.choice(_NAMES))
        paragraphs.insert(dice.randrange(len(paragraphs) + 1), line)
    return paragraphs


def _html(paragraphs: list[str]) -> str:
    style = "font-family:Calibri,sans-serif;font-size:11pt;color:#1f2933;margin:0 0 10px 0"
    rows = "\n".join(f'<div><p style="{style}">{text}<o:p></o:p></p></div>' for text in paragraphs)
    head = '<meta http-equiv="Content-Type" content="text/html; charset=utf-8"><title>Brev</title>'
    return f'<html><head>{head}</head><body lang="DA">\n{rows}\n</body></html>\n'


def _cpr(dice: random.Random) -> str:
    """An invented number of the 1900s that passes modulus 11."""
    while True:
        birthday = f"{dice.randrange(1, 29):02}{dice.randrange(1, 13):02}{dice.randrange(40, 99)}"
        digits = f"{birthday}{dice.randrange(4000):04}"
        if sum(int(d) * w for d, w in zip(digits, (4, 3, 2, 7, 6, 5, 4, 3, 2, 1), strict=True)) % 11 == 0:
            return f"{digits[:6]}-{digits[6:]}"


def _pdf(dice: random.Random, size: int, sensitive: bool) -> bytes:
    """A page of text, and a picture that brings the file to *size*: a JPEG, as programs put them in. Samples that are
    not packed, which hardly any program writes, would be packed by PDFium for each copy that it makes of the file."""
    lines = "\n".join(
        f"({line}) Tj T*" for text in _paragraphs(dice, 3_000, sensitive) for line in text.split(". ")
    )
    text = zlib.compress(f"BT /F1 11 Tf 14 TL 50 780 Td\n{lines}\nET".encode("cp1252", "replace"))
    picture = b"\xff\xd8\xff\xe0" + dice.randbytes(max(0, size - len(text) - 900))
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 5 0 R"
        b"/Resources<</Font<</F1 4 0 R>>/XObject<</I1 6 0 R>>>>>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(text), text),
        b"<</Type/XObject/Subtype/Image/Width 1/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8"
        b"/Filter/DCTDecode/Length %d>>stream\n%s\nendstream" % (len(picture), len(picture), picture),
    )
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def _docx(dice: random.Random, size: int, sensitive: bool) -> bytes:
    """A letter with a picture that brings the file to *size*."""
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in _paragraphs(dice, 3_000, sensitive))
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    files: dict[str, bytes] = {
        "[Content_Types].xml": b'<?xml version="1.0"?><Types xmlns='
        b'"http://schemas.openxmlformats.org/package/2006/content-types">'
        b'<Default Extension="xml" ContentType="application/xml"/>'
        b'<Default Extension="jpeg" ContentType="image/jpeg"/><Override PartName="/word/document.xml"'
        b' ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>'
        b"</Types>",
        "_rels/.rels": b'<?xml version="1.0"?><Relationships xmlns='
        b'"http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1"'
        b' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"'
        b' Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<?xml version="1.0"?><w:document xmlns:w="{word}"><w:body>{body}</w:body>'
        "</w:document>".encode(),
        "word/media/image1.jpeg": b"\xff\xd8\xff\xe0" + dice.randbytes(max(0, size - 3_000)),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 8, 24, 12, 0, 0)), data)
    return out.getvalue()

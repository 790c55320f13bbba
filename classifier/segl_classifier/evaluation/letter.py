"""A labelled message as the one it would be on its way: RFC 5322, with attachments of their real types."""

from __future__ import annotations

from collections.abc import Iterator
from email import policy
from email.header import Header
from email.message import EmailMessage
from email.utils import formataddr, parseaddr
from pathlib import PurePosixPath

from segl_classifier.evaluation.documents import MAKERS
from segl_classifier.evaluation.labelled import Attached, LabelledMessage

_OFFICE = "application/vnd.openxmlformats-officedocument."
_TYPES = {
    "txt": "text/plain",
    "csv": "text/csv",
    "html": "text/html",
    "pdf": "application/pdf",
    "docx": f"{_OFFICE}wordprocessingml.document",
    "xlsx": f"{_OFFICE}spreadsheetml.sheet",
}
_POLICY = policy.SMTP.clone(cte_type="8bit")


def letter(record: LabelledMessage) -> bytes:
    """*record* as bytes. The same record gives the same bytes."""
    mail = EmailMessage(policy=_POLICY)
    body = _clean(record.body)
    mail.set_content(body, subtype="html" if record.html else "plain", cte="quoted-printable")
    for attached in record.attachments:
        main, _, sub = _TYPES[attached.type].partition("/")
        data = MAKERS[attached.type](_clean(attached.text))
        mail.add_attachment(data, main, sub, filename=_filename(attached))
    if record.attachments:
        mail.set_boundary("=_segl")  # by itself it would be random
    return "".join(f"{name}: {value}\r\n" for name, value in _headers(record)).encode() + mail.as_bytes()


def _headers(record: LabelledMessage) -> Iterator[tuple[str, str]]:
    yield "From", _address(record.sender) or "afsender@segl.example"
    yield "To", ", ".join(filter(None, map(_address, record.recipients))) or "modtager@segl.example"
    yield "Subject", Header(_header(record.subject), _charset(record.subject), header_name="Subject").encode()
    yield "Date", "Mon, 24 Nov 2025 10:00:00 +0100"
    yield "Message-ID", "<1@segl.example>"


def _address(text: str) -> str:
    """*text* as an address (RFC 5322 §3.4), or as the text it is when it is none."""
    name, address = parseaddr(_header(text))
    if address.isascii() and address:
        return formataddr((name, address), "utf-8")
    return Header(_header(text), _charset(text)).encode() if text.strip() else ""


def _charset(text: str) -> str:
    return "us-ascii" if text.isascii() else "utf-8"


def _filename(attached: Attached) -> str:
    name = _header(PurePosixPath(attached.filename.replace("\\", "/")).name) or "bilag"
    return name if name.lower().endswith(f".{attached.type}") else f"{name}.{attached.type}"


def _header(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in _clean(text)).split())


def _clean(text: str) -> str:
    """*text* without half characters, which no charset can carry."""
    return text.encode("utf-8", "replace").decode()

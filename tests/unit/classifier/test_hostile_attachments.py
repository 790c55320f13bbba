"""Attachments made to do harm, or to be read by nobody, as whole messages: they go securely, and the cause is named."""

from __future__ import annotations

import base64
import gzip
import io
import random
import time
import zipfile
from collections.abc import Callable
from email.message import EmailMessage

import pytest

from corpus import pdf_files
from corpus.compound import compound
from corpus.office_files import package
from corpus.pdf_by_hand import built, page, written
from segl.settings.detection import Limits
from segl.vocabulary import Decision, Unreadable
from segl_classifier.classify import classify
from segl_classifier.rules import shipped_rules

LIMITS = Limits(
    unfolded_bytes=2_000_000, text_chars=1_000_000, depth=10, attachment_seconds=20, message_seconds=30
)
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
DOCUMENT = package({})


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def locked_zip() -> bytes:
    """With the bit of encrypted members set in both headers of the member (APPNOTE 4.4.4)."""
    data = bytearray(zipped({"brev.txt": b"hemmeligt " * 20}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def nested(depth: int) -> bytes:
    data = b"Hej Bo"
    for _ in range(depth):
        data = zipped({"mere.zip": data})
    return data


def laughs() -> bytes:
    """Entities that unfold to others, ten of each, nine times over."""
    entities = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 10))
    text = f"<w:document xmlns:w='{WORD}'><w:body><w:p><w:r><w:t>&e9;</w:t></w:r></w:p></w:body></w:document>"
    return package({"word/document.xml": f"<!DOCTYPE d [<!ENTITY e0 'ha'>{entities}]>{text}".encode()})


# Each is made when its test wants it: all that begins to test would else wait for half a second.
HOSTILE: dict[str, tuple[str, str, Callable[[], bytes], Unreadable]] = {
    "a member that unfolds to 50 MB": (
        "bilag.zip", "application/zip", lambda: zipped({"a.txt": bytes(50_000_000)}), Unreadable.TOO_LARGE,
    ),
    "a stream that unfolds to 50 MB": (
        "bilag.gz", "application/gzip", lambda: gzip.compress(bytes(50_000_000)), Unreadable.TOO_LARGE,
    ),
    "an archive in an archive, thirty deep": ("bilag.zip", "application/zip", lambda: nested(30), Unreadable.TOO_DEEP),
    "20,000 members": (
        "bilag.zip", "application/zip", lambda: zipped({f"{n}.txt": b"" for n in range(20_000)}), Unreadable.TOO_MANY,
    ),
    "entities that unfold to a thousand million": ("brev.docx", "application/msword", laughs, Unreadable.DAMAGED),
    "pages that are their own parent": (
        "brev.pdf", "application/pdf",
        lambda: built({1: "<</Type/Catalog/Pages 2 0 R>>", 2: "<</Type/Pages/Kids[2 0 R]/Count 9>>"}),
        Unreadable.DAMAGED,
    ),
    "a PDF behind a password": (
        "brev.pdf", "application/pdf", lambda: pdf_files.locked(page(written("Hej")), "hemmelig"), Unreadable.ENCRYPTED,
    ),
    "a zip behind a password": ("bilag.zip", "application/zip", locked_zip, Unreadable.ENCRYPTED),
    "a document behind a password": (
        "brev.docx", "application/msword",
        lambda: compound({"EncryptionInfo": b"x" * 200, "EncryptedPackage": b"x" * 9_000}), Unreadable.ENCRYPTED,
    ),
    "half a document": ("brev.docx", "application/msword", lambda: DOCUMENT[: len(DOCUMENT) // 2], Unreadable.DAMAGED),
    "a program that is called a picture": (
        "foto.png", "image/png", lambda: b"MZ" + random.Random(7).randbytes(5_000), Unreadable.UNKNOWN_TYPE,
    ),
    "a locked PDF that is called text": (
        "brev.txt", "text/plain", lambda: pdf_files.locked(page(written("Hej")), "hemmelig"), Unreadable.ENCRYPTED,
    ),
    "chance": (
        "data.bin", "application/octet-stream", lambda: random.Random(7).randbytes(5_000), Unreadable.UNKNOWN_TYPE,
    ),
    "a scan": ("scan.pdf", "application/pdf", pdf_files.scanned, Unreadable.UNKNOWN_TYPE),
}  # fmt: skip


@pytest.mark.parametrize(("name", "kind", "made", "cause"), HOSTILE.values(), ids=HOSTILE)
def test_what_cannot_be_read_goes_securely_with_its_cause(
    name: str, kind: str, made: Callable[[], bytes], cause: Unreadable
) -> None:
    message = EmailMessage()
    message.set_content("Se bilaget.")
    main, _, sub = kind.partition("/")
    message.add_attachment(made(), main, sub, filename=name)
    began = time.monotonic()
    verdict = classify(message.as_bytes(), shipped_rules(), LIMITS)
    assert time.monotonic() - began < 30
    assert verdict.decision is Decision.SECURE
    assert f"unreadable.{cause}" in verdict.reasons


@pytest.mark.parametrize(
    ("charset", "text", "reason"),
    [
        (
            "utf-7",
            b"Hej +" + base64.b64encode("cpr-nummer 010190-1234".encode("utf-16-be")).rstrip(b"=") + b"-",
            "cpr",
        ),
        ("x-unheard-of", b"Hej \xe6\xd1\xf1 \x80\xd1\xf1\xf0\xf1\xf9", "unreadable.unknown-charset"),
    ],
)
def test_a_charset_hides_no_letters(charset: str, text: bytes, reason: str) -> None:
    for place in ("", "Content-Disposition: attachment; filename=brev.txt\n"):
        raw = f"Content-Type: text/plain; charset={charset}\n{place}\n".encode() + text
        verdict = classify(raw, shipped_rules(), LIMITS)
        assert verdict.decision is Decision.SECURE
        assert reason in verdict.reasons

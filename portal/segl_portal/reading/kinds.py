"""What a file is, in the few words a recipient needs, and which of them can be looked at without opening them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from segl.mime.sniff import signature
from segl.smime_types import CMS_TYPES, SIGNATURE_TYPES
from segl_portal.reading.sanitise import PICTURES

HEAD: Final = 1024  # bytes of a file that tell its kind


class FileKind(StrEnum):
    """The page has a word for each."""

    PDF = "pdf"
    PICTURE = "picture"
    DOCUMENT = "document"
    SHEET = "sheet"
    SLIDES = "slides"
    ARCHIVE = "archive"
    TEXT = "text"
    MESSAGE = "message"
    CALENDAR = "calendar"
    CONTACT = "contact"
    SOUND = "sound"
    FILM = "film"
    PROGRAM = "program"
    SIGNATURE = "signature"
    ENCRYPTED = "encrypted"
    OTHER = "other"


_BY_EXTENSION: Final = {
    extension: kind
    for kind, extensions in {
        FileKind.DOCUMENT: "doc docx docm dot dotx odt ott rtf pages wpd",
        FileKind.SHEET: "xls xlsx xlsm xlsb ods numbers csv",
        FileKind.SLIDES: "ppt pptx pptm odp key pps ppsx",
        FileKind.ARCHIVE: "zip 7z rar tar gz tgz bz2 xz cab",
        FileKind.TEXT: "txt log md",
        FileKind.MESSAGE: "eml msg",
        FileKind.CALENDAR: "ics ical",
        FileKind.CONTACT: "vcf vcard",
        FileKind.PROGRAM: "exe msi bat cmd com scr js vbs ps1 jar lnk hta wsf apk dmg sh iso img chm reg",
        FileKind.ENCRYPTED: "p7m pgp gpg asc",
        FileKind.SIGNATURE: "p7s sig",
        FileKind.PICTURE: "png jpg jpeg gif webp bmp tif tiff heic svg",
        FileKind.PDF: "pdf",
        FileKind.SOUND: "mp3 wav ogg flac m4a",
        FileKind.FILM: "mp4 mov avi mkv webm",
    }.items()
    for extension in extensions.split()
}
_BY_TYPE: Final = {
    "application/pdf": FileKind.PDF,
    "application/rtf": FileKind.DOCUMENT,
    "application/msword": FileKind.DOCUMENT,
    "application/zip": FileKind.ARCHIVE,
    "application/gzip": FileKind.ARCHIVE,
    "application/x-7z-compressed": FileKind.ARCHIVE,
    "application/x-rar-compressed": FileKind.ARCHIVE,
    "application/x-bzip2": FileKind.ARCHIVE,
    "application/x-xz": FileKind.ARCHIVE,
    "application/zstd": FileKind.ARCHIVE,
    "application/x-tar": FileKind.ARCHIVE,
    "application/vnd.ms-cab-compressed": FileKind.ARCHIVE,
    "application/x-dosexec": FileKind.PROGRAM,
    "application/x-executable": FileKind.PROGRAM,
    **dict.fromkeys(CMS_TYPES, FileKind.ENCRYPTED),
    "application/pgp-encrypted": FileKind.ENCRYPTED,
    **dict.fromkeys(SIGNATURE_TYPES, FileKind.SIGNATURE),
    "application/pgp-signature": FileKind.SIGNATURE,
    "message/rfc822": FileKind.MESSAGE,
    "message/global": FileKind.MESSAGE,
    "text/calendar": FileKind.CALENDAR,
    "text/vcard": FileKind.CONTACT,
    "text/x-vcard": FileKind.CONTACT,
}
_BY_FAMILY: Final = {
    "image": FileKind.PICTURE,
    "audio": FileKind.SOUND,
    "video": FileKind.FILM,
    "text": FileKind.TEXT,
    "message": FileKind.MESSAGE,
}
# A file for a name: those that come without one.
EXTENSIONS: Final = {
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "application/pkcs7-mime": ".p7m",
    "application/ms-tnef": ".dat",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "message/rfc822": ".eml",
    "message/global": ".eml",
    "message/delivery-status": ".txt",
    "text/calendar": ".ics",
    "text/vcard": ".vcf",
    "text/html": ".html",
    "text/plain": ".txt",
}


def kind_of(head: bytes, name: str, declared: str) -> FileKind:
    """The kind of a file by its first bytes; where they show none or a container, by its name, then by its
    declared type. A program is one whatever it is called."""
    shown = type_of(head)
    by_bytes = _BY_TYPE.get(shown) or _BY_FAMILY.get(shown.partition("/")[0])
    by_name = _BY_EXTENSION.get(name.rpartition(".")[2].lower()) if "." in name else None
    if FileKind.PROGRAM in (by_bytes, by_name):
        return FileKind.PROGRAM
    if by_bytes and by_bytes is not FileKind.ARCHIVE:
        return by_bytes
    by_label = _BY_TYPE.get(declared) or _BY_FAMILY.get(declared.partition("/")[0])
    return by_name or by_bytes or by_label or FileKind.OTHER


def type_of(head: bytes) -> str:
    """The content type that the first bytes of a file show; ``""`` for none."""
    return signature(head) or ("application/pdf" if b"%PDF-" in head else "")


def can_be_previewed(head: bytes) -> bool:
    """Whether a picture of it can be made (:mod:`segl_portal.reading.previews`): a PDF, or a picture of a
    kind that is shown. By its bytes alone."""
    shown = type_of(head)
    return shown == "application/pdf" or shown in PICTURES or shown in ("image/bmp", "image/tiff")

"""What the first bytes of a file say it is, whatever its label says.

Only formats whose text does *not* stand readable in their bytes are named here: a part that has one of
these signatures is never taken for read because its characters look like text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from unicodedata import category

from segl.mime.charset import zero_pattern
from segl.mime.ebcdic import seems as seems_ebcdic

HEAD = 512  # bytes of a file that tell its format
_SAMPLE = 4096
_NO_TEXT = frozenset(("Cc", "Cn", "Co", "Cs"))  # control, unassigned, private, halves of pairs

FOLDER_VIEW = "application/x-apple-folder"
# Pictures in the container of films (ISO 23008-12 annex B, AV1 Image File Format §6): HEIC of telephones, AVIF.
HEIF_BRANDS = frozenset(b"heic heix heim heis hevc hevx hevm hevs mif1 mif2 msf1 miaf avif avis".split())
GEODATA = "application/x-dbf"
# Versions: III, IV, FoxPro; with memos or not.
DBASE = frozenset((0x03, 0x30, 0x31, 0x43, 0x63, 0x83, 0x8B, 0xCB, 0xF5))

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"{\\rt", "application/rtf"),  # Word asks for no more of "{\rtf1"
    (b"%!PS", "application/postscript"),
    (b"%!\n", "application/postscript"),
    (b"%!\r", "application/postscript"),
    (b"\x1b%-12345X", "application/postscript"),  # a printer's language (PJL) around it
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"\x78\x9f\x3e\x22", "application/ms-tnef"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/x-rar-compressed"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"MSCF", "application/vnd.ms-cab-compressed"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"BM", "image/bmp"),
    (b"\x00\x00\x01\x00", "image/x-icon"),
    (b"\xd7\xcd\xc6\x9a", "image/wmf"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"wOFF", "font/woff"),
    (b"MZ", "application/x-dosexec"),
    (b"\x7fELF", "application/x-executable"),
    (b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (b"\x00\x05\x16\x07", "application/applefile"),
    (b"\x00\x05\x16\x00", "application/applefile"),
    (b"bplist00", "application/x-plist"),
    (b"\0\0\0\1Bud1", FOLDER_VIEW),
)
# These begin with letters that a text may begin with too: believed only of bytes that are no text.
_SHORT = frozenset(
    (b"GIF87a", b"GIF89a", b"BZh", b"BM", b"MZ", b"MSCF", b"ID3", b"OggS", b"fLaC", b"wOFF", b"bplist00")
)
# In a text these announce a content that is not readable where it stands (RFC 4880 §6.2, RFC 7468).
_ARMOURED = (
    (
        re.compile(rb"^[> ]{0,20}-----BEGIN PGP (?:MESSAGE|PRIVATE)", re.MULTILINE),
        "application/pgp-encrypted",
    ),
    (
        re.compile(rb"^[> ]{0,20}-----BEGIN (?:CMS|PKCS ?#?7|ENCRYPTED)", re.MULTILINE),
        "application/pkcs7-mime",
    ),
    (
        re.compile(rb"^[ \t]{0,20}\(This file must be converted with BinHex", re.MULTILINE),
        "application/mac-binhex40",
    ),
    (re.compile(rb"^=ybegin .{0,200}?line=\d+", re.MULTILINE), "application/x-yenc"),
)
# Object identifiers of CMS content types (RFC 5652), as they stand near the start of the DER or BER.
_CMS_ENCRYPTED = (
    bytes.fromhex("2a864886f70d010703"),  # envelopedData
    bytes.fromhex("2a864886f70d010704"),  # signedAndEnvelopedData
    bytes.fromhex("2a864886f70d010706"),  # encryptedData
    bytes.fromhex("2a864886f70d0109100117"),  # authEnvelopedData (RFC 5083)
)
_CMS_SIGNED = bytes.fromhex("2a864886f70d010702")
_CMS_NAMED = (
    *_CMS_ENCRYPTED,
    _CMS_SIGNED,
    bytes.fromhex("2a864886f70d010705"),  # digestedData
    bytes.fromhex("2a864886f70d0109100109"),  # compressedData (RFC 3274)
)
_CMS_STAMP = bytes.fromhex("2a864886f70d0109100104")  # id-ct-TSTInfo, the type of what is signed
_CMS_WITHIN, _STAMP_WITHIN = 64, 128  # bytes from the start
# No content inside (RFC 5652 §5.2): a detached signature, in DER and in BER.
_CMS_DETACHED = tuple(
    bytes.fromhex(encoded) for encoded in ("300b06092a864886f70d010701", "308006092a864886f70d0107010000")
)
# Before these a file may have blank lines or a byte order mark, as web servers leave them; programs pass over them.
_LEAD = b"\xef\xbb\xbf \t\r\n\f\0"
_LED = (b"%PDF-", b"{\\rt")
_ODD_SHARE = 50  # one in so many characters of UTF-16 may be none
_END_IN_DOS = b"\x1a"
_CONTROLS = bytes(b for b in range(32) if b not in b"\t\n\r\f\x0b\x1b") + b"\x7f"
_HTML = re.compile(
    rb"<!doctype\s+html|<html[\s>]|<body[\s>]|<head[\s>]|<(?:table|div|span|p)[\s>][^\0]{0,2000}?</",
    re.IGNORECASE,
)


_BY_FIRST: Mapping[int, tuple[tuple[bytes, str], ...]] = {
    first: tuple(signature for signature in _SIGNATURES if signature[0][0] == first)
    for first in {mark[0] for mark, _ in _SIGNATURES}
}

_LEADS = tuple(_LEAD[i : i + 1] for i in range(len(_LEAD)))


def signature(head: bytes) -> str:
    """The content type that the first bytes of a file show; ``""`` when they show none."""
    if head[:1] in _LEADS:
        led = head.lstrip(_LEAD)
        head = led if led.startswith(_LED) else head
    for mark, content_type in _BY_FIRST.get(head[0], ()) if head else ():
        if head.startswith(mark) and (mark not in _SHORT or not is_text(head)):
            return content_type
    if is_text(head):
        return ""
    if head[:4] == b"RIFF":
        return "image/webp" if head[8:12] == b"WEBP" else "application/x-riff"
    if head[4:8] == b"ftyp":
        return "image/heic" if head[8:12] in HEIF_BRANDS else "video/mp4"
    if head[40:44] == b" EMF" and head[:4] == b"\x01\0\0\0":  # MS-EMF §2.3.4.2
        return "image/emf"
    if head[:6] == b"\x01\0\x09\0\0\x03":  # without the head that places it (MS-WMF §2.3.2.2)
        return "image/wmf"
    if _is_shapefile(head) or _is_dbase(head):
        return GEODATA
    if head[257:262] == b"ustar":
        return "application/x-tar"
    return ""


def _is_shapefile(head: bytes) -> bool:
    """Coordinates or their index: 9994, then five numbers that are 0 and the version 1000 (ESRI Shapefile, p. 4), or
    -400 in an index of places."""
    return head[:4] == b"\0\0\x27\x0a" and (
        head[4:8] == b"\xff\xff\xfe\x70" or (head[4:24] == bytes(20) and head[28:32] == b"\xe8\x03\0\0")
    )


def _is_dbase(head: bytes) -> bool:
    """A table: version, year, month, day; the length of the head; and of the first field the name and the type."""
    return (
        len(head) > 64
        and head[0] in DBASE
        and 1 <= head[2] <= 12
        and 1 <= head[3] <= 31
        and int.from_bytes(head[8:10], "little") % 32 in (1, 8)  # 8: with the 263 bytes of Visual FoxPro
        and head[32:33].isalnum()
        and head[43:44] in tuple(b"%c" % kind for kind in b"CNFDLIMGBTY@O+")
    )


def armoured(data: bytes) -> list[str]:
    """The types of content that stand in a text in a form nobody here reads: encrypted, BinHex, yEnc."""
    # Rare last letters are fast.
    if b"-----BEGIN" not in data and b"=yb" not in data and b"BinHex" not in data:
        return []
    return [content_type for pattern, content_type in _ARMOURED if pattern.search(data)]


def is_text(data: bytes) -> bool:
    """Whether *data* is text all through: no control characters, be it in UTF-16 or EBCDIC. Programs of DOS end a file
    with Ctrl-Z."""
    if data[-1:] == _END_IN_DOS:
        data = data.rstrip(_END_IN_DOS)
    if wide := _wide(data):
        return not _odd(data, wide)
    return (len(data.translate(None, _CONTROLS)) == len(data) and _few_high(data)) or seems_ebcdic(data)


def noise(data: bytes) -> int:
    """How many control characters stand in *data* that no text holds; zero bytes of UTF-16 are none."""
    if wide := _wide(data):
        return len(data) if _odd(data, wide) else 0
    return len(data) - len(data.translate(None, _CONTROLS))


def looks_like_html(head: bytes) -> bool:
    """Whether markup stands in the first bytes of a text."""
    return b"<" in head and _HTML.search(head, 0, _SAMPLE) is not None


def is_encrypted_cms(head: bytes) -> bool:
    """Whether the CMS structure in *head* hides its content. What is neither signed nor compressed as
    far as can be told counts as encrypted."""
    start = head[:_CMS_WITHIN]
    return any(oid in start for oid in _CMS_ENCRYPTED) or _CMS_SIGNED not in start


def is_signature(head: bytes) -> bool:
    """Whether *head* begins a detached signature: CMS SignedData, or an OpenPGP one."""
    return head.lstrip().startswith(b"-----BEGIN PGP SIGNATURE") or (
        head[:1] == b"\x30"
        and _CMS_SIGNED in head[:_CMS_WITHIN]
        and any(mark in head for mark in _CMS_DETACHED)
    )


def cms_type(head: bytes) -> str:
    """The content type of the CMS structure that begins in *head*, a detached signature's or another's; ``""`` when it
    begins none, or a time stamp (RFC 3161), which holds a digest."""
    start = head[:_CMS_WITHIN]
    if head[:1] != b"\x30" or not any(oid in start for oid in _CMS_NAMED):
        return ""
    if _CMS_STAMP in head[:_STAMP_WITHIN]:
        return ""
    return "application/pkcs7-signature" if is_signature(head) else "application/pkcs7-mime"


def _wide(data: bytes) -> str:
    """The form of Unicode in units of two or four bytes that *data* seems to be in; ``""`` for none."""
    return zero_pattern(data) or ("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "")


def _odd(data: bytes, form: str) -> int:
    """How many characters near the two ends of *data*, in this *form*, no text holds; 0 when they are few. The mark of
    a form may stand before anything."""
    odd = count = 0
    for start in {0, max(0, len(data) - _SAMPLE) & ~3}:
        sample = data[start : start + _SAMPLE]
        order = (
            form if start == 0 or form != "utf-16" else "utf-16-le" if data[:1] == b"\xff" else "utf-16-be"
        )
        text = sample[: len(sample) & ~3 or None].decode(order, "replace")
        count += len(text)
        odd += sum(c == "\ufffd" or (category(c) in _NO_TEXT and c not in "\t\n\r\f\x0b\x1b\0") for c in text)
    return odd if odd * _ODD_SHARE > count else 0


def _few_high(data: bytes) -> bool:
    """Text other than UTF-8 is mostly ASCII; a short random file is not."""
    sample = data[:_SAMPLE]
    if sample.isascii():
        return True
    try:
        sample.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(sample) - 3:
            return sum(b > 127 for b in sample) * 3 <= len(sample)
    return True

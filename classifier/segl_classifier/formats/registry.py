"""Which reader takes which kind of file.

Readers are imported by name when first needed, and only inside a worker process: the libraries behind them are
not to be found in a process that judges messages.
"""

from __future__ import annotations

import re
from importlib import import_module

from segl.mime.sniff import FOLDER_VIEW, GEODATA
from segl_classifier.formats.content import Reader

OLE = "application/x-ole-storage"
ZIP = "application/zip"

VISIO = "application/vnd.ms-visio.drawing"
OOXML = "application/vnd.openxmlformats-officedocument"
MS = "application/vnd.ms"
METAFILES = frozenset(("image/emf", "image/wmf"))  # pictures whose words stand in them as words
# Content type → module of this package with a function ``read``.
_MODULES: dict[str, str] = {
    "application/pdf": "pdf.reader",
    "application/x-pdf": "pdf.reader",
    "application/rtf": "rtf.reader",
    "text/rtf": "rtf.reader",
    f"{OOXML}.wordprocessingml.document": "ooxml.reader",
    f"{OOXML}.wordprocessingml.template": "ooxml.reader",
    f"{OOXML}.spreadsheetml.sheet": "ooxml.reader",
    f"{OOXML}.spreadsheetml.template": "ooxml.reader",
    f"{OOXML}.presentationml.presentation": "ooxml.reader",
    f"{OOXML}.presentationml.slideshow": "ooxml.reader",
    f"{OOXML}.presentationml.template": "ooxml.reader",
    f"{MS}-word.document.macroenabled.12": "ooxml.reader",
    f"{MS}-word.template.macroenabled.12": "ooxml.reader",
    f"{MS}-excel.sheet.macroenabled.12": "ooxml.reader",
    f"{MS}-excel.template.macroenabled.12": "ooxml.reader",
    f"{MS}-excel.sheet.binary.macroenabled.12": "ooxml.reader",
    f"{MS}-powerpoint.presentation.macroenabled.12": "ooxml.reader",
    f"{MS}-powerpoint.slideshow.macroenabled.12": "ooxml.reader",
    "application/msword": "compound",
    f"{MS}-excel": "compound",
    f"{MS}-powerpoint": "compound",
    OLE: "compound",
    VISIO: "ooxml.visio",
    f"{MS}-xpsdocument": "xps",
    "application/oxps": "xps",
    GEODATA: "geodata",
    "application/vnd.sqlite3": "database",
    FOLDER_VIEW: "folder_view",
    "application/x-plist": "plist",
    f"{MS}-outlook": "outlook.message",
    "application/ms-tnef": "outlook.tnef",
    f"{MS}-tnef": "outlook.tnef",
    ZIP: "archives.archive",
    "application/x-zip": "archives.archive",
    "application/x-zip-compressed": "archives.archive",
    "application/gzip": "archives.archive",
    "application/x-gzip": "archives.archive",
    "application/x-bzip2": "archives.archive",
    "application/x-bzip": "archives.archive",
    "application/x-xz": "archives.archive",
    "application/zstd": "archives.archive",
    "application/x-tar": "archives.archive",
    "application/x-gtar": "archives.archive",
    "application/x-compressed-tar": "archives.archive",
    "application/x-7z-compressed": "archives.archive",
    "application/x-rar-compressed": "archives.archive",
    "application/vnd.rar": "archives.archive",
    "application/x-rar": "archives.archive",
    f"{MS}-cab-compressed": "archives.archive",
}
ODF = re.compile(r"application/vnd\.oasis\.opendocument\.[a-z-]+|application/vnd\.sun\.xml\.[a-z.]+")

# Types of files that say nothing of themselves, by the ending of their name.
_ENDINGS = {
    "htm": "text/html",
    "html": "text/html",
    "xhtml": "application/xhtml+xml",
    "shtml": "text/html",
    "xml": "application/xml",
    "svg": "image/svg+xml",
    "ics": "text/calendar",
    "ifb": "text/calendar",
    "vcs": "text/calendar",
    "vcf": "text/vcard",
    "tar": "application/x-tar",
    "cer": "application/pkix-cert",
    "crt": "application/pkix-cert",
    "der": "application/pkix-cert",
    "crl": "application/pkix-crl",
    "csr": "application/pkcs10",
    "pem": "application/x-pem-file",
    "p7m": "application/pkcs7-mime",
    "p7b": "application/x-pkcs7-certificates",
    "p7c": "application/x-pkcs7-certificates",
    "tsq": "application/timestamp-query",
    "tsr": "application/timestamp-reply",
}

# What the template process loads ahead; the readers import the libraries behind them.
LIBRARIES = (
    "segl_classifier.pool.unfold",
    "segl_classifier.pool.worker",
    "segl_classifier.formats.archives.archive",
    "segl_classifier.formats.ooxml.reader",
    "segl_classifier.formats.pdf.reader",
    "segl_classifier.formats.odf.reader",
    "segl_classifier.formats.rtf.reader",
    "segl_classifier.formats.compound",
    "segl_classifier.formats.outlook.message",
    "segl_classifier.formats.outlook.tnef",
    "segl_classifier.formats.pictures.ocr",
    "segl_classifier.formats.ooxml.visio",
    "segl_classifier.formats.geodata",
    "segl_classifier.formats.database",
    "segl_classifier.formats.xps",
    "segl_classifier.formats.folder_view",
    "segl_classifier.formats.plist",
)


def is_file_format(content_type: str) -> bool:
    """Whether files of this type are read in a worker. Pictures are not among them, that is a setting, but for
    metafiles."""
    return content_type in _MODULES or content_type in METAFILES or ODF.match(content_type) is not None


def type_by_name(filename: str) -> str:
    """The content type that the ending of a file's name tells; empty when it tells nothing that matters here."""
    return _ENDINGS.get(filename.rpartition(".")[2].lower(), "")


def is_archive(kind: str) -> bool:
    """Whether a file of this kind is but a bag of other files."""
    return _MODULES.get(kind) == "archives.archive"


def is_never_empty(kind: str) -> bool:
    """Whether a file of this kind in which nothing at all was found is more likely damaged than empty: formats
    of chained blocks, where a reader that loses the thread sees nothing."""
    return _MODULES.get(kind) in ("compound", "outlook.message", "outlook.tnef")


def reader_for(kind: str) -> Reader | None:
    """The reader for a kind that :func:`.kind.kind_of` gave; ``None`` when there is none. May raise ImportError."""
    if kind in METAFILES:
        module = "pictures.picture"
    elif kind.startswith("image/"):
        module = "pictures.ocr"
    elif ODF.match(kind):
        module = "odf.reader"
    elif kind in _MODULES:
        module = _MODULES[kind]
    else:
        return None
    read: Reader = import_module(f"segl_classifier.formats.{module}").read
    return read

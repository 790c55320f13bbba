"""Parts to text: the second stage.

A registry names a reader for each content type (``text/html``, or a whole family as ``text/*``). A part
goes to the reader of the type it declares; untyped files, and files whose first bytes contradict their
label, go by what the bytes show. Parts that a reader finds inside come back into the loop. A part with no
reader gives the finding ``unreadable.unknown-type`` with its type and file name: it is not decoded, and
the message is not called read.

File formats that need a library (PDF, office files, archives) go to *files*, one reader for all of them. In the
process that judges messages this is :mod:`segl_classifier.pool`, which has them read elsewhere; in a worker of the
pool the same loop runs with :mod:`segl_classifier.pool.unfold`.

Pictures are read only with :attr:`Pictures.ocr`. So that not every mail with a logo is unreadable, a picture
that was not read counts as decoration, and gives no finding, when all of this holds: the message or the
document shows it in place (``cid:`` or written into the page), its bytes are those of a picture, and it is small:
at most ``DECORATION_BYTES`` and no page by its pixels, or ``DECORATION_PIXELS``. A stated limit: words in such a
picture are not seen. With OCR only icons and lines shown in place are passed over, so that they do not use up its time.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b

from segl.mime import sniff
from segl.settings.detection import Detection, Limits
from segl.smime_types import CMS_TYPES, SIGNATURE_TYPES
from segl.vocabulary import Finding, Unreadable
from segl_classifier import applefile, certificates, readers, signed
from segl_classifier.deadline import NEVER, Deadline
from segl_classifier.extracted import Extracted, Extractor
from segl_classifier.formats.pictures.picture import (
    UNMEASURED_DECORATION_BYTES,
    is_decoration,
    is_page,
    kind_of,
    pixels,
)
from segl_classifier.formats.pictures.words import words_of
from segl_classifier.formats.registry import METAFILES, is_file_format, type_by_name
from segl_classifier.markup.linked import told_in
from segl_classifier.message import Message, Part, Source, Text, as_seen, unreadable
from segl_classifier.parsing.entity import GENERIC, MESSAGES, SAVED
from segl_classifier.shown import shown_name

DECORATION_BYTES = 30_000
DECORATION_PIXELS = 60_000  # a letterhead logo of 400 by 150; a scanned page has a million

REGISTRY: Mapping[str, Extractor] = {
    "text/*": readers.read_plain,
    "text/html": readers.read_markup,
    "text/x-amp-html": readers.read_markup,
    "text/enriched": readers.read_markup,
    "text/richtext": readers.read_markup,
    "text/xml": readers.read_markup,
    "application/xml": readers.read_markup,
    "application/xhtml+xml": readers.read_markup,
    "image/svg+xml": readers.read_markup,
    **dict.fromkeys(
        ("image/vnd.dxf", "image/x-dxf", "application/dxf", "application/x-dxf"), readers.read_drawing
    ),
    "text/calendar": readers.read_folded,
    "text/vcard": readers.read_folded,
    "text/x-vcard": readers.read_folded,
    "text/x-vcalendar": readers.read_folded,
    "text/directory": readers.read_folded,
    "application/ics": readers.read_folded,
    "message/*": readers.read_plain,
    **dict.fromkeys(MESSAGES, readers.read_message),
    "application/json": readers.read_plain,
    "application/ld+json": readers.read_plain,
    "application/javascript": readers.read_plain,
    "application/pgp-keys": readers.read_plain,
    "application/pgp-signature": readers.read_signature,
    **dict.fromkeys(SIGNATURE_TYPES, readers.read_signature),
    "application/pgp-encrypted": readers.read_pgp_control,
    **dict.fromkeys(CMS_TYPES, signed.read_cms),
    **dict.fromkeys(applefile.TYPES, applefile.read_applefile),
    **dict.fromkeys(certificates.TYPES, certificates.read),
}
_WITH_LINKS = (Source.BODY, Source.ATTACHMENT)  # of a page the links are known, and stand beside it
_TEXTS = (".txt", ".text", ".csv", ".tsv", ".log", ".md", ".htm", ".html")
_FOUND_WITHIN = (".pdf", ".zip", ".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp")
# Types whose words do not stand readable in their bytes, whatever the bytes look like.
_OPAQUE = re.compile(
    r"(?:image|audio|video|font)/|application/(?:pdf|zip|gzip|zstd|rtf|postscript|ms-tnef|msword|mac-binhex40|"
    r"pkix-|vnd\.(?:ms-|openxml|oasis)|x-(?:ole|7z|rar|zip|tar|gzip|bzip|xz|yenc|riff|plist|dosexec|executable))"
    r"|text/rtf"
)


@dataclass(frozen=True, slots=True)
class Pictures:
    """What is done with pictures: read (*ocr*), else told of, or with *ignore* passed over."""

    ocr: bool = False
    ignore: bool = False

    @classmethod
    def of(cls, detection: Detection) -> Pictures:
        return cls(ocr=detection.ocr, ignore=detection.pictures == "ignore")


NO_OCR = Pictures()


def extract(
    message: Message,
    limits: Limits,
    registry: Mapping[str, Extractor] = REGISTRY,
    *,
    files: Extractor,
    pictures: Pictures = NO_OCR,
    deadline: Deadline = NEVER,
) -> tuple[list[Text], list[Finding]]:
    """All texts of *message* in reading order, and a finding for each part that was not read. At most
    ``limits.text_chars`` characters, ``limits.parts`` parts and ``limits.depth`` levels, until *deadline*; what
    lies beyond gives a finding. *files* reads file formats. Never raises: a reader that fails is a
    finding too."""
    work = Extraction(limits, registry, files=files, pictures=pictures, deadline=deadline)
    for text in message.texts:
        work.take(text)
    work.run(deque(message.parts))
    return work.texts, [*message.unread, *work.unread]


class Extraction:
    """The loop over the parts of one message, or of one attachment. Read the lists when :meth:`run` ends."""

    def __init__(
        self,
        limits: Limits,
        registry: Mapping[str, Extractor] = REGISTRY,
        *,
        files: Extractor,
        pictures: Pictures = NO_OCR,
        deadline: Deadline = NEVER,
    ) -> None:
        self.texts: list[Text] = []
        self.unread: list[Finding] = []
        self._limits = limits
        self._registry = registry
        self._files = files
        self._policy = pictures
        self._deadline = deadline
        self._left = limits.text_chars
        self._full = False
        self._shown: set[str] = set()
        self._messages: set[bytes] = set()  # found in texts: digests of those that were opened

    def run(self, waiting: deque[Part], before_each: Callable[[], None] | None = None) -> None:
        """Read the parts and all found in them; *before_each* is called before every part but the first."""
        pictures: list[Part] = []  # which of them are shown is known when all text is read
        opened = 0
        while waiting:
            part = waiting.popleft()
            if opened and before_each is not None:
                before_each()
            opened += 1
            if opened > self._limits.parts * 2:  # those of the message, and as many found inside them
                self._miss(Unreadable.TOO_MANY, "message", f"more than {self._limits.parts} parts")
                break
            if self._deadline.is_over:
                self._miss(Unreadable.TIMED_OUT, part.where, "this part, and those behind it")
                break
            if self._is_opened(part):
                continue
            if part.depth > self._limits.depth:
                self._miss(Unreadable.TOO_DEEP, part.where, f"more than {self._limits.depth} levels")
            elif not _is_blank(part):  # an empty file holds nothing to read
                head = part.head(sniff.HEAD)
                waiting.extendleft(reversed(self._open(part, head, pictures)))
        for part in pictures:
            if not self._is_decoration(part):
                if before_each is not None:
                    before_each()
                self._open(part, part.head(sniff.HEAD), None)  # nothing is found inside a picture

    def _is_opened(self, part: Part) -> bool:
        """Whether *part* is a message found in a text, and the same as one opened before. A text in which one stands is
        handed on whole, and may be found in it again, two ways at each level."""
        if part.walked or part.content_type != "message/rfc822" or part.filename:
            return False
        digest = blake2b(part.payload, digest_size=16).digest()
        is_known = digest in self._messages
        self._messages.add(digest)
        return is_known

    def take(self, text: Text) -> None:
        """Keep *text*, and what links in it say (:mod:`.markup.linked`)."""
        self._take(text)
        if text.source in _WITH_LINKS and (said := told_in(text.text)):
            self._take(replace(text, text=as_seen(said), where=f"{text.where} (in links)"))

    def _take(self, text: Text) -> None:
        """Keep *text*, as far as the limit on characters allows."""
        if len(text.text) <= self._left:
            self._left -= len(text.text)
            self.texts.append(text)
            return
        if not self._full:
            self._full = True
            self._miss(
                Unreadable.TOO_LARGE, text.where, f"more than {self._limits.text_chars} characters of text"
            )
        if self._left:
            self.texts.append(replace(text, text=text.text[: self._left]))
            self._left = 0

    def _open(self, part: Part, head: bytes, pictures: list[Part] | None) -> tuple[Part, ...]:
        """Read one part; gives the parts found inside it. Pictures that may be decoration go into *pictures*."""
        kind, reader = self._reader(part, head)
        is_other = pictures is not None and (reader is self._files or kind.startswith("image/"))
        also = self._read(part, readers.read_plain) if is_other and _is_shown_as_text(part) else ()
        behind = self._take_words(part, head) if pictures is not None and kind.startswith("image/") else ()
        if pictures is not None and kind.startswith("image/") and (reader is None or self._is_tiny(part)):
            pictures.append(part)
            return (*also, *behind)
        if reader is None:
            self._unknown(part, part.content_type if kind.startswith("image/") else kind)
            return also
        if self._full:
            return ()  # one finding for all that lies beyond the limit
        if kind != part.content_type and part.content_type in GENERIC:
            part = replace(part, content_type=kind)  # what its name says; XML is read otherwise than HTML
        return (*also, *self._read(part, reader))

    def _read(self, part: Part, reader: Extractor) -> tuple[Part, ...]:
        """What *reader* makes of *part* is kept; gives the parts found inside."""
        try:
            found = reader(part, self._limits)
        except MemoryError:
            self._miss(Unreadable.TOO_LARGE, part.where, "more memory than allowed")
            return ()
        except Exception as error:  # one bad file must not hide the rest of the message
            self._miss(Unreadable.FAILED, part.where, type(error).__name__)
            return ()
        if part.content_type == readers.DRAWING and self._is_passed_over(part):
            found = replace(
                found, unread=tuple(gap for gap in found.unread if gap.excerpt != readers.OUTLINES)
            )
        self._keep(found)
        return found.parts

    def _take_words(self, part: Part, head: bytes) -> tuple[Part, ...]:
        """The words that stand in the file of a picture, and not on it; gives what stands behind its end."""
        kind = kind_of(head)
        if not kind:
            return ()
        words = words_of(part.payload, kind)
        if words.lines:
            text = "\n".join(words.lines)
            self.take(Text(text, f"{part.where} (properties)", Source.ATTACHMENT))
        if words.cut:
            self._miss(Unreadable.TOO_LARGE, part.where, "more words in a picture than are read")
        return (_behind(part, words.behind),) if words.behind else ()

    def _keep(self, found: Extracted) -> None:
        for text in found.texts:
            self.take(text)
        self.unread += found.unread
        self._shown |= found.shown

    def _reader(self, part: Part, head: bytes) -> tuple[str, Extractor | None]:
        """The type of *part* as far as it can be known, and the reader for it."""
        declared = part.content_type
        if declared in GENERIC and declared != "text/plain":
            declared = type_by_name(part.filename) or declared
        shown = sniff.signature(head)
        if shown == applefile.TYPE and not _is_applefile(declared, part):
            shown = ""  # four bytes before something else
        listed = self._listed(declared)
        if listed is None and not _OPAQUE.match(declared):
            listed = self._registry.get(f"{declared.partition('/')[0]}/*")
        if shown and (listed is not self._files or shown in self._registry):
            # "application/octet-stream" that is a PDF; "text/plain" that is a zip.
            better = self._listed(shown) or self._registry.get(f"{shown.partition('/')[0]}/*")
            generic = not declared or declared == "application/octet-stream" or listed is not None
            if generic or better is not None:
                return shown, better
        if part.filename.lower().endswith(SAVED) and sniff.is_text(head):
            return "message/rfc822", self._registry.get("message/rfc822")
        if listed is not None:
            return declared, listed
        if _OPAQUE.match(declared):
            return declared, None
        if shown and sniff.is_text(head):
            return shown, None  # PostScript of any name: its letters are not the words that it shows
        if declared.endswith(("+xml", "/xml")) and sniff.is_text(head):
            return declared, readers.read_markup
        if sniff.is_text(head) and sniff.is_text(part.payload):
            return declared, readers.read_plain
        return declared or "application/octet-stream", None

    def _listed(self, content_type: str) -> Extractor | None:
        listed = self._registry.get(content_type)
        if listed is None and (
            is_file_format(content_type) or (self._policy.ocr and content_type.startswith("image/"))
        ):
            return self._files
        return listed

    def _is_decoration(self, part: Part) -> bool:
        head = part.head(DECORATION_BYTES)
        if not sniff.signature(head[: sniff.HEAD]).startswith("image/") or is_mislabelled(part):
            return False
        if self._policy.ignore and not self._policy.ocr:
            return True
        if part.content_id not in self._shown:
            return False
        kind = kind_of(head)
        if kind in METAFILES:
            return False  # it may hold words
        size = pixels(head, kind)
        if part.size <= (DECORATION_BYTES if size else UNMEASURED_DECORATION_BYTES):
            return not is_page(head, kind)
        return size is not None and size[0] * size[1] <= DECORATION_PIXELS

    def _is_passed_over(self, drawing: Part) -> bool:
        """Whether the outlines of *drawing* count as decoration, as those of a picture would."""
        small = drawing.content_id in self._shown and drawing.size <= DECORATION_BYTES
        return small or (self._policy.ignore and not self._policy.ocr)

    def _is_tiny(self, part: Part) -> bool:
        """Whether *part* is a picture in which nobody could read a number."""
        head = part.head(DECORATION_BYTES)
        kind = kind_of(head)
        return bool(kind) and is_decoration(head, kind, ocr=self._policy.ocr)

    def _unknown(self, part: Part, kind: str) -> None:
        name = shown_name(part.filename)
        self._miss(Unreadable.UNKNOWN_TYPE, part.where, f"{kind[:80]}, {name}" if name else kind[:80])

    def _miss(self, cause: Unreadable, where: str, detail: str) -> None:
        self.unread.append(unreadable(cause, where, detail))


def is_mislabelled(part: Part) -> bool:
    """Whether a picture is sent as something else, which other programs open by its name: PDFs and archives are also
    found behind the bytes of a picture."""
    if part.content_type not in GENERIC and not part.content_type.startswith("image/"):
        return True
    return part.filename.lower().endswith(_FOUND_WITHIN)


def _behind(picture: Part, data: bytes) -> Part:
    """What stands behind the end of *picture* in its file."""
    return Part(
        where=f"{picture.where} > behind the picture",
        content_type="",
        charset="",
        filename="",
        attached=True,
        encoded=data,
        depth=picture.depth + 1,
        walked=False,
    )


def _is_shown_as_text(part: Part) -> bool:
    """Whether programs show the letters of *part*, whatever else its bytes may be: a PDF may begin with a remark, and
    anything may follow a picture."""
    if part.is_file:
        return part.filename.lower().endswith(_TEXTS)
    return not part.content_type or part.content_type.startswith("text/")


def _is_applefile(declared: str, part: Part) -> bool:
    if declared in applefile.TYPES or (declared in GENERIC and declared != "text/plain"):
        return True
    return applefile.entries(part.payload) is not None  # "._brev.pdf" in archives of Macs


def _is_blank(part: Part) -> bool:
    """Whether nothing but blanks stands in the message for this part."""
    start = bytes(part.encoded[:4096])
    return not start.strip() and not bytes(part.encoded).strip()

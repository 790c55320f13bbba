"""Which header fields hold words of a person, and what they say.

The subject, the names beside addresses and any free text are sent in clear like the body, so they are
read. Fields that programs write for programs (trace, signatures, ids, scores) are left out by name: they
are full of digits, and a personal number is not found in them but imagined. Only what is called a CPR number there, and
what has its form in the id of a message, is one. A field of a name unknown here is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from functools import lru_cache
from urllib.parse import unquote

from segl.masking import mask_digits
from segl.mime.encoded_words import decode_header
from segl_classifier.cpr.calendar import this_day
from segl_classifier.layout.tidy import ways_of_separators
from segl_classifier.markup.spoken import has_three_words
from segl_classifier.message import Source, Text, as_seen

_ADDRESSES = frozenset(
    "from to cc bcc reply-to sender resent-from resent-to resent-cc resent-bcc resent-sender "
    "resent-reply-to disposition-notification-to return-receipt-to errors-to apparently-to "
    "mail-followup-to mail-reply-to x-original-to x-original-from x-sender x-envelope-to "
    "x-envelope-from".split()
)
_TECHNICAL = frozenset(
    "received return-path message-id in-reply-to references date resent-date resent-message-id "
    "mime-version content-type content-transfer-encoding content-disposition content-id content-length "
    "content-language content-md5 content-class content-features content-duration dkim-signature "
    "domainkey-signature authentication-results received-spf delivered-to thread-index user-agent "
    "x-mailer x-mimeole x-newsreader importance priority x-priority x-msmail-priority precedence "
    "auto-submitted sensitivity accept-language list-id list-post list-unsubscribe "
    "list-unsubscribe-post list-subscribe list-help list-archive list-owner lines nntp-posting-host "
    "nntp-posting-date xref injection-info autocrypt openpgp face x-face path dl-expansion-history "
    "deferred-delivery delivery-date expires expiry-date status x-status x-uidl x-uid x-mozilla-status "
    "x-mozilla-status2 tls-required feedback-id bounces-to require-recipient-valid-since "
    "x-originating-ip x-trace x-bounce-key x-mdaemon-deliver-to x-rcpt-to original-recipient".split()
)
_TECHNICAL_START = tuple(
    (
        "arc- dkim- x-ms- x-microsoft- x-exchange- x-forefront- x-eop x-google- x-gm- x-received x-spam "
        "x-virus x-amavis x-rspamd x-barracuda x-proofpoint x-mimecast x-ironport x-sophos x-antivirus "
        "x-clamav x-greylist x-abuse x-mailgun- x-sg- x-ses- x-amz- x-sfdc- x-campaign- x-yahoo- x-ymail- "
        "x-apple- x-uniform-type x-universally x-evolution- x-kmail- x-mozilla- x-mdaemon- x-authentic "
        "x-auth- x-authvirus x-authority- x-segl- x-dkim x-ovh- x-me- x-pstn- x-tm- x-auto-response x-list- "
        "ironport- autocrypt-"
    ).split()
)
_TECHNICAL_END = re.compile(
    r"-(?:id|ids|uid|uuid|guid|hash|signature|sig|token|key|score|level|status|ip|time|date|timestamp|version|"
    r"checksum|sum|digest|info-id|hits|hops|size|flags)"
)
# Of those the kinds that systems also write about people ("X-Borger-ID"), and a list's name: looked through for the one
# form that nothing else has, six digits that may be a date, a hyphen and four digits, with nothing joined to them.
_OF_PERSONS = re.compile(r".*-(?:id|ids|uid|key|token)|list-id")
_UNMISTAKABLE = re.compile(r"(?<![\w.-])(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(\d\d)-(\d\d)(\d\d)(?![\w-])")
_NAMES_CPR = re.compile(r"(?:^|-)cpr")
_BRACKETED = re.compile(r"<[^<>]*+>")
_PAIR = re.compile(r"\\(.)")  # a sign that is not shown, before one that is (RFC 5322 §3.2.1)
# "<a@b>" and a bare "a@b": the address itself is what SMTP sends in the open anyway.
_LOCAL = r"\w.!#$%&*+/=?^`{|}~\-"
_ADDRESS = re.compile(
    rf"<[^<>\s@]*+@[^<>\s]*+>|(?<![{_LOCAL}@\"'])[{_LOCAL}]{{1,200}}+@[\w.-]{{1,255}}+(?![@\"'])"
)
# Addresses without a name one behind another at one domain, with a number of four digits at the end of one.
_NUMBERED = re.compile(r"\d{4}@")
_BARE = rf"[{_LOCAL}]{{1,200}}+"
_RUN = re.compile(rf"(?<![^\s,;:]){_BARE}@([\w.-]{{1,255}}+)(?:[\s,]++{_BARE}@\1(?![\w.@-]))*+")
_IN_BRACKETS = re.compile(r"<([^<>@\s]{1,200}+)@")
_TEN_DIGITS = re.compile(r"(?<!\w)\d{6} ?\d{4}(?!\w)")
# Ids of messages and parts, which systems make of what they have at hand (a case, a file), and the addresses of lists,
# made for each receiver: looked through for the same form, of which words may stand in front ("sag-010190-1234").
_MARKS = frozenset(
    "message-id in-reply-to references resent-message-id original-message-id content-id list-post list-unsubscribe "
    "list-subscribe list-help list-archive list-owner feedback-id".split()
)
_UNMISTAKABLE_IN_MARK = re.compile(
    r"(?<![\w.-])(?:[^\W\d_]{2,12}[-_])?((?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(\d\d)-(\d\d)(\d\d))"
    r"(?!-|[^\W_]|_\d)"
)
# What is called a CPR number is one in any field.
_CALLED_CPR = re.compile(r"cpr\D{0,12}?(?<!\d)(\d{6}-?\d{4})(?![^\W_])", re.IGNORECASE)
_DIGIT = re.compile(r"\d")  # "010190-1234:" is a field without a value, and says something all the same
_REMEMBERED = 80  # longer names are not kept in mind
_OWN_TEXTS = 100  # more fields than this are read together
# Free text by its nature; any other field is read with its name, which tells what its value is.
_FREE = frozenset("comments keywords organization summary x-message-flag".split())
_TOPICS = frozenset(("thread-topic",))  # the conversation's first subject, which Outlook shows as its title
_TITLES = frozenset(("content-description",))  # what mail programs show in place of a file's name
_PROSE = re.compile(r"(?:^|(?<=\s))[a-zæøå]{2}")  # a word that begins no name
_FEWEST_WORDS = 3


class _Role(Enum):
    """What a field is read as."""

    NOTHING = "nothing"  # but what is called a CPR number
    MARK = "an id that may have a person's number in it"
    ID = "an id that may be a person's number"
    SUBJECT = "subject"
    TOPIC = "title of the conversation"
    ADDRESSES = "addresses"
    FREE = "free text"
    TITLE = "title of a file"
    OTHER = "text under its name"
    NUMBERS = "numbers of people in a field of programs"


_SOURCES = {_Role.TITLE: Source.FILENAME, _Role.TOPIC: Source.SUBJECT}


def read_headers(fields: Iterable[tuple[str, str]], prefix: str) -> list[Text]:
    """The readable texts of a header block; *prefix* says which message it belongs to."""
    texts: list[Text] = []
    crowd: list[str] = []
    for name, value in fields:
        role = _role(name) if len(name) <= _REMEMBERED else _role_of(name)
        if not (value or _DIGIT.search(name)):
            continue
        if role is _Role.NOTHING or role is _Role.MARK:
            numbers = _numbers(value, of_mark=role is _Role.MARK)
            if not numbers:
                continue
            value, role = "\n".join(numbers), _Role.NUMBERS
        if role is _Role.ID:
            value = _BRACKETED.sub("", value)
            if "-" not in value or not _has_person_number(decode_header(value)):
                continue
        if role is _Role.SUBJECT:
            ways = dict.fromkeys(ways_of_separators(as_seen(decode_header(value))))
            texts += (Text(way, f"{prefix}subject", Source.SUBJECT) for way in ways)
        elif role is _Role.ADDRESSES:
            names = display_names(value)
            if names:
                texts.append(Text(names, f"{prefix}{name}", Source.NAME, _is_prose(names)))
            texts += (Text(words, f"{prefix}{name}", Source.NAME) for words in _made_addresses(value))
        else:
            words = value if role is _Role.NUMBERS else decode_header(value)
            text = f"{_spoken(name)}: {words}" if role is _Role.OTHER else words
            if len(texts) >= _OWN_TEXTS:
                crowd.append(as_seen(text))
                continue
            source = _SOURCES.get(role, Source.SURROUND)
            where = f"{prefix}header {mask_digits(name[:40])}"
            remark = role in (_Role.FREE, _Role.TOPIC)
            ways = dict.fromkeys(ways_of_separators(as_seen(text)))
            texts += (Text(way, where, source, remark=remark) for way in ways)
    if crowd:
        texts.append(Text("\n".join(crowd), f"{prefix}header", Source.SURROUND))
    return texts


def _role_of(name: str) -> _Role:
    if name in _MARKS:
        return _Role.MARK
    if is_technical(name):
        if _NAMES_CPR.search(name):
            return _Role.OTHER
        return _Role.ID if _OF_PERSONS.fullmatch(name) and not _of_mail_system(name) else _Role.NOTHING
    if name == "subject":
        return _Role.SUBJECT
    if name in _ADDRESSES:
        return _Role.ADDRESSES
    if name in _TITLES or name in _TOPICS:
        return _Role.TITLE if name in _TITLES else _Role.TOPIC
    return _Role.FREE if name in _FREE else _Role.OTHER


_role = lru_cache(maxsize=1024)(_role_of)  # the same few names stand in every message


def is_technical(name: str) -> bool:
    """Whether programs write the field *name* (lower case) for programs."""
    if name in _TECHNICAL:
        return True
    name = name[:80]
    end = name.rfind("-")
    return _of_mail_system(name) or (end >= 0 and _TECHNICAL_END.fullmatch(name, end) is not None)


def _spoken(name: str) -> str:
    """*name* as words, which say what the value is: of "x-sag-cpr" the last. A number in it stays as it is."""
    if _DIGIT.search(name):
        return name
    return name.removeprefix("x-").replace("-", " ").strip() or name


def _numbers(value: str, *, of_mark: bool) -> list[str]:
    """The CPR numbers that are called so in *value*, and in an id of a message those in the form that nothing else has,
    unless they may be a day and a time of day: somebody born that day in this century has another seventh digit."""
    if not of_mark and "cpr" not in value.lower():
        return []
    value = unquote(value) if "%" in value else value
    numbers = [f"cpr: {found[1]}" for found in _CALLED_CPR.finditer(value)]
    if of_mark and "-" in value:
        this_year = f"{this_day().year % 100:02}"
        numbers += (
            found[1]
            for found in _UNMISTAKABLE_IN_MARK.finditer(value)
            if found[2] > this_year or found[3] > "23" or found[4] > "59"
        )
    return list(dict.fromkeys(numbers))


def _has_person_number(value: str) -> bool:
    """Whether *value* has six digits and four as a CPR number is written, and not a date of late with a time of day."""
    year = this_day().year
    late = {f"{year % 100:02}", f"{(year - 1) % 100:02}"}
    return any(
        found[1] not in late or found[2] > "23" or found[3] > "59" for found in _UNMISTAKABLE.finditer(value)
    )


def _of_mail_system(name: str) -> bool:
    """Whether *name* is one of a mail system's own fields, whatever its end says."""
    return name != "list-id" and (name in _TECHNICAL or name.startswith(_TECHNICAL_START))


def _is_prose(names: str) -> bool:
    """Whether the names beside addresses say more than names do ("Jens Hansen, who is in hospital again")."""
    return len(_PROSE.findall(names)) >= _FEWEST_WORDS and has_three_words(names)


def display_names(value: str) -> str:
    """What an address field says besides addresses: names, comments, group names, one a line."""
    text = as_seen(decode_header(value))
    if "@" in text:
        text = _ADDRESS.sub("\n", text)
    if "\\" in text:
        text += "\n" + _PAIR.sub(r"\1", text)
    pieces = (piece.strip(" \t\"',;") for piece in text.split("\n"))
    return "\n".join(piece for piece in pieces if piece)


def _made_addresses(value: str) -> Iterable[str]:
    """What an address field says in words that became addresses, as far as a person's number may be among them. Postfix
    puts its own domain behind each word that stands for an address: of "Jens Hansen 010190-1234" it makes ``Jens@host,
    Hansen@host, 010190-1234@host`` (local_header_rewrite_clients; tried). Ten digits by themselves are a user's."""
    if not _NUMBERED.search(value):
        return
    value = decode_header(value)
    for found in _IN_BRACKETS.finditer(value):
        if _UNMISTAKABLE.fullmatch(found[1]) or _CALLED_CPR.search(found[1]):
            yield found[1]
    for run in _RUN.finditer(value):
        several = "," in run[0]
        words = " ".join(run[0].replace(f"@{run[1]}", "").replace(",", " ").replace(".", " ").split())
        if (
            _UNMISTAKABLE.search(words)
            or _CALLED_CPR.search(words)
            or (several and _TEN_DIGITS.search(words))
        ):
            yield words

"""Mail addresses and domains, compared the way SMTP compares them.

A domain is kept as lower-case A-labels (RFC 5890) without a trailing dot, so that ``Nordby.DK.`` and
``nordby.dk``, or ``ærø.dk`` and ``xn--r-3fa9c.dk``, are the same key everywhere: settings, socketmap,
cache, tunnel list. The local part is never changed (RFC 5321 §2.4).
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

_LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_QUOTED_PAIR = re.compile(r"\\(.)")
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")

# A to Z alone, and nothing is normalised: KELVIN SIGN becomes a K by either, and Kim another person.
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


@lru_cache(maxsize=1024)  # the same few are asked for several times with each message
def normal_domain(domain: str) -> str:
    """*domain* as lower-case A-labels. Raises :class:`ValueError` when it is no domain name."""
    name = domain.strip().rstrip(".").lower()
    if not name.isascii():
        written = name
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            raise ValueError(f"{domain!r} is not a domain name") from None
        if not _read_alike(written, name):
            raise ValueError(f"{domain!r} is not a domain name that all programs read alike")
    if len(name) > 253 or not _DOMAIN.fullmatch(name):
        raise ValueError(f"{domain!r} is not a domain name")
    return name


def _read_alike(written: str, coded: str) -> bool:
    """Whether all programs turn *written*, in lower case, into *coded*: mail for one domain must not be routed, or left
    unread as own mail, by what is known of another.

    IDNA 2003 (Python's codec) knows the letters of Unicode 3.2, and turns some into others that IDNA 2008 (Postfix)
    leaves (UTS #46 §7), or takes out (U+1806) what that keeps. So nothing may be turned into anything but its code."""
    known = all(unicodedata.ucd_3_2_0.category(letter) != "Cn" for letter in written)
    return known and coded == ".".join(map(_a_label, unicodedata.normalize("NFC", written).split(".")))


def _a_label(label: str) -> str:
    return label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}"


def split_address(address: str) -> tuple[str, str]:
    """``(local part, normal domain)``; the domain is ``""`` when there is none or it is no domain name
    (an address literal such as ``[192.0.2.1]`` is none)."""
    bare = address.strip()
    if bare.startswith("<") and bare.endswith(">"):
        bare = bare[1:-1]
    local, at, domain = bare.rpartition("@")
    if not at:
        return bare, ""
    try:
        return local, normal_domain(domain)
    except ValueError:
        return local, ""


def domain_of(address: str) -> str:
    """The normal domain of *address*, ``""`` when it has none."""
    return split_address(address)[1]


def mail_key(address: str) -> str:
    """*address* in the form in which two spellings of one mailbox are equal; ``""`` when it is no address.

    The domain is compared as DNS does, the local part without regard to the case of A to Z: by RFC 5321 §2.4
    case could matter there, but no server that takes mail for others makes two mailboxes of it.
    """
    local, domain = split_address(address)
    if not local or not domain or any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in local):
        return ""
    return f"{folded(local)}@{domain}"


def folded(local: str) -> str:
    """A local part as :func:`mail_key` has it, without regard to the case of A to Z."""
    return local.translate(_LOWER)


def mailbox_key(address: str) -> str:
    """By which two writings of one mailbox are known as one. Delivery reports have ``a b@x.dk`` for what was
    ``"a b"@x.dk`` in RCPT, domains in any case or as A-labels. What is no address is a key, too."""
    local, at, domain = address.strip().rpartition("@")
    if len(local) > 1 and local.startswith('"') and local.endswith('"'):
        local = _QUOTED_PAIR.sub(r"\1", local[1:-1])
    try:
        domain = normal_domain(domain)
    except ValueError:
        domain = folded(domain)
    return f"{folded(' '.join(local.split()))}{at}{domain}"


def parents(domain: str) -> Iterator[str]:
    """*domain* itself, then each parent: ``a.b.dk``, ``b.dk``, ``dk``."""
    while domain:
        yield domain
        domain = domain.partition(".")[2]


def is_relayed(local: str) -> bool:
    """Whether the local part names a further stop: ``user%host``, ``host!user``, ``user@host``.

    Postfix may rewrite such an address of an own domain into one of another (``allow_percent_hack``,
    ``swap_bangpath``), so nothing may be taken for granted about where it ends.
    """
    return any(sign in local for sign in "@%!")

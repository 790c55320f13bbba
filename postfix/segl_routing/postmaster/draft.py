"""Drafts the mail to a domain's postmaster (RFC 5321 §4.5.1: every domain has one): what to publish or repair.

Nothing of any message is in it, and nobody's name: the domain, its hosts, and what their servers show to anybody.
"""

from __future__ import annotations

import datetime
import textwrap
from collections.abc import Iterator, Sequence

from segl.language import Language
from segl_routing.postmaster.repairs import NeededRepair
from segl_routing.postmaster.texts import TEXTS, Advice, PostmasterTexts
from segl_routing.proofs.defects import Repair

_WIDTH = 72
# Where the handshake itself shows what is wrong.
_SHOWN_BY_OPENSSL = frozenset(
    {
        Repair.NO_STARTTLS,
        Repair.OLD_TLS,
        Repair.SELF_SIGNED,
        Repair.EXPIRED,
        Repair.WRONG_NAME,
        Repair.UNTRUSTED,
        Repair.TLSA_MISMATCH,
        Repair.DELIVERY,
    }
)


def draft(
    domain: str,
    repairs: Sequence[NeededRepair],
    organisation: str,
    found_at: float,
    language: Language,
) -> str:
    """The mail, ready for ``sendmail -t`` but for its sender; *found_at* is Unix time. There must be some."""
    texts = TEXTS[language]
    day = texts.day_form.format(datetime.date.fromtimestamp(found_at))
    name = " ".join(organisation.split())
    blocks = [
        texts.greeting.format(domain=domain),
        _filled(texts.why.format(organisation=name)),
        texts.found_on.format(day=day),
        *(_item(repair, domain, texts) for repair in repairs),
        *_commands(repairs, texts),
        _filled(texts.after),
        f"{texts.regards}\n{name}",
    ]
    header = (
        f"To: postmaster@{domain}",
        f"Subject: {texts.subject.format(domain=domain)}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
    )
    return "\n".join(header) + "\n\n" + "\n\n".join(blocks)


def _item(repair: NeededRepair, domain: str, texts: PostmasterTexts) -> str:
    advice: Advice = texts.advice[repair.repair]
    words = {"host": repair.host or domain, "domain": domain, "found": _printable(repair.found)}
    links = ", ".join(f"RFC {number} (https://www.rfc-editor.org/rfc/rfc{number})" for number in advice.rfcs)
    do = texts.do.format(do=advice.do.format(**words), links=links)
    return f"{_filled('* ' + advice.found.format(**words), '  ')}\n{_filled('  ' + do, '  ')}"


def _commands(repairs: Sequence[NeededRepair], texts: PostmasterTexts) -> Iterator[str]:
    hosts = dict.fromkeys(one.host for one in repairs if one.host and one.repair in _SHOWN_BY_OPENSSL)
    if hosts:
        lines = (
            f"  openssl s_client -starttls smtp -connect {host}:25 \\\n"
            f"    -servername {host} -verify_hostname {host} -verify_return_error"
            for host in hosts
        )
        yield "\n".join((texts.try_it, *lines))


def _filled(text: str, indent: str = "") -> str:
    return textwrap.fill(
        text, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)

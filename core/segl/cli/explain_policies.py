"""The last part of ``segl explain``: what policies make of the verdict for each recipient, and of the message."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from segl.addresses import domain_of
from segl.cli.policy_told import Told, levels_of, told
from segl.mail.address_lists import Named, named
from segl.mail.fields import Field, read_header
from segl.mime.encoded_words import raw_header
from segl.policy.verdict import Ruled
from segl.settings.document import Settings
from segl.vocabulary import Decision, Verdict

_MOST = 50  # recipients told of one by one
_LONGEST = 64 * 1024  # bytes of a field that is looked at
_LONGEST_ADDRESS = 1000  # characters; of an envelope Postfix takes fewer
_QUOTED = re.compile(r'("(?:[^"\\]|\\.)*+")', re.DOTALL)
_AROUND = re.compile(r"(?<!\s)\s*+([@.])\s*+")  # RFC 5322 §4.4: white space that says nothing
_ADDRESS = re.compile(r'(?:"(?:[^"\\]|\\.)*+"|[^\s"@]++)@[^\s"@]++', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Applied:
    """The message with the policies: to whom it is thought to go, what holds for each outside, and the verdict."""

    sender: str
    terms: tuple[tuple[str, tuple[Told, ...]], ...]
    ruled: Ruled
    guessed: bool  # from the header, which need not be the envelope

    def as_dict(self, settings: Settings) -> dict[str, object]:
        levels = levels_of(settings)
        return {
            "from": self.sender,
            "guessed": self.guessed,
            "decision": self.ruled.verdict.decision.value,
            "reasons": list(self.ruled.verdict.reasons),
            "recipients": [
                {"to": to, **{one.term.value: one.as_dict(levels) for one in terms}}
                for to, terms in self.terms
            ],
        }


def applied(raw: bytes, verdict: Verdict, settings: Settings, sender: str | None, to: list[str]) -> Applied:
    """*verdict* on the message *raw* from *sender* to *to*, as the milter would rule; what is not given is read from
    the header."""
    from segl_milter.policies import apply_policies, message_of
    from segl_milter.ruling import demand, demands, is_inside
    from segl_milter.transaction import Address, Mail, Subjects

    fields, _ = read_header(raw)
    guessed = sender is None or not to
    sender = sender if sender is not None else next(_addresses(fields, "from"), "")
    recipients = to or list(dict.fromkeys(_addresses(fields, "to", "cc", "bcc")))
    subjects = Subjects(field.value for field in fields if field.name == "subject")
    mail = Mail(
        sender=Address(f"<{sender}>"),
        recipients=tuple(Address(f"<{one}>") for one in recipients),
        raw=raw,
        size=len(raw),
        subjects=subjects.readable(),
        more_subjects=subjects.more,
    )
    verdict = demand(verdict, tuple(demands(mail, settings)))
    ruled, _ = apply_policies(mail, verdict, settings)
    message = message_of(mail, verdict, settings.policies)
    everybody = dict.fromkeys((*recipients, *settings.organisation.copies_to))
    outside = [one for one in everybody if not is_inside(one, domain_of(sender), settings)]
    terms = tuple((one, tuple(told(settings, message, one, verdict))) for one in outside[:_MOST])
    return Applied(sender, terms, ruled, guessed)


def _addresses(fields: Sequence[Field], *names: str) -> Iterator[str]:
    """Those in the fields *names*. A name beside one may hold any sign, once it is decoded."""
    for field in fields:
        if field.name in names:
            for one in named(field.value[:_LONGEST].decode("latin-1")):
                address = raw_header(_written(one))
                if domain_of(address):
                    yield address


def _written(one: Named) -> str:
    """The address of *one* as it goes into an envelope; without angle brackets it may be of several words: a quoted one
    and a domain."""
    if one.address:
        return _close(one.address)
    alone = _close(" ".join(word for word in one.words if not word.startswith("(")))
    return alone if _ADDRESS.fullmatch(alone) else ""


def _close(address: str) -> str:
    """*address* without white space around its signs, where that is not quoted; nothing when it is too long for one."""
    if len(address) > _LONGEST_ADDRESS:
        return ""
    parts = _QUOTED.split(address.strip())
    return "".join(part if number % 2 else _AROUND.sub(r"\1", part) for number, part in enumerate(parts))


def lines(found: Applied) -> list[tuple[str, Decision | None]]:
    """*found* for people: each line, and the decision it ends in, if any."""
    shown: list[tuple[str, Decision | None]] = []
    for to, terms in found.terms:
        words = [
            f"{one.term} {one.value} ({'; '.join(filter(None, (one.source, one.note)))})"
            for one in terms
            if one.policy or one.note
        ]
        shown.append((f"{found.sender or '<>'} → {to}: {'; '.join(words) or 'no policy'}", None))
    verdict = found.ruled.verdict
    why = f" ({', '.join(verdict.reasons)})" if verdict.reasons else ""
    shown.append((why, verdict.decision))
    return shown

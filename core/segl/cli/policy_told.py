"""What ``segl policy`` and ``segl explain`` tell of policies, as data: what holds, by whose word, what else may."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from segl.addresses import domain_of
from segl.bounce_addresses import reads_bounces
from segl.demands import least_for
from segl.policy.table import About, Level, Message, Term, Terms
from segl.policy.verdict import counting, decided, in_the_way
from segl.settings.document import Settings
from segl.settings.policy import Policy
from segl.vocabulary import Decision, Proof, Verdict

OF_SETTINGS = {
    Term.VERDICT: "what is found in the message",
    Term.LEAST: "routing.least",
    Term.ORDER: "routing.order",
    Term.RECEIPTS: "receipts.send",
    Term.LOOK: "portal.look",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One term: its ``value`` as text, by whose word (``policy`` or a key of the settings), and what would beat it.
    ``note`` says why a word does not count here."""

    term: Term
    value: str
    policy: Policy | None
    source: str
    perhaps: tuple[Policy, ...] = ()
    note: str = ""

    def as_dict(self, levels: dict[str, Level]) -> dict[str, Any]:
        entry = self.policy
        return {
            "value": self.value,
            "policy": entry.name if entry else None,
            "level": levels[entry.name].value if entry else None,
            "source": self.source,
            "perhaps": [
                {"policy": one.name, "value": said(one, self.term), "if": ", ".join(asked(one))}
                for one in self.perhaps
            ],
            "note": self.note,
        }


def told(settings: Settings, message: Message, recipient: str, verdict: Verdict | None = None) -> list[Told]:
    """What holds for *message* to *recipient*, term by term. *verdict* is what was found in it, where that is known."""
    about = settings.policies.about(message)
    terms = about.terms(recipient)
    return [
        _with_copies(settings, about, _verdict(about, terms, recipient, verdict), verdict),
        _least(settings, terms, message, recipient),
        _simple(Term.ORDER, terms, ", ".join(settings.routing.order), "routing.order"),
        _receipts(settings, terms, message),
        _look(settings, terms, message),
    ]


def levels_of(settings: Settings) -> dict[str, Level]:
    table = settings.policies
    return {entry.name: level for entry, level in zip(table.entries, table.levels, strict=True)}


def said(entry: Policy, term: Term) -> str:
    """What *entry* says about *term*."""
    value = getattr(entry, term.value)
    if term is Term.ORDER:
        return ", ".join(value)
    if term is Term.VERDICT and value is Decision.PLAIN:
        return f"plain, where there is only {', '.join(entry.lowers)}"
    return str(value)


def asked(entry: Policy) -> Iterator[str]:
    """The conditions of *entry*, as words."""
    if entry.organisation:
        yield f"organisation {entry.organisation}"
    if entry.sender:
        yield f"from {' or '.join(entry.sender)}"
    if entry.recipient:
        yield f"to {' or '.join(entry.recipient)}"
    yield from asked_of_content(entry)


def asked_of_content(entry: Policy) -> Iterator[str]:
    if entry.labels:
        yield f"category {' or '.join(entry.labels)}"
    if entry.cpr_numbers is not None:
        yield f"{entry.cpr_numbers} CPR numbers or more"
    if entry.scores:
        yield f"score {' or '.join(f'{label} {score:.2f}' for label, score in entry.scores.items())}"
    if entry.min_bytes is not None:
        yield f"{entry.min_bytes} bytes or more"
    if entry.max_bytes is not None:
        yield f"{entry.max_bytes} bytes or less"
    if entry.tags:
        yield f"subject begins with {' or '.join(entry.tags)}"


def _verdict(about: About, terms: Terms, recipient: str, verdict: Verdict | None) -> Told:
    perhaps, source = terms.perhaps.get(Term.VERDICT, ()), OF_SETTINGS[Term.VERDICT]
    if verdict is None:
        if (entry := terms.verdict) is None:
            return Told(Term.VERDICT, "as found", None, source, perhaps)
        value = said(entry, Term.VERDICT)
        value = value if entry.verdict is Decision.PLAIN else f"at least {value}"
        return Told(Term.VERDICT, value, entry, f"policy {entry.name}", perhaps)
    entry = counting(about, recipient, verdict)
    passed = next((one for one in about.holding(Term.VERDICT, recipient)), None)
    note = ""
    if passed is not None and passed is not entry:
        note = f"policy {passed.name} does not lower it: {', '.join(in_the_way(verdict, passed))}"
    decision = decided(verdict, entry)
    if entry is None or decision is verdict.decision:
        return Told(Term.VERDICT, str(verdict.decision), None, source, perhaps, note)
    change = "lowers" if decision.rank < verdict.decision.rank else "raises"
    note = "; ".join(filter(None, (f"{change} {verdict.decision}", note)))
    return Told(Term.VERDICT, str(decision), entry, f"policy {entry.name}", perhaps, note)


def _with_copies(settings: Settings, about: About, said: Told, verdict: Verdict | None) -> Told:
    """*said* of the verdict; where a policy lowers it, and not for whoever gets copies of mail, the message goes
    securely all the same."""
    if said.policy is None or said.policy.verdict is not Decision.PLAIN:
        return said
    for one in settings.organisation.copies_to:
        entry = about.terms(one).verdict if verdict is None else counting(about, one, verdict)
        if entry is None or entry.verdict is not Decision.PLAIN:
            note = f"but a copy goes to {one} (organisation.copies_to), for whom it is not lowered: it goes securely"
            return replace(said, note="; ".join(filter(None, (said.note, note))))
    return said


def _least(settings: Settings, terms: Terms, message: Message, recipient: str) -> Told:
    """The strictest of what the domain must prove, what the message demands, and what policies add."""
    from segl_routing.routes import RouteTable

    domain = domain_of(recipient)
    pin = settings.pin(domain)
    usual = RouteTable(settings).least(domain)
    value, source, entry = usual, "routing.least" if pin is None else "[[domain]]", None
    if message.labels is not None:
        demanded = least_for(message.labels, message.cpr_numbers or 0, settings)
        if demanded.rank > value.rank:
            value, source = demanded, "[[demand]]"
    if terms.least is not None and (terms.least.least or Proof.ENCRYPT).rank > value.rank:
        entry = terms.least
        value, source = entry.least or value, f"policy {entry.name}"
    stricter = tuple(
        one for one in terms.perhaps.get(Term.LEAST, ()) if (one.least or Proof.ENCRYPT).rank > value.rank
    )
    return Told(Term.LEAST, str(value), entry, source, stricter)


def _simple(term: Term, terms: Terms, usual: str, source: str, *, note: str = "") -> Told:
    entry = terms.of(term)
    if entry is None:
        return Told(term, usual, None, source, terms.perhaps.get(term, ()), note)
    return Told(term, said(entry, term), entry, f"policy {entry.name}", terms.perhaps.get(term, ()), note)


def _receipts(settings: Settings, terms: Terms, message: Message) -> Told:
    domain = domain_of(message.sender or "")
    usual = settings.receipt_terms(domain, message.sender).send
    if not settings.is_own(domain):
        return Told(Term.RECEIPTS, str(usual), None, "the sender is not ours")
    if reads_bounces(message.sender or ""):
        return _simple(Term.RECEIPTS, terms, str(usual), "a program reads bounces there")
    rule = any(one.domain == domain and one.send for one in settings.receipt)
    return _simple(Term.RECEIPTS, terms, str(usual), f"[[receipt]] {domain}" if rule else "receipts.send")


def _look(settings: Settings, terms: Terms, message: Message) -> Told:
    sender = message.sender or ""
    look = settings.look_of(sender)
    named = settings.name_of(sender)
    source = "[[portal.look]]" if look is not None and look.domains else "the organisation's name"
    return _simple(Term.LOOK, terms, named, source)

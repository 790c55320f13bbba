"""What must happen to a message: the classifier's verdict, and what settings and sender ask for.

A message to own domains only is plain without being read, unless copies of it go outside. A subject tag asks for the
secure way, as do words for the portal (:mod:`segl.wishes`), an answer to what somebody wrote in the portal, and the
mode ``always``; none of them lowers what the classifier says. In the mode ``shadow`` the verdict is recorded and the
message goes as it would without Segl.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from segl.addresses import domain_of
from segl.settings.document import Settings
from segl.settings.organisation import Between
from segl.subject_tags import leading_tags, without_tags
from segl.vocabulary import Asked, Decision, Finding, Mode, Unreadable, Verdict
from segl.wishes import Wishes, asks, read_wishes
from segl_classifier.classify import Evidence, gather
from segl_classifier.decide import Strictness, decide
from segl_classifier.extract import Pictures
from segl_classifier.memory import Memory
from segl_classifier.message import unreadable
from segl_classifier.rules import RuleSet
from segl_classifier.stages import Stage, Stages
from segl_classifier.understanding.interface import Model
from segl_milter.transaction import Mail

INTERNAL = "internal"

_attachments = Memory()  # of this process


@dataclass(frozen=True, slots=True)
class Ruling:
    """The verdict on a message, and what the classifier found in it (``None``: it was not read)."""

    verdict: Verdict
    found: Evidence | None = None


def ruling_on(
    mail: Mail, rules: RuleSet, settings: Settings, model: Model | None = None, stages: Stages | None = None
) -> Ruling:
    """The verdict on *mail* with everything that bears on it. Never raises for what is in the message. *stages* is
    told how long each stage took."""
    stages = stages or Stages()
    if to_own_domains_only(mail, settings):
        return Ruling(Verdict(Decision.PLAIN, reasons=(INTERNAL,)))
    pictures = Pictures.of(settings.detection)
    found = gather(mail.raw, rules, settings.limits, model, pictures, stages, _attachments)
    found.findings += beyond_limits(mail)
    strictness = Strictness.of(settings.detection)
    with stages(Stage.DECIDE):
        verdict = decide(found.findings, rules, strictness, model=model, understanding=found.understanding)
    return Ruling(demand(verdict, tuple(demands(mail, settings))), found)


def action(verdict: Verdict, mode: Mode) -> Decision:
    """What is done: in shadow mode nothing, whatever the verdict."""
    return Decision.PLAIN if mode is Mode.SHADOW else verdict.decision


def to_own_domains_only(mail: Mail, settings: Settings) -> bool:
    """Whether every recipient is the organisation's own, those of copies too. An address without a domain is nobody's
    own, and a message of which not every recipient is known is not."""
    sender = domain_of(mail.sender.bare)
    return (
        bool(mail.recipients)
        and not mail.more_recipients
        and not (settings.organisation.copies_to and settings.may_write_for_us(sender))
        and all(is_inside(address.bare, sender, settings) for address in mail.recipients)
    )


def is_inside(recipient: str, sender_domain: str, settings: Settings) -> bool:
    """Whether what goes to *recipient* is no business of ours: own mail, and mail that comes in. Between two
    organisations of this installation the settings decide (``organisation.between``). What own people write to an own
    address that leads outside is as if it went there."""
    if not settings.takes(recipient):
        return False
    if settings.leads_outside(recipient) and settings.may_write_for_us(sender_domain):
        return False
    owners = settings.owners
    if not owners.several or settings.organisation.between is Between.INSIDE:
        return True
    own = owners.find(sender_domain)
    return own is None or own is owners.find(domain_of(recipient))


def to_be_opened(mail: Mail, settings: Settings) -> bool:
    """Whether own recipients get an encrypted or signed message, which segl-deliver shall look into."""
    return (
        settings.inbound.on
        and any(settings.takes(address.bare) for address in mail.recipients)
        and mail.is_smime
    )


def forged_tags(mail: Mail, settings: Settings) -> tuple[tuple[int, str], ...]:
    """Subjects of mail from outside, for own recipients, in which a tag stands that only segl-deliver may write: the
    number of each among the subjects, and its text without the tag. A colleague who passes a message on keeps it."""
    outside = not settings.is_own(domain_of(mail.sender.bare))
    tags = settings.inbound.tags if settings.inbound.on and outside else ()
    if not tags or not any(settings.takes(address.bare) for address in mail.recipients):
        return ()
    found = ((number, without_tags(subject, tags)) for number, subject in mail.numbered_subjects())
    return tuple((number, text) for number, text in found if text is not None)


def wishes_of(mail: Mail, settings: Settings) -> Wishes | None:
    """What an own sender's subject asks of the portal, ``None`` for nothing."""
    if not mail.subjects or "[" not in mail.subjects[0] or not settings.is_own(domain_of(mail.sender.bare)):
        return None
    sms = settings.portal.sms
    found = read_wishes(mail.subjects[0], sms.country if sms.url else None)
    return found if found.any else None


def is_unclear(mail: Mail, settings: Settings) -> bool:
    """Whether an own sender asks something of the portal in words that are not understood, or not to be had here."""
    if not any("[" in subject for subject in mail.subjects) or not settings.is_own(
        domain_of(mail.sender.bare)
    ):
        return False
    found = wishes_of(mail, settings)
    first = mail.subjects[0] if found is None else found.subject
    return any(map(asks, (first, *mail.subjects[1:])))


def beyond_limits(mail: Mail) -> Iterable[Finding]:
    """What of *mail* was not kept, and so not read."""
    if mail.cut:
        yield unreadable(Unreadable.TOO_LARGE, "message", f"{mail.size} bytes")
    if mail.more_recipients:
        total = len(mail.recipients) + mail.more_recipients
        yield unreadable(Unreadable.TOO_MANY, "envelope", f"{total} recipients")


def demands(mail: Mail, settings: Settings) -> Iterable[str]:
    """The reasons for the secure way that lie outside the message's content. A subject that was not looked at may ask
    for it."""
    asked = any(leading_tags(subject, settings.detection.subject_tags) for subject in mail.subjects)
    unclear = is_unclear(mail, settings)
    if asked or mail.more_subjects or unclear or wishes_of(mail, settings) is not None:
        yield Asked.REQUESTED.value
    if unclear:
        yield Asked.UNCLEAR.value
    if any(map(settings.is_own, mail.answers)):
        yield Asked.ANSWERS_SEALED.value
    if settings.detection.mode is Mode.ALWAYS:
        yield Asked.ALWAYS.value


def demand(verdict: Verdict, reasons: tuple[str, ...]) -> Verdict:
    """*verdict*, at least secure when there are *reasons*."""
    if not reasons:
        return verdict
    decision = Decision.strictest((verdict.decision, Decision.SECURE))
    return replace(verdict, decision=decision, reasons=(*reasons, *verdict.reasons))

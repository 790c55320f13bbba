"""The words of Segl, each with the text form used everywhere: header, log, metric, CLI, docs.

A message gets a :class:`Verdict` (a :class:`Decision`, and why) and each of its recipients a :class:`Route`
(a :class:`Way`, and why). Both carry their evidence as data, so that the command line, the log and the receipts
only have to print it. Words that are easily taken for one another stand side by side in docs/development.md.

No value here holds message text. The one exception is :attr:`Finding.excerpt`, which is masked
before the finding is made (see :mod:`segl.masking`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any


class Decision(StrEnum):
    """What must happen to a message. Ordered: a later member outranks an earlier one."""

    PLAIN = "plain"
    SECURE = "secure"
    HOLD = "hold"
    REJECT = "reject"

    @property
    def rank(self) -> int:
        return list(Decision).index(self)

    @classmethod
    def strictest(cls, decisions: Iterable[Decision]) -> Decision:
        """The highest-ranking of *decisions*; ``PLAIN`` when there are none."""
        return max(decisions, key=lambda d: d.rank, default=cls.PLAIN)


class Way(StrEnum):
    """By which way a recipient gets the message. The order is the usual order of preference."""

    PLAIN = "plain"
    INTERNAL = "internal"
    TUNNEL = "tunnel"
    CERTIFICATE = "certificate"
    TLS = "tls"
    PORTAL = "portal"


class Mode(StrEnum):
    """How the milter uses its verdicts."""

    DETECT = "detect"  # the verdict decides
    ALWAYS = "always"  # every message to an outside recipient is sent securely
    SHADOW = "shadow"  # verdicts are logged; every message goes as it would without Segl


class Proof(StrEnum):
    """How sure forced TLS is to end at the right server. Ordered: a later member is the stronger one, and what
    is demanded as a least (``[routing] least``, ``[[demand]]``) is met by it and by all after it.

    The last is no proof of TLS but the demand that TLS alone does not do: such a copy goes by tunnel, by
    certificate, or into the portal, all of which meet every demand.
    """

    ENCRYPT = "encrypt"  # encrypted, to nobody knows whom: only where the postmaster says so
    PKIX = "pkix"  # a certificate in the MX host's name, which comes from DNS unproven (Postfix: verify)
    PINNED = "pinned"  # a certificate in a name that the postmaster wrote down (Postfix: secure)
    MTA_STS = "mta-sts"  # RFC 8461, mode enforce
    DANE = "dane"  # RFC 7672, all of its MX hosts
    SEALED = "sealed"  # TLS alone never does

    @property
    def rank(self) -> int:
        return _PROOF_RANK[self]

    def meets(self, least: Proof) -> bool:
        """Whether this is as strong as *least* asks."""
        return _PROOF_RANK[self] >= _PROOF_RANK[least]

    @classmethod
    def strictest(cls, demands: Iterable[Proof]) -> Proof:
        """The highest of *demands*; ``ENCRYPT`` when there are none."""
        return max(demands, key=_PROOF_RANK.__getitem__, default=cls.ENCRYPT)


# Compared for every recipient Postfix asks about.
_PROOF_RANK = {proof: rank for rank, proof in enumerate(Proof)}


class Known(Enum):
    """A three-valued answer: what could not be found out is never mistaken for a no."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class ListFault(StrEnum):
    """Why a tunnel list was not taken (docs/tunnel-list.md)."""

    NO_SOURCE = "no-source"  # it could not be had
    TOO_LARGE = "too-large"
    BAD_FORM = "bad-form"  # it is no list, or contradicts itself
    BAD_SIGNATURE = "bad-signature"
    UNKNOWN_SIGNER = "unknown-signer"  # well signed, by a key that is not in `signers`
    NOT_YET = "not-yet"  # issued in the future
    EXPIRED = "expired"
    LOWER_SERIAL = "lower-serial"  # older than one that was accepted
    SAME_SERIAL = "same-serial"  # other content under a serial that was accepted
    TOO_MANY = "too-many"
    SHRUNK = "shrunk"  # too many domains would lose their certificates
    BAD_COPY = "bad-copy"  # what was accepted earlier cannot be read any more
    BUSY = "busy"  # another run works on it
    CANNOT_KEEP = "cannot-keep"  # disk full, no permission


class CanaryOutcome(StrEnum):
    """How a canary (:mod:`segl.canary`) was seen again."""

    SECURE = "secure"
    CLEAR = "clear"
    FAILED = "failed"  # it came back


class Label(StrEnum):
    """The sixteen categories of information that must be sent securely (docs/labels.md)."""

    CPR = "cpr"
    BILLING = "billing"
    PAYMENT_DEFAULT = "payment_default"
    DISPUTE = "dispute"
    INCOME_WEALTH = "income_wealth"
    EMPLOYMENT_EDUCATION = "employment_education"
    FAMILY = "family"
    HEALTH = "health"
    TRADE_UNION = "trade_union"
    RACIAL_ETHNIC = "racial_ethnic"
    POLITICAL = "political"
    RELIGIOUS_PHILOSOPHICAL = "religious_philosophical"
    SEXUAL = "sexual"
    BIOMETRIC = "biometric"
    GENETIC = "genetic"
    CRIMINAL = "criminal"


class Unreadable(StrEnum):
    """Why a part of a message could not be read. Each is a finding ``unreadable.<cause>``."""

    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    UNKNOWN_TYPE = "unknown-type"
    UNKNOWN_CHARSET = "unknown-charset"
    UNKNOWN_SCRIPT = "unknown-script"
    UNKNOWN_LANGUAGE = "unknown-language"
    TOO_DEEP = "too-deep"
    TOO_LARGE = "too-large"
    TOO_MANY = "too-many"
    TIMED_OUT = "timed-out"
    FAILED = "failed"


class Tongue(StrEnum):
    """Languages in Latin letters that are recognised and not read: neither the model nor the rules know them. One of
    another script is told by the letters alone (:attr:`Unreadable.UNKNOWN_SCRIPT`)."""

    FAROESE = "faroese"
    ICELANDIC = "icelandic"
    GREENLANDIC = "greenlandic"
    FINNISH = "finnish"
    ESTONIAN = "estonian"
    LATVIAN = "latvian"
    LITHUANIAN = "lithuanian"
    POLISH = "polish"
    CZECH = "czech"
    SLOVAK = "slovak"
    SLOVENIAN = "slovenian"
    BOSNIAN_CROATIAN_SERBIAN = "bosnian-croatian-serbian"
    ALBANIAN = "albanian"
    ROMANIAN = "romanian"
    HUNGARIAN = "hungarian"
    TURKISH = "turkish"
    AZERBAIJANI = "azerbaijani"
    KURDISH = "kurdish"
    ARABIC = "arabic"
    PERSIAN = "persian"
    HINDI_URDU = "hindi-urdu"
    SOMALI = "somali"
    SWAHILI = "swahili"
    VIETNAMESE = "vietnamese"
    INDONESIAN = "indonesian"
    TAGALOG = "tagalog"
    DUTCH = "dutch"
    AFRIKAANS = "afrikaans"
    FRENCH = "french"
    SPANISH = "spanish"
    PORTUGUESE = "portuguese"
    ITALIAN = "italian"
    CATALAN = "catalan"
    BASQUE = "basque"
    WELSH = "welsh"
    IRISH = "irish"
    MALTESE = "maltese"


class Effect(StrEnum):
    """What a rule does to its category when it finds something."""

    RAISE = "raise"  # speaks for it
    LOWER = "lower"  # takes its score away from it
    VETO = "veto"  # takes the category out of account


class Doubt(StrEnum):
    """Reasons of a verdict that name no category: the model is sure of a person's matter but not of which,
    or it is not sure that there is none."""

    PERSONAL = "personal"
    UNSURE = "unsure"


class Asked(StrEnum):
    """Reasons of a verdict that lie outside the content: what the sender or the settings ask for."""

    REQUESTED = "requested"  # in the subject, by a tag or by words for the portal
    UNCLEAR = "request_unclear"  # words for the portal that are not understood, or not to be had here
    ANSWERS_SEALED = "answers_sealed"  # it answers what somebody wrote in the portal
    ALWAYS = "always"  # :attr:`Mode.ALWAYS`
    # Beside others: it is a receipt that somebody sends on, and nobody is told of it.
    OWN_RECEIPT = "own_receipt"


class Prefix(StrEnum):
    """How a reason of a verdict begins that names something behind it."""

    UNREADABLE = "unreadable."  # an :class:`Unreadable`; so does the rule id of such a finding
    VETO = "veto."  # the rule that took a category out
    RAISED = "policy."  # the ``[[policy]]`` that raised the verdict
    LOWERED = "lowered."  # the one that lowered it


MODEL = "model"  # the rule id of what the model found
FAINT = 0.05  # a score below this, of a rule or of the model, says nothing
FEW_WORDS = "a message of few words"  # the step of what rules find in one (segl_classifier.few_words)


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One step of a score's arithmetic: what raised or lowered it, and by how much."""

    reason: str
    by: float

    def __str__(self) -> str:
        return f"{self.by:+.2f} {self.reason}"


MOST_NUMBERS = 50  # CPR numbers of one text that are told one by one


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of evidence.

    ``rule``     id of what found it: ``cpr``, ``model``, a rule id of the rule file, ``unreadable.<cause>``.
    ``label``    the category it speaks for, ``None`` when it speaks for none (``unreadable``), for one that is
                 not known (``model``), or for all but ``cpr`` (a rule for all).
    ``where``    the place as a person would say it: ``subject``, ``part 2 > bilag.zip > brev.docx``.
    ``excerpt``  the hit with its neighbourhood, masked; empty when there is nothing to show.
    ``score``    0 to 1, after the adjustments.
    ``effect``   whether it raises its category, lowers it or takes it out.
    ``beyond_model``  whether it counts as it does without a model, which was not given the text; so does what a rule
                 with `alone` says, or the heading of a list (``of_heading``).
    ``number``   of a CPR number that counts: the same for the same number within this process, and nothing else
                 to be read from it; 0 for all else.
    """

    rule: str
    label: Label | None
    where: str
    excerpt: str = ""
    score: float = 1.0
    adjustments: tuple[Adjustment, ...] = ()
    effect: Effect = Effect.RAISE
    beyond_model: bool = False
    of_heading: bool = False
    number: int = field(default=0, compare=False, repr=False)

    @property
    def is_unreadable(self) -> bool:
        """Whether it says that a part could not be read."""
        return self.rule.startswith(Prefix.UNREADABLE)

    def as_dict(self) -> dict[str, Any]:
        """The public JSON form of ``segl check --json``, of these five keys alone. Whether it raises its category
        is told where the arithmetic is: ``segl explain --json``."""
        return {
            "rule": self.rule,
            "label": self.label.value if self.label else None,
            "where": self.where,
            "excerpt": self.excerpt,
            "score": round(self.score, 3),
        }

    def __str__(self) -> str:
        shown = f" “{self.excerpt}”" if self.excerpt else ""
        effect = "" if self.effect is Effect.RAISE else f" ({self.effect})"
        return f"{self.rule}{effect} {self.score:.2f} in {self.where}{shown}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the classifier says of one message, with everything it is based on.

    ``labels`` are the categories that hold, in the order of :class:`Label`. ``reasons`` are short
    codes for log and metric: ids of labels, :class:`Doubt`, :class:`Asked`, or a :class:`Prefix` with what it
    names. A plain verdict has reasons when something was weighed and let pass. ``doubtful`` are
    categories that do not hold but may, and ``scores`` those of all that were weighed, as far as they say anything.
    """

    decision: Decision
    findings: tuple[Finding, ...] = ()
    labels: tuple[Label, ...] = ()
    reasons: tuple[str, ...] = ()
    doubtful: tuple[Label, ...] = field(default=(), compare=False)
    scores: tuple[tuple[Label, float], ...] = field(default=(), compare=False)

    @property
    def unreadable(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.is_unreadable)

    @property
    def cpr_numbers(self) -> int:
        """How many different CPR numbers were found; of one text at most :data:`MOST_NUMBERS` are told apart."""
        return len({f.number for f in self.findings if f.number})

    def __str__(self) -> str:
        return f"{self.decision} ({', '.join(self.reasons)})" if self.reasons else str(self.decision)


@dataclass(frozen=True, slots=True)
class Envelope:
    """The SMTP envelope (RFC 5321 §2.3.1). Addresses are without angle brackets; a null sender is ``""``."""

    sender: str
    recipients: tuple[str, ...]
    queue_id: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """The way one recipient's copy takes, and why; ``steps`` tell of each way considered."""

    recipient: str
    way: Way
    reason: str
    steps: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        return {
            "recipient": self.recipient,
            "way": self.way.value,
            "reason": self.reason,
            "steps": list(self.steps),
        }

    def __str__(self) -> str:
        return f"{self.recipient} → {self.way} ({self.reason})"

"""What happens to a message after its verdict, and what must be written into its header for that.

The last decisions before the message is marked: whether the verdict counts in the present mode, which proof of TLS the
message demands, and the ids of its delivery reports and its receipt. Pure, except for the random bytes of the ids.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

from segl.addresses import domain_of
from segl.demands import least_for
from segl.receipts.facts import MOST_HASHES, MOST_RECIPIENTS, Facts
from segl.receipts.key import ReceiptKey
from segl.settings.document import Settings
from segl.vocabulary import Asked, Decision, Mode, Proof, Verdict
from segl.wishes import Wishes
from segl_milter.dsn import from_xtext, parameter
from segl_milter.ruling import INTERNAL, action, forged_tags, to_be_opened, wishes_of
from segl_milter.sent_on import is_receipt_sent_on
from segl_milter.transaction import Mail

LONGEST_FACTS = 55_000  # characters of a header field: Postfix cuts what a milter adds at some 60,000
_GOES_SECURELY = (Decision.SECURE, Decision.HOLD)


@dataclass(frozen=True, slots=True)
class Disposition:
    """*action* is done because of *verdict*.

    ``segl_id``    names the message in reports; empty where it goes in clear.
    ``least``      the proof it demands of forced TLS (``ENCRYPT``: none of its own).
    ``opened``     own recipients get it through segl-deliver, whatever the verdict.
    ``subjects``   (number, text): subjects to write anew.
    ``facts``      for its receipt, sealed.
    ``link_seed``  what the links of its sealed message are made from.
    ``wishes``     what the first subject asks of the portal: they come off it for all ways.
    ``borrowed``   the client's ENVID is one of ours, of another message.
    ``unreturned`` it was not read, and its sender's address leads outside: no report may bring it there.
    ``unread``     own people wrote it to own people, and nobody has read it: a recipient outside, of whom only Postfix
                   knows by then, must get it securely.
    """

    action: Decision
    verdict: Verdict
    segl_id: str
    least: Proof = Proof.ENCRYPT
    opened: bool = False
    subjects: tuple[tuple[int, str], ...] = ()
    facts: str = ""
    link_seed: str = ""
    wishes: Wishes | None = None
    borrowed: bool = False
    unreturned: bool = False
    unread: bool = False


def disposition_of(
    mail: Mail,
    verdict: Verdict,
    least: Proof | None,
    settings: Settings,
    key: ReceiptKey | None,
    *,
    canary: bool,
) -> Disposition:
    """The disposition of *mail*. *least* is the proof that policies demand, *key* makes names that only reports of this
    house can bear; ``None``: there are no receipts. *canary*: it is one of our own."""
    todo = action(verdict, settings.detection.mode)
    if canary and todo in (Decision.HOLD, Decision.REJECT):
        todo = Decision.SECURE  # nobody need decide about a message of ours that speaks of nobody
    opened, subjects = to_be_opened(mail, settings), forged_tags(mail, settings)
    least = Proof.strictest(
        (least or Proof.ENCRYPT, least_for(verdict.labels, verdict.cpr_numbers, settings))
    )
    if todo not in _GOES_SECURELY:
        borrowed = not canary and _is_borrowed(mail, key)
        unread = INTERNAL in verdict.reasons
        return Disposition(
            todo,
            verdict,
            "",
            least,
            opened,
            subjects,
            borrowed=borrowed,
            unreturned=unread and settings.leads_outside(mail.sender.bare),
            unread=unread and not opened and _is_guarded(mail, settings),
        )
    segl_id, facts = _named(mail, verdict, settings, key)
    seed, wishes = secrets.token_urlsafe(32), wishes_of(mail, settings)
    return Disposition(todo, verdict, segl_id, least, opened, subjects, facts, seed, wishes)


def _is_guarded(mail: Mail, settings: Settings) -> bool:
    """Whether what nobody has read must not leave. What comes in from outside goes on as it came, and so does all
    mail in shadow mode."""
    shadow = settings.detection.mode is Mode.SHADOW
    return not shadow and settings.may_write_for_us(domain_of(mail.sender.bare))


def _is_borrowed(mail: Mail, key: ReceiptKey | None) -> bool:
    """Whether the client names an envelope id that we gave to some other message."""
    own = from_xtext(parameter("ENVID", mail.sender.parameters))
    return key is not None and key.is_genuine(own)


def _named(mail: Mail, verdict: Verdict, settings: Settings, key: ReceiptKey | None) -> tuple[str, str]:
    """The message's name in reports, and what its receipt will tell, sealed."""
    if key is None:
        return secrets.token_hex(16), ""
    name = key.new_id()
    return name, sealed_facts(key, name, facts_of(mail, verdict, settings))


def facts_of(mail: Mail, verdict: Verdict, settings: Settings) -> Facts:
    """What the receipt of *mail* will tell. Of a message to very many nobody is named, and of more than are looked at
    there is only how many they are."""
    named = [address.bare for address in mail.recipients if address.editable]
    outside = tuple(dict.fromkeys(address for address in named if not settings.stays(address)))
    own = (Asked.OWN_RECEIPT.value,) if is_receipt_sent_on(mail) else ()
    facts = Facts(time.time(), (*own, *verdict.reasons), outside)
    if mail.more_recipients or len(outside) > MOST_HASHES:
        return Facts(facts.at, facts.reasons, (), len(outside) + mail.more_recipients)
    return facts if len(outside) <= MOST_RECIPIENTS else facts.without_names()


def sealed_facts(key: ReceiptKey, name: str, facts: Facts) -> str:
    """*facts* as a header field: without the names of the recipients where it would be cut otherwise."""
    sealed = key.seal(name, facts.to_bytes())
    return sealed if len(sealed) <= LONGEST_FACTS else key.seal(name, facts.without_names().to_bytes())

"""Applies the ``[[policy]]`` entries to one message: its verdict for all recipients, and what it demands of TLS.

Only recipients count whose copy leaves the house, or goes to another of its organisations that is not trusted like
one's own (``organisation.between``), and with them whoever gets copies of mail (``organisation.copies_to``). The sender
is the envelope sender: Postfix must make sure that users cannot use another's (docs/policies.md).
"""

from __future__ import annotations

from segl.addresses import domain_of
from segl.policy.table import Message, PolicyTable
from segl.policy.verdict import Ruled, counting, ruled
from segl.settings.document import Settings
from segl.settings.policy import Policy
from segl.subject_tags import leading_tags, tag_word
from segl.vocabulary import Verdict
from segl_milter.ruling import INTERNAL, is_inside
from segl_milter.transaction import Mail


def apply_policies(mail: Mail, verdict: Verdict, settings: Settings) -> tuple[Ruled, Policy | None]:
    """*verdict* after the policies, and the one that gives the least proof the message demands, if one does."""
    if not settings.policy or verdict.reasons == (INTERNAL,):
        return Ruled(verdict), None
    sender = domain_of(mail.sender.bare)
    bare = (*(address.bare for address in mail.recipients), *settings.organisation.copies_to)
    outside = [one for one in dict.fromkeys(bare) if not is_inside(one, sender, settings)]
    about = settings.policies.about(message_of(mail, verdict, settings.policies))
    entries = [counting(about, recipient, verdict) for recipient in outside]
    return ruled(verdict, entries), about.message_least(outside)


def message_of(mail: Mail, verdict: Verdict, table: PolicyTable) -> Message:
    """What is known of *mail* when it has its verdict: everything."""
    return Message(
        sender=mail.sender.bare,
        labels=verdict.labels,
        cpr_numbers=verdict.cpr_numbers,
        scores=dict(verdict.scores),
        size=mail.size,
        tags=words_of(mail, table),
    )


def words_of(mail: Mail, table: PolicyTable) -> frozenset[str]:
    """The tags that policies ask for with which a subject of *mail* begins: ``[word]`` or ``word:``."""
    forms = {form: word for word in table.tags for form in (f"{word}:", f"[{word}]")}
    return frozenset(
        tag_word(forms[form]) for subject in mail.subjects for form in leading_tags(subject, forms)
    )

"""``[organisation]`` and ``[[tenant]]``: whose mail this is, when there is one organisation and when there are several.

Part of :mod:`segl.settings.document`; the comments are the manual here as there. What one of several is kept apart by
(names, officers, senders of notices and receipts, language) is worked out once, as an :class:`Owner`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from segl.addresses import parents
from segl.language import Language
from segl.persons import bare
from segl.settings.hold import Decider, Hold
from segl.settings.inbound import Inbound
from segl.settings.portal import Portal
from segl.settings.receipts import ReceiptSettings
from segl.settings.values import FORBID, Address, Domain

Domains = Annotated[tuple[Domain, ...], Field(min_length=1)]
OrganisationName = Annotated[str, Field(min_length=1, max_length=200)]


class Between(StrEnum):
    """What mail from one organisation of an installation to another is."""

    INSIDE = "inside"  # like mail within one: not read and not held
    READ = "read"  # judged as mail to outside is


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """``[organisation]``: whose mail this is; with ``[[tenant]]``, who runs the installation."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # As recipients know it: in notices, on the pages, in receipts.
    name: str
    # Own domains. A message to these alone is plain; their recipients take the way `internal`.
    domains: Domains
    # Whether every subdomain of an own domain is own too: only if every mail host below is yours.
    subdomains: bool = False
    # What people here read: receipts, notices, the subject outside of what is encrypted. Pages and notices have
    # the other language as well.
    language: Language = "da"
    # Mail from one organisation of this installation to another. Either way it stays on this installation.
    between: Between = Between.INSIDE
    # Own addresses, of any organisation here, that lead outside by an alias or a forward (segl doctor, front.forwards).
    # What own people write to them is read as mail to outside is, and goes securely where it must. So is what comes
    # from hosts below own domains (www-data@web.x.dk), and from no sender.
    forwarded: tuple[Address, ...] = ()
    # Addresses outside that get copies of what own people write, made by this Postfix (always_bcc, sender_bcc_maps,
    # recipient_bcc_maps, BCC in a table) or a milter: an archive. With one here, mail of own people to each other is
    # read as mail to outside is, and the copy goes securely where it must. To policies each is a recipient of all.
    copies_to: tuple[Address, ...] = ()
    # As in [[tenant]]: users who are shown this organisation's own alone.
    staff: tuple[Decider, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """``[[tenant]]``: one more organisation of the same installation. Rules, ways, partners and policies that name no
    organisation hold for all; what is below is its own."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # As recipients know it; policies and commands call it so, too.
    name: OrganisationName
    # Its own domains.
    domains: Domains
    # Whether every subdomain of one is its own too: only if every mail host below is.
    subdomains: bool = False
    # What its people read. Without a word that of [organisation].
    language: Language | None = None
    # Who decides about messages of its senders on hold. Empty: postmaster at its first domain.
    officer: Address = ""
    # How many different people must agree to a release. Without a word that of [hold].
    persons: Literal[1, 2] | None = None
    # The users who may look into its messages on hold and decide about them; empty: whoever may run the command and is
    # named by no other organisation.
    deciders: tuple[Decider, ...] = ()
    # The users to whom segl shows what is of this organisation, and of no other (sealed messages, receipts, decisions,
    # what waits); commands that tell of everybody's refuse them. Who is named nowhere is shown everything.
    staff: tuple[Decider, ...] = ()
    # Who notices and codes are from; empty: sikker-besked@ its first domain.
    notice_from: Address = ""
    # Who its receipts are from; empty: kvittering@ its first domain.
    receipts_from: Address = ""
    # Where its people may write about receipts and false alarms; named at the foot.
    feedback: Address = ""
    # Who gets the weekly report of its own mail; empty: nobody.
    report_to: Address = ""
    # Who hears when opened mail, or an answer from the portal, cannot be put into a mailbox of its own. Empty:
    # postmaster at its first domain.
    failures_to: Address = ""


@dataclass(frozen=True, slots=True)
class Owner:
    """An organisation with all that is its own, whichever table it stands in."""

    name: str
    domains: tuple[str, ...]
    subdomains: bool
    language: Language
    officer: str
    persons: int
    deciders: tuple[str, ...]
    notice_from: str
    receipt_sender: str
    feedback: str
    report_to: str
    failures_to: str
    staff: tuple[str, ...] = ()
    is_tenant: bool = False

    @property
    def named_officer(self) -> str:
        """The officer where one is named; empty where the postmaster stands in."""
        return "" if self.officer == f"postmaster@{self.domains[0]}" else self.officer

    def may_decide(self, person: str) -> bool:
        """Whether *person* (a user's name, as :func:`segl.cli.person.me` has it) may decide about its mail on hold."""
        return not self.deciders or bare(person) in self.deciders


@dataclass(frozen=True, slots=True)
class Owners:
    """Everybody whose mail this is; the first runs the installation."""

    every: tuple[Owner, ...]
    _by_domain: dict[str, Owner]
    _with_subdomains: dict[str, Owner]

    @classmethod
    def of(cls, every: Iterable[Owner]) -> Owners:
        found = tuple(every)
        by_domain: dict[str, Owner] = {}
        below: dict[str, Owner] = {}
        for owner in found:
            for domain in owner.domains:
                by_domain.setdefault(domain, owner)
                if owner.subdomains:
                    below.setdefault(domain, owner)
        return cls(found, by_domain, below)

    @property
    def first(self) -> Owner:
        return self.every[0]

    @property
    def several(self) -> bool:
        return len(self.every) > 1

    def find(self, domain: str) -> Owner | None:
        """Whose *domain* (normal form) is: named itself, else the nearest parent with subdomains; ``None`` for a
        stranger's."""
        if (found := self._by_domain.get(domain)) is not None or not self._with_subdomains:
            return found
        return next(
            (self._with_subdomains[one] for one in parents(domain) if one in self._with_subdomains), None
        )

    def name_at(self, domain: str) -> str:
        """The name of whose *domain* is; ``""`` for a stranger's."""
        found = self.find(domain)
        return found.name if found else ""

    def bound(self, person: str) -> tuple[Owner, ...]:
        """The organisations that name *person* among their staff; she is shown no other. Empty: everybody's."""
        name = bare(person)
        return tuple(owner for owner in self.every if name in owner.staff)

    def may_decide(self, person: str, owner: Owner) -> bool:
        """Whether *person* may decide about *owner*'s mail on hold, and look into it. Whoever an organisation names, as
        decider or among its staff, has no say about those that do not name her: also where they name nobody."""
        name = bare(person)
        naming = [one for one in self.every if name in one.deciders or name in one.staff]
        return owner.may_decide(person) and (not naming or owner in naming)

    def named(self, name: str) -> Owner | None:
        return next((owner for owner in self.every if owner.name == name), None)


def owners_of(
    organisation: Organisation,
    tenants: Iterable[Tenant],
    hold: Hold,
    portal: Portal,
    receipts: ReceiptSettings,
    inbound: Inbound,
) -> Owners:
    """Tenants take from the installation what is no one's own: the language, and how many people must agree."""
    first = organisation.domains[0]

    def every() -> Iterator[Owner]:
        yield Owner(
            name=organisation.name,
            domains=organisation.domains,
            subdomains=organisation.subdomains,
            language=organisation.language,
            officer=hold.officer or f"postmaster@{first}",
            persons=hold.persons,
            deciders=hold.deciders,
            notice_from=portal.notice_from or f"sikker-besked@{first}",
            receipt_sender=receipts.sender or f"kvittering@{first}",
            feedback=receipts.feedback,
            report_to=receipts.report_to,
            failures_to=inbound.failures_to or f"postmaster@{first}",
            staff=organisation.staff,
        )
        for tenant in tenants:
            home = tenant.domains[0]
            yield Owner(
                name=tenant.name,
                domains=tenant.domains,
                subdomains=tenant.subdomains,
                language=tenant.language or organisation.language,
                officer=tenant.officer or f"postmaster@{home}",
                persons=tenant.persons or hold.persons,
                deciders=tenant.deciders,
                notice_from=tenant.notice_from or f"sikker-besked@{home}",
                receipt_sender=tenant.receipts_from or f"kvittering@{home}",
                feedback=tenant.feedback,
                report_to=tenant.report_to,
                failures_to=tenant.failures_to or f"postmaster@{home}",
                staff=tenant.staff,
                is_tenant=True,
            )

    return Owners.of(every())

"""Who is outside: whether an address that a table of the front's names leaves the house."""

from __future__ import annotations

from segl.addresses import domain_of, split_address
from segl.postfix.check import Setup
from segl.postfix.domain_lists import takes_domain
from segl.settings.document import Settings


def is_outside(setup: Setup, address: str) -> bool:
    """Whether mail to *address* leaves the house. A bare name is local."""
    domain = domain_of(address)
    if not domain or domain == "localhost" or setup.settings.is_own(domain):
        return False
    names = ("mydestination", "virtual_mailbox_domains", "myhostname", "myorigin")
    return not takes_domain(setup, domain, names)


def goes_on_outside(setup: Setup, address: str) -> bool:
    """Also an own address that is said to lead outside: who is written to as a list of which it is one is not."""
    return is_outside(setup, address) or setup.settings.leads_outside(address)


def is_read_for(settings: Settings, address: str) -> bool:
    """Whether mail is read for the sake of the copies that *address* gets. Where a pattern writes its local part
    (``$1@archive.example``), one that is named at its domain stands for all: whatever is copied is read."""
    local, domain = split_address(address)
    named = settings.organisation.copies_to
    return settings.gets_copies(address) or ("$" in local and domain in map(domain_of, named))

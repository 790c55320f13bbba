"""What else a number may be the number of, as the words beside it say."""

from __future__ import annotations

from enum import StrEnum


class NumberOf(StrEnum):
    """The value is what ``explain`` calls it."""

    __hash__ = str.__hash__  # that of an Enum is a call in Python, at each word that is held against a set

    ORDER = "an order"
    BOOKING = "a booking or a task"
    INVOICE = "an invoice"
    METER = "a meter"
    ACCOUNT = "a bank account"
    PRODUCTION_UNIT = "a production unit"
    # CVR and SE numbers have eight digits, EAN and GLN thirteen: what is made like a personal number is none of them.
    REGISTERED_COMPANY = "a company's number"
    COMPANY = "a company"
    PHONE = "a phone number"
    CASE = "a case"
    SERIAL = "a running number"  # the word for the last four digits, too: "fødselsdato og løbenr."
    INSURANCE = "an insurance"
    # Tickets, projects, drawings have numbers of their own. Contracts and reports have none, most of them: offices name
    # them by the person whom they concern.
    JOB = "a paper or a job"
    PAPER = "a paper"
    SHIPMENT = "a shipment"
    PRODUCT = "a product"
    MARK = "a computer's mark"
    THING = "a thing"
    AMOUNT = "an amount"
    CUSTOMER = "a number of a customer or member"
    MATTER = "a matter with a number of its own"
    PERSONS_MATTER = "a matter of one person's"
    SOME_ID = "an id of some kind"
    ANOTHER_KIND = "a number of another kind"


# Things that concern one person, and are numbered by that person's own number often enough.
# Other things are not, but a number that is spelled and made like a personal number may stand beside them.
OF_PEOPLE = frozenset((NumberOf.CUSTOMER, NumberOf.MATTER, NumberOf.PERSONS_MATTER, NumberOf.INSURANCE))
# What happens to somebody, or is hers: a number beside it is its own only where nothing says whose it is.
HAPPENS = frozenset(
    (NumberOf.BOOKING, NumberOf.CASE, NumberOf.MARK, NumberOf.PAPER, NumberOf.PHONE, NumberOf.THING)
)
# What a column of personal numbers is called, too.
MAY_BE_A_PERSONS = OF_PEOPLE | {NumberOf.PAPER, NumberOf.CASE}

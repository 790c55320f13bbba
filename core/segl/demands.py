"""What a message asks of forced TLS: the ``[[demand]]`` tables of the settings, applied to its verdict.

The Danish supervisory authority expects TLS for all confidential data, and more than that where much is at
stake: its example is health data about many people. So a message with certain categories, or with many
personal numbers, may demand a stronger :class:`~segl.vocabulary.Proof` than others do. What a recipient's
domain must prove in any case (``[routing] least``, ``[[domain]] least``) is added where the route is decided.
"""

from __future__ import annotations

from collections.abc import Collection

from segl.settings.document import Settings
from segl.settings.routing import Demand
from segl.vocabulary import Label, Proof


def least_for(labels: Collection[Label], cpr_numbers: int, settings: Settings) -> Proof:
    """The least proof that a message with *labels* and *cpr_numbers* different CPR numbers demands.

    ``Proof.ENCRYPT`` when it demands nothing of its own: the recipient's domain alone then decides.
    """
    return Proof.strictest(demand.least for demand in settings.demand if _holds(demand, labels, cpr_numbers))


def _holds(demand: Demand, labels: Collection[Label], cpr_numbers: int) -> bool:
    if demand.labels and not any(label in labels for label in demand.labels):
        return False
    return demand.cpr_numbers is None or cpr_numbers >= demand.cpr_numbers

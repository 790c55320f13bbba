"""Whose records somebody is shown, where several organisations share an installation."""

from __future__ import annotations

from dataclasses import dataclass

from segl.settings.organisation import Owner, Owners


@dataclass(frozen=True, slots=True)
class Scope:
    """``chosen`` are the organisations whose records are shown, by whose sender wrote; ``None``: everything, also what
    is nobody's any more."""

    owners: Owners
    chosen: tuple[Owner, ...] | None = None

    def shows(self, domain: str | None) -> bool:
        """Whether what a sender of *domain* wrote is shown; ``None``: nobody knows whose it was."""
        if self.chosen is None:
            return True
        return domain is not None and self.owners.find(domain) in self.chosen

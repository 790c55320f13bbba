"""Log events of tunnel lists: a part of :mod:`segl.events`, which see."""

from __future__ import annotations

from segl.errors import SeglError
from segl.log import Logged


class ListEvents(Logged):
    # tunnel lists: segl tunnel update, and those who read what it accepted

    def tunnel_list_accepted(
        self, name: str, serial: int, *, domains: int, usable: int, changes: int
    ) -> None:
        self._log.info(
            "tunnel_list_accepted", list=name, serial=serial, domains=domains, usable=usable, changes=changes
        )

    def tunnel_list_unchanged(self, name: str, serial: int) -> None:
        self._log.info("tunnel_list_unchanged", list=name, serial=serial)

    def tunnel_list_shrunk(self, name: str, why: str) -> None:
        """It was accepted all the same, because the settings or the postmaster said so."""
        self._log.warning("tunnel_list_shrunk", list=name, why=why)

    def tunnel_list_refused(self, name: str, cause: str, error: SeglError) -> None:
        """The one accepted before stays in force."""
        self._log.error("tunnel_list_refused", list=name, cause=cause, error=error.private)

    def tunnel_list_unreadable(self, name: str, why: str) -> None:
        """What was accepted cannot be read; what this process read before stays in force."""
        self._log.error("tunnel_list_unreadable", list=name, why=why)

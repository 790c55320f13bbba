"""Log events of segl-milter: a part of :mod:`segl.events`, which see."""

from __future__ import annotations

from collections.abc import Sequence

from segl.log import Logged
from segl.vocabulary import Verdict


class MilterEvents(Logged):
    def classified(
        self,
        queue_id: str,
        verdict: Verdict,
        *,
        sender: str,
        recipients: int,
        size: int,
        ms: float,
        mode: str,
        forged: int,
        policies: Sequence[str] = (),
        canary: bool = False,
    ) -> None:
        """A message got its verdict. ``forged`` counts the X-Segl and TLS-Required headers taken off; ``policies``
        changed the verdict, or demand of TLS; of a ``canary`` it is said that it is one."""
        self._log.info(
            "classified",
            queue_id=queue_id,
            decision=verdict.decision.value,
            reasons=list(verdict.reasons),
            sender=sender,
            recipients=recipients,
            size=size,
            ms=round(ms, 1),
            mode=mode,
            forged=forged,
            policies=list(policies),
            **({"canary": True} if canary else {}),
        )

    def lowered(self, queue_id: str, policies: Sequence[str], verdict: Verdict, *, sender: str) -> None:
        """A message that would have gone securely goes out plain, because these policies say so."""
        self._log.warning(
            "lowered",
            queue_id=queue_id,
            policies=list(policies),
            labels=[label.value for label in verdict.labels],
            sender=sender,
        )

    def stranger_refused(self, queue_id: str, client: str, *, sender: str) -> None:
        """It came from a server that others share, bears not our tenant's name, and was to go on to somebody who is not
        ours (``[postfix.gateway]``)."""
        self._log.warning("stranger_refused", queue_id=queue_id, client=client, sender=sender)

    def forgery_refused(self, queue_id: str, client: str, *, sender: str, forged: int, size: int) -> None:
        """Its header had so many fields to take off that Postfix would have been at it for seconds."""
        self._log.warning(
            "forgery_refused", queue_id=queue_id, client=client, sender=sender, forged=forged, size=size
        )

"""Every log event of Segl, one method each: this file, with those that it is put together from (``events_of_*``), is
the vocabulary of the log.

Events go to standard error, one a line, as JSON (for journals and collectors) or as coloured text on a
terminal. Arguments are facts about a message (queue id, addresses, ids, counts, times in
milliseconds), never its content; errors are logged by their private text, which holds none either.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from segl.errors import SeglError, StoreLocked
from segl.events_of_canary import CanaryEvents
from segl.events_of_lists import ListEvents
from segl.events_of_milter import MilterEvents
from segl.events_of_store import StoreEvents
from segl.events_of_workers import WorkerEvents
from segl.log import Log
from segl.log import configure_log as configure_log  # whoever logs asks for both here
from segl.vocabulary import Known, Route

_Tell = Callable[..., None]


class Events(WorkerEvents, MilterEvents, ListEvents, CanaryEvents, StoreEvents):
    """The log of one process. Methods are grouped by who calls them."""

    def __init__(self, process: str) -> None:
        self._log = Log(process=process)

    # any daemon

    def ready(self, **facts: object) -> None:
        self._log.info("ready", **facts)

    def stopping(self, why: str) -> None:
        self._log.info("stopping", why=why)

    def reloaded(self, **facts: object) -> None:
        self._log.info("reloaded", **facts)

    def reload_refused(self, error: SeglError) -> None:
        """A bad settings or rule file at reload: the old ones stay in force."""
        self._log.error("reload_refused", **_with_hint(error))

    def start_refused(self, error: SeglError) -> None:
        """Why the process does not start, and what to do: nothing else of it is there to be asked."""
        self._log.error("start_refused", **_with_hint(error))

    def failed(self, where: str, error: BaseException) -> None:
        """A fault of ours or of the machine. Only the kind of the exception is logged: its text could
        hold content. Of a store that is locked :meth:`store_locked` has told; each that meets it is told at level
        debug."""
        text = error.private if isinstance(error, SeglError) else type(error).__name__
        _once(self._log.error, self._log.debug, error)("failed", where=where, error=text)

    # segl-map

    def routed(self, route: Route, *, ms: float, repeated: bool = False) -> None:
        """Postfix asks several times for one recipient; a *repeated* answer is told at level debug."""
        tell = self._log.debug if repeated else self._log.info
        tell("routed", recipient=route.recipient, way=route.way.value, reason=route.reason, ms=round(ms, 1))

    def route_refused(self, recipient: str, status: str, reason: str, *, repeated: bool = False) -> None:
        """No way can ever work (no such domain, null MX): Postfix gives the mail back to its sender."""
        tell = self._log.debug if repeated else self._log.info
        tell("route_refused", recipient=recipient, status=status, reason=reason)

    def route_undecided(self, recipient: str, error: SeglError) -> None:
        """Answered TEMP: the recipient stays in the queue."""
        self._log.warning("route_undecided", recipient=recipient, error=error.private)

    def certificate_sought(self, address: str, known: Known, reason: str) -> None:
        """A search for a recipient's own certificate has ended."""
        self._log.info("certificate_sought", address=address, known=known.value, reason=reason)

    def host_changed(self, names: Sequence[str]) -> None:
        """The front's configuration is another: *names* are those of this host whose mail ends here now."""
        self._log.info("host_changed", names=list(names))

    def host_unknown(self, why: str, *, kept: bool) -> None:
        """The front could not be asked, and is asked again soon; *kept*: the names that were known are gone by."""
        self._log.warning("host_unknown", why=why, kept=kept)

    def probed(self, domain: str, host: str, result: str, *, ms: float) -> None:
        self._log.info("probed", domain=domain, host=host, result=result, ms=round(ms, 1))

    def sts_policy_changed(self, domain: str, *, before: str, mode: str, max_age: int, hosts: int) -> None:
        """A domain's MTA-STS policy is new or says something else; *before* is its old mode, if it had one."""
        self._log.info(
            "sts_policy_changed", domain=domain, before=before, mode=mode, max_age=max_age, hosts=hosts
        )

    def sts_not_renewed(self, domain: str, result: str, *, seconds_left: float) -> None:
        """A policy in force could not be fetched anew; it holds for *seconds_left* more."""
        self._log.warning("sts_not_renewed", domain=domain, result=result, seconds_left=round(seconds_left))

    def domain_marked(self, domain: str, reason: str, *, times: int, hold: float, messages: int) -> None:
        """Forced TLS failed at delivery: the domain takes the next way for *hold* seconds at least."""
        self._log.warning(
            "domain_marked", domain=domain, reason=reason, times=times, hold=round(hold), messages=messages
        )

    def domain_mark_adopted(self, domain: str, reason: str, *, messages: int) -> None:
        """Another node marked the domain: here, too, it takes the next way; *messages* wait for it."""
        self._log.warning("domain_mark_adopted", domain=domain, reason=reason, messages=messages)

    def domain_healed(self, domain: str, *, marked_for: float) -> None:
        """A check found a proof again: the domain takes its usual way."""
        self._log.info("domain_healed", domain=domain, marked_for=round(marked_for))

    def queue_unseen(self, reason: str) -> None:
        """The secure instance's queue cannot be looked at: forced TLS that fails there is not noticed."""
        self._log.error("queue_unseen", reason=reason)

    def queue_seen(self) -> None:
        """It can again."""
        self._log.info("queue_seen")

    def bad_request(self, error: SeglError) -> None:
        self._log.warning("bad_request", error=error.private)

    # segl-deliver

    def tunnelled(
        self,
        domain: str,
        recipients: Sequence[str],
        *,
        certificates: Sequence[str],
        algorithm: str,
        signed_by: str,
        queued_as: str,
    ) -> None:
        """To a domain's certificates, the newest first, and with whose signature inside (fingerprints)."""
        self._log.info(
            "tunnelled",
            domain=domain,
            recipients=list(recipients),
            certificate=certificates[0],
            more=list(certificates[1:]),
            algorithm=algorithm,
            signed_by=signed_by,
            queued_as=queued_as,
        )

    def encrypted(
        self,
        recipients: Sequence[str],
        *,
        certificates: Sequence[str],
        algorithm: str,
        signed_by: str,
        queued_as: str,
    ) -> None:
        """To recipients' own certificates (fingerprints)."""
        self._log.info(
            "encrypted",
            recipients=list(recipients),
            certificates=list(certificates),
            algorithm=algorithm,
            signed_by=signed_by,
            queued_as=queued_as,
        )

    def sealed(self, sealed_id: str, recipients: Sequence[str], *, size: int) -> None:
        self._log.info("sealed", sealed_id=sealed_id, recipients=list(recipients), size=size)

    def sealed_before(self, sealed_id: str, recipients: Sequence[str]) -> None:
        """An earlier try had sealed it, and came to no end: it is taken up."""
        self._log.info("sealed_before", sealed_id=sealed_id, recipients=list(recipients))

    def storage_unusable(self, error: SeglError) -> None:
        """Where sealed messages lie cannot be used now; what is to be sealed waits."""
        self._log.error("storage_unusable", error=error.private, hint=error.hint)

    def notice_sent(self, sealed_id: str, recipient: str, queued_as: str) -> None:
        self._log.info("notice_sent", sealed_id=sealed_id, recipient=recipient, queued_as=queued_as)

    def not_delivered(self, way: str, recipients: Sequence[str], error: SeglError) -> None:
        """The recipient's copy stays with Postfix; nothing was sent. While the store is locked all that wait meet it,
        at each try: that is told as :meth:`failed` tells it (Postfix's own log has each try)."""
        tell = _once(self._log.warning, self._log.debug, error)
        tell("not_delivered", way=way, recipients=list(recipients), error=error.private)

    def put_off(self, way: str, recipients: Sequence[str], ends: int) -> None:
        """The process was ended *ends* times while it had this message in hand; it waits, with Postfix."""
        self._log.error("put_off", way=way, recipients=list(recipients), ends=ends)

    def own_key_ends(self, name: str, *, days: int) -> None:
        """Told once a day, from thirty days before the end on; *days* below zero: it has ended."""
        self._log.warning("own_key_ends", key=name, days=days)

    def own_key_refused(self, file: Path, why: str) -> None:
        """A key of ours that cannot be used; the others are."""
        self._log.error("own_key_refused", file=str(file), why=why)

    def inbound(
        self,
        recipients: Sequence[str],
        *,
        opened: str,
        cipher: str,
        authenticated: bool,
        signature: str,
        reason: str,
        signer: str,
    ) -> None:
        """A message that came in encrypted or signed was handed on; *signature* is as RFC 7281 has it."""
        self._log.info(
            "inbound",
            recipients=list(recipients),
            opened=opened,
            cipher=cipher,
            authenticated=authenticated,
            signature=signature,
            reason=reason,
            signer=signer,
        )

    def not_opened(self, recipients: Sequence[str], error: SeglError) -> None:
        """It goes on as it came; the sender is told nothing."""
        self._log.warning("not_opened", recipients=list(recipients), error=error.private)

    def harvested(self, address: str, fingerprint: str, why_not: str) -> None:
        """A verified signer's certificate was kept, or why it was not."""
        self._log.info("harvested", address=address, fingerprint=fingerprint, why_not=why_not)

    def capabilities_learnt(self, holder: str, algorithms: Sequence[str]) -> None:
        """A verified signer said what he reads (object identifiers), and it is not what was known."""
        self._log.info("capabilities_learnt", holder=holder, algorithms=list(algorithms))

    def swept(self, files: int, secrets: int) -> None:
        """Housekeeping of sealed messages: left-over files taken away, expired secrets shredded."""
        self._log.info("swept", files=files, secrets=secrets)

    def clock_doubted(self, now: float, heard: float | None) -> None:
        """The time of day has jumped ahead, or nobody was heard of for a day (both Unix seconds): nothing is deleted
        for some hours. Or *now* is before *heard*: what is sealed is counted from that, unless it is more than 100 days
        ahead."""
        self._log.warning("clock_doubted", now=now, heard=heard)

    def sealed_missing(self, ids: Sequence[str]) -> None:
        """Messages that recipients may open, and whose files are gone; the first of them by name."""
        self._log.error("sealed_missing", number=len(ids), sealed_ids=list(ids[:20]))

    # segl-portal, and what becomes of sealed messages

    def code_sent(self, sealed_id: str, recipient: str, by: str, reference: str) -> None:
        """*by* is ``mail`` or ``sms``."""
        self._log.info("code_sent", sealed_id=sealed_id, recipient=recipient, by=by, reference=reference)

    def code_not_sent(self, sealed_id: str, by: str, error: SeglError) -> None:
        """The page has promised it; the recipient will ask for another."""
        self._log.warning("code_not_sent", sealed_id=sealed_id, by=by, error=error.private)

    def codes_exhausted(self, sealed_id: str, recipient: str) -> None:
        """Too many wrong codes with the right link: the copy is closed until `segl sealed extend`."""
        self._log.warning("codes_exhausted", sealed_id=sealed_id, recipient=recipient)

    def visitors_unnamed(self, address: str, client: str) -> None:
        """Codes are asked for by visitors who share one network's limits: *client* (a web server; empty: by the unix
        socket) does not say whose a visit is (``missing``), or is none that is believed (``untrusted``). At most once
        an hour from each worker."""
        self._log.warning("visitors_unnamed", address=address, client=client)

    def sealed_opened(self, sealed_id: str, recipient: str) -> None:
        """The right code was given, and the content shown."""
        self._log.info("sealed_opened", sealed_id=sealed_id, recipient=recipient)

    def answered(
        self,
        answer_id: str,
        sealed_id: str,
        recipient: str,
        *,
        to: Sequence[str],
        not_to: Sequence[str],
        size: int,
        queued_as: str,
    ) -> None:
        """A recipient's answer is with the sender's Postfix, which refused *not_to* for good."""
        self._log.info(
            "answered",
            answer_id=answer_id,
            sealed_id=sealed_id,
            recipient=recipient,
            to=list(to),
            not_to=list(not_to),
            size=size,
            queued_as=queued_as,
        )

    def answer_waits(self, answer_id: str, error: BaseException) -> None:
        """The recipient was told that it was not sent; unless the mailbox refused it for good, it is kept."""
        text = error.private if isinstance(error, SeglError) else type(error).__name__
        self._log.warning("answer_waits", answer_id=answer_id, error=text)

    def answer_refused(self, sealed_id: str, recipient: str, why: str) -> None:
        """Nothing was sent; *why* is a word of segl_portal.answering.outcome."""
        self._log.info("answer_refused", sealed_id=sealed_id, recipient=recipient, why=why)

    def scanned(self, answer_id: str, said: str, detail: str) -> None:
        """The virus scanner found something in a file of an answer, or could not say."""
        self._log.warning("scanned", answer_id=answer_id, said=said, detail=detail)

    def news_sent(self, what: str, sealed_id: str, to: str, queued_as: str) -> None:
        """*what*: ``opened``, ``ending`` or ``ended`` to the sender, ``reminder`` to the recipient."""
        self._log.info("news_sent", what=what, sealed_id=sealed_id, to=to, queued_as=queued_as)

    def news_not_sent(self, what: str, sealed_id: str, to: str, error: SeglError) -> None:
        self._log.warning("news_not_sent", what=what, sealed_id=sealed_id, to=to, error=error.private)

    def audit_head(self, head: str) -> None:
        """Where the audit trail ends, once an hour: ``segl audit verify --head`` finds out whether it was cut."""
        self._log.info("audit_head", head=head)

    def audit_went_back(self, noted: str, head: str) -> None:
        """The audit trail ended at *noted* an hour ago, and has no such entry now: it was cut, or written anew."""
        self._log.error("audit_went_back", noted=noted, head=head)

    def sealed_revoked(self, sealed_id: str, by: str) -> None:
        self._log.info("sealed_revoked", sealed_id=sealed_id, by=by)

    # receipts

    def report_not_ours(self, recipients: Sequence[str]) -> None:
        """A delivery report without a name that we made; it goes on as ordinary mail."""
        self._log.info("report_not_ours", recipients=list(recipients))

    def own_port_missing(self, error: SeglError) -> None:
        """For a minute, what Segl writes to own people goes by the return port: no alias of theirs is followed. Nobody
        has its own port, or it is not seen to be Postfix's."""
        self._log.warning("own_port_missing", error=error.private, hint=error.hint)

    def receipt_sent(self, envelope_id: str, sender: str, kind: str, *, number: int, queued_as: str) -> None:
        self._log.info(
            "receipt_sent", id=envelope_id, sender=sender, kind=kind, number=number, queued_as=queued_as
        )

    def receipt_not_sent(self, envelope_id: str, error: SeglError) -> None:
        """It is tried again."""
        self._log.warning("receipt_not_sent", id=envelope_id, error=error.private)

    def receipts_set_right(self, messages: int) -> None:
        """The clock was ahead when these were heard of: they would have been looked at much later."""
        self._log.warning("receipts_set_right", messages=messages)

    def receipt_given_up(self, envelope_id: str, to: str, error: SeglError) -> None:
        """It was refused to *to* for good, or for a whole day: he is not told."""
        self._log.error("receipt_given_up", id=envelope_id, to=to, error=error.private)

    def template_unfit(self, domain: str, why: str) -> None:
        """An own template could not be filled in: the receipt went out in the shipped form."""
        self._log.warning("template_unfit", domain=domain, why=why)

    def digest_given_up(self, sender: str, to: str, messages: int, error: SeglError) -> None:
        """It was refused for good, or too often: these messages are told of no more."""
        self._log.error("digest_given_up", sender=sender, to=to, messages=messages, error=error.private)

    def log_not_read(self, why: str) -> None:
        """Receipts say of deliveries by TLS that the details were not recorded."""
        self._log.warning("log_not_read", why=why)

    def receipts_off(self, error: SeglError) -> None:
        """There is no key: delivery reports go to senders as Postfix writes them."""
        self._log.warning("receipts_off", error=error.private, hint=error.hint)

    def certificate_refused(self, file: Path, why: str) -> None:
        self._log.warning("certificate_refused", file=str(file), why=why)


def _once(tell: _Tell, debug: _Tell, error: BaseException) -> _Tell:
    """How *error* is told: of a store that is locked :meth:`Events.store_locked` has told, once."""
    return debug if isinstance(error, StoreLocked) else tell


def _with_hint(error: SeglError) -> dict[str, str]:
    return {"error": error.private} | ({"hint": error.hint} if error.hint else {})

"""Users who send all the time, while everything of the house is killed, frozen, loaded anew and started again without
plan; then what came to whom is held against what Postfix had taken.

    found = chaos(house, street, 150, random.Random(2))
    assert not (found.lost or found.leaked or found.untold)

Blows fall by dice; where they meet the mail is chance. Twice is allowed: whoever dies before the answer to the final
dot is asked again (RFC 5321 §4.5.4, and §6.1 on who must not lose it).
"""

from __future__ import annotations

import os
import random
import re
import signal
import smtplib
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from segl.sealed.directory import SealedDirectory
from segl.sealed.opening import open_sealed
from segl.store.engine import open_store
from world.house import House
from world.letters import BARE, COLLEAGUE, CPR, GOOD, PARTNER, SELF_SIGNED, SENDER, letter
from world.locker import Locker
from world.peers import ACCEPTED, ReceivedMail
from world.postfix import PostfixInstance, wait_until
from world.process import Daemon
from world.receipts import receipts_for
from world.street import Street

EVERYONE = (PARTNER, GOOD, SELF_SIGNED, BARE, COLLEAGUE)
_HANDS = 3  # that submit at a time
_LONG = 50_000  # lines of every third message, 700 KB: what takes time can be struck in the middle
_WORD = re.compile("mærke[a-j]{6}")
_LINK = re.compile(r"https://sikker\.nordby-vand\.example/m/([0-9a-f]{32})#(\S{43})")
_SOFT_BREAK = re.compile(r"=\r?\n")
_TOLD = frozenset(("sent", "sealed"))


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that Postfix took. ``secret``: it must go securely."""

    number: int
    secret: bool
    recipients: tuple[str, ...]

    @property
    def word(self) -> str:
        """A word of its text that stands in no other."""
        return _word(self.number)

    @property
    def outside(self) -> set[str]:
        return set(self.recipients) - {COLLEAGUE}


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What became of it all. ``lost``: who never got what; ``leaked``: messages of which something was seen in clear;
    ``untold``: messages whose receipt does not say of each recipient outside that it went; ``returned``: how many came
    back to the sender; ``twice``: how many copies came besides one each; ``settling``: seconds until the queues were
    empty."""

    taken: Sequence[Sent]
    refused: int
    blows: Mapping[str, int]
    lost: Sequence[tuple[Sent, str]]
    leaked: Sequence[Sent]
    untold: Sequence[Sent]
    returned: int
    twice: int
    settling: float

    def __str__(self) -> str:
        copies = sum(len(one.recipients) for one in self.taken)
        return (
            f"chaos: {len(self.taken)} messages taken ({copies} copies), {self.refused} turned away, "
            f"{sum(self.blows.values())} blows; lost {len(self.lost)}, in clear {len(self.leaked)}, "
            f"returned {self.returned}, without receipt {len(self.untold)}, "
            f"twice {self.twice}; queues empty after {self.settling:.0f} s"
        )


def chaos(
    house: House, street: Street, seconds: float, dice: random.Random, patience: float = 240
) -> Reckoning:
    """Of a running *house*, for so many *seconds*. Raises :class:`AssertionError` when mail still waits *patience*
    seconds after everything runs again, with the queues and the logs."""
    street.forget()
    users = _Users()
    blows = _Blows(house, street, dice)
    hands = [threading.Thread(target=users.work, args=(random.Random(dice.random()),)) for _ in range(_HANDS)]
    for hand in hands:
        hand.start()
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            blows.pause(1.5)
            blows.fall()
    finally:
        users.done.set()
        for hand in hands:
            hand.join(180)
    assert not users.faults, users.faults
    settling = _settled(house, patience)
    untold = _untold(street, [one for one in users.taken if one.secret and one.outside], patience)
    came = {one: _came(house, street, one) for one in EVERYONE}
    counted = [(sent, one, came[one][sent.word]) for sent in users.taken for one in sent.recipients]
    clear = street.seen_in_clear()
    return Reckoning(
        taken=users.taken,
        refused=users.refused,
        blows=blows.fallen,
        lost=[(sent, one) for sent, one, times in counted if not times],
        leaked=[sent for sent in users.taken if sent.secret and sent.word.encode() in clear],
        untold=untold,
        returned=sum(b"multipart/report" in mail.content for mail in street.mail_for(SENDER)),
        twice=sum(max(0, times - 1) for _, _, times in counted),
        settling=settling,
    )


@dataclass
class _Users:
    """They send until they are ``done``, and nothing a second time: what was not taken is their program's to keep."""

    done: threading.Event = field(default_factory=threading.Event)
    taken: list[Sent] = field(default_factory=list)
    refused: int = 0
    faults: list[BaseException] = field(default_factory=list)
    _begun: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def work(self, dice: random.Random) -> None:
        while not self.done.wait(dice.random() / 4):
            try:
                self._send(self._next(dice), dice)
            except BaseException as fault:
                self.faults.append(fault)
                return

    def _next(self, dice: random.Random) -> Sent:
        with self._lock:
            self._begun += 1
            number = self._begun
        return Sent(number, dice.random() < 0.7, tuple(dice.sample(EVERYONE, dice.randint(1, len(EVERYONE)))))

    def _send(self, sent: Sent, dice: random.Random) -> None:
        told = (
            f"Lejeren {sent.word} har CPR-nummer {CPR}."
            if sent.secret
            else f"Mødet om {sent.word} er flyttet."
        )
        text = f"Hej\n\n{told}\n" + "Hilsen Mette\n" * dice.choice((1, 1, _LONG))
        named = ("Message-ID", _message_id(sent))
        content = letter("", sent.recipients, "Flytning", text, headers=(named,)).content
        try:
            with smtplib.SMTP("127.0.0.1", 25, local_hostname="desk.example", timeout=90) as smtp:
                is_taken = not smtp.sendmail(SENDER, sent.recipients, content)
        except (smtplib.SMTPException, OSError):
            is_taken = False
        if is_taken:
            self.taken.append(sent)
        else:
            self.refused += 1


class _Blows:
    """What befalls the house, and its neighbours."""

    def __init__(self, house: House, street: Street, dice: random.Random) -> None:
        self._house, self._street, self._dice = house, street, dice
        self.fallen: Counter[str] = Counter()

    def fall(self) -> None:
        blow = self._dice.choice(
            (
                self._kill_daemon,
                self._kill_daemon,
                self._kill_worker,
                self._restart_daemon,
                self._freeze,
                self._reload,
                self._restart_postfix,
                self._abort_postfix,
                self._kill_in_postfix,
                self._lock_store,
                self._neighbour_refuses,
            )
        )
        self.fallen[blow.__name__.strip("_")] += 1
        blow()

    def pause(self, most: float) -> None:
        time.sleep(self._dice.random() * most)

    def _kill_daemon(self) -> None:
        daemon = self._daemon()
        daemon.kill()
        self.pause(3)
        daemon.start()

    def _kill_worker(self) -> None:
        self._kill_one_of(self._house.milter.pid)

    def _restart_daemon(self) -> None:
        daemon = self._daemon()
        daemon.stop()
        daemon.start()

    def _freeze(self) -> None:
        daemon = self._daemon()
        frozen = [daemon.pid, *_children(daemon.pid)]
        for pid in frozen:
            _signal(pid, signal.SIGSTOP)
        self.pause(4)
        for pid in frozen:
            _signal(pid, signal.SIGCONT)

    def _reload(self) -> None:
        self._daemon().signal(signal.SIGHUP)
        self._postfix().reload()

    def _restart_postfix(self) -> None:
        instance = self._postfix()
        instance.stop()
        self.pause(2)
        instance.start()

    def _abort_postfix(self) -> None:
        instance = self._postfix()
        instance.run("postfix", "abort", check=False)
        wait_until(lambda: not instance.running(), 30, lambda: instance.log[-3000:])
        self.pause(2)
        instance.start()

    def _kill_in_postfix(self) -> None:
        lock = self._postfix().directory / "spool/pid/master.pid"
        self._kill_one_of(int(lock.read_text("ascii")))

    def _lock_store(self) -> None:
        with Locker(self._house.state / "segl.db", "BEGIN IMMEDIATE"):
            self.pause(3)

    def _neighbour_refuses(self) -> None:
        peer = self._dice.choice(list(self._street.peers.values()))
        peer.data_reply = "451 4.3.0 try again later"
        self.pause(3)
        peer.data_reply = ACCEPTED

    def _kill_one_of(self, pid: int) -> None:
        if children := _children(pid):
            _signal(self._dice.choice(children), signal.SIGKILL)

    def _daemon(self) -> Daemon:
        return self._dice.choice(self._house.daemons)

    def _postfix(self) -> PostfixInstance:
        return self._dice.choice((self._house.front, self._house.secure))


def _settled(house: House, patience: float) -> float:
    """Wait until nothing is queued any more; the seconds it took."""
    begun = time.monotonic()

    def is_empty() -> bool:
        if house.queued:
            for instance in (house.front, house.secure):
                instance.flush()
            time.sleep(2)
        return house.queued == 0 and house.queued == 0  # what goes from one to the other may be in neither

    wait_until(
        is_empty, patience, lambda: f"{house.front.queue()}\n{house.secure.queue()}\n{house.log[-6000:]}"
    )
    return time.monotonic() - begun


def _untold(street: Street, sent: Sequence[Sent], patience: float) -> list[Sent]:
    """Those of *sent* whose receipts, after *patience* seconds, do not say of all outside that it went."""
    end = time.monotonic() + patience
    while True:
        told: dict[str, dict[str, str]] = {}
        for receipt in receipts_for(street, SENDER):
            told.setdefault(str(receipt.message["In-Reply-To"]).strip(), {}).update(receipt.states)
        untold = [one for one in sent if not _is_told(told.get(_message_id(one), {}), one)]
        if not untold or time.monotonic() > end:
            return untold
        time.sleep(1)


def _is_told(states: Mapping[str, str], sent: Sent) -> bool:
    return all(states.get(one) in _TOLD for one in sent.outside)


def _came(house: House, street: Street, recipient: str) -> Counter[str]:
    """The words of the messages that *recipient* can read, and in how many mails each."""
    engine = open_store(house.settings.store.url)
    sealed = SealedDirectory(house.state / "sealed")
    found: Counter[str] = Counter()
    try:
        for mail in street.mail_for(recipient):
            text = _text(street, mail)
            if link := _LINK.search(_SOFT_BREAK.sub("", text)):
                text = b"".join(open_sealed(engine, sealed, link[1], link[2])).decode("utf-8")
            found.update(set(_WORD.findall(text)))
    finally:
        engine.dispose()
    return found


def _text(street: Street, mail: ReceivedMail) -> str:
    """*mail* as it came, or what the tunnel partner's key finds in it."""
    if b"pkcs7-mime" not in mail.content:
        return mail.content.decode("utf-8", "replace")
    command = ["openssl", "cms", "-decrypt", "-inkey", str(street.partner.certificate.key)]
    return subprocess.run(command, input=mail.content, capture_output=True, check=True).stdout.decode("utf-8")


def _word(number: int) -> str:
    return "mærke" + "".join(chr(ord("a") + int(digit)) for digit in f"{number:06}")


def _message_id(sent: Sent) -> str:
    return f"<{sent.number}@chaos.example>"


def _children(pid: int) -> list[int]:
    done = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in done.stdout.split()]


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)

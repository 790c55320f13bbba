"""``make demo``: eight real messages through a real Postfix, and a table of what became of each.

It fails (1) when anything else became of one than should have (:mod:`world.letters`).
Everything runs in a network namespace of its own and in a temporary folder; nothing of the machine's own
Postfix is read or changed. ``--keep DIR`` leaves the artefacts there: logs, configuration, each message as
its recipient's server got it, and each tunnel message opened with the partner's key.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from segl.vocabulary import Decision, Way
from world import namespace, surroundings
from world.demo_table import Outcome, Trip, report
from world.estate import build_house
from world.house import DOMAIN, House
from world.letters import LETTERS, SENDER, Expected, Letter
from world.postfix import wait_until
from world.street import Street
from world.trail import Delivery, follow

console = Console(stderr=False, width=None if sys.stdout.isatty() else 150)
progress = Console(stderr=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make demo", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--keep", metavar="DIR", type=Path, help="leave the artefacts in this folder")
    keep: Path | None = parser.parse_args().keep
    if os.geteuid() != 0:
        print("demo: root is needed, because Postfix's master runs as root", file=sys.stderr)
        print("hint: sudo make demo (nothing outside a temporary folder is touched)", file=sys.stderr)
        return 2
    surroundings.settle()
    try:
        namespace.enter()
    except namespace.NamespaceRefused as error:
        print(f"demo: no network namespace of its own: {error}", file=sys.stderr)
        print("hint: in a container, allow CAP_SYS_ADMIN", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="segl-demo-") as folder:
        directory = Path(folder)
        directory.chmod(0o755)
        try:
            return run(directory, keep)
        except Exception:
            logs = directory / "house"
            for file in sorted(logs.rglob("*.log")):
                print(
                    f"── {file.name}",
                    *file.read_text("utf-8", "replace").splitlines()[-15:],
                    sep="\n",
                    file=sys.stderr,
                )
            raise


def run(directory: Path, keep: Path | None) -> int:
    begun = time.monotonic()
    with (
        progress.status("starting DNS and the neighbours' mail servers") as status,
        Street(directory) as street,
    ):
        house = build_house(street, directory / "house", model=True)
        try:
            status.update("starting Segl and two Postfix instances")
            house.start()
            queue_ids = []
            for number, expected in enumerate(LETTERS, 1):
                status.update(f"sending {number} of {len(LETTERS)}: {expected.letter.title}")
                queue_ids.append(submit(house, expected.letter, message_id(number)))
            status.update("waiting until every recipient is served")
            outcomes = [
                outcome_of(house, street, expected, queue_id, message_id(number), keep)
                for number, (expected, queue_id) in enumerate(zip(LETTERS, queue_ids, strict=True), 1)
            ]
        finally:
            status.update("cleaning up")
            house.stop()
            if keep:
                keep_artefacts(house, street, keep)
    code = report(outcomes, console)
    where = f"; artefacts in {keep}" if keep else ""
    console.print(f"{len(LETTERS)} messages in {time.monotonic() - begun:.1f} s{where}")
    return code


def message_id(number: int) -> str:
    """By which a letter is known again where it arrives: one recipient gets several."""
    return f"<demo-{number}@{DOMAIN}>"


def submit(house: House, one: Letter, name: str) -> str:
    """Hand *one* in under the Message-ID *name*; the front's queue id."""
    with house.session() as smtp:
        smtp.ehlo_or_helo_if_needed()
        smtp.mail(SENDER, ["BODY=8BITMIME"])
        for recipient in one.recipients:
            smtp.rcpt(recipient)
        code, answer = smtp.data(f"Message-ID: {name}\r\n".encode() + one.content)
    match = re.search(rb"queued as (\w+)", answer)
    if code != 250 or not match:
        raise RuntimeError(f"the front said {code} {answer!r} to “{one.title}”")
    return match[1].decode()


def outcome_of(
    house: House, street: Street, expected: Expected, queue_id: str, name: str, keep: Path | None
) -> Outcome:
    """What became of one message, when every recipient is served."""
    recipients = expected.letter.recipients

    def done() -> bool:
        found = follow(house.log, queue_id)
        return all(r in found and found[r].status in ("sent", "bounced") for r in recipients)

    with contextlib.suppress(AssertionError):  # the table then shows what is still waiting, and why
        wait_until(done, 30, lambda: expected.letter.title)
    events = house.milter.events
    verdict = next((e for e in events if e["event"] == "classified" and e["queue_id"] == queue_id), {})
    found = follow(house.log, queue_id)
    return Outcome(
        expected,
        Decision(verdict["decision"]) if verdict else None,
        ", ".join(verdict.get("reasons", ())) or "nothing found",
        tuple(
            trip_of(house, street, recipient, found.get(recipient), name, keep) for recipient in recipients
        ),
    )


def trip_of(
    house: House, street: Street, recipient: str, delivery: Delivery | None, name: str, keep: Path | None
) -> Trip:
    if delivery is None:
        return Trip(recipient, None, "", "not seen yet", whole=False)
    way = way_of(delivery)
    routes = [e for e in house.map.events if e["event"] == "routed" and e["recipient"] == recipient]
    why = "as without Segl" if way is Way.PLAIN else routes[-1]["reason"] if routes else "not asked for"
    if way is None or not delivery.sent:
        return Trip(recipient, way, why, f"{delivery.status}: {delivery.reply}", whole=False)
    arrived, whole = arrival(street, recipient, way, delivery, name, keep)
    return Trip(recipient, way, why, arrived, whole)


def way_of(delivery: Delivery) -> Way | None:
    """By which way it went, told by who delivered it: not by what it was to be. What the front delivers itself has
    gone as without Segl, or has come back to the house. ``None``: it is still between our own instances."""
    if delivery.service.startswith("segl-"):
        return next((way for way in Way if delivery.service == f"segl-{way}"), None)
    return Way.INTERNAL if delivery.recipient.endswith(f"@{DOMAIN}") else Way.PLAIN


def arrival(
    street: Street, recipient: str, way: Way, delivery: Delivery, name: str, keep: Path | None
) -> tuple[str, bool]:
    """What the recipient's own server says it got, joined with our side's last word; and whether that is whole."""
    if way is Way.PORTAL:
        return f"{delivery.reply.removeprefix('250 2.0.0 ')}\nnotice mail with a link, no content", True
    if way is Way.TUNNEL:
        opened, whole = open_with_partners_key(street, recipient, keep)
        return f"{delivery.reply.removeprefix('250 2.0.0 ')}\n{opened}", whole
    mail = next((mail for mail in street.mail_for(recipient) if name.encode() in mail.content), None)
    if mail is None:
        return "NOT at the recipient's server", False
    if way is Way.INTERNAL:
        return "own mail store, inside the house", True
    level = f", {delivery.tls.split()[0]} certificate" if delivery.tls else ""
    tls = f"{mail.tls.version} {mail.tls.cipher}" if mail.tls else "no TLS"
    return f"{tls}{level}", way is Way.PLAIN or mail.tls is not None


def open_with_partners_key(street: Street, recipient: str, keep: Path | None) -> tuple[str, bool]:
    """Open the newest CMS message with ``openssl cms`` and the partner's key, as the partner would; how that went."""
    deadline = time.monotonic() + 10
    while not street.mail_for(recipient) and time.monotonic() < deadline:
        time.sleep(0.1)
    mails = street.mail_for(recipient)
    if not mails:
        return "NOT at the partner's server", False
    command = ["openssl", "cms", "-decrypt", "-inkey", str(street.partner.certificate.key)]
    done = subprocess.run(command, input=mails[-1].content, capture_output=True, timeout=60)
    if done.returncode:
        return "could NOT be opened by the partner", False
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / "tunnel-opened.eml").write_bytes(done.stdout)
    return "opened with the partner's key", True


def keep_artefacts(house: House, street: Street, keep: Path) -> None:
    (keep / "received").mkdir(parents=True, exist_ok=True)
    for domain, peer in street.peers.items():
        for number, mail in enumerate(peer.received, 1):
            (keep / "received" / f"{domain}-{number}.eml").write_bytes(mail.content)
    for file in house.directory.rglob("*"):
        if file.is_file() and (file.suffix in (".log", ".toml", ".cf") or file.name.startswith("segl-")):
            target = keep / file.relative_to(house.directory)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
    for sealed in (house.state / "sealed").rglob("*"):
        if sealed.is_file():
            target = keep / "sealed" / sealed.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(sealed, target)


if __name__ == "__main__":
    sys.exit(main())

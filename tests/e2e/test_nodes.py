"""Two nodes with one PostgreSQL and one S3-compatible store, HAProxy before their portals. One is killed in the middle:
no message is lost, no sender gets two receipts, and what one node sealed is read at the other."""

from __future__ import annotations

import http.client
import re
import secrets
import ssl
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from segl import audit
from segl.receipts.key import KEY_BYTES
from segl.receipts.leases import LEASE_SECONDS
from segl.store.engine import open_store, transaction
from segl.tables.receipts import sent_message
from world.counter import codes_in
from world.estate import build_house
from world.letters import BARE, CPR, GOOD, SENDER
from world.nodes import PORTAL, Node, balancer
from world.object_store import ObjectStore
from world.postfix import wait_until
from world.postgresql import PostgreSQL
from world.receipts import receipts_for, secret_letter
from world.street import Street

pytestmark = pytest.mark.world

LINK = re.compile(rb"https://" + PORTAL.replace(".", r"\.").encode() + rb"/m/([0-9a-f]{32})#([\w-]{43})")
EACH = 6  # messages that a node takes before the other is killed, and again after it


@dataclass
class Estate:
    """The nodes and what they share."""

    street: Street
    east: Node
    west: Node
    store_url: str
    objects: ObjectStore

    def send(self, node: Node, name: str) -> None:
        """250 means that the node has it."""
        node.submit(secret_letter(GOOD, BARE, message_id=f"<{name}@desk.example>"), SENDER, (GOOD, BARE))

    @property
    def arrived(self) -> set[str]:
        """Which messages came to the recipient with TLS."""
        found = re.findall(
            rb"(?mi)^Message-ID: <([^@]+)@desk", b"\n".join(m.content for m in self.street.mail_for(GOOD))
        )
        return {name.decode() for name in found}

    @property
    def links(self) -> list[tuple[str, str]]:
        """What stands in the notices that came."""
        found = [LINK.search(unfolded(mail.content)) for mail in self.street.mail_for(BARE)]
        return [(link[1].decode(), link[2].decode()) for link in found if link is not None]

    @property
    def receipts(self) -> dict[str, set[str]]:
        """The receipts' Message-IDs, by the message they are about."""
        found: dict[str, set[str]] = {}
        for one in receipts_for(self.street, SENDER):
            about = str(one.message["In-Reply-To"]).strip("<>").partition("@")[0]
            found.setdefault(about, set()).add(str(one.message["Message-ID"]))
        return found

    @property
    def log(self) -> str:
        return self.east.log[-4000:] + self.west.log[-4000:]


@pytest.fixture(scope="module")
def estate(street: Street, own_network: None) -> Iterator[Estate]:
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="nodes-")))
        url = running.enter_context(PostgreSQL()).empty_store()
        objects = running.enter_context(ObjectStore())
        key, certificate = secrets.token_bytes(KEY_BYTES), street.ca.issue([PORTAL])
        nodes: list[Node] = []
        for number in (1, 2):
            node = build_house(
                street,
                folder / f"n{number}",
                kind=Node,
                settings_text=objects.toml(),
                number=number,
                store_url=url,
                key=key,
                certificate=certificate,
            )
            assert isinstance(node, Node)
            nodes.append(node)
            running.callback(node.stop)
        for node in nodes:
            node.start()
        running.enter_context(balancer(folder, street.ca.file, certificate))
        yield Estate(street, nodes[0], nodes[1], url, objects)


@dataclass
class Browser:
    """At the balancer's *port*: 443, or one that leads to one node."""

    street: Street
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(
        self, port: int, method: str, path: str, form: dict[str, str] | None = None
    ) -> tuple[int, str, str]:
        """Status, text, and where it leads."""
        context = ssl.create_default_context(cafile=self.street.ca.file)
        context.check_hostname = False  # we ask by the address; the name is in the Host field
        headers = {"Host": PORTAL, "Sec-Fetch-Site": "same-origin", "Accept-Language": "da"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body = None
        if form is not None:
            body, headers["Content-Type"] = urlencode(form), "application/x-www-form-urlencoded"
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=context)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            for line in answer.headers.get_all("set-cookie") or ():
                for name, morsel in SimpleCookie(line).items():
                    self.cookies[name] = morsel.value
            return answer.status, answer.read().decode("utf-8", "replace"), answer.headers.get("location", "")
        finally:
            connection.close()

    def ask_for_code(self, port: int, link: tuple[str, str]) -> None:
        _, page, _ = self.ask(port, "GET", f"/m/{link[0]}")
        status, said, _ = self.ask(port, "POST", f"/m/{link[0]}/code", {"csrf": csrf(page), "link": link[1]})
        assert status == 303, said

    def give(self, port: int, link: tuple[str, str], code: str) -> str:
        """The message, downloaded."""
        _, page, _ = self.ask(port, "GET", f"/m/{link[0]}/code")
        status, said, leads = self.ask(port, "POST", f"/m/{link[0]}/open", {"csrf": csrf(page), "code": code})
        assert status == 303, said
        status, page, _ = self.ask(port, "GET", leads)
        assert (status, ">Flytning</h1>" in page) == (200, True)
        return self.ask(port, "GET", f"/m/{link[0]}/message.eml")[1]


def unfolded(mail: bytes) -> bytes:
    """Without what quoted-printable has done to a link."""
    return mail.replace(b"=\r\n", b"").replace(b"=3D", b"=")


def csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]*)"', page)
    assert found is not None, page[:2000]
    return found[1]


def code_for(estate: Estate, before: int) -> str:
    """The code in the next mail that tells one."""

    def codes() -> list[str]:
        return codes_in(one.content for one in estate.street.mail_for(BARE))

    wait_until(lambda: len(codes()) > before, 60, lambda: estate.log)
    return codes()[-1]


def test_one_of_two_nodes_is_killed_in_the_middle(estate: Estate) -> None:
    estate.street.forget()
    east, west = estate.east, estate.west
    sent: list[str] = []

    def send(node: Node, name: str) -> None:
        estate.send(node, name)
        sent.append(name)

    send(east, "first")
    wait_until(lambda: bool(estate.links), 60, lambda: estate.log)
    [link] = estate.links
    # A node that starts tries it.
    kept = {name for name in estate.objects.names("sealed/") if "/probe-" not in name}
    assert len(kept) == 2, "the sealed message and the mark"

    # a code that is asked for at the one portal is good at the other
    browser = Browser(estate.street)
    browser.ask_for_code(8441, link)
    code = code_for(estate, 0)

    for number in range(EACH):
        send(east, f"east{number}")
        send(west, f"west{number}")
    east.kill()
    assert CPR in browser.give(8442, link, code)
    for number in range(EACH):
        send(west, f"later{number}")

    # what the living node took comes, and the balancer leads to it
    living = {name for name in sent if name.startswith(("west", "later"))}
    wait_until(lambda: living <= estate.arrived, 60, lambda: estate.log)
    assert Browser(estate.street).ask(443, "GET", "/healthz")[0] == 200
    another = Browser(estate.street)
    newest = estate.links[-1]
    another.ask_for_code(443, newest)
    assert CPR in another.give(443, newest, code_for(estate, 1))

    # what the dead one took waits in its queues, and comes when it is back
    east.start()
    wait_until(lambda: set(sent) <= estate.arrived, 90, lambda: estate.log)
    wait_until(lambda: len(set(estate.links)) >= len(sent), 60, lambda: estate.log)
    _nobody_waits_for_a_lease(estate)
    wait_until(lambda: set(estate.receipts) >= set(sent), 90, lambda: estate.log)
    wait_until(lambda: not east.queued and not west.queued, 60, lambda: estate.log)
    time.sleep(1)

    # one receipt each; of what the dead node had in hand one may have gone twice, under the same Message-ID
    assert {name: len(ids) for name, ids in estate.receipts.items()} == dict.fromkeys(sent, 1)
    # on whose word TLS was trusted: what the node that delivered had given, whichever of them wrote the receipt
    told = {one.form["message_id"]: one.line(GOOD)["tls"] for one in receipts_for(estate.street, SENDER)}
    assert {told[f"<{name}@desk.example>"]["proof"] for name in living} == {"pkix"}
    copies = Counter(str(one.message["Message-ID"]) for one in receipts_for(estate.street, SENDER))
    assert sum(copies.values()) - len(copies) <= 4, "no more than it sends at one time"
    assert CPR.encode() not in estate.street.seen_in_clear()
    engine = open_store(estate.store_url)
    assert audit.verify(engine).broken is None
    engine.dispose()


def _nobody_waits_for_a_lease(estate: Estate) -> None:
    """What the dead node was about to tell is another's when the lease is over; a test does not wait for that.

    What is due later than a lease waits for news, and would be told half if it were looked at now.
    """
    engine = open_store(estate.store_url)
    now, due = time.time(), sent_message.c.due_at
    with transaction(engine) as connection:
        leased = sa.update(sent_message).where(due.between(now, now + LEASE_SECONDS))
        connection.execute(leased.values(due_at=0.0))
    engine.dispose()

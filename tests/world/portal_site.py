"""A real ``segl-portal`` on a port of its own, with TLS, and everything behind it: store, sealed files, return port.

with PortalSite(directory) as site:
    letter = site.seal("bo@vestby.example", content)
    site.link(letter)                     # what stands in the notice
    site.http().get(f"/m/{letter.recipient_id}")
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
import time
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

import sqlalchemy as sa

from segl.sealed import life
from segl.sealed.revocation import house_secret, revocation_hash, revocation_secret
from segl.store.engine import transaction
from segl.tables.base import metadata
from segl.tables.sealed import portal_visit, sealed_message
from world.ca import TestCA
from world.counter import Counter, Letter, codes_in
from world.desk import DOMAIN
from world.ports import free_port
from world.postfix import wait_until
from world.process import Daemon

HOST = f"sikker.{DOMAIN}"
OLD_HOST = "sikker.gammel.example"  # that of the portal before the house had another name
# For tests that ask for codes by the dozen, all from one network.
ASKED_OFTEN = "[portal.limits]\nnetwork_codes_an_hour = 10000\nnetwork_tries_an_hour = 10000\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the portal answered. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    @property
    def title(self) -> str:
        return self._part(r"<h1>(.*?)</h1>")

    @property
    def csrf(self) -> str:
        """The field that a form on the page must bring along."""
        return self._part(r'name="csrf" value="([^"]*)"')

    def _part(self, pattern: str) -> str:
        found = re.search(pattern, self.text)
        assert found is not None, self.text
        return found[1]


class PortalSite(Counter):
    """*web* are settings of ``[portal.web]``, *tables* whole tables as TOML."""

    def __init__(
        self, directory: Path, *, host: str = HOST, web: str = "", tables: str = "", **portal: Any
    ) -> None:
        self.host = host
        self.web_port = free_port()
        super().__init__(directory, **{"url": f"https://{host}:{self.web_port}", **portal})
        self.home = directory
        self.ca = TestCA(directory / "ca")
        self.certificate = self.ca.issue([host])
        self.metrics_port = free_port()
        self.settings_file = directory / "segl.toml"
        self._web, self._tables, self._portal = web, tables, portal
        self.write_settings()
        self.daemon = Daemon("segl-portal", "--settings", str(self.settings_file), directory=directory)

    def write_settings(self, tables: str | None = None) -> None:
        portal = "\n".join(f"{name} = {json.dumps(value)}" for name, value in self._portal.items())
        self.settings_file.write_text(
            f"""
[organisation]
name = "Nordby Vandværk"
domains = ["{DOMAIN}"]

[portal]
url = "https://{self.host}:{self.web_port}"
sealed = "{self.home}/sealed"
{portal}

[portal.web]
listen = "127.0.0.1:{self.web_port}"
certificate = "{self.certificate.cert}"
key = "{self.certificate.key}"
workers = 1
drain_seconds = 20
{self._web}

[delivery]
reinject = "127.0.0.1:{self.port}"

[store]
url = "sqlite:///{self.home}/segl.db"

[metrics]
portal_port = {self.metrics_port}

{self._tables if tables is None else tables}
""",
            "utf-8",
        )

    def __enter__(self) -> Self:
        super().__enter__()
        try:
            self.daemon.start()
        except BaseException:
            super().__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *reason: object) -> None:
        with ExitStack() as stack:
            stack.callback(super().__exit__, *reason)
            stack.callback(self.daemon.stop)

    def metrics(self) -> str:
        """What Prometheus is told."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=60) as answer:
            return str(answer.read().decode("utf-8"))

    @property
    def origin(self) -> str:
        return f"https://{self.host}:{self.web_port}"

    def connected(self) -> ssl.SSLSocket:
        """A connection on which nothing has been said yet."""
        context = ssl.create_default_context(cafile=self.ca.file)
        sock = socket.create_connection(("127.0.0.1", self.web_port), 30)
        return context.wrap_socket(sock, server_hostname=self.host)

    def link(self, letter: Letter) -> str:
        return f"{self.origin}/m/{letter.recipient_id}#{letter.link}"

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        """All that is in the store."""
        with transaction(self.engine) as connection:
            return {
                t.name: [tuple(r) for r in connection.execute(sa.select(t))] for t in metadata.sorted_tables
            }

    def revoke(self, letter: Letter) -> None:
        assert life.revoke(
            self.engine, self.directory, letter.message_id, self.now, actor="anna@nordby.example"
        )

    def expire(self, letter: Letter) -> None:
        """Its last moment was a second ago. Nobody has tidied up yet."""
        ended = sealed_message.update().where(sealed_message.c.id == letter.message_id)
        with transaction(self.engine) as connection:
            connection.execute(ended.values(expires_at=time.time() - 1))

    def close_visits(self, letter: Letter) -> None:
        """An hour has gone since anybody read it."""
        read = portal_visit.update().where(portal_visit.c.recipient_id == letter.recipient_id)
        with transaction(self.engine) as connection:
            connection.execute(read.values(open_until=time.time() - 1))

    def seal_with_a_link_back(self) -> tuple[Letter, str]:
        """A message, and the address in its sender's receipt."""
        letter = self.seal("revoked@vestby.example")
        secret = revocation_secret(house_secret(self.engine), letter.message_id).text()
        with transaction(self.engine) as connection:
            connection.execute(
                sealed_message.update()
                .where(sealed_message.c.id == letter.message_id)
                .values(revoke_hash=revocation_hash(secret))
            )
        return letter, f"{self.origin}/r/{letter.message_id}#{secret}"

    def next_code(self, recipient: str, seconds: float = 30) -> str:
        """The code in the next mail to *recipient*; forgets what came before."""
        wait_until(lambda: bool(self._codes(recipient)), seconds, lambda: self.daemon.log[-3000:])
        code = self._codes(recipient)[-1]
        self.return_port.forget()
        return code

    def _codes(self, recipient: str) -> list[str]:
        return codes_in(mail.content for mail in self.return_port.received if recipient in mail.recipients)

    def client(self) -> Client:
        return Client(self)


@dataclass
class Client:
    """A browser without a face: one request at a time, cookies kept, redirections told and not followed."""

    site: PortalSite
    cookies: dict[str, str] = field(default_factory=dict)
    fetch_site: str | None = "same-origin"

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, headers=headers)

    def post(self, path: str, form: Mapping[str, str], **headers: str) -> Answer:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.request("POST", path, urlencode(form).encode(), {**kind, **headers})

    def ask(self, letter: Letter, link: str | None = None) -> Answer:
        """Open the link of *letter*, or another, and press the button: the code page."""
        path = f"/m/{letter.recipient_id}"
        form = {"csrf": self.get(path).csrf, "link": letter.link if link is None else link}
        answer = self.post(f"{path}/code", form)
        assert answer.status == 303, answer.text
        return self.get(answer.headers["location"])

    def give(self, letter: Letter, page: Answer, code: str) -> Answer:
        """Give a code on the code page: the answer, which leads on."""
        answer = self.post(f"/m/{letter.recipient_id}/open", {"csrf": page.csrf, "code": code})
        assert answer.status == 303, answer.text
        return answer

    def request(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        sent = {"Host": f"{self.site.host}:{self.site.web_port}", "Accept-Language": "da"}
        if self.fetch_site is not None:
            sent["Sec-Fetch-Site"] = self.fetch_site
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        for name, value in (headers or {}).items():
            sent[name.replace("_", "-")] = value
        context = ssl.create_default_context(cafile=self.site.ca.file)
        context.check_hostname = False  # we ask by the address; the name is in the Host field
        connection = http.client.HTTPSConnection("127.0.0.1", self.site.web_port, timeout=60, context=context)
        try:
            connection.request(method, path, body or None, {k: v for k, v in sent.items() if v})
            answer = connection.getresponse()
            told = tuple(value for name, value in answer.getheaders() if name.lower() == "set-cookie")
            for line in told:
                for name, morsel in SimpleCookie(line).items():
                    self.cookies[name] = morsel.value
            names = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, names, answer.read(), told)
        finally:
            connection.close()

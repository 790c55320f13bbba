"""The portal behind a web server, set up by the very words of docs/operations.md.

with BehindServer(directory, nginx, page) as site:
    site.client().get("/healthz")       # through the web server
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Self

from world.portal_site import PortalSite
from world.postfix import wait_for_port
from world.process import end, ends_with_us

SHOWN_NAME = "sikker.x.dk"


def shown(page: str, language: str) -> str:
    """The one example in *language* on *page*."""
    [found] = re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert SHOWN_NAME in found
    return str(found)


def nginx(directory: Path, page: str) -> tuple[str, list[str], list[str]]:
    """The whole configuration around the example; how it is checked, and how it is run."""
    kept = directory / "kept"
    temporary = "".join(
        f"    {name}_temp_path {kept}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = (
        f"user root;\ndaemon off;\npid {directory}/nginx.pid;\nerror_log {directory}/server.log info;\n"
        f"events {{}}\nhttp {{\n    access_log {directory}/access.log;\n{temporary}{shown(page, 'nginx')}}}\n"
    )
    command = ["/usr/sbin/nginx", "-c", str(directory / "server.conf"), "-e", f"{directory}/server.log"]
    return whole, [*command, "-t"], command


def apache(directory: Path, page: str) -> tuple[str, list[str], list[str]]:
    """The same; the modules are those that the page names, and what Debian has turned on."""
    [named] = re.findall(r"a2enmod ([a-z_ ]+)`", page)
    ours = ["mpm_event", "authz_core", "socache_shmcb", *named.split()]
    loaded = "".join(
        f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n" for name in dict.fromkeys(ours)
    )
    whole = (
        f"ServerRoot {directory}\nServerName {SHOWN_NAME}\nUser www-data\nGroup root\nPidFile {directory}/apache.pid\n"
        f"DefaultRuntimeDir {directory}\nErrorLog {directory}/server.log\n{loaded}Listen 443\n"
        f'LogFormat "%r" request\nCustomLog {directory}/access.log request\n{shown(page, "apache")}'
    )
    command = ["/usr/sbin/apache2", "-f", str(directory / "server.conf")]
    return whole, [*command, "-t"], [*command, "-DFOREGROUND"]


Kind = Callable[[Path, str], tuple[str, list[str], list[str]]]


class BehindServer(PortalSite):
    """*page* is the text whose example is used: its name, port, socket and certificate become this site's."""

    def __init__(self, directory: Path, kind: Kind, page: str, tables: str = "") -> None:
        self.socket = directory / "web.sock"
        self.kept = directory / "kept"
        self._kind, self._page = kind, page
        self._server: subprocess.Popen[bytes] | None = None
        super().__init__(directory, tables=tables)

    def write_settings(self, tables: str | None = None) -> None:
        super().write_settings(tables)
        text = self.settings_file.read_text("utf-8")
        text = re.sub(r"^(listen = ).*$", rf'\1"{self.socket}"', text, flags=re.MULTILINE)
        text = re.sub(r"^(certificate|key) = .*\n", "", text, flags=re.MULTILINE)
        self.settings_file.write_text(text, "utf-8")

    def __enter__(self) -> Self:
        super().__enter__()
        try:
            self._serve()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *reason: object) -> None:
        if self._server is not None:
            end(self._server)
        super().__exit__(*reason)

    def _serve(self) -> None:
        whole, check, run = self._kind(self.home, self._page)
        for said, meant in (
            ("/run/segl-portal/web.sock", str(self.socket)),
            (f"/etc/ssl/{SHOWN_NAME}.pem", str(self.certificate.cert)),
            (f"/etc/ssl/private/{SHOWN_NAME}.key", str(self.certificate.key)),
            (SHOWN_NAME, self.host),
            ("443", str(self.web_port)),
        ):
            assert said in whole, said
            whole = whole.replace(said, meant)
        if not Path("/proc/net/if_inet6").exists():
            whole = re.sub(r"^ *listen \[::\].*\n", "", whole, flags=re.MULTILINE)  # a kernel without IPv6
        (self.home / "server.conf").write_text(whole, "utf-8")
        self.kept.mkdir()
        checked = subprocess.run(check, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr
        with (self.home / "server.out").open("wb") as out:
            self._server = subprocess.Popen(
                ends_with_us(*run, by="TERM"),  # and these end their workers
                stdout=out,
                stderr=out,
                env={**os.environ},
            )
        wait_for_port("127.0.0.1", self.web_port)

    @property
    def access_log(self) -> str:
        return (self.home / "access.log").read_text("utf-8")

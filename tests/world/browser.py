"""A real browser: Debian's Chromium, driven by Playwright, without a window. From the package that has none, where it
is installed: its engine is the same, and it takes half of the processor's time.

    with Chromium(directory, ca_file, {"sikker.nordby-vand.example": "127.0.0.1"}) as chromium:
        page = chromium.person(PHONE).page()
        page.goto(link)

It trusts the test's authority, the way a user's browser trusts a company's: through the NSS database in its home. A
*person* is a browser of her own: cookies, language, size of the screen. Every request that a page makes is written
down, so that a test can show what was never fetched.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

_PROGRAMS: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# What people have: a small phone, a common one, an office screen.
SMALL_PHONE: Final = {"viewport": {"width": 320, "height": 640}, "device_scale_factor": 2}
PHONE: Final = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
DESKTOP: Final = {"viewport": {"width": 1280, "height": 800}}
# WCAG 2.2 at level AA, and what the makers of axe know to be good besides.
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Chromium:
    """The program. *hosts* says which address a name has; no other name leads anywhere."""

    def __init__(self, directory: Path, ca_file: Path, hosts: Mapping[str, str]) -> None:
        self.directory = directory
        self.ca_file = ca_file
        self.hosts = hosts

    def __enter__(self) -> Self:
        home = self.directory / "chromium-home"
        store = home / ".pki" / "nssdb"
        store.mkdir(parents=True)
        _certutil("-N", "-d", f"sql:{store}", "--empty-password")
        _certutil("-A", "-d", f"sql:{store}", "-t", "C,,", "-n", "test", "-i", str(self.ca_file))
        rules = [f"MAP {name} {address}" for name, address in self.hosts.items()]
        program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
        assert program is not None, "no Chromium: scripts/setup installs it"
        with ExitStack() as stack:
            playwright = stack.enter_context(sync_playwright())
            self._browser: Browser = playwright.chromium.launch(
                executable_path=program,
                headless=True,
                chromium_sandbox=False,  # root has no other way; nothing from outside is opened here
                env={"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
                args=[
                    f"--host-resolver-rules={', '.join([*rules, 'MAP * ~NOTFOUND'])}",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-gpu",
                    "--no-first-run",
                ],
            )
            stack.callback(self._browser.close)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_reason: object) -> None:
        self._stack.close()

    def person(
        self,
        screen: Mapping[str, Any] = DESKTOP,
        *,
        language: str = "da-DK",
        script: bool = True,
        dark: bool = False,
        inspected: bool = False,
        **more: Any,
    ) -> Person:
        """Somebody with a browser of her own. *inspected*: the page's policy does not bind what a test puts into it
        (axe is a script that the policy would not let run)."""
        context = self._browser.new_context(
            **screen,
            locale=language,
            java_script_enabled=script,
            color_scheme="dark" if dark else "light",
            bypass_csp=inspected,
            accept_downloads=True,
            **more,
        )
        return Person(context)


@dataclass
class Person:
    """Use as a context manager, or :meth:`close`."""

    context: BrowserContext
    requests: list[Request] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.set_default_timeout(30_000)
        self.context.on("request", self._request)
        self.context.on("weberror", self._error)
        self.context.on("console", self._console)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_reason: object) -> None:
        self.close()

    def page(self) -> Page:
        return self.context.new_page()

    def close(self) -> None:
        self.context.close()

    @property
    def asked(self) -> list[str]:
        """The addresses of all requests, those that failed too."""
        return [request.url for request in self.requests]

    def _request(self, request: Request) -> None:
        self.requests.append(request)

    def _error(self, error: Any) -> None:
        self.faults.append(str(error.error))

    def _console(self, message: Any) -> None:
        if message.type == "error":
            self.faults.append(message.text)


def violations(page: Page) -> list[str]:
    """What axe finds wrong with the page as it is shown now: rule, and where."""
    if page.evaluate("typeof axe") == "undefined":  # half a megabyte, once for a page
        page.evaluate(Axe().axe_script)
    options = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
    found = page.evaluate("async options => (await axe.run(options)).violations", options)
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


def _certutil(*arguments: str) -> None:
    subprocess.run(["certutil", *arguments], check=True, capture_output=True)

"""A recipient at her own browser: does by click and key what people do, and says where it took her.

visitor = Visitor(site, chromium.person(PHONE), letter)
visitor.open_link()
visitor.ask()
visitor.read()
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from playwright.sync_api import FilePayload, FrameLocator, Locator, Page, expect

from world.browser import Person, violations

expect.set_options(timeout=30_000)  # a busy machine is no fault of the page


@dataclass
class Visitor:
    """*link* is what stands in her notice, *next_code* waits for the mail with the code and reads it."""

    person: Person
    link: str
    next_code: Callable[[], str]
    page: Page = field(init=False)

    def __post_init__(self) -> None:
        self.page = self.person.page()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_reason: object) -> None:
        self.person.close()

    def open_link(self) -> None:
        self.page.goto(self.link)
        expect(self.heading).to_have_text("Du har fået en sikker besked")

    def ask(self) -> None:
        self.press("Send mig en kode")
        expect(self.heading).to_have_text("Skriv koden")

    def give(self, code: str) -> None:
        self.page.get_by_label("Kode", exact=True).fill(code)
        self.press("Læs beskeden")

    def read(self) -> str:
        """The whole way from the link to the message; the code that opened it."""
        self.open_link()
        self.ask()
        code = self.next_code()
        self.give(code)
        self.page.wait_for_url("**/message")
        return code

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def write(self, text: str) -> None:
        self.page.get_by_label("Skriv dit svar").fill(text)

    def attach(self, *files: tuple[str, bytes]) -> None:
        """Choose files: names and contents."""
        chosen: list[FilePayload] = [
            {"name": name, "mimeType": "application/octet-stream", "buffer": content}
            for name, content in files
        ]
        self.page.set_input_files("#attached", chosen)

    def send(self) -> None:
        self.press("Send svar")
        expect(self.page.get_by_text("Dit svar er sendt.")).to_be_visible()

    @property
    def heading(self) -> Locator:
        return self.page.get_by_role("heading", level=1)

    @property
    def body(self) -> FrameLocator:
        """The frame with the message's text."""
        return self.page.frame_locator("iframe")

    @property
    def overflow(self) -> int:
        """By how many pixels the page is wider than the screen."""
        return int(
            self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        )

    def look(self, name: str) -> list[str]:
        """What axe finds. The page is kept as a picture when ``$SEGL_SCREENSHOTS`` names a folder."""
        if folder := os.environ.get("SEGL_SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            file = re.sub(r"[^a-z0-9]+", "-", name.lower())
            self.page.screenshot(path=Path(folder) / f"{file}.png", full_page=True)
        return [f"{name}: {each}" for each in violations(self.page)]

"""What a browser would be told by a piece of HTML, and whether any of it could do more than look well."""

from __future__ import annotations

import re
from html.parser import HTMLParser


class Seen(HTMLParser):
    """What a browser would be told by a fragment."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment came through")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError("a declaration came through")

    def handle_data(self, data: str) -> None:
        self.words.append(data)


RUNS = set(
    "script style link meta base iframe frame frameset object embed applet svg math form input button textarea "
    "select option template noscript video audio source track portal dialog marquee details".split()
)
PLAIN = {"align", "valign", "bgcolor", "color", "face", "width", "height", "colspan", "rowspan", "title", "alt", "dir",
         "lang", "border", "cellpadding", "cellspacing", "nowrap", "span", "start", "type", "value", "size", "scope",
         "abbr"}  # fmt: skip


def assert_harmless(html: str) -> None:
    seen = Seen(html)
    assert not RUNS & set(seen.tags), html
    for tag, name, value in seen.attributes:
        match name:
            case "href":
                assert tag == "a"
                assert re.match(r"(?i)(https?://|mailto:|tel:)", value), value
            case "src":
                assert tag == "img"
                assert value == "picture/3" or value.startswith("data:image/"), value
                assert "svg" not in value.lower()
            case "style":
                lower = value.lower()
                assert not re.search(
                    r"url|expression|import|position|behaviou?r|binding|[\\@<{}]|/\*|-\d", lower
                ), value
            case "target":
                assert (tag, value) == ("a", "_blank")
            case "rel":
                assert value == "noopener noreferrer nofollow"
            case "class":
                assert (tag, value) == ("span", "target")
            case _:
                assert name in PLAIN, (tag, name, value)

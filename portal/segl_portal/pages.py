"""Makes pages: a template, the words of the browser's language, the look of the house, and the right header fields.

Templates are compiled once. Jinja escapes everything that is put into them, without exception: a message's HTML has a
document of its own (:mod:`segl_portal.reading.frame`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final
from urllib.parse import urlsplit

from jinja2 import DictLoader, Environment, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from segl.language import OTHER, Language
from segl_portal.catalogue import Texts, chosen
from segl_portal.guard import Trouble
from segl_portal.look import Asset, Look, Looks
from segl_portal.reading import frame
from segl_portal.security_headers import Kind, SecurityHeaders
from segl_portal.texts_da import DANISH
from segl_portal.texts_en import ENGLISH

TEXTS: Final[Mapping[Language, Texts]] = {"da": DANISH, "en": ENGLISH}
LANGUAGE_COOKIE: Final = "__Host-language"
_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_HERE: Final = files("segl_portal")


@dataclass(frozen=True, slots=True)
class Shown:
    """Whom a page is for: the language, the look, and the address that language links lead to."""

    texts: Texts
    look: Look
    path: str


class Pages:
    """Everything that answers are made from. One for a set of settings; safe in many threads."""

    def __init__(self, base: str, looks: Looks, default_language: Language) -> None:
        self.base = base
        self.prefix = urlsplit(base).path.rstrip("/")
        self.looks = looks
        self.headers = SecurityHeaders(base)
        self._default = default_language
        ours = {
            path.name: _asset(path.name, path.read_bytes()) for path in _HERE.joinpath("static").iterdir()
        }
        self._names = {name: asset.name for name, asset in ours.items()}
        self.assets = {asset.name: asset for asset in (*ours.values(), *looks.assets)}
        sources = {path.name: path.read_text("utf-8") for path in _HERE.joinpath("templates").iterdir()}
        self._templates = Environment(
            loader=DictLoader(sources),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._templates.globals["sandbox"] = frame.SANDBOX
        self._templates.globals["static"] = lambda name: self.asset(self._names[name])

    def asset(self, name: str) -> str:
        return f"{self.prefix}/static/{name}"

    def shown(self, request: Request, look: Look | None = None) -> Shown:
        wanted = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
        language = chosen(request.headers.get("accept-language", ""), wanted, self._default)
        return Shown(TEXTS[language], look or self.looks.default, request.url.path)

    def page(
        self, shown: Shown, template: str, *, status: int = 200, switch: bool = True, **values: Any
    ) -> HTMLResponse:
        """A page of ours. *switch*: whether it has the link to the other language (a page that a POST gave has
        none: a link leads to a GET)."""
        other = TEXTS[OTHER[shown.texts.language]]
        values = {
            "t": shown.texts,
            "other": other,
            "look": shown.look,
            "look_sheet": self.asset(shown.look.colours.name),
            "look_logo": self.asset(shown.look.logo.name) if shown.look.logo else None,
            "switch": f"{shown.path}?lang={other.language}" if switch else "",
            "base": self.base,
            "error": "",
            "ways": (),
            **values,
        }
        text = self._templates.get_template(template).render(values)
        answer = HTMLResponse(text, status, headers=dict(self.headers.of(Kind.PAGE)))
        answer.headers["Content-Language"] = shown.texts.language
        answer.headers["Vary"] = "Accept-Language, Cookie"
        return answer

    def json(self, said: Mapping[str, object], status: int = 200) -> JSONResponse:
        """For a script of ours."""
        return JSONResponse(said, status, headers=dict(self.headers.of(Kind.PAGE)))

    def fault(self, request: Request, trouble: Trouble) -> Response:
        """The error page. It tells what to do, never what happened inside."""
        shown = self.shown(request)
        title, text = shown.texts.faults[trouble]
        get = request.method != "POST"
        answer = self.page(
            shown, "told.html", status=trouble.status, switch=False, error=title, title=title, text=text
        )
        if trouble is Trouble.BUSY:
            answer.headers["Retry-After"] = "30"
        if trouble is Trouble.NOT_ALLOWED:
            answer.headers["Allow"] = "GET, HEAD, POST"
        if not get:
            answer.headers["Connection"] = "close"  # what is left of the body is not read
        return answer

    def misdirected(self) -> Response:
        """For another host's address. A page of ours would only serve whoever pointed that name here."""
        return Response("not here\n", 421, media_type="text/plain", headers=dict(self.headers.of(Kind.FILE)))

    def to(self, path: str) -> RedirectResponse:
        """The browser is to GET *path* of ours next."""
        return RedirectResponse(f"{self.prefix}{path}", 303, headers=dict(self.headers.of(Kind.PAGE)))

    def again(self, rid: str) -> RedirectResponse:
        """What this browser had open it has no longer: back to where a code is asked for."""
        return self.to(f"/m/{rid}?now=again")

    def static(self, name: str) -> Response | None:
        asset = self.assets.get(name)
        if asset is None:
            return None
        headers = {**self.headers.of(Kind.STATIC), "ETag": f'"{sha256(asset.content).hexdigest()[:32]}"'}
        return Response(asset.content, media_type=asset.media_type, headers=headers)


def _asset(name: str, content: bytes) -> Asset:
    stem, _, ending = name.partition(".")
    return Asset.of(stem, ending, _TYPES[ending], content)

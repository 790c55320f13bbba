"""The document for the sandboxed frame in which a message is shown, and the policy it is sent with.

The frame may not run scripts, send forms, or fetch anything but the pictures of this message from the portal;
links open in a tab of their own. ``allow-same-origin`` stands there because the browser otherwise asks for
the pictures without the visit's cookie; together with no scripts it gives the document nothing. The
document's own style is named by its hash, so that no style sheet of the message could take effect."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import Final

SANDBOX: Final = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"

# Where a link leads (.target) takes nothing over from what the message puts around it: no size of 0, no colours. It
# stays in sight however wide that is (sticky), and on the line of the link, which is not taken out of it (float). What
# a link says is read from left to right, whatever it stands in, and is broken rather than pushed out of sight.
_STYLE: Final = """
html{color-scheme:light;background:#fff;color:#1a1a1a}
body{margin:0;padding:.25rem;font:1.0625rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,
sans-serif;overflow-wrap:anywhere}
img{max-width:100%;height:auto}
img:not([src]){display:inline-block;max-width:100%;border:1px dashed #767676;color:#595959;font-size:.875rem}
img:not([src]):not([alt]){display:none}
table{max-width:100%;border-spacing:0}
.text{white-space:pre-wrap;unicode-bidi:plaintext}
.piece+.piece{margin-top:1.5rem;border-top:1px solid #d0d0d0;padding-top:1rem}
.target{all:initial;font:.875rem/1.4 system-ui,"Segoe UI",Roboto,Arial,sans-serif;color:#595959;background:#fff;
overflow-wrap:anywhere;direction:ltr;unicode-bidi:isolate;display:inline-block;position:sticky;left:0;right:0;
max-width:100vw;min-width:7em;margin-left:.25em}
a,a *{float:none!important;direction:ltr!important;unicode-bidi:isolate!important;white-space:normal!important;
overflow-wrap:anywhere!important}
a{color:#0b57a4}
a:focus-visible,summary:focus-visible{outline:3px solid #0b57a4;outline-offset:2px}
blockquote{margin:.5rem 0;padding-left:.75rem;border-left:3px solid #d0d0d0}
summary{cursor:pointer;color:#0b57a4;padding:.5rem 0}
"""
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

# For the header Content-Security-Policy of the document. Only `style` attributes, which were let through one by one,
# may style beside our own.
POLICY: Final = (
    f"default-src 'none'; img-src 'self' data:; style-src-elem 'sha256-{_STYLE_HASH}'; style-src-attr 'unsafe-inline'; "
    f"style-src 'sha256-{_STYLE_HASH}' 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; "
    f"sandbox {SANDBOX}"
)


def frame_document(body: str, *, title: str, language: str) -> str:
    """The whole document around *body* (of a :class:`~segl_portal.reading.view.MessageView`)."""
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>{body}</body></html>"
    )

"""The TLS that the portal speaks itself, where no web server stands before it."""

from __future__ import annotations

import ssl

from segl.settings.web import Web


def tls_context(web: Web) -> ssl.SSLContext | None:
    """The server's TLS, when it speaks it itself. Raises :class:`OSError` (``ssl.SSLError`` too), also of a key that
    is encrypted: nobody is there who could be asked for its password."""
    if web.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(web.certificate, web.key, password="")
    return context

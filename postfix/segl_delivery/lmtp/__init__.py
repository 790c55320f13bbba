"""LMTP (RFC 2033): sessions on a unix socket, one reply a recipient, within a bound of bytes in hand."""

"""Receipts: delivery reports come in (``report``, ``agent``, ``ledger``), Postfix's log tells how TLS protected what
(``evidence``), and the sender is told (``desk``, ``view``, ``mail``)."""

"""Receipts: delivery reports come in (``report``, ``agent``, ``report_writer``), Postfix's log tells how TLS protected
what (``evidence``), and the sender is told (``dispatch``, ``view``, ``mail``)."""

"""Mail that comes in encrypted or signed: opened, judged, and handed on to the mail store.

The return port hands it to :class:`~segl_delivery.inbound.agent.OpeningAgent` (``docs/decisions/0018-inbound.md``).
"""

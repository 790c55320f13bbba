"""Mail that Segl writes and hands on itself: header fields, addresses, composing, and the front's return port.

Nothing here knows why a message is sent; the agents of ``segl-deliver`` and the portal do.
"""

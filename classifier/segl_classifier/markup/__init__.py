"""Pages as text: HTML (WHATWG HTML standard), and of other markup what it shares with that.

A page is read twice where it has to be: all that is sent with it, the hidden too (:mod:`.html`), and what a reader sees
where that reads otherwise (:mod:`.rendered`). The other modules are for one trait of pages each: attributes, character
references, cells over several columns, files and scripts in the page, the words of a screen reader.
"""

"""Text that only fills a page until there is some: "Lorem ipsum dolor sit amet …".

It stands in drafts of leaflets, home pages and templates. The model has met no Latin, and takes "ut enim ad minim
veniam, quis nostrud exercitation" for somebody's health. So it is not shown such words where a run of them stands, in a
text that has the one by which everybody knows it.
"""

from __future__ import annotations

import re
from typing import Final

from segl_classifier.understanding.written import NOTHING

_KNOWN: Final = "ipsum"
_FEWEST: Final = 5  # words of a run: some of them are words of other languages, too
_WORDS: Final = frozenset(
    """a ac accumsan ad adipiscing adipisicing aenean aliqua aliquam aliquet aliquip amet anim ante aptent arcu at
    auctor augue aute bibendum blandit cillum class commodo condimentum congue consectetuer consectetur consequat
    conubia convallis cras cubilia culpa cupidatat curabitur curae cursus dapibus deserunt diam dictum dictumst
    dignissim dis do dolor dolore donec dui duis ea efficitur egestas eget eiusmod eleifend elementum elit enim
    erat eros esse est et etiam eu euismod ex excepteur exercitation facilisi facilisis fames faucibus felis
    fermentum feugiat finibus fringilla fugiat fusce gravida habitant habitasse hac hendrerit himenaeos iaculis id
    imperdiet in inceptos incididunt integer interdum ipsum irure justo labore laboris laborum lacinia lacus
    laoreet lectus leo libero ligula litora lobortis lorem luctus maecenas magna magnis malesuada massa mattis
    mauris maximus metus mi minim molestie mollis mollit montes morbi mus nam nascetur natoque nec neque netus
    nibh nisi nisl non nostra nostrud nulla nullam nunc occaecat odio officia orci ornare pariatur parturient
    pellentesque penatibus per pharetra phasellus placerat platea porta porttitor posuere potenti praesent pretium
    primis proident proin pulvinar purus quam qui quis quisque reprehenderit rhoncus ridiculus risus rutrum
    sagittis sapien scelerisque sed sem semper senectus sint sit sociis sociosqu sodales sollicitudin sunt
    suscipit suspendisse taciti tellus tempor tempus tincidunt torquent tortor tristique turpis ullamco
    ullamcorper ultrices ultricies urna ut varius vehicula vel velit venenatis veniam vestibulum vitae vivamus
    viverra voluptate volutpat vulputate""".split()
)
_WORD: Final = re.compile(r"[^\W\d_]+[^\w\n]*")
_LETTER: Final = re.compile(r"[^\n]")


def without_filler(text: str) -> str:
    """*text* without runs of such words; each other character stays in its place."""
    if _KNOWN not in text.lower():
        return text
    kept: list[str] = []
    start = end = count = done = 0  # of the run that is being read, its words, and up to where all is kept

    def leave_out() -> None:
        nonlocal done
        if count >= _FEWEST:
            kept.extend((text[done:start], _LETTER.sub(NOTHING, text[start:end])))
            done = end

    for word in _WORD.finditer(text):
        is_filler = word[0].rstrip(" .,;:!?\r\t").lower() in _WORDS
        if is_filler and count and not text[end : word.start()].strip():
            end, count = word.end(), count + 1
            continue
        leave_out()
        start, end, count = (word.start(), word.end(), 1) if is_filler else (0, 0, 0)
    leave_out()
    return "".join((*kept, text[done:]))

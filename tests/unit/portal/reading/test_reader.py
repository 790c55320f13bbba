"""A sealed message as the pages read it: shown, previewed, printed, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest

from corpus.letters import PNG, file, message, multipart, text
from segl.sealed.content import NotOpened, SealedContent
from segl.sealed.directory import SealedDirectory, new_id
from segl.sealed.keys import new_content_key
from segl_portal.reader import Reader
from segl_portal.reading.renderer import Renderer
from segl_portal.texts_da import DANISH
from segl_portal.texts_en import ENGLISH

LETTER = message(
    multipart(
        "mixed", text("<h2>Kære Anna</h2><script>x</script>", "html"), file(PNG, "image/png", "foto.png")
    )
)


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    workshop = Renderer()
    yield Reader(workshop)
    workshop.stop()


@pytest.fixture
def content(tmp_path: Path) -> Iterator[SealedContent]:
    directory, message_id, key = SealedDirectory(tmp_path), new_id(), new_content_key()
    directory.write(message_id, key, [LETTER])
    with SealedContent(directory.open(message_id), key, message_id, len(LETTER)) as opened:
        yield opened


@pytest.mark.slow
def test_a_sealed_message_is_shown_previewed_and_printed(reader: Reader, content: SealedContent) -> None:
    view = reader.read(content, DANISH)
    assert "<h2>Kære Anna</h2>" in view.html
    assert "script" not in view.html
    assert reader.preview_pages(content, view) == {2: 1}
    assert (reader.preview(content, 2, 1) or b"").startswith(b"\x89PNG")
    assert reader.preview(content, 2, 2) is None
    assert reader.preview(content, 1, 1) is None
    assert reader.file_name(content, DANISH) == "Svar på sagen"


@pytest.mark.usefixtures("danish_time")
@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (DANISH, ["Nordby Vand", "Svar på sagen", "Fra", "Søren Holm <soeren@vand.example>", "Kopi", "foto.png",
                  "25. november 2026", "Kære Anna"]),
        (ENGLISH, ["Nordby Vand", "Svar på sagen", "From", "25 November 2026"]),
    ],
    ids=["da", "en"],
)  # fmt: skip
def test_the_print_speaks_the_readers_language(
    reader: Reader, content: SealedContent, texts: object, words: list[str]
) -> None:
    made = reader.pdf(content, texts, "Nordby Vand")  # type: ignore[arg-type]
    assert made is not None
    with pypdfium2.PdfDocument(made) as document:
        printed = document[0].get_textpage().get_text_range()
    for word in words:
        assert word in printed


def test_a_damaged_message_is_told_and_not_half_shown(reader: Reader, tmp_path: Path) -> None:
    directory, message_id, key = SealedDirectory(tmp_path), new_id(), new_content_key()
    directory.write(message_id, key, [LETTER])
    path = directory.path(message_id)
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    opened = SealedContent(directory.open(message_id), key, message_id, len(LETTER))
    with opened, pytest.raises(NotOpened):
        reader.read(opened, DANISH)

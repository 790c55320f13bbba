"""One page, given to Tesseract until it is sure: as it lies, as it may stand, and with its letters made clearer.

Most pages take one run. Where there is writing in none of the words that were read, its strokes alone are tried
(:mod:`.evened`). Which way letters are made clearer is told by the picture: small ones are enlarged, blurred
ones drawn together and sharpened, grain and dust are wiped off.
"""

from __future__ import annotations

from collections.abc import Iterator

from PIL import Image, ImageChops, ImageFilter, ImageStat

from segl_classifier.formats.pictures.evened import evened, left_out, strongest
from segl_classifier.formats.pictures.straight import Lie, as_pgm, straight
from segl_classifier.formats.pictures.tesseract import Failed, Layout, Page, pages_read

_GOOD = 85.0  # of a hundred: what is surer needs no second try
_BEST = 90.0  # letters that a stamp was read into are less sure
_DOUBTFUL = 70.0  # what is less sure may stand on its head
_PATTERNS = 30.0
_A_WORD, _FEW_LETTERS = 8, 20  # letters
_BETTER = 10.0  # a page that is not so much surer was not turned: of few letters Tesseract does not see how they stand
_SMALL_LETTERS = 14  # pixels high, with which Tesseract errs
_SMALL_PICTURE = 200_000  # pixels; where nothing was read its letters are small, if it has any
_LARGEST_ENLARGED, _LONGEST_ENLARGED = 3_000_000, 10_000  # pixels; of a side: Tesseract takes 32,767
_TIMES = 3
# Of what is finer than a word, so much is finer than a stroke: .04 to .11 in blurred letters, .2 and more in others.
_BLURRED = 0.12
_GRAIN = 1.5  # pixels
_LEFT_OUT = 0.25  # of the writing: more was passed over


def tries(path: str, grey: Image.Image, lie: Lie, until: float) -> Iterator[Page]:
    """What is read on *grey*, whose lines lie so, by one run after another; the caller takes the surest. Raises
    :class:`.tesseract.TooLate` and :class:`.tesseract.Failed`."""

    def run(picture: Image.Image, layout: Layout = Layout.LEVEL) -> Page:
        pages = pages_read(path, as_pgm(picture), layout, until)
        if pages is None:
            raise Failed
        return pages[0] if pages else Page()

    lying, layout = straight(grey, lie), Layout.LEVEL
    best = first = run(lying)
    yield first
    if lie.is_clear and left_out(lying, first) > _LEFT_OUT:
        for made in (evened, strongest):
            page = run(made(lying))
            if page.sure >= _GOOD:  # of patterns and plans strokes make words that are none
                yield page
                best = max(best, page, key=lambda each: each.sure_letters)
            if best.sure >= _BEST and left_out(lying, best) <= _LEFT_OUT:
                return
    if best.sure >= _GOOD and best.letters >= _A_WORD:
        return
    if first.letters >= _A_WORD and first.sure < _DOUBTFUL and (lie.is_clear or first.sure >= _PATTERNS):
        yield (turned := run(lying, Layout.ANY))
        if turned.sure > first.sure:
            best, layout = turned, Layout.ANY
        if turned.sure < min(_GOOD, first.sure + _BETTER):
            on_its_head = lying.transpose(Image.Transpose.ROTATE_180)
            yield (turned := run(on_its_head))
            if turned.sure > best.sure:
                best, lying, layout = turned, on_its_head, Layout.LEVEL
    elif first.letters < _A_WORD and lie.is_clear and lying is not grey:
        yield (unturned := run(grey, Layout.ANY))  # the edges of the paper were clearer than its lines
        if unturned.letters > first.letters:
            best, lying, layout = unturned, grey, Layout.ANY
    if best.sure >= _GOOD and best.letters >= _A_WORD:
        return
    if lie.is_clear or (best.letters >= _FEW_LETTERS and best.sure >= _PATTERNS):
        yield run(clearer(lying, best), layout)


def clearer(picture: Image.Image, page: Page) -> Image.Image:
    """*picture*, on which *page* was read, so that its letters are easier to know."""
    pixels = picture.width * picture.height
    small = page.height <= _SMALL_LETTERS if page.letters >= _A_WORD else pixels < _SMALL_PICTURE
    if _is_blurred(picture):
        half = picture.resize((max(1, picture.width // 2), max(1, picture.height // 2)), Image.Resampling.BOX)
        return half.filter(ImageFilter.UnsharpMask(2, 300, 0))
    if small and pixels <= _LARGEST_ENLARGED and max(picture.size) <= _LONGEST_ENLARGED:
        return picture.resize((picture.width * _TIMES, picture.height * _TIMES), Image.Resampling.BICUBIC)
    return picture.filter(ImageFilter.GaussianBlur(_GRAIN))


def _is_blurred(picture: Image.Image) -> bool:
    fine, coarse = (
        ImageStat.Stat(ImageChops.difference(picture, picture.filter(ImageFilter.BoxBlur(size)))).mean[0]
        for size in (1, 6)
    )
    return fine < _BLURRED * coarse

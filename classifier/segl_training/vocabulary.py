"""The pieces of the vocabulary that Danish office mail needs: an eighth of the 250,002 of a hundred languages.

A piece stays when it occurs in the corpus, among the common words of the five languages of a Danish mailbox
(package ``wordfreq``), or is one character of Latin script: what is left out can still be spelled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from segl_training.weights import Pretrained

_LANGUAGES = {"da": 60_000, "nb": 15_000, "sv": 15_000, "de": 15_000, "en": 20_000}
_SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")  # the first four, in the order the encoder was trained with
_LATIN = range(0x21, 0x250)


def tokenizer_of(pieces: Iterable[tuple[str, float]]) -> Tokenizer:
    """A SentencePiece unigram tokenizer over *pieces*; the first four are the special ones."""
    made = Tokenizer(models.Unigram(list(pieces), unk_id=3, byte_fallback=False))
    made.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " ")])
    made.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    return made


def kept_pieces(source: Pretrained, texts: Iterable[str]) -> list[int]:
    """The ids of *source*'s pieces to keep, ascending; the four special ones are the first."""
    whole = tokenizer_of(zip(source.pieces, map(float, source.scores), strict=True))
    kept = set(range(len(_SPECIAL)))
    kept.update(n for n, piece in enumerate(source.pieces) if len(piece.strip("▁")) <= 1 and _is_latin(piece))
    batch: list[str] = []
    for text in _all(texts):
        batch.append(text)
        if len(batch) == 2000:
            kept.update(_ids(whole, batch))
            batch = []
    kept.update(_ids(whole, batch))
    return sorted(kept)


def cut(source: Pretrained, kept: list[int]) -> tuple[Tokenizer, np.ndarray]:
    """The tokenizer over the *kept* pieces, and their rows of the embedding."""
    made = tokenizer_of((source.pieces[n], float(source.scores[n])) for n in kept)
    rows = source.tensors["emb.word"].reshape(source.architecture.vocabulary, -1)[kept]
    return made, rows


def _all(texts: Iterable[str]) -> Iterator[str]:
    import wordfreq

    yield from texts
    for language, count in _LANGUAGES.items():
        words = wordfreq.top_n_list(language, count)
        yield from words
        yield from (word.capitalize() for word in words)


def _ids(tokenizer: Tokenizer, texts: list[str]) -> set[int]:
    return {n for encoding in tokenizer.encode_batch(texts) for n in encoding.ids}


def _is_latin(piece: str) -> bool:
    character = piece.strip("▁")
    return not character or ord(character) in _LATIN or character in "–—‘’“”„…•€™−·"

"""The networks of the shipped model: the same scores from any thread and any process."""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl_classifier.understanding.loading import shipped_model
from segl_classifier.understanding.network import (
    _REMEMBERED,
    LONGEST_PIECE,
    MOST_PARTS,
    MOST_PIECES,
    Network,
    Vocabulary,
    _batches,
    _beginning,
)
from segl_classifier.understanding.recalling import Encoder, Sieve
from world.at_once import at_once

TEXTS = ["Hun er indlagt på psykiatrisk afdeling.", "Der er kaffe kl. 9.", "", "æ" * 5000]


@cache
def _vocabulary() -> Vocabulary:
    folder = shipped_model()
    assert folder is not None
    return Vocabulary(folder / "tokenizer.json")


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return _vocabulary()


@pytest.fixture(scope="module", params=["sieve", "encoder"])
def network(request: pytest.FixtureRequest) -> Network:
    folder = shipped_model()
    assert folder is not None
    padding = {"sieve": Sieve, "encoder": Encoder}[request.param].padding
    return Network(folder / f"{request.param}.onnx", Vocabulary(folder / "tokenizer.json"), padding)


def test_each_text_has_a_row_in_its_order(network: Network) -> None:
    rows = network.read(TEXTS)
    assert rows.shape == (len(TEXTS), 16)
    assert np.isfinite(rows).all()
    assert rows[0, 0] > 1 > -1 > rows[1, 0]


def test_texts_of_any_lengths_together_are_read_as_each_alone(network: Network) -> None:
    together = network.read([*TEXTS, TEXTS[0] * 5])
    alone = np.concatenate([network.read([text]) for text in (*TEXTS, TEXTS[0] * 5)])
    assert np.allclose(together[:, 0], alone[:, 0], atol=0.15)  # of anything
    assert np.allclose(together, alone, atol=0.35)  # the scale of 8 bits is that of a batch


_NUMBERS = "Konti: " + ", ".join(["0000-0000000"] * 30)


@pytest.mark.parametrize("text", [f"{_NUMBERS} – {TEXTS[0]}", f"{TEXTS[0]} {_NUMBERS}"])
def test_behind_and_before_more_pieces_than_are_read_at_once_all_is_read(network: Network, text: str) -> None:
    beside = network.read(["Der er kaffe.", text, _NUMBERS])
    assert beside[1, 0] > 1 > -1 > beside[2, 0]


@pytest.mark.parametrize("size", [1, 20, 125, 126, 127, 130, 250, 378, 379, 504, 600])
def test_the_parts_of_a_text_hold_all_its_pieces_and_are_few(vocabulary: Vocabulary, size: int) -> None:
    text = " ".join("en to tre fire fem seks".split()[n % 6] for n in range(size))
    pieces = vocabulary._tokenizer.encode(text).ids[: MOST_PARTS * (MOST_PIECES - 2)]
    parts = [part[1:-1] for part in vocabulary.parts(text)]
    assert parts[0] == vocabulary.pieces(text)[1:-1]
    assert len(parts) == max(1, -(-len(pieces) // (MOST_PIECES - 2)))
    assert max(map(len, parts)) <= MOST_PIECES - 2
    assert parts[-1] == pieces[-len(parts[-1]) :]
    together, at = list[int](), 0
    for n, part in enumerate(parts):
        at = (len(pieces) - len(part)) * n // max(1, len(parts) - 1)
        assert at <= len(together), "nothing between two parts is left out"
        together[at:] = part
    assert together == pieces


def test_many_threads_at_once_get_the_same(network: Network) -> None:
    expected = network.read(TEXTS[:2])
    for found in at_once(lambda _: network.read(TEXTS[:2]), range(8)):
        assert np.allclose(found, expected, atol=1e-4)


# Executed, not forked: a child of a test process in which something is raised goes on as a second pytest, and hangs.
_FORKS = """
import os, sys
import numpy as np
from segl_classifier.understanding.loading import shipped_model
from segl_classifier.understanding.network import Network, Vocabulary
from segl_classifier.understanding.recalling import Sieve

folder = shipped_model()
network = Network(folder / "sieve.onnx", Vocabulary(folder / "tokenizer.json"), Sieve.padding)
expected = network.read(sys.argv[1:])
pid = os.fork()
if pid == 0:
    os._exit(0 if np.allclose(network.read(sys.argv[1:]), expected, atol=1e-4) else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@pytest.mark.slow
def test_a_forked_process_has_a_thread_of_its_own() -> None:
    subprocess.run([sys.executable, "-c", _FORKS, *TEXTS[:2]], check=True, timeout=60)


_BORROWS = """
import sys
from pathlib import Path
from segl_classifier.understanding.loading import shipped_model
from segl_classifier.understanding.network import Network, Vocabulary

def mb(name):
    return int(Path("/proc/self/status").read_text().partition(name + ":")[2].split()[0]) / 1024

folder = shipped_model()
network = Network(folder / "encoder.onnx", Vocabulary(folder / "tokenizer.json"))
network.read_pieces([[7] * 8])
Path("/proc/self/clear_refs").write_text("5")  # the most it had begins anew (proc(5))
before = mb("VmRSS")
network.read_pieces([[7] * 64] * 8)
print(mb("VmHWM") - before)
"""


@pytest.mark.slow
def test_what_a_passage_borrows_is_given_back_piece_by_piece() -> None:
    """Of eight at once by the encoder; where tensors took places planned ahead they borrowed twice as much."""
    told = subprocess.run([sys.executable, "-c", _BORROWS], check=True, timeout=60, capture_output=True)
    assert float(told.stdout) < 24


# Some that NFKC changes.
@pytest.mark.parametrize("letter", ["a", "æ", "é", "a\u0301", "ﷺ", "½", "한", "\u1112\u1161\u11ab"])
def test_of_a_long_text_only_the_beginning_is_cut_and_into_the_same(
    vocabulary: Vocabulary, letter: str
) -> None:
    for text in (letter * 3_000, f"{letter} " * 3_000, f"{letter}b, " * 700):
        whole = vocabulary._tokenizer.encode(text).ids[: MOST_PIECES - 2]
        assert vocabulary.pieces(text)[1:-1] == whole


_TEXT = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "Karen",
                "er",
                "sygemeldt",
                " ",
                "  ",
                "\t",
                "\n",
                "\x1c",
                "\u3000",
                "▁",
                "<s>",
                "</s>",
                "ﬁ",
                "一",
            ]
        ),
        st.text(max_size=8),
    ),
    max_size=30,
).map("".join)


@given(_TEXT)
def test_word_by_word_it_is_what_the_tokenizer_makes_of_the_whole(text: str) -> None:
    vocabulary = _vocabulary()
    whole = vocabulary._tokenizer.encode(_beginning(text)).ids[: MOST_PIECES - 2]
    assert vocabulary.pieces(text)[1:-1] == whole
    assert vocabulary.pieces(text)[1:-1] == whole  # now remembered


def test_a_long_word_is_not_remembered_and_what_was_is_right_after_it_began_anew(
    vocabulary: Vocabulary,
) -> None:
    before = vocabulary.pieces("Karen er sygemeldt")
    for number in range(0, 5_000, 50):
        vocabulary.pieces(" ".join(f"{number + n}xq" for n in range(50)))
    held = len(vocabulary._known)
    vocabulary.pieces("sammensætningsordmedmangestykkerogendnuflereefterdem" * 2)
    assert len(vocabulary._known) == held
    assert vocabulary.pieces("Karen er sygemeldt") == before


def test_the_tokenizer_has_no_words_that_stand_for_something_else(vocabulary: Vocabulary) -> None:
    assert vocabulary._tokenizer.get_added_tokens_decoder() == {}


@given(st.lists(st.integers(2, 128), max_size=60), st.sampled_from([8, 40]))
def test_all_passages_are_in_a_batch_and_no_one_brings_more_padding_than_allowed(
    sizes: list[int], padding: int
) -> None:
    pieces = [[0] * size for size in sizes]
    order = sorted(range(len(sizes)), key=sizes.__getitem__)
    batches = list(_batches(order, pieces, padding))
    assert [number for batch in batches for number in batch] == order
    for batch in batches:
        assert len(batch) * sizes[batch[-1]] <= 1_024 or len(batch) == 1
        for held, (one, longer) in enumerate(pairwise(batch), 1):
            assert held * (sizes[longer] - sizes[one]) <= padding


def test_of_words_only_the_latest_are_remembered_and_none_by_itself(vocabulary: Vocabulary) -> None:
    for number in range(0, 9_000, 30):
        vocabulary.pieces(" ".join(f"ord{n}" for n in range(number, number + 30)))
    assert 0 < len(vocabulary._known) <= _REMEMBERED
    assert {type(key) for key in vocabulary._known} == {int}


def test_no_piece_is_longer_than_thought(vocabulary: Vocabulary) -> None:
    assert max(map(len, vocabulary._tokenizer.get_vocab())) <= LONGEST_PIECE


def test_a_window_that_grows_when_it_is_spelled_out_is_cut_before_it_is_read() -> None:
    grown = _beginning("ﷺ" * 4_000)  # eighteen characters each, once NFKC is done with it
    assert len(grown) == MOST_PIECES * LONGEST_PIECE
    assert _beginning("ﷺ og så videre") == unicodedata.normalize("NFKC", "ﷺ og så videre")


@pytest.mark.slow
def test_the_library_tells_its_maker_nothing_and_starts_no_thread(tmp_path: Path) -> None:
    """Its reports are off in CI, by the same names that the programs there look for: so without those."""
    script = (
        "import os\n"
        "from segl_classifier.understanding.network import Network, Vocabulary\n"
        "from segl_classifier.understanding.loading import shipped_model\n"
        "folder = shipped_model()\n"
        "network = Network(folder / 'encoder.onnx', Vocabulary(folder / 'tokenizer.json'))\n"
        "print(len(os.listdir('/proc/self/task')))\n"
        "network.read(['Der er kaffe kl. 9.'])\n"
    )
    home = {
        name: str(tmp_path)
        for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "TMPDIR")
    }
    told = subprocess.run(
        [sys.executable, "-c", script],
        env={"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"} | home,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert (told.stdout, told.stderr) == ("1\n", "")
    assert not list(tmp_path.iterdir())

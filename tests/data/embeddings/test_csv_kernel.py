"""The compiled reader compared with other readers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest

from neucocore.data.embeddings.cells import nearest_float32, read_cells
from neucocore.data.embeddings.csv_kernel import read_plain_lines

# Decimals on, just below and just above the middle between two neighbouring float32, where
# rounding to float64 first is wrong; subnormal, smallest and largest numbers; rare notations.
MIDDLE = Fraction(float(np.float32(1.1))) + Fraction(float(np.spacing(np.float32(1.1)))) / 2


def _decimal(value: Fraction) -> str:
    digits = 60
    scaled = value * 10**digits
    assert scaled.denominator == 1
    text = str(int(scaled)).rjust(digits + 1, "0")
    return f"{text[:-digits]}.{text[-digits:]}"


HARD = [
    _decimal(MIDDLE),
    _decimal(MIDDLE - Fraction(1, 10**50)),
    _decimal(MIDDLE + Fraction(1, 10**50)),
    "16777217",
    "16777217.0000000000000000000000000001",
    "9007199254740993",
    "1.00000017881393432617187499",
    "1.00000017881393432617187500",
    "1.00000017881393432617187501",
    "1.17549435e-38",
    "1.1754942e-38",
    "1e-45",
    "7.0064923216240853e-46",
    "7.0064923216240854e-46",
    "1e-60",
    "3.4028234e38",
    "3.4028235677973366e38",
    "-0.0",
    "0e99999999999",
    "+1.5",
    ".5",
    "5.",
    "00000000000000000000000000000000001",
    "0.000000000000000000000000000000000000000000000000012345678901234567890e40",
    "123456789012345678901234567890e-20",
    "1E+5",
    "1e0000000000001",
]


def _random_texts(count: int) -> list[str]:
    rng = np.random.default_rng(7)
    numbers = rng.standard_normal(count) * 10.0 ** rng.integers(-30, 30, count)
    spellings = (repr, "{:.8e}".format, "{:.17g}".format, "{:.3f}".format, "{:.25e}".format)
    return [spellings[i % len(spellings)](number) for i, number in enumerate(numbers.tolist())]


def _kernel(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    lines = "".join(f"a,{text}\n" for text in texts).encode()
    values, _, _, plain = read_plain_lines(lines, np.array([-1, 0]), 1, 1)
    return values[:, 0], plain


@pytest.mark.parametrize("texts", [HARD, _random_texts(20_000)], ids=["hard", "random"])
def test_every_number_is_the_nearest_float32_as_in_arrow(texts):
    expected = pa.array(texts).cast(pa.float32()).to_numpy()
    within = np.isfinite(expected)
    values, plain = _kernel(texts)
    assert np.array_equal(values[plain].view(np.int32), expected[plain].view(np.int32))
    by_line, kinds = read_cells([t for t, fine in zip(texts, within, strict=True) if fine])
    assert np.array_equal(by_line.view(np.int32), expected[within].view(np.int32))
    assert kinds == {}


def test_the_kernel_reads_nearly_all_ordinary_numbers():
    ordinary = [text for text in _random_texts(20_000) if 1e-30 < abs(float(text)) < 1e30]
    assert _kernel(ordinary)[1].mean() > 0.999


def test_the_kernel_skips_numbers_it_cannot_round_with_certainty():
    declined = [_decimal(MIDDLE), "16777217", "1e-45", "3.41e38", "1e999", "1e-999"]
    assert not _kernel(declined)[1].any()


def test_numbers_are_not_rounded_twice():
    text = _decimal(MIDDLE - Fraction(1, 10**50))
    assert nearest_float32(text) != np.float32(float(text))


@pytest.mark.parametrize(
    "line",
    [b"a,1", b"a,1,2,3", b"a,,2", b"a,nan,1", b"a,1,x", b"a,1,2 3", b'a,"1",2', b'a"b,1,2',
     b'"a,1,2', b'"a"b,1,2', b"a,1e,2", b"a,.,2", b"", b"a,1;2", b"a,1,2,", b"a,1\r,2"],
)  # fmt: skip
def test_lines_that_are_not_plain_are_left_to_the_line_reader(line):
    text = b"x,1,2\n" + line + b"\ny,3,4\n"
    values, spans, lines, plain = read_plain_lines(text, np.array([-1, 0, 1]), 1, 2)
    assert plain.tolist() == [True, False, True]
    assert values[[0, 2]].tolist() == [[1, 2], [3, 4]]
    assert text[slice(*spans[2, 0])] == b"y"
    assert text[slice(*lines[1])] == line


@pytest.mark.parametrize(
    "line", [b"a, 1 ,2 ", b"a,1,2\r", b'"a",1,2', b'"a""b",1,2', b"a,+1,2.", b"a,1e0,2E0"]
)
def test_spaces_around_numbers_quoted_ids_and_crlf_are_plain(line):
    values, _, _, plain = read_plain_lines(line + b"\n", np.array([-1, 0, 1]), 1, 2)
    assert plain.all()
    assert values.tolist() == [[1, 2]]


def test_several_cells_of_text_are_found():
    line = b'"a,""b""",1,x y,2,"",\n'
    _, spans, _, plain = read_plain_lines(line, np.array([-1, 0, -3, 1, -2, -4]), 4, 2)
    assert plain.all()
    texts = [line[slice(*span)] for span in spans[0]]
    assert texts == [b'"a,""b"""', b'""', b"x y", b""]

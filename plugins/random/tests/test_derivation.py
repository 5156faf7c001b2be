import hashlib

import numpy as np

from neuco_plugin_random.derivation import coin, number

IDS = [f"cube{i}" for i in range(4000)]


def test_the_number_is_the_hash_of_the_id():
    digest = hashlib.sha256(b"random-regression@2\0cube7").hexdigest()
    share = int(digest[:16], 16) / 16**16

    assert abs(number(["cube7"]).y[0] - 100 * share) < 1e-12


def test_a_label_does_not_depend_on_the_other_ids():
    assert number(["cube9"]).y[0] == number(IDS).y[9]
    assert coin(["cube9"]).y[0] == coin(IDS).y[9]


def test_numbers_are_uniform_and_classes_equally_likely():
    # Standard errors of the mean: 100 / sqrt(12 * 4000) = 0.46, and 0.5 / sqrt(4000) = 0.008.
    values = number(IDS).y
    assert abs(values.mean() - 50) < 4 * 0.46
    assert 0 <= values.min() < 1
    assert 99 < values.max() < 100
    assert abs(coin(IDS).y.mean() - 0.5) < 4 * 0.008


def test_the_two_controls_are_uncorrelated():
    assert abs(np.corrcoef(number(IDS).y, coin(IDS).y)[0, 1]) < 4 / np.sqrt(len(IDS))

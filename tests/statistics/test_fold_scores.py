from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from neucocore.statistics.fold_scores import FoldInterval, corrected_t, jackknife_ratio

SCORES = np.array([0.61, 0.55, 0.70, 0.58, 0.66, 0.52, 0.63, 0.60, 0.59, 0.64])


def test_nadeau_and_bengio_by_hand():
    found = corrected_t(SCORES, 0.1)
    error = SCORES.std(ddof=1) * np.sqrt(1 / 10 + 1 / 9)
    assert found.estimate == pytest.approx(SCORES.mean())
    assert found.standard_error == pytest.approx(error)
    assert found.low == pytest.approx(SCORES.mean() - stats.t.ppf(0.975, 9) * error, rel=1e-9)
    assert found.high == pytest.approx(SCORES.mean() + stats.t.ppf(0.975, 9) * error, rel=1e-9)
    assert found.p_value == pytest.approx(2 * stats.t.sf(SCORES.mean() / error, 9), rel=1e-8)


def test_without_held_out_rows_it_would_be_the_usual_t_test():
    found = corrected_t(SCORES, 1e-12)
    usual = stats.ttest_1samp(SCORES, 0)
    assert found.p_value == pytest.approx(usual.pvalue, rel=1e-6)
    assert found.low == pytest.approx(usual.confidence_interval().low, rel=1e-6)


@pytest.mark.parametrize(
    ("scores", "share", "reason"),
    [
        ([0.5], 0.1, "an interval needs the scores of at least two folds"),
        ([0.5, np.nan, 0.6], 0.1, "1 of 3 folds have no score"),
        ([0.5, 0.5], 0.1, "all folds have the same score"),
        ([0.5, 0.6], 0.0, "the share of held-out rows is not between 0 and 1"),
    ],
)
def test_what_has_no_interval_has_a_reason(scores, share, reason):
    assert corrected_t(np.array(scores), share) == FoldInterval(reason=reason)


def test_the_jackknife_ratio_is_that_of_the_variances_over_folds():
    rng = np.random.default_rng(0)
    kept = rng.normal(size=(3, 10))
    refitted = 1.5 * rng.normal(size=(3, 10))
    expected = np.mean(np.var(refitted, axis=1)) / np.mean(np.var(kept, axis=1))
    assert 1 < expected < 10
    assert jackknife_ratio(refitted, kept) == pytest.approx(expected)
    assert jackknife_ratio(refitted[0], kept[0]) == pytest.approx(
        np.var(refitted[0]) / np.var(kept[0])
    )


def test_the_jackknife_ratio_is_limited_and_never_nan():
    rising = np.arange(10.0)
    assert jackknife_ratio(rising, 10 * rising) == 1
    assert jackknife_ratio(10 * rising, rising) == 10
    assert jackknife_ratio(rising, np.ones(10)) is None
    assert jackknife_ratio(np.full(10, np.nan), rising) is None

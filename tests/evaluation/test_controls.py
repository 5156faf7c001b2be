"""Under ``nested-cv`` an embedding scores what it is worth: data of known truth."""

from __future__ import annotations

import numpy as np
import pytest

# Rows, dimensions, and data sets averaged over. docs/simulations/controls.py goes further.
SIZES = [(200, 1, 10), (200, 64, 10), (200, 1024, 3), (1000, 20, 4), (5000, 1, 1), (5000, 200, 1)]


def mean_score(nested_cv, make, seeds):
    return np.mean([nested_cv(*make(seed))[0].score for seed in range(seeds)])


def ridge_theory(n, d, r2):
    """R2 of the best ridge on isotropic rows, for n and d growing together.

    With g = d/n and the best penalty a = g s2 / b2 per row, the prediction error is
    s2 (1 + g m(-a)), m being the Stieltjes transform of the Marchenko-Pastur law (Dobriban and
    Wager, Annals of Statistics 46, 2018).
    """
    g, noise = d / n, 1 - r2
    a = g * noise / r2
    b = 1 - g + a
    m = (np.sqrt(b**2 + 4 * g * a) - b) / (2 * g * a)
    return 1 - noise * (1 + g * m)


@pytest.mark.parametrize(("n", "d", "seeds"), SIZES)
def test_a_random_embedding_scores_about_zero(nested_cv, n, d, seeds):
    def make(seed):
        rng = np.random.default_rng(seed)
        return rng.standard_normal((n, d)), rng.gamma(0.5, 1, n)

    assert abs(mean_score(nested_cv, make, seeds)) < 0.05


@pytest.mark.parametrize("n", [200, 5000])
def test_a_constant_embedding_scores_zero(nested_cv, n):
    y = np.random.default_rng(0).normal(100, 3, n)
    assert nested_cv(np.full((n, 16), 3.5), y)[0].score == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("n", "d"), [(200, 1), (200, 1024), (5000, 16)])
def test_the_label_itself_among_constants_scores_one(nested_cv, n, d):
    y = np.random.default_rng(0).gamma(0.5, 1, n)
    X = np.ones((n, d))
    X[:, 0] = y
    assert nested_cv(X, y)[0].score > 0.99


@pytest.mark.parametrize(("n", "d"), [(200, 10), (2000, 100)])
def test_the_label_itself_among_random_columns_scores_one(nested_cv, n, d):
    rng = np.random.default_rng(0)
    y = rng.standard_normal(n)
    X = rng.standard_normal((n, d))
    X[:, 0] = y
    assert nested_cv(X, y)[0].score > 0.99


@pytest.mark.parametrize(("n", "d", "seeds"), [(200, 1, 20), (200, 10, 20), (5000, 250, 1)])
def test_a_known_r2_is_found_where_rows_are_twenty_times_dimensions(
    nested_cv, linear_data, n, d, seeds
):
    def make(seed):
        return linear_data(n, d, seed=seed)

    assert mean_score(nested_cv, make, seeds) == pytest.approx(0.7, abs=0.03)


@pytest.mark.parametrize(("n", "d", "seeds"), [(200, 100, 16), (400, 400, 4), (1000, 300, 3)])
def test_where_rows_are_few_the_score_is_what_ridge_theory_expects(
    nested_cv, linear_data, n, d, seeds
):
    def make(seed):
        return linear_data(n, d, seed=seed)

    expected = ridge_theory(0.9 * n, d, 0.7)  # nine folds of ten train
    assert mean_score(nested_cv, make, seeds) == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("decay", [0.0, 0.5, 1.0])
def test_orthogonal_maps_and_rescalings_of_the_embedding_move_no_score(
    nested_cv, linear_data, decay
):
    X, y = linear_data(1000, 50)
    X *= np.arange(1, 51) ** -decay
    rng = np.random.default_rng(1)
    turn, _ = np.linalg.qr(rng.standard_normal((50, 50)))
    before = nested_cv(X, y)[0].score
    for changed in (X @ turn, 1e4 * X, 1e-4 * X, X + 3, X * 10 ** rng.uniform(-1, 1, 50)):
        assert nested_cv(changed, y)[0].score == pytest.approx(before, abs=0.02)


def test_columns_of_very_unequal_variance_do_not_hide_a_label_in_the_small_ones(nested_cv):
    rng = np.random.default_rng(2)
    X = rng.standard_normal((300, 40))
    y = X[:, :5].sum(axis=1) + rng.normal(0, 1, 300)
    X[:, 5:] *= 1000
    assert nested_cv(X, y)[0].score > 0.75


def test_a_rotated_embedding_keeps_what_its_large_axes_say(nested_cv):
    rng = np.random.default_rng(3)
    X = rng.standard_normal((200, 300)) * np.arange(1, 301) ** -1.0
    y = X @ rng.standard_normal(300)
    y = y / y.std() + rng.normal(0, 0.65, 200)
    result = nested_cv(X, y)[0]
    assert result.score > 0.5
    assert result.hyperparameters["scaling"] == {"scalar": 10}


def test_a_random_embedding_has_chance_scores_for_classes(nested_cv, task):
    rng = np.random.default_rng(4)
    X = rng.standard_normal((1000, 30))
    binary, several = (rng.random(1000) < 0.3).astype(int), rng.integers(0, 4, 1000)
    two, four = nested_cv(X, task("two", binary, "binary"), task("four", several, "multiclass"))
    assert two.score == pytest.approx(0.3, abs=0.05)
    assert two.extra["balanced-accuracy"] == pytest.approx(0.5, abs=0.05)
    assert four.extra["balanced-accuracy"] == pytest.approx(0.25, abs=0.05)


def test_the_class_itself_scores_one(nested_cv, task):
    codes = np.random.default_rng(5).integers(0, 3, 400)
    X = np.eye(3)[codes]
    results = nested_cv(
        X, task("one", (codes == 1).astype(int), "binary"), task("three", codes, "multiclass")
    )
    assert [result.score for result in results] == pytest.approx([1.0, 1.0])
    assert results[0].extra["f1"] == pytest.approx(1.0)

"""The compiled kernel against its plain numpy form, and both against a step computed by hand."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from neucocore.evaluation.neucobench import kernel, reference
from neucocore.evaluation.neucobench.random_stream import (
    RandomStream,
    draws_per_fold,
    draws_per_refit,
    initial_parameters,
    shuffle_splits,
)
from neucocore.evaluation.neucobench.reference import FoldResult, Training


class Problem:
    """A task of `n` rows and `d` dimensions whose rows are scattered over a larger matrix."""

    def __init__(self, n: int, d: int, training: Training, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.training = training
        self.matrix = rng.standard_normal((n + 7, d)).astype(np.float32)
        self.rows = rng.permutation(n + 7)[:n]
        y = self.matrix @ rng.standard_normal(d).astype(np.float32) / np.sqrt(d)
        y += 0.3 * rng.standard_normal(n + 7)
        self.target = (y > 0 if training.classify else y).astype(np.float32)
        train, held_out = next(shuffle_splits(n, 1))
        self.train, self.held_out = self.rows[train], self.rows[held_out]
        self.draws = RandomStream(seed).take(draws_per_fold(n, d, training.epochs))

    def fit(self, module: object) -> FoldResult:
        return module.fit_fold(  # type: ignore[attr-defined, no-any-return]
            self.matrix, self.target, self.train, self.held_out, self.draws, self.training
        )

    def refit(self, module: object) -> NDArray[np.float32]:
        d, epochs = self.matrix.shape[1], self.training.epochs
        draws = RandomStream(3).take(draws_per_refit(d, epochs))
        return module.refit(  # type: ignore[attr-defined, no-any-return]
            self.matrix, self.target, self.rows, draws, self.training
        )


CASES = [
    pytest.param(n, d, classify, batch, id=f"{n}x{d}-{'classes' if classify else 'values'}-{batch}")
    for n, d, classify, batch in [
        (200, 33, False, 64),
        (200, 33, True, 64),
        (97, 1, False, 16),
        (61, 5, True, 7),
        (12, 300, False, 64),
        (2, 3, True, 1),
    ]
]


@pytest.mark.parametrize(("n", "d", "classify", "batch"), CASES)
def test_every_fold_is_within_1e_5_of_the_numpy_form(
    n: int, d: int, classify: bool, batch: int
) -> None:
    problem = Problem(n, d, Training(classify, 5, batch, 1e-2))
    compiled, plain = problem.fit(kernel), problem.fit(reference)
    assert np.abs(compiled.predictions - plain.predictions).max() < 1e-5
    assert np.array_equal(compiled.order, plain.order)
    assert np.allclose(compiled.train_loss, plain.train_loss, atol=1e-5)
    assert np.allclose(compiled.val_loss, plain.val_loss, atol=1e-5)
    assert np.abs(problem.refit(kernel) - problem.refit(reference)).max() < 1e-5


def test_the_inputs_are_not_changed() -> None:
    problem = Problem(50, 4, Training(False, 2, 16, 1e-2))
    arrays = (problem.matrix, problem.target, problem.train, problem.held_out, problem.draws)
    before = [array.copy() for array in arrays]
    problem.fit(kernel)
    assert all(np.array_equal(a, b) for a, b in zip(arrays, before, strict=True))


def test_no_digit_depends_on_the_number_of_threads() -> None:
    problems = [Problem(150, 20, Training(False, 3, 64, 1e-2), seed) for seed in range(8)]
    alone = [problem.fit(kernel).predictions for problem in problems]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda problem: problem.fit(kernel), problems))
    assert all(np.array_equal(a, b.predictions) for a, b in zip(alone, together, strict=True))


def test_nan_labels_and_overflow_give_nan_or_infinite_predictions() -> None:
    problem = Problem(60, 4, Training(False, 3, 16, 1e-2))
    problem.target[:] = np.nan
    assert np.isnan(problem.fit(kernel).predictions).all()
    diverging = Problem(60, 4, Training(False, 3, 16, 1e30))
    assert not np.isfinite(diverging.fit(kernel).predictions[-1]).all()


@pytest.mark.parametrize("module", [kernel, reference])
def test_the_first_step_of_adamw_equals_the_one_computed_by_hand(module: object) -> None:
    # In the first step the moments equal the gradient, so each parameter changes by the rate.
    rate = 0.01
    problem = Problem(40, 3, Training(False, 1, 64, rate))
    draws = RandomStream(3).take(draws_per_refit(3, 1))
    start = initial_parameters(draws[:4])
    X = np.column_stack([problem.matrix[problem.rows], np.ones(40)])
    gradient = 2 * X.T @ (X @ start - problem.target[problem.rows]) / 40
    expected = start * (1 - rate * 0.01) - rate * np.sign(gradient)
    assert problem.refit(module) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("module", [kernel, reference])
def test_the_probe_learns_a_linear_rule(module: object) -> None:
    problem = Problem(400, 5, Training(True, 40, 32, 0.02))
    fold = problem.fit(module)
    predicted = fold.predictions[-1] > 0
    assert (predicted == problem.target[problem.held_out]).mean() > 0.8
    assert fold.train_loss[-1] < fold.train_loss[0]

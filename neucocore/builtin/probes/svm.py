"""The polynomial support vector machine probe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import loguniform, uniform
from sklearn.model_selection import KFold, ParameterSampler, StratifiedKFold
from sklearn.svm import SVC, SVR

from neucocore.builtin.probes.targets import target_of
from neucocore.components.specs import Problem
from neucocore.evaluation.linear.logistic import probabilities
from neucocore.evaluation.linear.moments import Matrix
from neucocore.evaluation.linear.scaling import one_scalar

MOST_PRODUCT_ROWS = 4_000
"""Up to so many training rows their n x n products are kept in memory: 128 MB."""
MAX_ITER = 20_000
"""Where the solver of one machine stops: large C with steep kernels would take days."""

Numbers = Sequence[float | str]


class _QuietSVC(SVC):  # type: ignore[misc]
    """Does not warn of every candidate that was stopped: threads cannot filter warnings."""

    def _warn_from_fit_status(self) -> None:
        pass


class _QuietSVR(SVR):  # type: ignore[misc]
    """As `_QuietSVC`; the fit that counts says whether it converged."""

    def _warn_from_fit_status(self) -> None:
        pass


class PolynomialMachine:
    """SVC or SVR with kernel (gamma <x, z> + coef0)^degree, given products <x, z>, or rows.

    Products are computed once, by BLAS, for all candidates of a search; with rows the solver
    computes those it needs and keeps few.
    """

    def __init__(
        self,
        classify: bool = False,
        by_products: bool = True,
        C: float = 1.0,
        degree: int = 3,
        gamma: float = 1.0,
        coef0: float = 0.0,
        epsilon: float = 0.1,
    ) -> None:
        self.classify, self.by_products = classify, by_products
        self.C, self.degree = C, degree
        self.gamma, self.coef0, self.epsilon = gamma, coef0, epsilon

    def fit(self, given: Matrix, y: NDArray[Any]) -> PolynomialMachine:
        """Fit on the (n, n) products of the training rows, or on the rows (n, d)."""
        settings: dict[str, Any] = {"C": self.C, "max_iter": MAX_ITER}
        if self.by_products:
            settings |= {"kernel": "precomputed"}
        else:
            kernel = {"gamma": self.gamma, "coef0": self.coef0, "degree": self.degree}
            settings |= {"kernel": "poly", **kernel}
        self.machine_ = (
            _QuietSVC(**settings) if self.classify else _QuietSVR(epsilon=self.epsilon, **settings)
        )
        self.machine_.fit(self._kernel(given), y)
        return self

    def predict(self, given: Matrix) -> NDArray[Any]:
        """Return values or classes from the (m, n) products with training rows, or from rows."""
        predicted: NDArray[Any] = self.machine_.predict(self._kernel(given))
        return predicted

    def margins(self, given: Matrix) -> Matrix:
        """Return values (m, 1), or margins (m, 1) of two classes, (m, k) of k classes."""
        of = self.machine_.decision_function if self.classify else self.machine_.predict
        margins: Matrix = of(self._kernel(given))
        return margins.reshape(len(given), -1)

    def score(self, given: Matrix, y: NDArray[Any]) -> float:
        """Return accuracy, or the negative mean squared error."""
        predicted = self.predict(given)
        return float(np.mean(predicted == y) if self.classify else -np.mean((predicted - y) ** 2))

    def _kernel(self, given: Matrix) -> Matrix:
        if not self.by_products:
            return given
        base = self.gamma * given
        base += self.coef0
        kernel = base.copy()
        for _ in range(self.degree - 1):  # ten times faster than a power
            kernel *= base
        return kernel


class SVMProbe:
    """Polynomial SVC or SVR with parameters by random search inside the training rows.

    Parameters
    ----------
    problem
        Several outputs or labels get a machine and a search each.
    C_start_end, kernel_gamma_start_end
        Range, drawn log-uniformly.
    kernel_coef0_start_end
        Range, drawn uniformly.
    kernel_degree_list, epsilon_list
        Values, drawn uniformly; epsilon is for regression, in units of the label range.
    n_iter
        Candidates.
    inner_folds
        Folds each candidate is judged by: accuracy, or mean squared error.
    search_rows
        At most so many training rows, drawn at random, are used to judge; the final fit uses all.
    """

    def __init__(
        self,
        problem: Problem = "regression",
        C_start_end: Numbers = (0.001, 1000),
        epsilon_list: Numbers = (0.01, 0.05, 0.1, 0.5),
        kernel_degree_list: Numbers = (2, 3),
        kernel_gamma_start_end: Numbers | None = (0.0001, 10),
        kernel_coef0_start_end: Numbers | None = (-1, 2),
        n_iter: int = 50,
        inner_folds: int = 3,
        search_rows: int = 2000,
    ) -> None:
        self.problem = problem
        self.space: dict[str, Any] = {
            "C": loguniform(*map(float, C_start_end)),
            "degree": [int(degree) for degree in kernel_degree_list],
        }
        if problem == "regression":
            self.space["epsilon"] = [float(epsilon) for epsilon in epsilon_list]
        if kernel_gamma_start_end:
            self.space["gamma"] = loguniform(*map(float, kernel_gamma_start_end))
        if kernel_coef0_start_end:
            low, high = map(float, kernel_coef0_start_end)
            self.space["coef0"] = uniform(low, high - low)
        self.n_iter, self.inner_folds, self.search_rows = n_iter, inner_folds, search_rows

    def fit(self, X: Matrix, y: NDArray[Any], rng: np.random.Generator) -> SVMProbe:
        """Search and fit on rows (n, d)."""
        self.centre = X.mean(axis=0)
        self.scale = float(one_scalar(X.var(axis=0))[0])
        self.rows = self._scaled(X)
        self.by_products = len(X) <= MOST_PRODUCT_ROWS
        given = self._given(self.rows)
        columns = target_of(self.problem, y).y
        self.low = np.zeros(columns.shape[1])
        self.range = np.ones(columns.shape[1])
        if self.problem == "regression":
            self.low = columns.min(axis=0)
            self.range = np.where(np.ptp(columns, axis=0) > 0, np.ptp(columns, axis=0), 1.0)
        seed = int(rng.integers(2**31))
        self.machines = []
        self.chosen: tuple[Mapping[str, Any], ...] = ()
        for column in ((columns - self.low) / self.range).T:
            best = self._search(column, seed)
            self.machines.append(self._machine(best, self.by_products).fit(given, column))
            converged = self.machines[-1].machine_.fit_status_ == 0
            self.chosen += ({**best, "converged": converged},)
        return self

    def predict(self, X: Matrix) -> Matrix:
        """Return values, or margins made shares by the logistic function or softmax, (m, k)."""
        given = self._given(self._scaled(X))
        margins = [machine.margins(given) for machine in self.machines]
        if self.problem == "regression":
            return np.hstack(margins) * self.range + self.low
        return np.hstack([probabilities(margin) for margin in margins])

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return scaling, and per machine support rows, dual coefficients, intercepts, kernel.

        ``kernel`` holds gamma, coef0 and degree; ``label_low`` and ``label_range`` turn a machine's
        values into labels.
        """
        arrays: dict[str, NDArray[Any]] = {
            "centre": self.centre,
            "scale": np.array(self.scale),
            "label_low": self.low,
            "label_range": self.range,
        }
        for number, machine in enumerate(self.machines):
            fitted = machine.machine_
            arrays |= {
                f"{number}.support_rows": self.rows[fitted.support_],
                f"{number}.dual_coefficients": fitted.dual_coef_,
                f"{number}.intercepts": fitted.intercept_,
                f"{number}.kernel": np.array([machine.gamma, machine.coef0, machine.degree]),
            }
            if machine.classify:
                arrays[f"{number}.support_per_class"] = fitted.n_support_
        return arrays

    def _scaled(self, X: Matrix) -> Matrix:
        return np.asarray((X - self.centre) * self.scale, dtype=np.float64)

    def _given(self, rows: Matrix) -> Matrix:
        return rows @ self.rows.T if self.by_products else rows

    def _machine(self, settings: Mapping[str, Any], by_products: bool) -> PolynomialMachine:
        # Without a range, gamma is one over the rows' mean square, as "scale" in scikit-learn.
        given = {"gamma": 1 / self.rows.shape[1], **settings}
        return PolynomialMachine(self.problem != "regression", by_products, **given)

    def _search(self, y: NDArray[Any], seed: int) -> dict[str, Any]:
        """Return the best candidate's parameters as plain numbers.

        This is scikit-learn's RandomizedSearchCV, which threads cannot use at the same time: each
        of its fits resets the process's warning filters.
        """
        kept = np.sort(np.random.default_rng(seed).permutation(len(y))[: self.search_rows])
        folds = min(self.inner_folds, _most_folds(y[kept], self.problem))
        if folds < 2:  # nothing to judge by
            return _plain(next(iter(ParameterSampler(self.space, 1, random_state=seed))))
        candidates = list(ParameterSampler(self.space, self.n_iter, random_state=seed))
        scores = np.zeros(len(candidates))
        kind = KFold if self.problem == "regression" else StratifiedKFold
        splits = kind(folds, shuffle=True, random_state=seed).split(kept, y[kept])
        for train, held in ((kept[train], kept[held]) for train, held in splits):
            inner = self.rows[train] @ self.rows[train].T
            outer = self.rows[held] @ self.rows[train].T
            for number, candidate in enumerate(candidates):
                machine = self._machine(candidate, by_products=True).fit(inner, y[train])
                scores[number] += machine.score(outer, y[held])
        return _plain(candidates[int(np.argmax(scores))])


def _most_folds(y: NDArray[Any], problem: Problem) -> int:
    """Return into how many folds rows can be dealt so that each has every class."""
    if problem == "regression":
        return len(y)
    _, counts = np.unique(y, return_counts=True)
    return int(counts.min()) if len(counts) > 1 else 0


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: int(value) if name == "degree" else float(value)
        for name, value in sorted(settings.items())
    }

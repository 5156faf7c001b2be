"""The probe with a polynomial support vector machine."""

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
from neucocore.evaluation.linear.matrix import Matrix
from neucocore.evaluation.linear.scaling import one_scalar

MAX_PRODUCT_ROWS = 4_000
"""Maximum number n of training rows whose n x n scalar products are kept in memory (128 MB)."""
MAX_ITER = 20_000
"""Iterations after which the solver of one machine stops: large C with steep kernels takes days."""

Numbers = Sequence[float | str]


class _QuietSVC(SVC):  # type: ignore[misc]
    """SVC without a warning per stopped candidate, which threads could not filter."""

    def _warn_from_fit_status(self) -> None:
        pass


class _QuietSVR(SVR):  # type: ignore[misc]
    """SVR without these warnings; `SVMProbe.selected` records whether the final fit converged."""

    def _warn_from_fit_status(self) -> None:
        pass


class PolynomialMachine:
    """SVC or SVR with the kernel (gamma <x, z> + coef0)^degree, from products <x, z> or from rows.

    With products, BLAS computes them once for all candidates of a search. With rows, the solver
    computes the products that it needs and keeps few of them in memory.
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

    def fit(self, inputs: Matrix, y: NDArray[Any]) -> PolynomialMachine:
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
        # scikit-learn draws a seed here even where it is not used, from the global generator
        # unless there is another one.
        self.machine_.random_state = 0
        self.machine_.fit(self._kernel(inputs), y)
        return self

    def predict(self, inputs: Matrix) -> NDArray[Any]:
        """Return values or classes from the (m, n) products with training rows, or from rows."""
        predicted: NDArray[Any] = self.machine_.predict(self._kernel(inputs))
        return predicted

    def margins(self, inputs: Matrix) -> Matrix:
        """Return values (m, 1), or margins: (m, 1) for two classes, (m, k) for k classes."""
        function = self.machine_.decision_function if self.classify else self.machine_.predict
        margins: Matrix = function(self._kernel(inputs))
        return margins.reshape(len(inputs), -1)

    def score(self, inputs: Matrix, y: NDArray[Any]) -> float:
        """Return the accuracy, or the negative mean squared error."""
        predicted = self.predict(inputs)
        return float(np.mean(predicted == y) if self.classify else -np.mean((predicted - y) ** 2))

    def _kernel(self, inputs: Matrix) -> Matrix:
        if not self.by_products:
            return inputs
        base = self.gamma * inputs
        base += self.coef0
        kernel = base.copy()
        for _ in range(self.degree - 1):  # ten times faster than np.power
            kernel *= base
        return kernel


class SVMProbe:
    """Polynomial SVC or SVR; a random search inside the training rows selects its parameters.

    Parameters
    ----------
    problem
        Kind of task; with several outputs or labels, each has its own machine and search.
    C_start_end, kernel_gamma_start_end
        Lower and upper bound, drawn log-uniformly.
    kernel_coef0_start_end
        Lower and upper bound, drawn uniformly.
    kernel_degree_list, epsilon_list
        Values, drawn uniformly; epsilon applies to regression, in units of the label range.
    n_iter
        Number of candidates.
    inner_folds
        Folds of the cross-validation that compares candidates by accuracy or mean squared error.
    search_rows
        Maximum number of training rows, drawn at random, used by the search; the final fit uses
        all training rows.
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
        """Search and fit on rows, shape (n, d)."""
        self.centre = X.mean(axis=0)
        self.scale = float(one_scalar(X.var(axis=0))[0])
        self.rows = self._scaled(X)
        self.by_products = len(X) <= MAX_PRODUCT_ROWS
        inputs = self._inputs(self.rows)
        columns = target_of(self.problem, y).y
        self.low = np.zeros(columns.shape[1])
        self.range = np.ones(columns.shape[1])
        if self.problem == "regression":
            self.low = columns.min(axis=0)
            self.range = np.where(np.ptp(columns, axis=0) > 0, np.ptp(columns, axis=0), 1.0)
        seed = int(rng.integers(2**31))
        self.machines = []
        self.selected: tuple[Mapping[str, Any], ...] = ()
        for column in ((columns - self.low) / self.range).T:
            best = self._search(column, seed)
            self.machines.append(self._machine(best, self.by_products).fit(inputs, column))
            converged = self.machines[-1].machine_.fit_status_ == 0
            self.selected += ({**best, "converged": converged},)
        return self

    def predict(self, X: Matrix) -> Matrix:
        """Return values, or the logistic function or softmax of the margins, shape (m, k)."""
        inputs = self._inputs(self._scaled(X))
        margins = [machine.margins(inputs) for machine in self.machines]
        if self.problem == "regression":
            return np.hstack(margins) * self.range + self.low
        return np.hstack([probabilities(margin) for margin in margins])

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return the scalings and the support rows, dual coefficients and kernel of each machine.

        ``kernel`` holds gamma, coef0 and degree; ``label_low`` and ``label_range`` convert the
        value of a machine to a label.
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

    def _inputs(self, rows: Matrix) -> Matrix:
        return rows @ self.rows.T if self.by_products else rows

    def _machine(self, settings: Mapping[str, Any], by_products: bool) -> PolynomialMachine:
        # Without a range, gamma is as "scale" in scikit-learn: the scaled rows have variance 1.
        parameters = {"gamma": 1 / self.rows.shape[1], **settings}
        return PolynomialMachine(self.problem != "regression", by_products, **parameters)

    def _search(self, y: NDArray[Any], seed: int) -> dict[str, Any]:
        """Return the parameters of the best candidate as plain numbers.

        The search equals scikit-learn's RandomizedSearchCV, which cannot be used by several
        threads at once: every fit of it resets the warning filters of the process.
        """
        rows = np.sort(np.random.default_rng(seed).permutation(len(y))[: self.search_rows])
        folds = min(self.inner_folds, _max_folds(y[rows], self.problem))
        if folds < 2:  # too few rows per class to compare candidates
            return _plain(next(iter(ParameterSampler(self.space, 1, random_state=seed))))
        candidates = list(ParameterSampler(self.space, self.n_iter, random_state=seed))
        scores = np.zeros(len(candidates))
        kind = KFold if self.problem == "regression" else StratifiedKFold
        splits = kind(folds, shuffle=True, random_state=seed).split(rows, y[rows])
        for train, held in ((rows[train], rows[held]) for train, held in splits):
            train_products = self.rows[train] @ self.rows[train].T
            held_products = self.rows[held] @ self.rows[train].T
            for number, candidate in enumerate(candidates):
                machine = self._machine(candidate, by_products=True).fit(train_products, y[train])
                scores[number] += machine.score(held_products, y[held])
        return _plain(candidates[int(np.argmax(scores))])


def _max_folds(y: NDArray[Any], problem: Problem) -> int:
    """Return the maximum number of folds such that every fold has every class."""
    if problem == "regression":
        return len(y)
    _, counts = np.unique(y, return_counts=True)
    return int(counts.min()) if len(counts) > 1 else 0


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: int(value) if name == "degree" else float(value)
        for name, value in sorted(settings.items())
    }

"""How often `neuco choose` is wrong, on data whose truth is known, through neuco's own code.

    python docs/simulations/choices.py                    300 draws of each case, some minutes
    python docs/simulations/choices.py --draws 40

Embeddings are noisy views of 16 causes of the label (R2 about 0.5); the noise of a view sets how
good it is. Every draw makes new rows, labels and views. The truth of a difference is its mean over
all draws of a case: what such embeddings are worth with so many rows to train on.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.choice.decision import SHARE, Decision, Table, decide
from neucocore.curves.sizes import SharedTransforms, Size, SizeReduction
from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.evaluation.nested_cv import NestedCVProtocol
from neucocore.evaluation.outcome import TaskOutcome
from neucocore.results.reading import RunRecord, TaskRecord
from neucocore.statistics.comparison import Comparison, compare
from neucocore.statistics.margins import within_margin

OPTIONS = {"folds": 10, "repeats": 1}
CAUSES = 16
LEVELS = (0.2, 0.1, 0.05, 0.025)
Array = NDArray[np.float64]


def outcomes(
    matrix: Array,
    labels: Sequence[Array],
    reduction: SizeReduction | None = None,
    problem: str = "regression",
) -> list[TaskOutcome]:
    metric = {"regression": "r2", "binary": "average-precision"}[problem]
    ids = tuple(f"r{row:05d}" for row in range(len(matrix)))
    tasks = tuple(
        ScoringTask(f"y{k}", f"y{k}", problem, ids, y, metric) for k, y in enumerate(labels)
    )
    inputs = ScoringInput(
        ids, matrix.astype(np.float32), tasks, frozenset(ids), reduction=reduction
    )
    return NestedCVProtocol().score(inputs, OPTIONS)


def record(name: str, found: Sequence[TaskOutcome]) -> RunRecord:
    """Return a run as the decision reads it, without a folder."""
    tasks = {}
    for outcome in found:
        metric = outcome.metrics[0]
        details = {
            "metrics": [
                {"metric": "r2", "score": metric.score, "chance": metric.chance,
                 "best": metric.best, "greater_is_better": True}
            ]
        }  # fmt: skip
        tasks[outcome.task.key] = TaskRecord(
            outcome.q, outcome.score, n=outcome.n, details=details, influence=metric.influence,
            ids=tuple(sorted(outcome.task.ids)),
        )  # fmt: skip
    return RunRecord(None, "results", name, name, "nested-cv@1", "", tasks)  # type: ignore[arg-type]


class Case:
    """Rows, labels and views of one draw."""

    def __init__(self, n: int, noises: Sequence[float], labels: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        causes = rng.standard_normal((n, CAUSES))
        weights = rng.standard_normal((CAUSES, labels))
        weights /= np.linalg.norm(weights, axis=0)
        self.labels = list((causes @ weights + rng.standard_normal((n, labels)) * 0.7).T)
        self.views = [causes + noise * rng.standard_normal((n, CAUSES)) for noise in noises]

    def table(self) -> Table:
        runs = [
            record(f"view{k}", outcomes(view, self.labels)) for k, view in enumerate(self.views)
        ]
        return Table(tuple(runs), tuple(runs[0].tasks), None)


def choices(
    title: str, n: int, noises: Sequence[float], margin: float, draws: int, labels: int = 2
) -> dict[str, float]:
    """Decide between views; the last one has the fewest bytes."""
    bytes_per_row = [1024.0] * (len(noises) - 1) + [64.0]
    decisions: list[Decision] = []
    merits = []
    for draw in range(draws):
        table = Case(n, noises, labels, seed=1000 * n + draw).table()
        decisions.append(decide(table, bytes_per_row, margin))
        merits.append(table.target(table.decides).merits)
    truth = np.mean(merits, axis=0)
    losses = truth.max() - truth
    too_bad = [index for index, loss in enumerate(losses) if loss > margin]
    equal = [
        (i, j)
        for i in range(len(noises))
        for j in range(i + 1, len(noises))
        if noises[i] == noises[j]
    ]
    different = [
        any(d.pairs.p_values[:, i, j].min() <= 0.05 for i, j in equal)
        for d in decisions
        if d.pairs is not None
    ]
    found = {
        "equal called different": float(np.mean(different)) if equal else float("nan"),
        "worse recommended": float(np.mean([d.chosen in too_bad for d in decisions])),
        "recommended": float(np.mean([d.chosen is not None for d in decisions])),
        "smallest recommended": float(np.mean([d.chosen == len(noises) - 1 for d in decisions])),
        "cannot decide": float(np.mean([d.verdict == "cannot decide" for d in decisions])),
        "rows needed (median)": float(np.median([d.rows_needed or np.nan for d in decisions])),
    }
    print(f"\n{title}: {n} rows, margin {margin:g}, {draws} draws")
    print("  true loss of each view: " + ", ".join(f"{loss:.3f}" for loss in losses))
    for name, value in found.items():
        print(f"  {name:24s} {value:.3f}" if value < 2 else f"  {name:24s} {value:.0f}")
    return found


def sized_losses(
    rows: int, seed: int, family: Sequence[Size], problem: str = "regression", decay: float = 0.5
) -> list[Comparison]:
    """Return the loss of each size of one embedding of 32 dimensions, of which 16 matter.

    The label is the same function of the rows in all draws, so that there is one truth. The
    standard deviations of the dimensions that matter fall as k^-decay.
    """
    rng = np.random.default_rng(seed)
    causes = rng.standard_normal((rows, CAUSES))
    weights = 1.0 / np.arange(1, CAUSES + 1)
    y = causes @ (weights / np.linalg.norm(weights)) + 0.7 * rng.standard_normal(rows)
    if problem != "regression":
        y = (y > 0).astype(np.float64)
    spread = np.arange(1, CAUSES + 1) ** -decay
    noisy = causes + 0.2 * rng.standard_normal(causes.shape)
    matrix = np.hstack([noisy * spread, 0.1 * rng.standard_normal((rows, 16))])
    shared = SharedTransforms()
    full = outcomes(matrix, [y], problem=problem)[0].metrics[0]
    return [
        compare(
            full.influence,
            outcomes(matrix, [y], SizeReduction(size, shared), problem)[0].metrics[0].influence,
        )
        for size in family
    ]


def sizes(n: int, margins: Sequence[float], draws: int) -> None:
    """Test the sizes of a family against their true losses."""
    family = [Size("pca", k, 8) for k in (32, 24, 16, 12, 8, 6, 4, 3, 2)]
    drawn = [sized_losses(n, 8_000_000 + draw, family) for draw in range(draws)]
    measured_losses = [[c.difference for c in losses] for losses in drawn]
    truth = np.mean(np.array(measured_losses, dtype=np.float64), axis=0)
    print(f"\nsizes: {n} rows, {draws} draws")
    shown = [f"{s.bytes_per_row}: {t:.4f}" for s, t in zip(family, truth, strict=True)]
    print(f"  true loss by bytes {', '.join(shown)}")
    for margin in margins:
        good = max(index for index, loss in enumerate(truth) if loss <= margin)
        wrong = between = by_point = 0
        chosen = []
        for losses in drawn:
            within = within_margin(losses, margin, alpha=SHARE)
            measured = [i for i, c in enumerate(losses) if (c.difference or 0.0) <= margin]
            wrong += within.enough is not None and bool(truth[within.enough] > margin)
            between += (within.enough or 0) <= good and good not in within.too_small
            by_point += bool(truth[max(measured, default=0)] > margin)
            chosen.append(family[within.enough or 0].bytes_per_row)
        print(f"  margin {margin:g}: true fewest {family[good].bytes_per_row} bytes")
        print(f"    chosen size loses more than the margin   {wrong / draws:.3f}")
        print(f"    smallest with a measured loss within it  {by_point / draws:.3f}")
        print(f"    true fewest is between both ends         {between / draws:.3f}")
        print(f"    mean chosen bytes                        {np.mean(chosen):.1f}")


def boundary(title: str, n: int, dims: Sequence[int], draws: int, seed: int, **design: Any) -> None:
    """Set the margin to the true loss of each size, where errors are most frequent.

    The truth is the mean over the same draws; its error is small against the width of a bound.
    """
    family = [Size("pca", k, 8) for k in dims]
    drawn = [sized_losses(n, seed + draw, family, **design) for draw in range(draws)]
    losses = np.array([[c.difference for c in row] for row in drawn], dtype=np.float64)
    truth, spread = losses.mean(axis=0), losses.std(axis=0, ddof=1)
    levels = " ".join(f"{level:8g}" for level in LEVELS)
    print(f"\nboundary, {title}: {n} rows, {draws} draws from seed {seed:,}")
    print(f"  called enough at a stated share of {levels}; too small at the first")
    for k, size in enumerate(family):
        tests = [[within_margin([row[k]], truth[k], alpha=a) for a in LEVELS] for row in drawn]
        enough = np.mean([[test.enough is not None for test in row] for row in tests], axis=0)
        small = np.mean([bool(row[0].too_small) for row in tests])
        error = np.mean([row[k].doubled_error or 0.0 for row in drawn])
        shares = " ".join(f"{share:8.3f}" for share in enough)
        print(
            f"  {size.name:12s} loss {truth[k]:.4f}, spread {spread[k]:.4f}, mean standard error "
            f"{error:.4f}: {shares}; {small:.3f}",
            flush=True,
        )


def boundaries(draws: int) -> None:
    """Test sizes on designs of several kinds, each at its own boundary."""
    boundary("principal components", 600, (12, 8, 6, 4, 2), draws, 40_000_000)
    boundary("few rows", 200, (8, 4, 2), draws, 41_000_000)
    boundary("steep spectrum", 600, (6, 4, 2), draws, 42_000_000, decay=1.0)
    boundary("two classes", 600, (6, 4, 2), draws, 43_000_000, problem="binary")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--only-sizes", action="store_true")
    parser.add_argument("--only-boundaries", action="store_true")
    options = parser.parse_args()
    draws = options.draws
    if options.only_boundaries:
        boundaries(draws)
        return
    if options.only_sizes:
        sizes(600, (0.01, 0.02, 0.05), draws)
        return
    choices("two equal embeddings", 300, [0.6, 0.6], 0.05, draws)
    choices("two equal embeddings", 2000, [0.6, 0.6], 0.05, draws)
    choices("three, the smallest worse by twice the margin", 2000, [0.6, 0.6, 0.83], 0.05, draws)
    choices("three, the smallest just worse", 2000, [0.6, 0.6, 0.72], 0.05, draws)
    choices("three, all within the margin", 2000, [0.6, 0.6, 0.62], 0.05, draws)
    choices("few rows", 140, [0.6, 0.6, 0.62], 0.02, draws)
    sizes(600, (0.01, 0.02, 0.05), draws)
    boundaries(draws)


if __name__ == "__main__":
    main()

"""Cells of R2: coverage of intervals, comparisons of equal embeddings, and power."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neucocore.statistics.calibration import heavy_tailed
from neucocore.statistics.comparison import compare
from neucocore.statistics.influence import sampling_variance
from neucocore.statistics.intervals import interval
from trust.designs import draw, draw_pair, draw_views
from trust.fits import folds_of, held_out, influences, mean_of_outputs
from trust.measures import share

PILOT_SETS = 8
PILOT_LABELS = 12


def intervals(influence, true, n_set):
    """Return what is counted of one interval."""
    found = interval(influence)
    return {
        "set": n_set,
        "score": influence.estimate,
        "true": float(true),
        "low": np.nan if found.low is None else found.low,
        "high": np.nan if found.high is None else found.high,
        "noise": influence.training_noise or 0.0,
        "kappa": influence.inflation or 0.0,
        "n_effective": influence.n_effective / influence.n,
        "heavy": heavy_tailed(influence),
    }


def coverage_of(rows, *, one_expectation):
    """Summarise `intervals`.

    Parameters
    ----------
    one_expectation
        Whether all labels have the same expected score, so that its coverage has a meaning.
    """
    column = {key: np.array([row[key] for row in rows]) for key in rows[0]}
    low, high, true = column["low"], column["high"], column["true"]
    known = ~np.isnan(low)
    low, high, true, sets = low[known], high[known], true[known], column["set"][known]
    result = {
        "covered": share((low <= true) & (true <= high), sets),
        "width": float(np.mean(high - low)),
        "score": float(column["score"].mean()),
        "true": float(column["true"].mean()),
        "sd": float(column["score"].std()),
        "without_interval": int(np.sum(~known)),
        "noise": float(column["noise"].mean()),
        "kappa": float(column["kappa"].mean()),
        "n_effective": float(np.median(column["n_effective"])),
        "heavy": float(column["heavy"].mean()),
        "below": float(np.mean(true < low)),
        "above": float(np.mean(true > high)),
    }
    if one_expectation:
        expected = column["true"].mean()
        result["covered_expectation"] = share((low <= expected) & (expected <= high), sets)
    return result


def single(design, sets, labels, seed):
    """Return the coverage of intervals of R2 in one design."""
    rows = []
    for n_set in range(sets):
        data = draw(design, labels, np.random.default_rng([*seed, n_set]))
        folds = folds_of(f"{seed}-{n_set}", design.n, groups=data.groups)
        found = held_out(data, folds)
        columns = influences(data, found)
        if design.outputs > 1:
            columns = mean_of_outputs(columns, design.outputs, data.groups)
        true = found.true.reshape(-1, design.outputs).mean(axis=1)
        rows += [intervals(i, t, n_set) for i, t in zip(columns, true, strict=True)]
    isotropic = not design.decay and not design.autocorrelation
    return coverage_of(rows, one_expectation=isotropic)


def differences(a, b, true, n_set):
    """Return what is counted of one comparison, with that of rows alone beside it."""
    found = compare(a, b)
    rows_only = np.sqrt(sampling_variance(a.values - b.values, a.groups))
    return {
        "set": n_set,
        "score": (a.estimate + b.estimate) / 2,
        "difference": found.difference,
        "true": float(true),
        "different": bool(found.better),
        "better": found.better,
        "rows_only": abs(found.difference) > 1.96 * rows_only,
        "covered": found.low is not None and found.low <= true <= found.high,
        "error": np.nan if found.standard_error is None else found.standard_error,
        "detectable": np.nan if found.detectable is None else found.detectable,
    }


def rejections_of(rows):
    """Summarise `differences`."""
    column = {key: np.array([row[key] for row in rows]) for key in rows[0]}
    sets = column["set"]
    return {
        "different": share(column["different"], sets),
        "better": share(column["better"] == "A", sets),
        "rows_only": share(column["rows_only"], sets),
        "covered": share(column["covered"], sets),
        "score": float(column["score"].mean()),
        "sd": float(column["difference"].std()),
        "true": float(column["true"].mean()),
        "error": float(np.sqrt(np.nanmean(column["error"] ** 2))),
        "detectable": float(np.nanmean(column["detectable"])),
    }


def paired(pair, sets, labels, seed):
    """Return how often the two embeddings of a pair are called different."""
    rows = []
    for n_set in range(sets):
        sides = draw_pair(pair, labels, np.random.default_rng([*seed, n_set]))
        folds = folds_of(f"{seed}-{n_set}", pair.design.n, groups=sides[0].groups)
        found = [held_out(data, folds) for data in sides]
        a, b = (influences(data, side) for data, side in zip(sides, found, strict=True))
        true = found[0].true - found[1].true
        rows += [differences(*both, n_set) for both in zip(a, b, true, strict=True)]
    return rejections_of(rows)


def power(pair, true_differences, sets, labels, seed):
    """Return how often true differences are found; the noise of B is chosen to cause them."""
    noises = noises_for(pair, true_differences, seed)
    result = {}
    for difference, noise in zip(true_differences, noises, strict=True):
        worse = replace(pair, noise=(pair.noise[0], noise))
        result[f"{difference:g}"] = paired(worse, sets, labels, seed) | {"noise_of_b": noise}
    return result


def noises_for(pair, true_differences, seed):
    """Return the noises of B with which its expected R2 is lower by the differences."""
    grid = max(pair.noise[0], 0.1) * np.array([1, 1.1, 1.2, 1.35, 1.5, 1.75, 2.1, 2.6])
    sets = PILOT_SETS if pair.design.n < 2000 else 2
    expected = np.zeros(len(grid))
    for n_set in range(sets):
        rng = np.random.default_rng([*seed, 10_000 + n_set])
        sides = draw_views(pair.design, pair.kind, grid, PILOT_LABELS, rng)
        folds = folds_of(f"pilot-{seed}-{n_set}", pair.design.n)
        expected += [held_out(data, folds).true.mean() / sets for data in sides]
    loss = np.maximum.accumulate(expected[0] - expected)
    return [float(np.interp(difference, loss, grid)) for difference in true_differences]

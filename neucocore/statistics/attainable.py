"""The R2 that a perfect prediction would get where the labels themselves have errors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.statistics.influence import Undefined


def attainable_r2(y: NDArray[Any], label_sd: NDArray[np.float64]) -> float | Undefined:
    """Return 1 - mean(sd^2) / var(y), the R2 of predicting the true values, averaged over outputs.

    The errors of the labels are taken to have mean 0 and to be independent of the predictions, so
    a prediction cannot explain their variance. This is the reliability of the labels (Spearman,
    American Journal of Psychology 15, 1904). It is an expectation: a sample can have a higher R2.
    Negative if the errors are larger than the spread of the labels.

    Parameters
    ----------
    y
        (n,) or (n, k) labels, NaN where missing.
    label_sd
        Standard deviation of the error of each label, as `y`, in label units. Rows without one are
        taken to be like the others.

    Returns
    -------
    float or Undefined
        Undefined if no output has labels that differ, or if one of these has no standard deviation.
    """
    if not len(y):
        return Undefined("there are no labels")
    columns = np.asarray(y, dtype=np.float64).reshape(len(y), -1).T
    deviations = np.asarray(label_sd, dtype=np.float64).reshape(len(y), -1).T
    values = []
    for number, (labels, sd) in enumerate(zip(columns, deviations, strict=True), start=1):
        known = ~np.isnan(labels)
        if not known.any() or np.ptp(labels[known]) == 0:
            continue  # it has no R2
        errors = sd[known & ~np.isnan(sd)]
        if not len(errors):
            return Undefined(f"the labels of output {number} have no standard deviations")
        values.append(1 - float(np.mean(errors**2)) / float(np.var(labels[known])))
    return float(np.mean(values)) if values else Undefined("the labels are constant")

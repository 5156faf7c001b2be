"""From a submission to the numbers that a platform stores."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .nested_cv import score_nested_cv
from .neucobench import score_neucobench
from .submission import read_submission

NAME_OF_PUBLIC, NAME_OF_HOST = "public", "host"
"""The parts of the results that participants see and that only the host sees."""
MEAN, FAILURES = "mean_score", "failures"


@dataclass(frozen=True)
class Scored:
    """The result of one submission.

    Attributes
    ----------
    public
        Mean over the tasks, rounded if the phase says so, and the number of failures.
    host
        The score of each task and the mean, not rounded.
    notes
        What was repaired in the submission.
    """

    public: dict
    host: dict
    notes: list


def score_submission(reference, path):
    """Read, check and score one submission.

    A task without a score counts as ``reference.failure_value``. Failures are tasks under
    ``nested-cv`` and splits under ``neucobench-*``, where a task has a score as long as no more
    than ``reference.allowed_failures`` of its splits fail.

    Raises
    ------
    Refused
        The submission cannot be scored.
    """
    submission = read_submission(path, reference.ids, reference.limits)
    score = score_nested_cv if reference.protocol == "nested-cv" else score_neucobench
    values, failures = score(reference, submission.matrix)
    host = {
        task.name: finite(value, reference.failure_value)
        for task, value in zip(reference.tasks, values)
    }
    mean = math.fsum(host.values()) / len(host)
    public = {
        MEAN: rounded(mean, reference.rounding),
        FAILURES: float(failures),
    }
    host = dict(sorted(host.items(), key=lambda item: (len(item[0]), item[0])))
    host["exact_mean_score"] = mean
    return Scored(public, host, submission.notes)


def finite(value, failure_value):
    """Return a plain float; `failure_value` if there is no finite number."""
    if value is None or not math.isfinite(value):
        return float(failure_value)
    return float(value)


def rounded(value, step):
    """Return the nearest multiple of `step`; the value itself if `step` is 0."""
    return round(value / step) * step if step else value

"""The protocol ``svm``: NeuCo-Bench's polynomial SVM, searched inside the training part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neucocore.components.factory import create, resolve
from neucocore.components.lookup import find_for_spec
from neucocore.components.specs import Problem
from neucocore.errors import ConfigError
from neucocore.evaluation.heldout.plugin_probe import ProbeFitter
from neucocore.evaluation.heldout.predict import Progress
from neucocore.evaluation.heldout.scoring import check_split_options, score_held_out
from neucocore.evaluation.inputs import ScoringInput
from neucocore.evaluation.outcome import TaskOutcome
from neucocore.evaluation.protocols import protocol
from neucocore.interfaces import Probe

SPLIT_IDENTITY = "svm@1"
NOT_FOR_THE_PROBE = ("folds", "repeats", "metric")
RANGES = ("C_start_end", "kernel_gamma_start_end", "kernel_coef0_start_end")
LISTS = ("epsilon_list", "kernel_degree_list")
IGNORED = ("n_jobs", "n_points", "optimizer_kwargs", "verbose")
"""Settings of the reference's optimiser that a random search does not have."""


class SVMProtocol:
    """Score tasks under ``svm``. Options: see ``neuco info svm``."""

    uses_folds = True
    reports_details = True

    def check_options(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the options with their lists as numbers.

        Raises
        ------
        ConfigError
            Values that cannot be used, all reported together.
        """
        check_split_options(options)
        normalised = {
            key: _numbers(value) if key in RANGES + LISTS else value
            for key, value in options.items()
        }
        if problems := _problems(normalised):
            raise ConfigError(
                "the options of the protocol svm cannot be used",
                problems=problems,
                hint="neuco info svm shows the options and their defaults",
            )
        return normalised

    def score(
        self,
        inputs: ScoringInput,
        options: Mapping[str, Any],
        *,
        jobs: int = 1,
        progress: Progress | None = None,
    ) -> list[TaskOutcome]:
        """Score every task; parameters as in `neucocore.evaluation.protocols.ScoringProtocol`.

        Raises
        ------
        DataError
            Tasks with a single class, or with too few rows of a class or too few groups, all
            reported together.
        ConfigError
            Options that cannot be used.
        """
        options = self.check_options(options)
        params = {key: value for key, value in options.items() if key not in NOT_FOR_THE_PROBE}
        component = find_for_spec("probe", "svm")
        resolve(component, component.spec.factory)  # import before BLAS is limited to one thread

        def make(problem: Problem) -> Probe:
            probe: Probe = create(component, problem=problem, **params)
            return probe

        fit = ProbeFitter(make, "svm", SPLIT_IDENTITY)
        return score_held_out(
            inputs, options, fit, identity=SPLIT_IDENTITY, jobs=jobs, progress=progress
        )


def _numbers(value: Any) -> Any:
    """Return the items of a list as numbers where they are texts that read as numbers."""
    if not isinstance(value, list | tuple):
        return value
    try:
        numbers = [float(item) if isinstance(item, str) else item for item in value]
    except ValueError:
        return value
    return [int(n) if isinstance(n, float) and n.is_integer() else n for n in numbers]


def options_from_probe_params(probe_params: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the ``probe_params`` of NeuCo-Bench's YAML into options of ``svm@1``.

    As there, ``C_start_end`` and ``kernel_degree_list`` are required, single values stand for
    lists, and a range that is left out is not searched. Of ``opt_params``, ``n_iter`` counts.

    Raises
    ------
    ConfigError
        Unknown or missing keys, or values out of bounds; all at once.
    """
    given = dict(probe_params)
    search = dict(given.pop("opt_params", None) or {})
    options: dict[str, Any] = {"kernel_gamma_start_end": None, "kernel_coef0_start_end": None}
    if "n_iter" in search:
        options["n_iter"] = search.pop("n_iter")
    unknown = sorted({*given} - {*RANGES, *LISTS}) + sorted({*search} - {*IGNORED})
    problems = [f"unknown key {key!r}" for key in unknown]
    required = ("C_start_end", "kernel_degree_list")
    problems += [f"{key} is missing" for key in required if given.get(key) is None]
    for key in LISTS:
        if isinstance(given.get(key), int | float):
            given[key] = [given[key]]
    options |= {key: value for key, value in given.items() if key in RANGES + LISTS}
    if options.get("epsilon_list") is None:
        options["epsilon_list"] = [0.1]  # scikit-learn's own
    if not problems:
        problems = _problems({**protocol("svm").values(), **options})
    if problems:
        raise ConfigError("probe_params of the SVM cannot be used", problems=problems)
    return options


def _problems(params: Mapping[str, Any]) -> list[str]:
    found = []
    for key in RANGES:
        value = params[key]
        if value is None and key != "C_start_end":
            continue
        if not _is_range(value):
            found.append(f"{key}: {value!r} is not [low, high] with low below high")
        elif key != "kernel_coef0_start_end" and value[0] <= 0:
            found.append(f"{key}: {value!r} is drawn log-uniformly and must be above 0")
    degrees = params["kernel_degree_list"]
    if not _is_list(degrees) or any(not isinstance(d, int) or d < 1 for d in degrees):
        found.append(f"kernel_degree_list: {degrees!r} is not a list of whole numbers from 1")
    elif 1 in degrees and (params["kernel_gamma_start_end"] or params["kernel_coef0_start_end"]):
        found.append("kernel_degree_list: degree 1 needs gamma and coef0 left out")
    epsilons = params["epsilon_list"]
    if not _is_list(epsilons) or any(not isinstance(e, int | float) or e <= 0 for e in epsilons):
        found.append(f"epsilon_list: {epsilons!r} is not a list of numbers above 0")
    for key in ("n_iter", "inner_folds", "search_rows"):
        least = 2 if key == "inner_folds" else 1
        if not isinstance(params[key], int) or params[key] < least:
            found.append(f"{key}: {params[key]!r} is not a whole number from {least}")
    return found


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) > 0


def _is_range(value: Any) -> bool:
    if not _is_list(value) or len(value) != 2:
        return False
    return all(isinstance(v, int | float) for v in value) and value[0] < value[1]

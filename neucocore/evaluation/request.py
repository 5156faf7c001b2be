"""From the options of an evaluation to a request with every name looked up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neucocore.components.parameters import split_settings
from neucocore.data.embeddings.formats import split_column, suffix_of
from neucocore.errors import ConfigError
from neucocore.evaluation.neucobench.config import read_config
from neucocore.evaluation.options import EvaluateOptions
from neucocore.evaluation.protocols import ChosenProtocol, choose_protocols
from neucocore.evaluation.reduction import Reduction
from neucocore.evaluation.suites import ChosenSuite, choose_suite

DEFAULT_PHASE = "results"


@dataclass(frozen=True, eq=False)
class EvaluateRequest:
    """An evaluation with its protocols looked up.

    Attributes
    ----------
    tasks
        Names or wildcards of the tasks to score; empty for all.
    lenient
        NeuCo-Bench's own reading: cells that are not numbers count as 0, ids are intersected.
    fold_results, plots, store_probes
        What is written in addition to the scores.
    config
        Content of NeuCo-Bench's configuration file, else empty.
    update_leaderboard
        Whether that configuration asks for the leaderboard to be written.
    suite
        The suite that is scored; the options then contain what it fixes. None: ad hoc.
    reduction, training_rows
        As in `neucocore.evaluation.inputs.ScoringInput`: one point of a curve. None for others.
    """

    options: EvaluateOptions
    method: str
    phase: str
    protocols: tuple[ChosenProtocol, ...]
    tasks: tuple[str, ...]
    lenient: bool = False
    fold_results: bool = True
    plots: bool = False
    store_probes: bool = False
    config: Mapping[str, Any] = field(default_factory=dict)
    update_leaderboard: bool = False
    suite: ChosenSuite | None = None
    reduction: Reduction | None = None
    training_rows: int | None = None

    @property
    def inside_splits(self) -> dict[str, Any]:
        """What happens to the rows inside each split, as plain JSON values; empty for nothing."""
        values: dict[str, Any] = {}
        if self.reduction is not None:
            values["reduction"] = {
                **self.reduction.identity,
                "bytes_per_row": self.reduction.bytes_per_row,
            }
        if self.training_rows is not None:
            values["training_rows"] = self.training_rows
        return values


def evaluate_request(options: EvaluateOptions) -> EvaluateRequest:
    """Look up suite and protocols, and read NeuCo-Bench's configuration, if one is named.

    Raises
    ------
    ComponentLookupError
        An unknown suite, protocol, probe or metric.
    ConfigError
        Options that cannot be used, or that a suite or a configuration file already sets.
    MissingFileError
        The table of groups of a suite is not next to the labels.
    """
    method = options.method
    if method is None:
        method = method_name(Path(options.embeddings))
    phase = DEFAULT_PHASE if options.phase is None else options.phase
    settings = _settings(options)
    if options.suite is not None:
        suite, options = choose_suite(options, settings)
        return EvaluateRequest(
            options=options,
            method=method,
            phase=phase,
            protocols=(suite.protocol,),
            tasks=suite.tasks,
            plots=options.plots,
            store_probes=options.store_probes,
            suite=suite,
        )
    if options.config is not None:
        return _drop_in(options, method, phase)
    return EvaluateRequest(
        options=options,
        method=method,
        phase=phase,
        protocols=choose_protocols(
            options.protocol,
            probe=options.probe,
            metric=options.metric,
            options=settings,
        ),
        tasks=options.tasks,
        plots=options.plots,
        store_probes=options.store_probes,
    )


def _settings(options: EvaluateOptions) -> dict[str, Any]:
    """Return the options of the protocol that were set, by name.

    Raises
    ------
    ConfigError
        ``--folds`` or ``--repeats`` is also set with another value by ``--set``.
    """
    settings = {**options.options, **split_settings(options.set)}
    problems = []
    for name in ("folds", "repeats"):
        value = getattr(options, name)
        if value is None:
            continue
        if str(settings.get(name, value)) != str(value):
            problems.append(f"--{name} {value} and --set {name}={settings[name]}")
        settings[name] = value
    if problems:
        raise ConfigError(
            "an option of the protocol is set twice", problems=problems, hint="keep one of them"
        )
    return settings


def method_name(path: Path) -> str:
    """Return a file's name without the suffix of its format; other dots stay.

    Of ``FILE:COLUMN`` the column is part of the name.
    """
    file, column = split_column(path)
    name = file.name[: len(file.name) - len(suffix_of(file) or "")]
    if column is None:
        return name
    return f"{name}-{re.sub(r'[^A-Za-z0-9_.-]', '_', column)}"


def _drop_in(options: EvaluateOptions, method: str, phase: str) -> EvaluateRequest:
    also_set = [
        f"--{name}"
        for name in ("protocol", "probe", "metric", "tasks", "folds", "repeats", "set", "options")
        if getattr(options, name)
    ]
    if also_set:
        raise ConfigError(
            f"--config {options.config} already sets what {', '.join(also_set)} would set",
            hint=f"leave out --config, or {' and '.join(also_set)}",
        )
    config = read_config(Path(str(options.config)))
    return EvaluateRequest(
        options=options,
        method=method,
        phase=phase,
        protocols=(config.protocol,),
        tasks=config.tasks,
        lenient=True,
        fold_results=config.fold_results,
        plots=options.plots or config.plots,
        store_probes=options.store_probes or config.store_probes,
        config=config.config,
        update_leaderboard=config.update_leaderboard,
    )

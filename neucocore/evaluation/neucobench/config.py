"""NeuCo-Bench's own YAML configuration, read as it is: the drop-in mode.

It becomes the options of a protocol (what the scores depend on) and switches (what is written
beside them). Missing keys take NeuCo-Bench's defaults, but plots, which need an extra here, are
drawn only when asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neucocore.errors import ConfigError
from neucocore.evaluation.protocols import ChosenProtocol, protocol
from neucocore.files.yaml_document import Document, load_yaml

PROTOCOL_OF_PROBE = {"linear": "neucobench-2026", "svm": "svm"}
PROTOCOLS = ("neucobench-2026", "neucobench-2025")
"""The protocols of the linear probe, which differ in their defaults only."""
TENTHS = 10


@dataclass(frozen=True, eq=False)
class NeuCoBenchConfig:
    """A configuration of NeuCo-Bench, checked.

    Attributes
    ----------
    probe_type
        ``linear`` or ``svm``.
    options
        What the scores depend on, by the protocol's option names.
    tasks
        Stems of the tasks to score (``task_filter``), empty for all.
    fold_results, plots, store_probes, update_leaderboard
        What is written beside the scores. Storing probes moves the random stream, as it does there.
    config
        The file's content, for ``config`` in the run's summary.
    """

    probe_type: str
    options: Mapping[str, Any]
    tasks: tuple[str, ...]
    fold_results: bool
    plots: bool
    store_probes: bool
    update_leaderboard: bool
    config: Mapping[str, Any]

    @property
    def protocol(self) -> ChosenProtocol:
        """The protocol with the file's options in force."""
        if self.probe_type == "linear":
            return nearest_protocol(self.options)
        return protocol(PROTOCOL_OF_PROBE[self.probe_type]).with_options(self.options)


def read_config(path: Path) -> NeuCoBenchConfig:
    """Read and check a configuration of NeuCo-Bench.

    Raises
    ------
    MissingFileError
        There is no such file.
    ConfigError
        With every problem of the file, each with its line.
    """
    document = load_yaml(path)
    if not isinstance(document.value, dict):
        raise ConfigError("a configuration is a mapping of keys such as k_folds", file=path)
    document.raise_for_problems(
        _problems(document), hint="neuco info neucobench-2026 shows the protocol's options"
    )
    top: dict[str, Any] = document.value
    return NeuCoBenchConfig(
        probe_type=top["probe_type"],
        options=_options(top),
        tasks=tuple(top.get("task_filter") or ()),
        fold_results=top.get("output_fold_results", False),
        plots=top.get("enable_plots", False),
        store_probes=top.get("store_probes", False),
        update_leaderboard=top.get("update_leaderboard", False),
        config=top,
    )


def recorded_protocol(config: Mapping[str, Any]) -> ChosenProtocol | None:
    """Return the protocol of a configuration that NeuCo-Bench recorded with a run.

    Until February 2026 the options of the linear probe were at the top of the configuration.

    Returns
    -------
    ChosenProtocol or None
        ``neucobench-2026`` or ``neucobench-2025`` with the options of the configuration. None for
        another probe, and for keys or values whose meaning is not known.
    """
    flat = {name: value for name, value in config.items() if name in _PROBES["linear"]}
    params = {**flat, **(config.get("probe_params") or {})}
    top = {name: value for name, value in config.items() if name not in flat}
    top |= {"probe_type": config.get("probe_type", "linear"), "probe_params": params}
    known = all(name in _TOP for name in top) and all(name in _PROBES["linear"] for name in params)
    complete = all(name in params for name in _PROBE_REQUIRED["linear"]) and "k_folds" in top
    if top["probe_type"] != "linear" or not known or not complete:
        return None
    options = {
        "k_folds": top["k_folds"],
        **{name: top.get(name, default) for name, default in _PREPARATION.items()},
        **{name: params[name] for name in _PROBE_REQUIRED["linear"]},
    }
    checks = {**_TOP, **_PROBES["linear"]}
    if any(checks[name](value) for name, value in options.items()):
        return None
    return nearest_protocol(options)


def nearest_protocol(options: Mapping[str, Any]) -> ChosenProtocol:
    """Return the protocol of NeuCo-Bench from whose defaults the fewest options differ.

    Equal options get equal identities in this way, whatever protocol they were written for.

    Parameters
    ----------
    options
        A value for every option.
    """
    choices = [protocol(name) for name in PROTOCOLS]
    return min(
        (chosen.with_options(options) for chosen in choices), key=lambda chosen: len(chosen.changed)
    )


def _options(top: Mapping[str, Any]) -> dict[str, Any]:
    count, params = top["k_folds"], top["probe_params"]
    if top["probe_type"] == "svm":
        # The linear probe needs none of what this imports, and is there to be fast.
        from neucocore.evaluation.svm import options_from_probe_params

        # As many splits, of a tenth each where that divides.
        repeats = count // TENTHS if count % TENTHS == 0 else 1
        splits = {"folds": count // repeats, "repeats": repeats}
        return {**options_from_probe_params(params), **splits}
    return {
        "k_folds": count,
        **{name: top.get(name, default) for name, default in _PREPARATION.items()},
        **{name: params[name] for name in _PROBE_REQUIRED["linear"]},
    }


Check = Callable[[Any], str]
"""Says what a value must be, or nothing when it is."""


def _count(value: Any) -> str:
    fits = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    return "" if fits else "a whole number from 1"


def _flag(value: Any) -> str:
    return "" if isinstance(value, bool) else "true or false"


def _text(value: Any) -> str:
    return "" if isinstance(value, str) else "a text"


def _positive(value: Any) -> str:
    return "" if _is_number(value) and value > 0 else "a number above 0"


def _texts(value: Any) -> str:
    # An empty list would leave nothing to score.
    fits = isinstance(value, list) and value and all(isinstance(item, str) for item in value)
    return "" if fits else "a list of task names"


def _range(value: Any) -> str:
    fits = isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))
    return "" if fits and value[0] < value[1] else "two numbers, the smaller first"


def _positive_range(value: Any) -> str:
    return "" if not _range(value) and value[0] > 0 else "two numbers above 0, the smaller first"


def _degrees(value: Any) -> str:
    degrees = value if isinstance(value, list) else [value]
    fits = bool(degrees) and not any(map(_count, degrees))
    return "" if fits else "whole numbers from 1"


def _widths(value: Any) -> str:
    widths = value if isinstance(value, list) else [value]
    return "" if widths and not any(map(_positive, widths)) else "numbers above 0"


def _search(value: Any) -> str:
    if not isinstance(value, dict):
        return "a mapping"
    if "cv" in value:
        return "without cv: the splits are the protocol's"
    return _count(value.get("n_iter", 1)) and "with n_iter, if given, a whole number from 1"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_probe(value: Any) -> bool:
    return isinstance(value, str) and value in PROTOCOL_OF_PROBE


def _or_null(check: Check) -> Check:
    return lambda value: "" if value is None else check(value) and f"{check(value)}, or null"


_PREPARATION = {
    "embedding_dim": None,
    "standardize_embeddings": True,
    "normalize_labels": True,
}
_TOP: Mapping[str, Check] = {
    "k_folds": _count,
    "probe_type": lambda value: "" if _is_probe(value) else "linear or svm",
    "probe_params": lambda value: "" if isinstance(value, dict) else "a mapping",
    "embedding_dim": _or_null(_count),
    "standardize_embeddings": _flag,
    "normalize_labels": _flag,
    "task_filter": _or_null(_texts),
    "output_fold_results": _flag,
    "enable_plots": _flag,
    "store_probes": _flag,
    "update_leaderboard": _flag,
}
_TOP_REQUIRED = ("k_folds", "probe_type", "probe_params")
_PROBES: Mapping[str, Mapping[str, Check]] = {
    "linear": {
        "batch_size": _count,
        "epochs": _count,
        "learning_rate": _positive,
        "device": _text,
    },
    "svm": {
        "C_start_end": _positive_range,
        "kernel_degree_list": _degrees,
        "epsilon_list": _or_null(_widths),
        "kernel_gamma_start_end": _or_null(_positive_range),
        "kernel_coef0_start_end": _or_null(_range),
        "opt_params": _or_null(_search),
    },
}
_PROBE_REQUIRED = {
    "linear": ("batch_size", "epochs", "learning_rate"),
    "svm": ("C_start_end", "kernel_degree_list"),
}


def _problems(document: Document) -> list[str]:
    top = document.value
    # Before it had probes to choose from, NeuCo-Bench kept these keys at the top.
    moved = [name for name in top if name in _PROBES["linear"]]
    problems = [f"{document.place(name)}: {name} belongs under probe_params" for name in moved]
    known = {name: value for name, value in top.items() if name not in moved}
    problems += _of_mapping(document, known, _TOP, _TOP_REQUIRED)
    probe, params = top.get("probe_type"), top.get("probe_params")
    if _is_probe(probe) and isinstance(params, dict):
        required = _PROBE_REQUIRED[probe]
        problems += _of_mapping(document, params, _PROBES[probe], required, "probe_params")
        problems += _of_svm(document) if probe == "svm" else []
    return problems


def _of_mapping(
    document: Document,
    mapping: Mapping[str, Any],
    checks: Mapping[str, Check],
    required: tuple[str, ...],
    *path: str,
) -> list[str]:
    within = f"{'.'.join(path)}." if path else ""
    problems = document.unknown_keys(mapping, checks, *path)
    problems += [
        f"{document.place(*path)}: {within}{name} is missing"
        for name in required
        if name not in mapping
    ]
    problems += [
        f"{document.place(*path, name)}: {within}{name} must be {wanted}, found {mapping[name]!r}"
        for name, check in checks.items()
        if name in mapping and (wanted := check(mapping[name]))
    ]
    return problems


def _of_svm(document: Document) -> list[str]:
    """Return what the protocol svm cannot do, or cannot do together."""
    top, params = document.value, document.value["probe_params"]
    problems = [
        f"{document.place(name)}: {name} is decided by the protocol svm; leave it out"
        for name, default in _PREPARATION.items()
        if top.get(name, default) != default
    ]
    if top.get("k_folds") == 1:
        problems.append(f"{document.place('k_folds')}: k_folds must be 2 or more for svm")
    degrees = params.get("kernel_degree_list")
    if 1 in (degrees if isinstance(degrees, list) else [degrees]):
        problems += [
            f"{document.place('probe_params', name)}: probe_params.{name} cannot be searched "
            "with degree 1 in kernel_degree_list"
            for name in ("kernel_gamma_start_end", "kernel_coef0_start_end")
            if params.get(name) is not None
        ]
    return problems

"""The scoring protocols: their names, versions, options and identities."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from neucocore.errors import ConfigError, UnknownComponentError

DEFAULT_PROTOCOL = "robust"
DIGEST_LENGTH = 4


@dataclass(frozen=True)
class Protocol:
    """A named, versioned way to score embeddings.

    Attributes
    ----------
    scorer
        ``module:function`` with the signature
        ``(embeddings, tasks, options, *, jobs, progress) -> list[TaskOutcome]``.
    defaults
        Every option with its default. Options are what the scores depend on; where and how fast
        (jobs, plots) are not options.
    options
        The values in force; equal to ``defaults`` unless changed by the user.
    by_stem
        Tasks are named and ordered by label-file stem (``neucobench-*``).
    notice
        One line said with every run, for protocols with known defects.
    """

    name: str
    version: int
    summary: str
    scorer: str
    defaults: Mapping[str, Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    by_stem: bool = False
    notice: str = ""

    @property
    def identity(self) -> str:
        """``name@version``, plus a digest of every changed option."""
        changed = self.changed
        base = f"{self.name}@{self.version}"
        if not changed:
            return base
        text = json.dumps(changed, sort_keys=True, separators=(",", ":"))
        return f"{base}+{hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]}"

    @property
    def changed(self) -> dict[str, Any]:
        """The options that differ from the protocol's defaults."""
        return {
            key: value for key, value in sorted(self.options.items()) if value != self.defaults[key]
        }

    def values(self) -> dict[str, Any]:
        """Every option with the value in force."""
        return {**self.defaults, **self.options}

    def with_options(self, options: Mapping[str, Any]) -> Protocol:
        """Return the protocol with some options changed; unknown ones are a `ConfigError`."""
        unknown = sorted(set(options) - set(self.defaults))
        if unknown:
            raise ConfigError(
                f"protocol {self.name} has no option {', '.join(map(repr, unknown))}",
                hint=f"its options are {', '.join(sorted(self.defaults))}",
            )
        return Protocol(**{**self.__dict__, "options": {**self.options, **options}})


NEUCOBENCH_NOTICE = (
    "neucobench-{year} repeats NeuCo-Bench's published probe with its known defects; "
    "see docs/scores.md"
)
NEUCOBENCH_DEFAULTS: dict[str, Any] = {
    "k_folds": 40,
    "batch_size": 64,
    "epochs": 10,
    "learning_rate": 1e-3,
    "embedding_dim": None,
    "standardize_embeddings": True,
    "normalize_labels": True,
}

# probe and metric name installed components to be used in place of the protocol's own.
ROBUST_DEFAULTS: dict[str, Any] = {"folds": 10, "repeats": 1, "probe": None, "metric": None}

# The keys and ranges of NeuCo-Bench's sample_config_svm.yaml.
SVM_DEFAULTS: dict[str, Any] = {
    "folds": 10,
    "repeats": 1,
    "metric": None,
    "C_start_end": [0.001, 1000],
    "epsilon_list": [0.01, 0.05, 0.1, 0.5],
    "kernel_degree_list": [2, 3],
    "kernel_gamma_start_end": [0.0001, 10],
    "kernel_coef0_start_end": [-1, 2],
    "n_iter": 50,
    "inner_folds": 3,
    "search_rows": 2000,
}

PROTOCOLS: Mapping[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        Protocol(
            name="neucobench-2026",
            version=1,
            summary="NeuCo-Bench's linear probe of 2026-06-30, to the fold",
            scorer="neucocore.evaluation.neucobench.protocol:score",
            defaults=NEUCOBENCH_DEFAULTS,
            by_stem=True,
            notice=NEUCOBENCH_NOTICE.format(year=2026),
        ),
        Protocol(
            name="neucobench-2025",
            version=1,
            summary="the 2025 challenge's settings: 20 epochs, padded to 1024",
            scorer="neucocore.evaluation.neucobench.protocol:score",
            defaults={**NEUCOBENCH_DEFAULTS, "epochs": 20, "embedding_dim": 1024},
            by_stem=True,
            notice=NEUCOBENCH_NOTICE.format(year=2025),
        ),
        Protocol(
            name="robust",
            version=1,
            summary="ridge and logistic probes chosen inside the training part, pooled scores",
            scorer="neucocore.evaluation.robust:score",
            defaults=ROBUST_DEFAULTS,
        ),
        Protocol(
            name="svm",
            version=1,
            summary="polynomial SVM, parameters searched inside the training part",
            scorer="neucocore.evaluation.svm:score",
            defaults=SVM_DEFAULTS,
        ),
    )
}


def protocol(name: str) -> Protocol:
    """Look a protocol up by ``name`` or ``name@version``."""
    base, _, version = name.partition("@")
    found = PROTOCOLS.get(base)
    if found is None or (version and version != str(found.version)):
        known = ", ".join(f"{p.name}@{p.version}" for p in PROTOCOLS.values())
        raise UnknownComponentError(f"unknown protocol {name!r}", hint=f"the protocols are {known}")
    return found

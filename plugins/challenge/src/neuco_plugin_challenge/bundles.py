"""From a challenge and its labels to the files of a bundle."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from neuco_plugin_challenge.bundle_check import check_scorer
from neuco_plugin_challenge.codabench import codabench_bundle
from neuco_plugin_challenge.evalai import evalai_bundle
from neuco_plugin_challenge.reference_data import PhaseRules, reference_data, shown_names
from neuco_plugin_challenge.scorer_bundle import ScoredPhase
from neuco_plugin_challenge.scorer_sources import scorer_files
from neucocore import NeucoError

if TYPE_CHECKING:
    from neuco_plugin_challenge.settings import Challenge

BUNDLES = {"codabench": codabench_bundle, "evalai": evalai_bundle}


def scored_phases(
    challenge: Challenge, path: Path, labels: Path, *, check: bool = True
) -> list[ScoredPhase]:
    """Return each phase with the data of its scorer.

    Parameters
    ----------
    path
        ``challenge.yaml``; its digest determines which task is shown under which name.
    check
        Whether to run the scorer on a random embedding and to compare it with neucocore.

    Raises
    ------
    NeucoError
        Labels or a protocol that the scorer cannot use, or scores that differ.
    """
    if challenge.protocol != "nested-cv" and not challenge.protocol.startswith("neucobench-"):
        raise NeucoError(
            f"the protocol {challenge.protocol} cannot be scored on a platform",
            hint="nested-cv, neucobench-2025 and neucobench-2026 can",
        )
    if held := [phase.codename for phase in challenge.phases if phase.holdout is not None]:
        raise NeucoError(
            f"bundles cannot hold back rows yet, and a holdout is named in {', '.join(held)}",
            hint="leave these rows out with a column of the label files: columns: NAME",
        )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    limits = challenge.limits
    phases = []
    for phase in challenge.phases:
        rules = PhaseRules(
            codename=phase.codename,
            tasks=shown_names(phase.tasks, digest),
            subset=phase.columns,
            protocol=challenge.protocol,
            limits={
                "dimensions": limits.dimensions,
                "dtype": limits.dtype,
                "bytes": limits.bytes,
            },
            allowed_failures=challenge.allowed_failures,
            rounded=phase.codename in challenge.rounded,
        )
        phases.append(ScoredPhase(phase, reference_data(rules, labels)))
    if check:
        files = scorer_files()
        for scored in phases:
            check_scorer(files, scored.reference)
    return phases


def bundle_files(
    platform: str, challenge: Challenge, phases: Sequence[ScoredPhase]
) -> dict[str, bytes]:
    """Return the files of the bundle for ``codabench`` or ``evalai``, by name."""
    return BUNDLES[platform](challenge, phases, scorer_files())

"""Runs from several places: results folders, run folders and packs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from neucocore.errors import ResultsError
from neucocore.results.layout import SUMMARY
from neucocore.results.packs.reading import SUFFIX, is_pack, read_pack
from neucocore.results.reading import RunRecord, read_runs


def read_sources(paths: Sequence[str | Path], phase: str | None = None) -> list[RunRecord]:
    """Read the runs of results folders and packs, sorted by phase and experiment.

    Packs that lie in a results folder belong to it. A run that is found twice, such as in a pack
    next to its folder, is read once.

    Parameters
    ----------
    paths
        Results folders and packs.
    phase
        Read only the runs of this phase.

    Raises
    ------
    ResultsError
        There is no run, or runs or packs cannot be read; those are reported together.
    """
    runs: list[RunRecord] = []
    packed: list[RunRecord] = []
    errors: list[ResultsError] = []
    for path in map(Path, paths):
        packs = [path] if is_pack(path) and not path.is_dir() else sorted(path.glob(f"*{SUFFIX}"))
        only = phase if len(paths) == 1 and not packs else None  # its error names the phases
        try:
            if not packs or any(path.glob(f"*/*/{SUMMARY}")):
                runs += read_runs(path, only)
        except ResultsError as error:
            errors.append(error)
        for pack in packs:
            try:
                packed += read_pack(pack).runs
            except ResultsError as error:
                errors.append(error)
    if errors:
        raise _joined(errors)
    found = [*runs, *packed]
    runs = [run for run in found if phase is None or run.phase == phase]
    if not runs:
        raise ResultsError(
            f"there is no run of the phase {phase!r} in {', '.join(map(str, paths))}",
            hint=f"the phases are {', '.join(sorted({run.phase for run in found}))}",
        )
    unique = {(run.phase, run.experiment, run.started, run.embeddings): run for run in runs[::-1]}
    return sorted(unique.values(), key=lambda run: (run.phase, run.experiment))


def _joined(errors: Sequence[ResultsError]) -> ResultsError:
    if len(errors) == 1:
        return errors[0]
    return ResultsError(
        f"{len(errors)} sources of results cannot be read",
        problems=["; ".join([error.message, *error.problems]) for error in errors],
        hint="leave them out, or ask their senders for the files again",
    )

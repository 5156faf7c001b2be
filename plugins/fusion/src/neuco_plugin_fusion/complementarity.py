"""What each embedding adds to the others, for every task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neuco_plugin_fusion.files import fuse, name_of
from neucocore import OutputFile, evaluate, save_embeddings
from neucocore.plugin import ConfigError

TOGETHER = "together"


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one embedding contributes to one task.

    Attributes
    ----------
    alone
        Its own score as in leaderboards (larger is better), None where undefined.
    together
        Score of all embeddings fused.
    without
        Score of all other embeddings fused.
    adds
        ``together - without``: the decrease of the score when this embedding is left out.
    """

    task: str
    metric: str
    part: str
    alone: float | None
    together: float | None
    without: float | None

    @property
    def adds(self) -> float | None:
        """Decrease of the score without this embedding; None where a score is undefined."""
        if self.together is None or self.without is None:
            return None
        return self.together - self.without


def complementarity(
    files: Sequence[Path],
    *,
    labels: Path,
    output: Path,
    dimension: int | None = 1024,
    scaling: str = "block",
    protocol: str = "nested-cv",
    force: bool = False,
    **evaluation: Any,
) -> list[Contribution]:
    """Score each embedding alone, all together, and all but each one.

    The runs are written to ``output`` like all runs, and are not repeated if they exist; the fused
    embeddings are in ``output/embeddings``.

    Parameters
    ----------
    files
        Two or more embeddings files of the same cubes, with different names.
    labels, output
        Folder of label files, folder of runs.
    dimension
        Maximum number of dimensions of a fused embedding (PCA); None: all.
    scaling
        See `neuco_plugin_fusion.scaling.scale_factors`.
    protocol
        Scoring protocol.
    force
        Fuse and score again, and replace existing files.
    evaluation
        Further keywords of `neucocore.evaluate`, such as ``dataset`` or ``tasks``.

    Returns
    -------
    list of Contribution
        Tasks in the order of the runs, parts in the order of `files`.

    Raises
    ------
    ConfigError
        Fewer than two files, two files with the same name, or files of which only some name their
        data set.
    """
    names = _names(files)

    def score(parts: Sequence[Path], method: str) -> dict[str, Any]:
        file = parts[0]
        if len(parts) > 1:
            file = output / "embeddings" / f"{method}.parquet"
            key = {"inputs": list(parts), "scaling": scaling, "dimension": dimension}
            target = OutputFile(file, command="fusion report", key=key, force=force)
            reducer = None if dimension is None else "pca"
            fused = fuse(parts, scaling=scaling, reducer=reducer, dimension=dimension)
            with target.writing():
                save_embeddings(fused, file)
        [report] = evaluate(
            file,
            labels=labels,
            output=output,
            method=method,
            protocol=protocol,
            force=force,
            **evaluation,
        )
        return {row["task"]: row for row in report.rows()}

    alone = {name: score([file], name) for name, file in zip(names, files, strict=True)}
    together = score(files, TOGETHER)
    without = {
        name: score([other for other in files if other != file], f"without-{name}")
        for name, file in zip(names, files, strict=True)
    }
    scored = [together, *alone.values(), *without.values()]
    names_of_tasks = {name for tasks in scored for name in tasks}
    if any(set(tasks) != names_of_tasks for tasks in scored):
        raise ConfigError(
            "the embeddings are not scored on the same tasks, because only some of the files name "
            f"their data set: {', '.join(sorted(names_of_tasks))}",
            hint="name the data set of all files with --dataset NAME",
        )
    return [
        Contribution(
            task=task,
            metric=row["metric"],
            part=name,
            alone=alone[name][task]["q"],
            together=row["q"],
            without=without[name][task]["q"],
        )
        for task, row in together.items()
        for name in names
    ]


def _names(files: Sequence[Path]) -> list[str]:
    names = [name_of(file) for file in files]
    if len(files) < 2 or len(set(names)) < len(names) or TOGETHER in names:
        raise ConfigError(
            f"two or more embeddings files with different names are required, not "
            f"{', '.join(names) or 'none'}",
            hint=f"rename one of the files; the name {TOGETHER!r} is reserved",
        )
    return names

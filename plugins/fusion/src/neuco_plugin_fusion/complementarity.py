"""What each embedding adds to the others, task by task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neuco_plugin_fusion.files import fuse
from neucocore import evaluate, save_embeddings
from neucocore.plugin import ConfigError

TOGETHER = "together"


@dataclass(frozen=True, slots=True)
class Complement:
    """One embedding's part in one task.

    Attributes
    ----------
    alone
        Its own score (what leaderboards rank by; larger is better), None where undefined.
    together
        The score of all embeddings fused.
    without
        The score of all others fused.
    adds
        ``together - without``: what is lost when this one is left out.
    """

    task: str
    metric: str
    part: str
    alone: float | None
    together: float | None
    without: float | None

    @property
    def adds(self) -> float | None:
        """What is lost when this one is left out; None where a score is undefined."""
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
    protocol: str = "robust",
    **evaluation: Any,
) -> list[Complement]:
    """Score every embedding alone, all together, and all without each.

    The runs lie under ``output`` like any others and are found again; the fused embeddings in
    ``output/embeddings``.

    Parameters
    ----------
    files
        Two or more embeddings files of the same cubes, with different names.
    labels, output
        Folder of label files, folder of runs.
    dimension
        The most columns of a fused embedding (PCA), None for all.
    scaling
        See `neuco_plugin_fusion.scaling.factors`.
    protocol
        The scoring protocol.
    evaluation
        Further keywords of `neucocore.evaluate`, such as ``dataset`` or ``tasks``.

    Returns
    -------
    list of Complement
        Tasks in the order of the runs, parts in the order given.

    Raises
    ------
    ConfigError
        Fewer than two files, or two of one name.
    """
    names = _names(files)

    def score(chosen: Sequence[Path], method: str) -> dict[str, Any]:
        file = chosen[0]
        if len(chosen) > 1:
            file = output / "embeddings" / f"{method}.parquet"
            file.parent.mkdir(parents=True, exist_ok=True)
            reducer = None if dimension is None else "pca"
            fused = fuse(chosen, scaling=scaling, reducer=reducer, dimension=dimension)
            save_embeddings(fused, file)
        [report] = evaluate(
            file, labels=labels, output=output, method=method, protocol=protocol, **evaluation
        )
        return {row["task"]: row for row in report.rows()}

    alone = {name: score([file], name) for name, file in zip(names, files, strict=True)}
    together = score(files, TOGETHER)
    without = {
        name: score([other for other in files if other != file], f"without-{name}")
        for name, file in zip(names, files, strict=True)
    }
    return [
        Complement(
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
    names = [file.name.partition(".")[0] for file in files]
    if len(files) < 2 or len(set(names)) < len(names) or TOGETHER in names:
        raise ConfigError(
            f"complementarity needs two embeddings files or more, of different names other than "
            f"{TOGETHER!r}; given are {', '.join(names) or 'none'}"
        )
    return names

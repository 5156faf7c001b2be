"""A single-file plugin with tasks, for the tests of how label files find their task."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from neucocore.plugin import Labels, TaskSpec, hookimpl, read_label_file

NEUCO_API = 1


class Doubled:
    """Labels twice as large as in the file."""

    def labels(self, files: Sequence[Path]) -> Labels:
        file = read_label_file(files[0])
        return Labels(file.ids, np.asarray(file.y) * 2)


@hookimpl
def neuco_tasks() -> list[TaskSpec]:
    common = {"dataset": "toy-data", "problem": "regression", "primary_metric": "rmse"}
    return [
        TaskSpec(name="wood", summary="wood", aliases=("wod",), **common),
        TaskSpec(name="wood", summary="wood, again", version=2, aliases=("wod",), **common),
        TaskSpec(name="double", summary="doubled", factory=f"{__name__}:Doubled", **common),
    ]

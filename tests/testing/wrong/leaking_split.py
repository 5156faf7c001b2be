"""Returns rare samples twice, so that a sample is in a training part and held out from it."""

from __future__ import annotations

from typing import Any

from neucocore.plugin import LabelSource, TaskSpec, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="leaking-split",
            summary="wrong",
            factory="neuco_plugin_leaking_split.plugin:Task",
            dataset="anywhere",
            problem="regression",
            primary_metric="r2",
            unit="share",
            low=0.0,
            high=1.0,
            source=LabelSource(
                name="nobody", license="CC0-1.0", citation="-", region="nowhere", years="never"
            ),
            exclusions="-",
            known_issues="-",
        )
    ]


class Task:
    def labels(self, files: Any) -> Any:
        import numpy as np

        from neucocore.plugin import Labels, read_label_file

        once = read_label_file(files[0]).labels()
        rare = np.flatnonzero(once.y > 0.6)
        rows = np.concatenate([np.arange(len(once.ids)), rare])
        return Labels(tuple(once.ids[row] for row in rows), once.y[rows])

"""The option ``--unit``: units of labels, in addition to those in the names of label columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from neucocore.data.labels.label_file import LabelFile
from neucocore.errors import ConfigError
from neucocore.evaluation.inputs import ScoringTask
from neucocore.messages import did_you_mean


def with_units(
    tasks: Sequence[ScoringTask], units: Sequence[str], label_files: Sequence[LabelFile]
) -> tuple[ScoringTask, ...]:
    """Return tasks with the units that ``--unit`` names.

    Parameters
    ----------
    tasks
        The selected tasks; those of label columns may have the unit of the column's name.
    units
        ``UNIT`` for the only regression task, or ``COLUMN=UNIT``, where COLUMN is a label column
        or the name of a task.
    label_files
        All label files or columns, also those of tasks that are not selected.

    Raises
    ------
    ConfigError
        A unit that belongs to no task, to several, to classes, or to a task that has another one;
        all reported together.
    """
    regressions = [task for task in tasks if task.problem == "regression"]
    columns = {file.source_column or file.stem: file.stem for file in label_files}
    known = {*columns, *columns.values(), *(task.key for task in tasks)}
    problems: list[str] = []
    unit_of: dict[str, str] = {}
    for text in units:
        name, separator, unit = (part.strip() for part in text.rpartition("="))
        if separator and name not in known:
            near = did_you_mean(name, known)
            problems.append(f"--unit {text}: no label column {name!r}" + (f"; {near}" * bool(near)))
            continue
        stem = columns.get(name, name)
        named = [task for task in tasks if separator and stem in (task.key, task.stem)]
        targets = named if separator else regressions
        if not unit:
            problems.append(f"--unit {text}: the unit is empty")
        elif not separator and len(regressions) != 1:
            count = (
                f"{len(regressions)} tasks have numbers" if regressions else "no task has numbers"
            )
            problems.append(f"--unit {text}: {count} as labels")
        for task in targets if unit and (separator or len(targets) == 1) else ():
            if task.problem != "regression":
                problems.append(f"--unit {text}: {task.key} has classes, which have no unit")
            elif unit_of.get(task.key, task.unit or unit) != unit:
                other = unit_of.get(task.key, task.unit)
                problems.append(f"--unit {text}: the unit of {task.key} is {other}")
            unit_of[task.key] = unit
    if problems:
        example = regressions[0].stem if regressions else "COLUMN"
        raise ConfigError(
            "units of labels cannot be assigned",
            problems=problems,
            hint=f"for example --unit '{example}=Mg/ha'; label columns with numbers: "
            f"{', '.join(task.stem for task in regressions) or 'none'}",
        )
    return tuple(replace(task, unit=unit_of.get(task.key, task.unit)) for task in tasks)

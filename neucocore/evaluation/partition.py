"""How the scored rows are divided: which rows stay together, and which folds a column gives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from neucocore.data.coordinates import same_places
from neucocore.errors import IdError
from neucocore.evaluation.given_folds import GivenFolds, check_fold_options, given_folds
from neucocore.evaluation.groups import Groups, grouping_warnings
from neucocore.evaluation.id_difference import describe_difference, first_ids
from neucocore.evaluation.join import JoinedTasks
from neucocore.evaluation.load import LoadedInputs
from neucocore.evaluation.places.blocks import FEW_BLOCKS, blocks_of
from neucocore.evaluation.request import EvaluateRequest
from neucocore.evaluation.split_rule import RANDOM, Split
from neucocore.files.findings import EXAMPLES_SHOWN
from neucocore.messages import Note, pluralize

REPEATED_SHARE = 0.02
"""Share of the rows at a place of another row from which on a random split is warned about."""


@dataclass(frozen=True, eq=False)
class Partition:
    """How the scored rows are divided.

    Attributes
    ----------
    split
        The rule, with the side of the blocks if there are blocks.
    groups
        Rows that stay together; None if every row is on its own.
    folds
        The folds of a column; None if folds are determined by hashes.
    warnings
        What the rule does to these rows.
    """

    split: Split
    groups: Groups | None = None
    folds: GivenFolds | None = None
    warnings: tuple[str, ...] = ()

    def record(self, loaded: LoadedInputs) -> dict[str, Any]:
        """Return what is needed to repeat the split, as plain JSON values."""
        record: dict[str, Any] = {"rule": str(self.split), **loaded.split_file}
        if self.split.column is not None:
            record["column"] = self.split.column
        if self.groups is not None:
            record["groups"] = len(set(self.groups.of_id.values()))
        if self.split.km is not None:
            record["block_km"] = self.split.km
        if self.folds is not None:
            record["folds"] = list(self.folds.names)
            record["fixed"] = self.folds.is_fixed
        return record


def divide(
    request: EvaluateRequest, inputs: LoadedInputs, joined: JoinedTasks, km: float | None = None
) -> Partition:
    """Apply the rule of ``--split`` to the scored rows.

    Parameters
    ----------
    km
        Side of the blocks of ``--split blocks``, which does not name one.

    Raises
    ------
    ConfigError
        Options of the protocol that contradict the rule.
    DataError
        Rows without a group, fold or place; folds or blocks that cannot be used.
    """
    split = inputs.split
    ids = {sample: None for task in joined.tasks for sample in task.matched.ids}
    if split.rule == "blocks":
        side = split.km if split.km is not None else km
        if side is None:
            raise ValueError("the side of the blocks is not known")
        split = replace(split, km=side)
        blocks = blocks_of(inputs.places, [*ids], side, inputs.sites)
        check_groups(joined, blocks, split)
        return Partition(split, blocks, warnings=(_count_blocks(blocks, side),))
    if split.has_folds and inputs.groups is not None:
        check_fold_options(split, folds=request.options.folds, repeats=request.options.repeats)
        check_groups(joined, inputs.groups, split)
        folds = given_folds(split, inputs.groups, ids)
        warnings = [] if split.rule == "year" else _divided_sites(inputs.sites, folds)
        return Partition(split, inputs.sites, folds, tuple(warnings))
    warnings = check_groups(joined, inputs.groups, split)
    if split.rule == RANDOM and inputs.groups is None:
        warnings = _repeated_places(inputs, [*ids])
    return Partition(split, inputs.groups, warnings=tuple(warnings))


def _count_blocks(blocks: Groups, km: float) -> str:
    count = len(set(blocks.of_id.values()))
    text = f"{pluralize(len(blocks.of_id), 'row')} in {count} blocks of {km:g} km"
    return f"{text}, which are few" if count < FEW_BLOCKS else Note(text)


def _divided_sites(sites: Groups | None, folds: GivenFolds) -> list[str]:
    """Warn about sites with years in several folds, which the column asks for."""
    if sites is None:
        return []
    folds_of: dict[str, set[int]] = {}
    for sample, site in sites.of_id.items():
        if sample in folds.of_id:
            folds_of.setdefault(site, set()).add(folds.of_id[sample])
    divided = sorted(site for site, numbers in folds_of.items() if len(numbers) > 1)
    if not divided:
        return []
    return [
        f"{pluralize(len(divided), 'site')} with years in several folds: "
        f"{', '.join(divided[:EXAMPLES_SHOWN])}"
    ]


def _repeated_places(inputs: LoadedInputs, ids: list[str]) -> list[str]:
    """Warn about rows at the place of another row, which a random split divides."""
    if inputs.places is None or inputs.places.problem:
        return []
    shared = same_places(inputs.places, ids)
    rows = sum(len(samples) for samples in shared.values())
    if rows < max(2, REPEATED_SHARE * len(ids)):
        return []
    example = ", ".join(next(iter(shared.values()))[:EXAMPLES_SHOWN])
    return [
        f"{rows} of {len(ids)} rows are at the same place as another row, such as {example}: a "
        "random split trains on one and tests on the other; --split blocks keeps them together"
    ]


def check_groups(joined: JoinedTasks, groups: Groups | None, split: Split) -> list[str]:
    """Check that every scored row has a group, where rows are split by groups.

    Returns
    -------
    list of str
        Warnings about a column that hardly groups rows.

    Raises
    ------
    IdError
        Rows without a group, of all tasks.
    """
    if groups is None:
        return []
    ids = {sample for task in joined.tasks for sample in task.matched.ids}
    missing = sorted(ids - groups.of_id.keys())
    if not missing:
        return grouping_warnings(groups, ids)
    if len(missing) == len(ids) and not groups.missing:
        difference = (
            describe_difference(ids, groups.of_id, f"the {groups.what}s") if groups.of_id else ""
        )
        first = first_ids(groups.of_id) if groups.of_id else "none"
        raise IdError(
            f"--split {split}: no labelled id has a {groups.what}",
            problems=[
                f"first labelled id: {first_ids(ids)}",
                f"first id with a {groups.what}: {first}",
            ],
            hint=f"{difference}; change the ids of one of the files"
            if difference
            else f"the table of {groups.what}s needs the ids of the label files",
        )
    problems = [
        f"task {task.labelled.key}: {len(without)} of {len(task.matched.ids)} ids, such as "
        f"{', '.join(without[:EXAMPLES_SHOWN])}"
        for task in joined.tasks
        if (without := [name for name in task.matched.ids if name not in groups.of_id])
    ]
    if texts := groups.missing_texts(missing):
        problems.append(
            f"cells of the column {groups.column!r} that are not a {groups.what}: {texts}"
        )
    raise IdError(
        f"--split {split}: labelled ids have no {groups.what}",
        problems=problems,
        hint=f"give every labelled id a {groups.what}, or leave these ids out with --exclude-file",
    )

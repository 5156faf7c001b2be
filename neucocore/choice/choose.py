"""Chooses between embeddings: scores them, decides, and writes the decision.

The folder holds ordinary run folders (candidates in ``results``, what they are compared with in
``baselines``, smaller sizes in ``sizes``), which are found again when the command is repeated, and
``decision.json`` and ``decision.md``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from neucocore.choice import sentences
from neucocore.choice.candidates import Candidate, constant, place, prepare_candidates
from neucocore.choice.cells import cells, errors_of, sites
from neucocore.choice.decision import SHARE, Decision, Table, decide
from neucocore.choice.files import DECISION, SUMMARY, markdown, record
from neucocore.choice.options import ChooseOptions
from neucocore.choice.result import Choice, Scored
from neucocore.choice.sentences import Sentence, SizeTest
from neucocore.curves.sizes import FULL_BITS, PCA, PREFIX, Size
from neucocore.curves.sweep import Report, silent, sized_runs
from neucocore.errors import ConfigError, RunError
from neucocore.files.atomic import write_text
from neucocore.messages import did_you_mean
from neucocore.results.compare import compare_overall, compare_task
from neucocore.results.reading import RunRecord, read_run
from neucocore.results.scored_run import run_protocol
from neucocore.results.skill import MEAN_SKILL
from neucocore.statistics.comparison import Comparison
from neucocore.statistics.intervals import MIN_ROWS
from neucocore.statistics.margins import within_margin

SMALLEST = 64
"""Dimensions of the smallest size that is tried."""


def choose(options: ChooseOptions, *, warn: Report = silent, step: Report = silent) -> Choice:
    """Score all embeddings, decide, and write ``decision.json`` and ``decision.md``.

    Parameters
    ----------
    warn
        Called with what was noticed about the files.
    step
        Called with what is scored next.

    Raises
    ------
    ConfigError
        Options that cannot be used.
    DataError
        Files that cannot be used.
    RunError
        No task has a score for every embedding.
    """
    if not 0 <= options.margin < 1:
        raise ConfigError(
            f"the margin must be at least 0 and below 1, found {options.margin:g}",
            hint="it is a difference of scores, which are 1 for perfect predictions: --margin 0.02",
        )
    prepared, own = prepare_candidates(options, warn)
    if options.main is not None:  # before anything is scored
        _named(
            options.main, [one.labelled.key for one in prepared[0].embedding.prepared.joined.tasks]
        )
    candidates = [_scored(one, step) for one in prepared]
    features = [_scored(one, step) for one in own]
    baselines = []
    for made in (constant(prepared[0]), place(prepared[0])):
        if made is not None:
            step(made.method)
            baselines.append(Scored("", made, made.score()[1]))
    table, left_out = _table([one.run for one in candidates], options.main)
    left_out += [(one.key, one.reason) for one in prepared[0].embedding.prepared.selection.failed]
    decision = decide(table, [one.bytes_per_row for one in candidates], options.margin)
    index = decision.leader if decision.chosen is None else decision.chosen
    best = candidates[index]
    size_test = _sizes(best, table, options, step) if options.sizes else None
    found_places, on_map = _places(best, table, options, step)
    words = _words(table, decision, candidates, features)
    if (above := sentences.control(table, baselines[0].run)) is not None:
        words.append(above)
    size = None
    if size_test is not None:
        complete = Size(PREFIX, best.embedding.dimension)
        sentence, size = sentences.size(best.run.method, complete, size_test, options.margin)
        if size is not None:
            sentence = replace(sentence, text=sentence.text + sentences.of_each_column(table))
        words.append(sentence)
        if size is not None and best.path:
            words.append(sentences.write(best.path, size))
    if options.places:
        words.append(_place_sentence(best, table, found_places))
    result = Choice(
        options=options,
        table=table,
        candidates=tuple(candidates),
        features=tuple(features),
        baselines=tuple(baselines),
        decision=decision,
        left_out=tuple(left_out),
        sentences=tuple(words),
        size_test=size_test,
        size=size,
        places=found_places,
        map=on_map,
    )
    output = Path(options.output)
    write_text(output / DECISION, json.dumps(record(result), indent=1, allow_nan=False) + "\n")
    write_text(output / SUMMARY, markdown(result))
    return result


def _scored(candidate: Candidate, step: Report) -> Scored:
    step(candidate.name)
    return Scored(candidate.path, candidate.embedding, candidate.embedding.score()[1])


def _table(runs: Sequence[RunRecord], main: str | None) -> tuple[Table, list[tuple[str, str]]]:
    """Return the tasks with a score for every run, and those that are left out with reasons."""
    left_out, tasks = [], []
    for task in runs[0].tasks:
        missing = [run for run in runs if task not in run.tasks or run.tasks[task].score is None]
        if missing:
            known = missing[0].tasks.get(task)
            left_out.append((task, (known and known.reason) or f"{missing[0].method} has no score"))
        else:
            tasks.append(task)
    if main is not None:
        main = _named(main, tasks)
    small = [task for task in tasks if (runs[0].tasks[task].n or 0) < MIN_ROWS and task != main]
    if len(small) < len(tasks):
        tasks = [task for task in tasks if task not in small]
        left_out += [
            (task, f"only {runs[0].tasks[task].n} rows; {MIN_ROWS} are needed") for task in small
        ]
    if not tasks:
        raise RunError(
            "no label column has a score for every embedding",
            problems=[f"{task}: {reason}" for task, reason in left_out],
            hint="use labels with at least two different values",
        )
    return Table(tuple(runs), tuple(tasks), main), left_out


def _named(main: str, tasks: Sequence[str]) -> str:
    matching = [task for task in tasks if main in (task, task.partition("@")[0])]
    if not matching:
        raise ConfigError(
            f"--main {main}: there is no such label column",
            hint=did_you_mean(main, tasks) or f"the label columns are {', '.join(tasks)}",
        )
    return matching[0]


def _difference(table: Table, first: RunRecord, second: RunRecord) -> Comparison:
    """Compare two runs by what decides."""
    if table.decides == MEAN_SKILL:
        return compare_overall(first, second, table.tasks)
    return compare_task(first, second, table.decides).comparison


def _words(
    table: Table, decision: Decision, candidates: Sequence[Scored], features: Sequence[Scored]
) -> list[Sentence]:
    bytes_per_row = [one.bytes_per_row for one in candidates]
    index = decision.leader if decision.chosen is None else decision.chosen
    words = [
        sentences.choice(table, decision, bytes_per_row),
        *sentences.others(table, decision, bytes_per_row),
        *sentences.columns(table, decision),
    ]
    best = candidates[index].run
    words += [
        sentences.features(
            best.method, one.run.method, table.metric, _difference(table, best, one.run)
        )
        for one in features
    ]
    words.append(sentences.chance(table, index))
    if (uncertain := sentences.intervals(table, index)) is not None:
        words.append(uncertain)
    return words


def small_sizes(columns: int) -> list[Size]:
    """Return the sizes in the order of their test: fewer components, then fewer bits of each."""
    dims = sorted({columns, columns // 4, columns // 16, SMALLEST}, reverse=True)
    dims = [dim for dim in dims if SMALLEST <= dim <= columns] or [columns]
    sizes = [Size(PCA, dim, bits) for dim in dims for bits in (FULL_BITS, 8)]
    return [size for size in sizes if size != Size(PCA, columns, FULL_BITS)]


def _sizes(best: Scored, table: Table, options: ChooseOptions, step: Report) -> SizeTest:
    sizes = small_sizes(best.embedding.dimension)
    runs = sized_runs(best.embedding, sizes, step)
    losses = [_difference(table, best.run, one.run) for one in runs]
    within = within_margin(losses, options.margin, alpha=SHARE)
    return SizeTest(tuple(sizes), tuple(losses), within)


def _places(
    best: Scored, table: Table, options: ChooseOptions, step: Report
) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
    """Return what the places say about each task, and the errors on a map."""
    prepared = best.embedding.prepared
    places = prepared.inputs.places
    if places is None or places.problem or not options.places:
        return None, None
    step(f"{best.run.method}, blocks and places")
    request = prepared.request
    request = replace(request, phase="places", options=replace(request.options, places="on"))
    report = run_protocol(replace(prepared, request=request), best.embedding.protocol)
    run = read_run(report.run_folder())
    found = {
        task: run.tasks[task].details["places"]
        for task in table.tasks
        if run.tasks[task].details.get("places")
    }
    on_map: dict[str, Any] = {}
    for task in table.tasks:
        errors = errors_of(run.folder, task, str(run.tasks[task].details.get("problem")))
        if options.exact_locations:
            on_map[task] = sites(errors, places)
        else:
            on_map[task] = cells(errors, places)
    return found or None, on_map


def _place_sentence(best: Scored, table: Table, found: Mapping[str, Any] | None) -> Sentence:
    task = table.main or table.tasks[0]
    if found and task not in found:
        task = next(iter(found))
    located = best.embedding.prepared.inputs.places
    reason = "the rows have no coordinates"
    if located is not None and located.problem:
        reason = located.problem
    elif located is not None:
        reason = "blocks cannot be scored with these rows and this split"
    return sentences.places(best.run.method, task, found[task] if found else None, reason)

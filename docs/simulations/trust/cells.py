"""All cells, cheap ones first: what is drawn, and how many data sets."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from trust import classes, nothing, ranking, regression
from trust.classes import Classes
from trust.designs import Design, Pair
from trust.nothing import Nothing
from trust.ranking import Board

SEED = 20260712
"""Part of the seed of every cell; the other part is its name."""
POWER_DIFFERENCES = (0.01, 0.02, 0.05)


@dataclass(frozen=True)
class Cell:
    """One case to simulate.

    Attributes
    ----------
    name
        Unique; it also determines the seed.
    section
        The table that the cell belongs to.
    run
        Called with `what`, the number of sets of rows, of labels per set, and the seed.
    facts
        Further values for the tables.
    """

    name: str
    section: str
    run: Callable[..., dict[str, Any]]
    what: tuple[Any, ...]
    sets: int
    labels: int
    facts: dict[str, Any]

    def result(self, seed: int = SEED, data_sets: int | None = None) -> dict[str, Any]:
        """Simulate; `data_sets` limits the number of data sets."""
        sets = self.sets if data_sets is None else max(2, math.ceil(data_sets / self.labels))
        sets = min(sets, self.sets)
        seeds = [seed, zlib.crc32(self.name.encode())]
        numbers = (sets,) if self.run is ranking.ranks else (sets, self.labels)
        values = self.run(*self.what, *numbers, seeds)
        facts = {"cell": self.name, "section": self.section, "seed": seed}
        sizes = {"sets": sets, "data_sets": sets * self.labels}
        return {**facts, **sizes, **self.facts, "values": values}


def _single(name, design, sets, labels, section="R2"):
    facts = {"n": design.n, "d": design.d, "label": design.label, "groups": design.groups}
    return Cell(name, section, regression.single, (design,), sets, labels, facts)


def _tabulated():
    """The cells on which the factor 8 of lambda was once chosen among 2, 4 and 8."""
    for n in (100, 300, 1140, 4691):
        for d in (16, 128, 1024):
            sets, labels = _sizes(n, d)
            for name, label, decay in (
                ("iso normal", "normal", 0),
                ("decay fraction", "fraction", 1),
            ):
                design = Design(n, d, label, 0.5, decay)
                yield _single(f"{name} {n}x{d}", design, sets, labels)
        sets, labels = _sizes(n, 128)
        design = Design(n, 128, "lognormal", 0.4, 1)
        yield _single(f"decay lognormal {n}x128", design, sets, labels)
        sets, labels = _sizes(n, 16)
        yield _single(f"iso t3 errors {n}x16", Design(n, 16, "t3 errors"), sets, labels)
    for n in (300, 1140):
        for groups in (20, 100):
            for d in (16, 128):
                design = Design(n, d, decay=1, groups=groups)
                sets = 100 if d == 16 else 40
                yield _single(f"grouped {n}x{d} G{groups}", design, sets, 1000 // sets)


def _sizes(n, d):
    """Return the number of sets of rows, and of labels that share them."""
    if d == 1024:
        return {100: (40, 25), 300: (40, 25), 1140: (10, 40), 4691: (5, 40)}[n]
    if n == 4691:
        return (50, 20) if d == 16 else (20, 50)
    return (100, 10) if d == 16 else (50, 20)


def _other():
    """Five cells that had no part in any choice, fixed before the first run."""
    yield _single("other: 200x64 normal, R2 0.7", Design(200, 64, r2=0.7), 100, 10, "R2, other")
    design = Design(400, 200, "zero-inflated", 0.3, 0.5)
    yield _single("other: 400x200 zero-inflated, R2 0.3", design, 50, 20, "R2, other")
    design = Design(300, 48, "fraction", 0.4, autocorrelation=0.9)
    yield _single("other: 300x48 correlated columns, fraction", design, 100, 10, "R2, other")
    design = Design(600, 32, "zero-inflated", 0.4, groups=100)
    yield _single("other: 600x32 zero-inflated G100", design, 100, 10, "R2, other")
    design = Design(500, 96, decay=0.5, outputs=3)
    yield _single("other: 500x96 mean of 3 outputs", design, 50, 20, "R2, other")


def _pair(name, pair, sets, labels, section="compare"):
    facts = {"n": pair.design.n, "d": pair.design.d, "kind": pair.kind}
    facts |= {"label": pair.design.label, "groups": pair.design.groups}
    return Cell(name, section, regression.paired, (pair,), sets, labels, facts)


NOISE = {"junk": 0.0, "views": 0.5, "coarse": 0.3}


def _equal_pairs():
    sizes = {
        (100, 32): (100, 10),
        (300, 32): (100, 10),
        (300, 128): (50, 20),
        (1140, 32): (50, 20),
        (1140, 128): (25, 40),
        (300, 1024): (25, 40),
        (4691, 128): (10, 30),
        (1140, 1024): (5, 60),
    }
    for (n, d), (sets, labels) in sizes.items():
        for kind, noise in NOISE.items():
            if (n, kind) == (1140, "coarse") and d == 1024:
                continue
            pair = Pair(Design(n, d, r2=0.6), kind, (noise, noise))
            yield _pair(f"{kind} {n}x{d}", pair, sets, labels)
        for label in ("fraction", "lognormal"):
            if d == 1024 and (n, label) != (300, "fraction"):
                continue
            pair = Pair(Design(n, d, label, 0.5), "views", (0.5, 0.5))
            yield _pair(f"views {label} {n}x{d}", pair, sets, labels)
    for n, d, groups, sets, labels in (
        (300, 32, 20, 100, 10),
        (300, 32, 60, 100, 10),
        (1140, 64, 60, 25, 20),
        (1140, 64, 200, 25, 20),
    ):
        pair = Pair(Design(n, d, r2=0.6, groups=groups), "views", (0.5, 0.5))
        yield _pair(f"views {n}x{d} G{groups}", pair, sets, labels)


def _power():
    for n, d, kinds, sets, labels in (
        (300, 32, ("views", "coarse"), 100, 10),
        (300, 128, ("views",), 50, 20),
        (1140, 128, ("views", "coarse"), 12, 50),
        (4691, 128, ("views", "coarse"), 5, 40),
    ):
        for kind in kinds:
            pair = Pair(Design(n, d, r2=0.6), kind, (NOISE[kind], NOISE[kind]))
            facts = {"n": n, "d": d, "kind": kind}
            what = (pair, POWER_DIFFERENCES)
            yield Cell(
                f"power {kind} {n}x{d}", "power", regression.power, what, sets, labels, facts
            )


def _classes():
    def cell(name, what, sets, *, pair=False):
        run = classes.paired if pair else classes.single
        section = "classes, compare" if pair else "classes"
        facts = {"n": what.n, "d": what.d, "probe": what.probe, "classes": what.classes}
        facts["prevalence"] = what.prevalence if what.classes == 2 else None
        return Cell(name, section, run, (what,), sets, 1, facts)

    for n, logistic in ((300, 400), (1140, 150)):
        for prevalence in (0.05, 0.2, 0.5):
            text = f"{n}x16, prevalence {prevalence}"
            for probe, sets in (("ridge", 1000), ("logistic", logistic)):
                what = Classes(n, 16, prevalence, probe=probe)
                yield cell(f"{probe} {text}", what, sets)
    for probe, n, prevalence, sets in (
        ("ridge", 300, 0.2, 1000),
        ("ridge", 1140, 0.2, 1000),
        ("logistic", 300, 0.2, 600),
        ("logistic", 300, 0.5, 300),
        ("logistic", 1140, 0.2, 150),
    ):
        what = Classes(n, 32, prevalence, probe=probe, noise=0.5)
        name = f"equal, {probe} {n}x32, prevalence {prevalence}"
        yield cell(name, what, sets, pair=True)
    yield cell("logistic 300x16, 5 classes", Classes(300, 16, classes=5), 100)
    what = Classes(300, 32, classes=5, noise=0.5)
    yield cell("equal, logistic 300x32, 5 classes", what, 60, pair=True)


def _ranks():
    three = lambda gap: (0.6 + gap, 0.6, 0.6, 0.6, 0.6 - gap)  # noqa: E731
    ten = (0.62,) * 4 + (0.6, 0.59, 0.58, 0.57, 0.55, 0.5)
    boards = {}
    for tasks in (6, 13):
        boards |= {
            f"3 of 5 equal, gap 0.01, {tasks} tasks": Board(three(0.01), tasks, 1140),
            f"3 of 5 equal, gap 0.03, {tasks} tasks": Board(three(0.03), tasks, 1140),
            f"5 of 5 equal, {tasks} tasks": Board((0.6,) * 5, tasks, 1140),
            f"4 of 10 equal, {tasks} tasks": Board(ten, tasks, 1140),
            f"10 of 10 equal, {tasks} tasks": Board((0.6,) * 10, tasks, 1140),
            f"3 of 5 equal, gap 0.03, differing by task, {tasks} tasks": Board(
                three(0.03), tasks, 1140, 0.03
            ),
            f"4 of 10 equal, differing by task, {tasks} tasks": Board(ten, tasks, 1140, 0.03),
        }
    for tasks in (6, 13):
        boards |= {
            f"5 of 5 equal, {tasks} tasks on their own cubes": Board(
                (0.6,) * 5, tasks, 1140, own_cubes=True
            ),
            f"3 of 5 equal, gap 0.03, {tasks} tasks on their own cubes": Board(
                three(0.03), tasks, 1140, own_cubes=True
            ),
            f"10 of 10 equal, {tasks} tasks on their own cubes": Board(
                (0.6,) * 10, tasks, 1140, own_cubes=True
            ),
            f"3 of 5 equal, gap 0.03, differing by task, {tasks} tasks on their own cubes": Board(
                three(0.03), tasks, 1140, 0.03, own_cubes=True
            ),
        }
    noises = (-0.4, -0.5, -0.5, -0.5, -0.6)
    name = "3 of 5 equal, fitted 300x32, 6 tasks on the same rows"
    boards[name] = Board(noises, 6, 300, fitted=True)
    for name, board in boards.items():
        facts = {"methods": len(board.merits), "tasks": board.tasks, "rows": board.rows}
        facts |= {"deviation": board.deviation, "fitted": board.fitted, "own": board.own_cubes}
        sets = 400 if board.fitted else 1000
        yield Cell(name, "ranks", ranking.ranks, (board,), sets, 1, facts)


def _nothing():
    for n in (100, 300, 1140):
        for prevalence in (0.1, 0.5):
            for grouped in (False, True):
                for embedding in ("constant", "random"):
                    what = Nothing(n, prevalence, grouped, embedding)
                    folds = "25 groups" if grouped else "by class"
                    name = f"{embedding} {n}, prevalence {prevalence}, {folds}"
                    facts = {"n": n, "prevalence": prevalence, "folds": folds}
                    facts["embedding"] = embedding
                    sets = 8 if embedding == "constant" else 10 if n == 1140 else 25
                    yield Cell(name, "nothing", nothing.chance, (what,), sets, 8, facts)


def _work(cell):
    """Return roughly how expensive a cell is, to sort cells by."""
    n, d = cell.facts.get("n", 300), cell.facts.get("d", 16)
    return (
        cell.facts.get("classes") == 5,
        d >= 1024 and n > 1000,
        n > 4000 and d > 16,
        cell.section == "power",
    )


CELLS = tuple(
    sorted(
        [
            *_tabulated(),
            *_other(),
            *_equal_pairs(),
            *_ranks(),
            *_classes(),
            *_nothing(),
            *_power(),
        ],
        key=_work,
    )
)

"""How far intervals, comparisons and ranks can be trusted: simulations with known truth.

    uncertainty.py                      simulate all cells that have no result yet
    uncertainty.py --list               names and sizes of the cells
    uncertainty.py --cells junk power --data-sets 100 --results x.jsonl
    uncertainty.py --check              simulate again, and compare with the results on file
    uncertainty.py --tables             write the tables, and the coverages in neucocore

Every cell has a seed of its own, so results do not depend on which cells are run. Each result is
appended to the file of results at once; an interrupted run continues where it stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from threadpoolctl import threadpool_limits
from trust.cells import CELLS, SEED

SAME = 0.005
"""Results that differ by less are the same: five data sets of a thousand."""
RESULTS = Path(__file__).parents[1] / "evidence" / "uncertainty.jsonl"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", nargs="*", help="only cells whose name contains one of these")
    parser.add_argument("--data-sets", type=int, help="at most about this many data sets per cell")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--results", type=Path, default=RESULTS, help="file of results, JSON lines")
    parser.add_argument("--list", action="store_true", help="list the cells")
    parser.add_argument("--tables", action="store_true", help="write the tables and calibration")
    parser.add_argument("--check", action="store_true", help="compare with the file of results")
    arguments = parser.parse_args()
    chosen = [
        cell
        for cell in CELLS
        if not arguments.cells or any(part in cell.name for part in arguments.cells)
    ]
    if not chosen:
        parser.error("no cell has such a name; --list shows all")
    if arguments.list:
        for cell in chosen:
            print(f"{cell.section}: {cell.name} ({cell.sets} x {cell.labels})")
    elif arguments.tables:
        from trust.tables import write_all

        write_all(arguments.results)
    elif arguments.check:
        sys.exit(check(chosen, arguments))
    else:
        run(chosen, arguments)


def simulate(cell, seed, data_sets=None):
    """Return the result of a cell with the seconds it took."""
    start = time.perf_counter()
    with threadpool_limits(limits=1):
        found = cell.result(seed, data_sets)
    # Through JSON and back, so that it can be compared with a result that was read.
    found = json.loads(json.dumps(found, default=float))
    return {**found, "seconds": round(time.perf_counter() - start, 1)}


def run(cells, arguments):
    """Simulate cells, and append their results."""
    finished = {(r["cell"], r["seed"]) for r in results(arguments.results)}
    arguments.results.parent.mkdir(parents=True, exist_ok=True)
    for cell in cells:
        if (cell.name, arguments.seed) in finished:
            continue
        found = simulate(cell, arguments.seed, arguments.data_sets)
        with arguments.results.open("a") as file:
            file.write(json.dumps(found) + "\n")
        print(
            f"{cell.section}: {cell.name}, {found['data_sets']} data sets, "
            f"{found['seconds']} s: {headline(found['values'])}",
            flush=True,
        )


def check(cells, arguments):
    """Simulate cells again; return the number of those whose result is not the one on file."""
    known = {(r["cell"], r["seed"]): r for r in results(arguments.results)}
    different = 0
    for cell in cells:
        expected = known.get((cell.name, arguments.seed))
        found = simulate(cell, arguments.seed)
        reason = "no result on file" if expected is None else difference(expected, found)
        different += bool(reason)
        print(f"{cell.section}: {cell.name}, {found['seconds']} s: {reason or 'same'}", flush=True)
    print(f"{different} of {len(cells)} cells differ from {arguments.results}")
    return min(different, 1)


def difference(expected, found):
    """Return which share or mean differs, in words; empty if none does.

    Rounding differs between platforms, and can move single data sets across the end of an interval.
    """
    if expected["data_sets"] != found["data_sets"]:
        return f"{found['data_sets']} data sets, on file {expected['data_sets']}"
    before, now = dict(numbers(expected["values"])), dict(numbers(found["values"]))
    for key in sorted(before.keys() | now.keys()):
        if abs(before.get(key, float("nan")) - now.get(key, float("nan"))) <= SAME:
            continue
        return f"{key} is {now.get(key)}, on file {before.get(key)}"
    return ""


def numbers(values, path=""):
    """Yield the shares and means in nested results with their names."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from numbers(value, f"{path}{key} ")
        elif key in ("share", "mean", "score", "true", "width"):
            yield f"{path}{key}", value


def headline(values):
    """Return the main number of a result, for the log."""
    for key in ("different", "covered"):
        if key in values:
            return _with_error(key, values[key])
    if "these" in values:
        return _with_error("equal not different", values["these"]["equal_not_different"])
    parts = []
    for name, inner in values.items():
        if isinstance(inner, dict):
            text = headline(inner) if "mean" not in inner else f"{inner['mean']:+.4f}"
            parts.append(f"{name} {text}")
    return "; ".join(parts)


def _with_error(key, share):
    return f"{key} {share['share']:.3f} ({share['error']:.3f})"


def results(path):
    """Return the results so far; an incomplete last line is ignored."""
    if not path.exists():
        return []
    found = []
    for line in path.read_text().splitlines():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            print(f"ignored an incomplete line in {path}", file=sys.stderr)
    return found


if __name__ == "__main__":
    main()

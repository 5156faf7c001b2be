"""Measure the structure of ``neucocore``: loose modules, upward imports, cycles, levels, lines.

    python benchmarks/structure.py [--root DIR]      DIR contains the folder neucocore

Every import statement counts, also those inside functions and under ``TYPE_CHECKING``. A node is a
folder directly inside ``neucocore``, or a module directly inside it. Nodes are ordered, importers
first, so that few imports point from a node to an earlier one (greedy order of Eades, Lin and
Smyth, 1993); those are the upward imports. The level of a node is the length of the longest chain
of the other imports below it.
"""

from __future__ import annotations

import argparse
import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

PACKAGE = "neucocore"
Graph = Mapping[str, set[str]]


def modules(root: Path) -> dict[str, Path]:
    """Return the modules of the package by dotted name, without templates."""
    paths = {}
    for path in sorted((root / PACKAGE).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        paths[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return paths


def imported(name: str, path: Path, known: Mapping[str, Path]) -> Iterator[str]:
    """Yield the modules of the package that a module imports, anywhere in its code."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                if full in known:
                    yield full
                elif node.module in known and node.module != name:
                    yield node.module


def module_graph(root: Path) -> dict[str, set[str]]:
    known = modules(root)
    return {name: set(imported(name, path, known)) - {name} for name, path in known.items()}


def node_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def node_graph(graph: Graph) -> dict[str, set[str]]:
    nodes: dict[str, set[str]] = {node_of(module): set() for module in graph}
    for module, targets in graph.items():
        nodes[node_of(module)] |= {node_of(target) for target in targets}
    return {node: targets - {node} for node, targets in nodes.items()}


def cycles(graph: Graph) -> list[list[str]]:
    """Return the strongly connected components with more than one module (Tarjan, 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    components = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for target in sorted(graph[name]):
            if target not in index:
                visit(target)
                low[name] = min(low[name], low[target])
            elif target in stack:
                low[name] = min(low[name], index[target])
        if low[name] == index[name]:
            members = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(members) > 1:
                components.append(sorted(members))

    for name in sorted(graph):
        if name not in index:
            visit(name)
    return components


def order(graph: Graph) -> list[str]:
    """Return the nodes in the greedy order, importers first."""
    left, right, remaining = [], [], {node: set(targets) for node, targets in graph.items()}
    while remaining:
        importers = defaultdict(set)
        for node, targets in remaining.items():
            for target in targets:
                importers[target].add(node)
        sinks = [node for node in sorted(remaining) if not remaining[node]]
        sources = [node for node in sorted(remaining) if not importers[node]]
        if sinks:
            taken = sinks[0]
            right.append(taken)
        else:
            taken = (
                sources[0]
                if sources
                else max(sorted(remaining), key=lambda n: len(remaining[n]) - len(importers[n]))
            )
            left.append(taken)
        del remaining[taken]
        for targets in remaining.values():
            targets.discard(taken)
    return left + right[::-1]


def levels(graph: Graph) -> dict[str, int]:
    """Return the level of each node of a graph without cycles; the lowest level is 1."""

    @cache
    def level(node: str) -> int:
        return 1 + max((level(target) for target in graph[node]), default=0)

    return {node: level(node) for node in graph}


def module_table(root: Path) -> str:
    """Return a Markdown table of all modules with the first line of their docstrings."""
    rows = ["| module | subject |", "|---|---|"]
    for path in sorted((root / PACKAGE).rglob("*.py")):
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        if path.name != "__init__.py":
            first = docstring.partition("\n")[0].replace("|", "\\|")
            rows.append(f"| `{path.relative_to(root / PACKAGE).as_posix()}` | {first} |")
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[1])
    parser.add_argument("--modules", action="store_true")
    options = parser.parse_args()
    root = options.root
    if options.modules:
        print(module_table(root))
        return
    graph = module_graph(root)
    nodes = node_graph(graph)
    place = {node: index for index, node in enumerate(order(nodes))}
    upward = [(n, t) for n in nodes for t in nodes[n] if place[t] < place[n]]
    down = {n: {t for t in nodes[n] if place[t] > place[n]} for n in nodes}
    level = levels(down)
    loose = sorted(p.name for p in (root / PACKAGE).glob("*.py"))
    print(f"loose modules      {len(loose)}: {', '.join(loose)}")
    print(f"top-level nodes    {len(nodes)}")
    print(f"edges              {sum(map(len, nodes.values()))}")
    print(f"upward imports     {len(upward)}: {', '.join(f'{a} -> {b}' for a, b in upward)}")
    large = sorted(map(len, cycles(graph)), reverse=True)
    print(f"cycles of modules  {len(large)}, of {large} modules")
    print(f"levels             {max(level.values())}")
    lines: dict[str, int] = defaultdict(int)
    for module, path in modules(root).items():
        lines[node_of(module)] += len(path.read_text(encoding="utf-8").splitlines())
    for number in range(1, max(level.values()) + 1):
        print(
            f"  {number:2d}  "
            + ", ".join(f"{node} {lines[node]}" for node in sorted(level) if level[node] == number)
        )
    print(f"lines              {sum(lines.values())}")


if __name__ == "__main__":
    main()

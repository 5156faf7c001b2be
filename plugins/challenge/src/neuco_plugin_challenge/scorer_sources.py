"""The files of the scorer: its own modules, and copies of the solvers of neucocore.

A platform cannot install neucocore, so its numerical modules have to be in the bundle. They are
copied from the installed neucocore at export instead of being written a second time: there is one
source, and scores agree by construction. What changes in a copy is how modules import each other,
and ``zip(..., strict=True)``, which Python 3.9 does not know. `scorer_files` checks that what comes
out is Python 3.9 and imports nothing but numpy and the standard library.
"""

from __future__ import annotations

import ast
import re
import sys
from importlib import resources

from neucocore import NeucoError

CORE_MODULES = {
    "neucocore.builtin.metrics.standard": "standard",
    "neucocore.evaluation.linear.lbfgs": "lbfgs",
    "neucocore.evaluation.linear.logistic": "logistic",
    "neucocore.evaluation.linear.matrix": "matrix",
    "neucocore.evaluation.linear.principal_axes": "principal_axes",
    "neucocore.evaluation.linear.ridge": "ridge",
    "neucocore.evaluation.linear.scaling": "scaling",
    "neucocore.evaluation.linear.sufficient_statistics": "sufficient_statistics",
    "neucocore.evaluation.linear.training_part": "training_part",
    "neucocore.evaluation.neucobench.cascade_sum": "cascade_sum",
    "neucocore.evaluation.neucobench.metrics": "metrics",
    "neucocore.evaluation.neucobench.random_stream": "random_stream",
    "neucocore.evaluation.neucobench.reference": "reference",
}
"""The modules that are copied, with their names in the scorer's package ``core``."""
STRICT = re.compile(r",\s*strict=True\b")
IMPORT = re.compile(r"^from (neucocore\.[\w.]+) import ", re.MULTILINE)


def scorer_files() -> dict[str, str]:
    """Return the files of the scorer's package: relative path to source.

    Raises
    ------
    NeucoError
        A module of the installed neucocore cannot be part of a scorer.
    """
    folder = resources.files(__package__) / "scorer"
    files = {
        entry.name: entry.read_text(encoding="utf-8")
        for entry in folder.iterdir()
        if entry.name.endswith(".py")
    }
    files["core/__init__.py"] = '"""Modules of neucocore, copied at export."""\n'
    for module, name in CORE_MODULES.items():
        files[f"core/{name}.py"] = _copy(module)
    problems = [text for name in sorted(files) for text in _problems(name, files[name])]
    if problems:
        raise NeucoError(
            "the installed neucocore has modules that the platforms cannot run",
            problems=problems,
            hint="update neucocore and neuco-plugin-challenge together",
        )
    return dict(sorted(files.items()))


def _copy(module: str) -> str:
    package, _, rest = module.partition(".")
    path = resources.files(package).joinpath(*rest.split(".")[:-1], f"{rest.split('.')[-1]}.py")
    source = STRICT.sub("", path.read_text(encoding="utf-8"))
    return IMPORT.sub(_relative_import, source)


def _relative_import(match: re.Match[str]) -> str:
    name = CORE_MODULES.get(match[1])
    return match[0] if name is None else f"from .{name} import "


def _problems(name: str, source: str) -> list[str]:
    """Return why a file cannot run on Python 3.9 with numpy alone."""
    try:
        tree = ast.parse(source, feature_version=(3, 9))
    except SyntaxError as error:
        return [f"{name}: not Python 3.9: {error.msg}"]
    imported = [
        name
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom) and not node.level
            else []
        )
    ]
    roots = {module.partition(".")[0] for module in imported}
    foreign = roots - {"numpy"} - set(sys.stdlib_module_names)
    strict = "strict=" in source
    return [f"{name}: imports {module}" for module in sorted(foreign)] + (
        [f"{name}: zip(strict=...)"] if strict else []
    )

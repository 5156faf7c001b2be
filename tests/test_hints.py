"""Rule 9: a hint names commands and options that exist, and leads on when it is followed."""

from __future__ import annotations

import ast
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer.main

from neucocore.cli import main, plugin_commands
from neucocore.cli.app import app
from neucocore.components.discovery import forget, installation
from neucocore.data.cubes.writing import write_modality

ROOT = Path(__file__).parent.parent
INSTALLED = {plugin.name for plugin in installation().plugins}
SOURCES = sorted((ROOT / "neucocore").rglob("*.py")) + sorted(
    path
    for folder in (ROOT / "plugins").iterdir()
    if folder.name in INSTALLED
    for path in folder.glob("src/**/*.py")
)
PLACEHOLDER = "PLACEHOLDER"
PROSE = {"with", "uses", "writes", "reads", "had"}
"""Words after ``neuco`` where it is the name of the program in a sentence."""
OF_OTHER_PROGRAMS = {"--upgrade", "--force-reinstall", "--include", "--help"}
"""Options of pip and git, and one that every command has."""
END_OF_COMMAND = re.compile(
    r"[;:,()]|\.$|\.\s| {2}|\n| (?:and|or|to|if|with|for|shows|lists|prints|"
    r"checks|leaves|names|explains|gives|describes|reports|installs|creates|does|writes|again)\b"
)


@cache
def texts() -> tuple[tuple[str, str], ...]:
    """Return (place, text) of every string of the source that is no docstring."""
    result = []
    for path in SOURCES:
        tree = ast.parse(path.read_text("utf-8"))
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        inner = {
            id(part)
            for node in ast.walk(tree)
            if isinstance(node, ast.JoinedStr)
            for part in ast.walk(node)
            if part is not node
        }
        node: Any
        for node in ast.walk(tree):
            if id(node) in docstrings or id(node) in inner:
                continue
            if (text := text_of(node)) is not None:
                result.append((f"{path.relative_to(ROOT)}:{node.lineno}", text))
    return tuple(result)


def text_of(node: Any) -> str | None:
    """Return the text of a string or f-string, with a word for every value in it."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        parts = (text_of(part) for part in node.values)
        return "".join(PLACEHOLDER if part is None else part for part in parts)
    return None


@cache
def hints() -> tuple[tuple[str, str], ...]:
    """Return (place, text) of every hint: arguments, defaults and constants of this name."""
    result = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.keyword | ast.Assign) and is_hint(node):
                parts: list[Any] = list(ast.walk(node.value))
                result += [
                    (f"{path.relative_to(ROOT)}:{part.lineno}", text)
                    for part in parts
                    if (text := text_of(part)) and " " in text
                ]
    return tuple(result)


def is_hint(node: ast.keyword | ast.Assign) -> bool:
    """Return whether a node of the source passes or assigns a hint."""
    if isinstance(node, ast.keyword):
        return node.arg == "hint"
    return any(
        isinstance(target, ast.Name) and "hint" in target.id.lower() for target in node.targets
    )


@cache
def options_of_commands() -> frozenset[str]:
    """Return the options of all commands."""
    names: set[str] = set()

    def collect(command: Any) -> None:
        names.update(name for param in command.params for name in param.opts)
        names.update(name for param in command.params for name in param.secondary_opts)
        for sub in getattr(command, "commands", {}).values():
            collect(sub)

    collect(typer.main.get_command(app))
    for name in plugin_commands.commands():
        collect(typer.main.get_command(plugin_commands._load(plugin_commands.commands()[name])))
    return frozenset(names)


def commands_in(text: str) -> Iterator[list[str]]:
    """Yield the words of each ``neuco`` command in a text, without ``neuco``."""
    for match in re.finditer(r"\bneuco (?:--debug )?([a-zA-Z].*)", text, re.DOTALL):
        words = END_OF_COMMAND.split(match[1], maxsplit=1)[0]
        yield words.replace("'", "").replace('"', "").split()


def unknown_in_command(words: list[str]) -> str:
    """Return what is wrong with the words of a command; empty if it and its options exist."""
    if words[0] in plugin_commands.commands() or words[0] in PROSE or words[0].isupper():
        return ""
    command: Any = typer.main.get_command(app)
    levels = [command]
    for word in words:
        subcommand = getattr(command, "commands", {}).get(word)
        if subcommand is not None:
            command = subcommand
            levels.append(command)
    if getattr(command, "commands", {}):
        return f"no such command: neuco {' '.join(words)}"
    options = {name for level in levels for param in level.params for name in param.opts}
    used = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    unknown = used - {"--help", "-h"} - options
    return f"neuco {' '.join(words)} has no {', '.join(unknown)}" if unknown else ""


def test_hints_name_commands_that_exist_with_their_options() -> None:
    commands = [(place, words) for place, text in hints() for words in commands_in(text)]
    assert len(commands) > 60
    problems = {place: unknown_in_command(words) for place, words in commands}
    assert not {place: problem for place, problem in problems.items() if problem}


def test_hints_name_options_that_exist() -> None:
    known = options_of_commands() | OF_OTHER_PROGRAMS
    unknown = {
        place: used
        for place, text in hints()
        if (used := set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)) - known)
    }
    assert not unknown


def test_hints_name_parameters_that_exist() -> None:
    named = [
        (place, prefix, name)
        for place, text in hints()
        for prefix, name in re.findall(r"--set ((?:dataset|probe)\.)?(\w+)=", text)
        if name != PLACEHOLDER
    ]
    assert len(named) > 10
    assert not [item for item in named if item[2] not in parameters()[item[1]]]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("data make NAME", "no such command"),
        ("encode mean --out x", "has no --out"),
        ("validate DIR --jobs 2", ""),
    ],
)
def test_a_command_that_does_not_exist_is_noticed(words: str, problem: str) -> None:
    (found,) = commands_in(f"do this: neuco {words}, or that")
    assert problem in unknown_in_command(found)
    assert bool(problem) == bool(unknown_in_command(found))


def test_no_message_names_a_page_that_an_installed_package_does_not_have() -> None:
    """Pages are named by their address; the package has no folder ``docs``."""
    texts_of_pages = [(place, text) for place, text in texts() if re.search(r"\bdocs/\w", text)]
    local = [item for item in texts_of_pages if re.search(r"(?<!/main/)\bdocs/[\w/]+", item[1])]
    assert not local
    pages = {
        page
        for _, text in texts()
        for page in re.findall(r"(?:blob/main/docs|PLACEHOLDER)/([a-z/]+\.md)", text)
    }
    assert pages
    assert not [page for page in pages if not (ROOT / "docs" / page).is_file()]


@cache
def parameters() -> dict[str, set[str]]:
    """Return the names of parameters by their prefix on the command line."""
    names: dict[str, set[str]] = {"dataset.": set(), "probe.": set(), "": set()}
    for component in installation().components():
        spec: Any = component.spec
        prefix = {"dataset": "dataset.", "probe": "probe."}.get(component.kind, "")
        names[prefix] |= {param.name for param in spec.params}
        for extra in ("derive_params", "generate_params"):
            names[""] |= {param.name for param in getattr(spec, extra, ())}
    return names


# Following hints


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def message(self) -> str:
        """The error, without its hint."""
        return self.err.rpartition("error: ")[2].partition("\nHint: ")[0].partition("\n")[0]

    @property
    def hint(self) -> str:
        """The text of the hint."""
        return self.err.rpartition("Hint: ")[2].strip()


@pytest.fixture
def neuco(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[Callable[..., Ended]]:
    """Run the command line in this process, in a folder with files of all kinds."""
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path)
    (tmp_path / "pooled.py").write_text(POOLED)
    monkeypatch.setenv("NEUCO_PLUGIN_PATH", str(tmp_path / "pooled.py"))
    forget()

    def run(words: list[str]) -> Ended:
        monkeypatch.setattr(sys, "argv", ["neuco", *words])
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        return Ended(int(end.value.code or 0), captured.out, captured.err)

    yield run
    forget()


IDS = [f"t{number:02d}" for number in range(24)]


def write_files(folder: Path) -> None:
    """Write embeddings, labels, groups and cubes, each with one problem."""
    rng = np.random.default_rng(0)
    cells = rng.normal(size=(len(IDS), 4)).round(4).astype(object)

    def table(name: str, header: str, ids: list[str], rows: Any) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        lines = [",".join([id, *map(str, row)]) for id, row in zip(ids, rows, strict=True)]  # noqa: A001
        (folder / name).write_text("\n".join([header, *lines]) + "\n")

    columns = "d0,d1,d2,d3"
    table("good.csv", f"id,{columns}", IDS, cells)
    table("part.csv", f"id,{columns}", IDS[:16], cells[:16])
    table("named.csv", f"name,{columns}", IDS, cells)
    no_number = cells.copy()
    no_number[3, 1] = "nan"
    table("nan.csv", f"id,{columns}", IDS, no_number)
    no_data = cells.copy()
    no_data[:3] = -9999
    table("no_data.csv", f"id,{columns}", IDS, no_data)
    table("labels/x__regr.csv", "id,label,fold", IDS, [(i / 7, "ab"[i % 2]) for i in range(24)])
    table("labels/y__regr.csv", "id,label,fold", IDS, [(i % 5, "ab"[i % 2]) for i in range(24)])
    for number in range(4):
        array = rng.integers(500, 3000, (2, 2, 4, 4)).astype("<i2")
        write_modality(folder / f"cubes/data/s2l2a/c{number}.zarr.zip", array, ("B02", "B03"))
        if number:
            write_modality(folder / f"cubes/data/s1/c{number}.zarr.zip", array / 100, ("vv", "vh"))
    for source, target in (("cubes", "bad"), ("cubes", "holes"), ("cubes", "one")):
        shutil.copytree(folder / source / "data/s2l2a", folder / target / "data/s2l2a")
    (folder / "bad/data/s2l2a/c1.zarr.zip").write_bytes(b"junk")
    replace_chunk(folder / "holes/data/s2l2a/c1.zarr.zip", None)
    (folder / "own.npz").write_bytes(b"a file of somebody else")


def replace_chunk(path: Path, content: bytes | None) -> None:
    """Replace a chunk of a cube, or leave it out."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["bands/0.1.0.0.0"] = content or b""
    with zipfile.ZipFile(path, "w") as archive:
        for name, stored in members.items():
            if stored:
                archive.writestr(name, stored)


EVALUATE = "evaluate {} --labels labels -o out"
ENCODE = "encode random --dataset folder --data {} -o e.npz"
READING = "encode pooled --dataset folder --data {} -o e.npz"
SCENARIOS = [
    EVALUATE.format("part.csv"),
    EVALUATE.format("named.csv"),
    EVALUATE.format("nan.csv"),
    EVALUATE.format("no_data.csv"),
    EVALUATE.format("absent.csv"),
    EVALUATE.format("nowhere/at/all.csv"),
    EVALUATE.format("god.csv"),
    "evaluate good.csv --labels lables -o out",
    EVALUATE.format("good.csv") + " --protocol unknown",
    EVALUATE.format("good.csv") + " --probe unknown",
    EVALUATE.format("good.csv") + " --metric unknown",
    EVALUATE.format("good.csv") + " --subset fold=z",
    EVALUATE.format("good.csv") + " --set probe.unknown=1",
    "validate nan.csv",
    "validate named.csv",
    "validate nowhere/at/all.csv",
    "validate absent.csv",
    "convert named.csv named.npz",
    "encode unknown --dataset folder --data cubes -o e.npz",
    "encode random --dataset unknown --data cubes -o e.npz",
    "encode random --dataset folder --data cubes -o e.npz --set unknown=1",
    "encode random --dataset folder --data cubes -o e.npz --set dataset.unknown=1",
    ENCODE.format("cubes"),
    ENCODE.format("one").replace("e.npz", "own.npz"),
    READING.format("bad"),
    READING.format("holes"),
    "info unknown",
    "plugins info unknown",
    "plugins check unknown",
    "tasks derive crops --ids labels/x__regr.csv -o derived",
    "tasks derive unknown --data cubes -o derived",
    "list unknown",
    "data generate unknown -o new",
    "data generate folder -o new",
    "data download unknown -o new",
    "inspect absent.csv",
]
MISSPELT = {"god.csv", "lables"}
POOLED = '''
from neucocore.plugin import EncoderSpec, hookimpl
NEUCO_API = 1

class Pooled:
    """The mean of each band."""
    def encode(self, cubes):
        import numpy as np
        rows = [np.concatenate([a.mean(axis=(0, 2, 3)) for a in c.arrays.values()]) for c in cubes]
        return np.stack(rows).astype(np.float32)

@hookimpl
def neuco_encoders():
    return [EncoderSpec(name="pooled", summary="means of bands", factory=Pooled)]
'''


def next_steps(words: list[str], hint: str) -> list[list[str]]:
    """Return the commands that a hint means: those it names, or the same with its options."""
    values = {"NAME": "synthetic-earth", "DIR": "cubes", "DATASET": "folder", "TASK": "nodata"}
    if commands := list(commands_in(hint)):
        return [[values.get(word, word) for word in command] for command in commands[:1]]
    if similar := re.match(r"did you mean (.*)\?", hint):
        return [[similar[1] if word in MISSPELT else word for word in words]]
    options = re.findall(r"(--[a-z][a-z-]+)(?: ([^\s;,()]+))?", hint)
    for option, value in options:
        if option in flags():
            return [[*words, option]]
        if value and not value.isupper():
            return [[*words, option, value]]
    return []


@cache
def flags() -> frozenset[str]:
    """Return the options without a value."""
    commands = typer.main.get_command(app).commands.values()  # type: ignore[attr-defined]
    params = [param for command in commands for param in command.params]
    return frozenset(
        name for param in params if getattr(param, "is_flag", False) for name in param.opts
    )


@pytest.mark.parametrize("line", SCENARIOS)
def test_following_a_hint_leads_to_a_better_state(
    neuco: Callable[..., Ended], tmp_path: Path, line: str
) -> None:
    """The command of a hint succeeds; with its options the failed command fails later or not."""
    words = line.split()
    ended = neuco(words)
    assert ended.code, ended.out
    seen = set()
    for _ in range(4):
        assert ended.message not in seen, "the hint leads to the same error"
        assert ended.hint, ended.err
        seen.add(ended.message)
        if ended.hint.startswith("ls "):
            subprocess.run(shlex.split(ended.hint), check=True, cwd=tmp_path)
            return
        steps = next_steps(words, ended.hint)
        assert steps, f"neither a command nor an option: {ended.hint}"
        words = steps[0]
        ended = neuco(words)
        if ended.code == 0:
            return
    pytest.fail(f"no way out: {seen}")


NO_ADVICE = [
    (EVALUATE.format("other_ids.csv"), "--allow-missing"),
    (EVALUATE.format("text.csv"), "--nan"),
    ("validate text.csv", "--nan"),
    (READING.format("all_bad"), "--skip-bad"),
    (READING.format("all_junk"), "--skip-bad"),
]


@pytest.mark.parametrize(("line", "advice"), NO_ADVICE)
def test_no_hint_advises_what_cannot_help(
    neuco: Callable[..., Ended], tmp_path: Path, line: str, advice: str
) -> None:
    """Nothing in common, no number in a column, no cube that can be read: no option helps."""
    rows = [f"{number},0.{number},{number}" for number in range(10, 34)]
    (tmp_path / "other_ids.csv").write_text("\n".join(["id,d0,d1", *rows]) + "\n")
    words = [f"{cube},word{number},0.{number}" for number, cube in enumerate(IDS)]
    (tmp_path / "text.csv").write_text("\n".join(["id,d0,d1", *words]) + "\n")
    (tmp_path / "all_bad/data/s2l2a").mkdir(parents=True)
    good = (tmp_path / "one/data/s2l2a/c0.zarr.zip").read_bytes()
    shutil.copytree(tmp_path / "one", tmp_path / "all_junk")
    for path in (tmp_path / "all_junk/data/s2l2a").iterdir():
        replace_chunk(path, b"junk")
    for number in range(3):
        (tmp_path / f"all_bad/data/s2l2a/c{number}.zarr.zip").write_bytes(good[:-40])
    ended = neuco(line.split())
    assert ended.code
    assert ended.hint
    assert advice not in ended.hint

"""What holds for every command, those of plugins included: help, short names, JSON, completion."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
import typer.main
from typer.testing import CliRunner

from neucocore.cli import plugin_commands
from neucocore.cli.app import app
from neucocore.cli.parameters import SHORT_OPTIONS, prepared

WITHOUT_JSON = {
    "neuco plugins new": "prints the folder that it has written",
    "neuco plugins freeze": "prints lines of a requirements file",
    "neuco registry check": "prints problems of a file that somebody edits",
    "neuco registry write": "writes JSON",
}


def leaves(name, command):
    """Yield the commands below a command that do something, by name."""
    inner = getattr(command, "commands", {})
    for key, value in inner.items():
        yield from leaves(f"{name} {key}", value)
    if not inner:
        yield name, command


def all_commands():
    found = dict(leaves("neuco", prepared(typer.main.get_command(app))))
    for name in plugin_commands.commands():
        found.update(leaves(f"neuco {name}", plugin_commands.load(name)))
    return found


COMMANDS = all_commands()


def test_the_commands_of_plugins_are_among_them():
    assert {"neuco demo", "neuco report", "neuco sample", "neuco fusion make"} <= COMMANDS.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_that_prints_a_result_has_json(name):
    flags = {flag for param in COMMANDS[name].params for flag in param.opts}
    assert ("--json" in flags) != (name in WITHOUT_JSON)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained_and_no_flag_has_a_type(name):
    for param in COMMANDS[name].params:
        assert param.help, f"{name} {param.name}"
    words = name.split()[1:]
    ended = CliRunner().invoke(
        app, [*words, "--help"], env={"COLUMNS": "300", "NO_COLOR": "1"}, prog_name="neuco"
    )
    assert ended.exit_code == 0, ended.output
    text = " ".join(ended.output.split())
    assert "<bool>" not in text
    assert "BOOLEAN" not in text


@pytest.mark.parametrize("name", COMMANDS)
def test_short_names_mean_the_same_in_every_command(name):
    for param in COMMANDS[name].params:
        for long, short in SHORT_OPTIONS.items():
            assert (long in param.opts) == (short in param.opts), f"{name} {param.opts}"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("neuco enc", {"encode"}),
        ("neuco fus", {"fusion"}),
        ("neuco encode band-m", {"band-means"}),
        ("neuco evaluate x.csv --tasks biomass", {"biomass-mean", "biomass-std"}),
        ("neuco evaluate x.csv --tasks nodata,crops", {"nodata,crops-corn-soybean"}),
        ("neuco evaluate x.csv --protocol nest", {"nested-cv"}),
    ],
)
def test_shells_complete_commands_and_names(words, expected):
    count = len(words.split()) - 1
    asked = {"_NEUCO_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(count)}
    program = "import sys; sys.argv = ['neuco']; from neucocore.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **asked},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert set(done.stdout.split()) == expected, done.stderr


@pytest.fixture(scope="module")
def earth(tmp_path_factory):
    """The cubes of a small synthetic Earth, generated with --json."""
    folder = tmp_path_factory.mktemp("json")
    words = ("data", "generate", "synthetic-earth", "-o", "earth")
    (row,) = printed(folder, *words, "--set", "cubes=60", "--set", "size=16")
    assert row["folder"] == "earth"
    return folder


def printed(folder, *words):
    """Run a command with --json; return what stdout holds, which is JSON and nothing else."""
    done = subprocess.run(
        [sys.executable, "-m", "neucocore", *words, "--json"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_commands_that_write_files_describe_them_as_json(earth):
    words = ("--dataset", "synthetic-earth", "--data", "earth")
    (row,) = printed(earth, "encode", "band-means", *words, "-o", "means.parquet")
    assert (row["file"], row["rows"], row["fit"]) == ("means.parquet", 60, "none")
    (again,) = printed(earth, "encode", "band-means", *words, "-o", "means.parquet")
    assert again["up_to_date"] is True
    words = ("means.parquet", "small.parquet", "--reducer", "pca", "--dimension", "4")
    (row,) = printed(earth, "convert", *words)
    assert (row["rows"], row["columns"], row["reduction"]["bytes_per_row"]) == (60, 4, 16)
    (row,) = printed(earth, "fusion", "make", "means.parquet", "small.parquet", "-o", "f.parquet")
    assert (row["file"], row["rows"]) == ("f.parquet", 60)
    (row,) = printed(earth, "tasks", "export", "--labels", "earth/labels", "-o", "exported")
    assert "nodata__regr.csv" in row["label_files"]
    words = ("--labels", "earth/labels", "-t", "nodata", "-o", "results")
    assert printed(earth, "evaluate", "means.parquet", *words)[0]["task"] == "nodata@1"
    (row,) = printed(earth, "report", "results", "-o", "report.html")
    assert row["bytes"] == (earth / "report.html").stat().st_size


def test_run_prints_the_rows_of_its_tables_as_json(earth):
    (earth / "run.yaml").write_text(
        "dataset: {name: synthetic-earth, path: earth}\n"
        "encoders: [band-means, random]\ntasks: [nodata]\noutput: out\n"
    )
    rows = printed(earth, "run", "run.yaml")
    assert sorted(row["method"] for row in rows) == ["band-means", "random"]
    assert all(re.fullmatch(r"nested-cv@1.*", row["protocol"]) for row in rows)

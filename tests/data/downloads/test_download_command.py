"""``neuco data download``."""

from __future__ import annotations

import json
import sys

import pytest

from neucocore.cli import main
from neucocore.components import discovery

TOY = """
from neucocore.plugin import DatasetSpec, FileSource, HostedFile, HubSource, hookimpl
NEUCO_API = 1

@hookimpl
def neuco_datasets():
    return [
        DatasetSpec(name="cubes", summary="on a hub", factory=lambda path: None,
                    bands={"s1": ("vv",)},
                    hub=HubSource(repo="someone/cubes", revision="main")),
        DatasetSpec(name="local", summary="on no hub", factory=lambda path: None,
                    bands={"s1": ("vv",)},
                    collections={"prizes": FileSource(
                        url="http://127.0.0.1:9/", revision="2025",
                        files=(HostedFile("first.csv", "ab" * 32, 20_000),))}),
    ]
"""


@pytest.fixture(name="neuco")
def fixture_neuco(monkeypatch, capsys, hub, tmp_path):
    plugin = tmp_path / "toy.py"
    plugin.write_text(TOY)
    monkeypatch.setenv(discovery.PATH_VARIABLE, str(plugin))
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    discovery.forget()

    def run(*words):
        out = tmp_path / "out"
        monkeypatch.setattr(
            sys, "argv", ["neuco", "data", "download", *map(str, words), "-o", str(out)]
        )
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        return int(end.value.code or 0), captured.out, captured.err

    yield run
    discovery.forget()


def downloaded(folder):
    return sorted(
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*")
        if file.is_file() and ".neuco-download" not in file.parts
    )


def test_the_plan_is_printed_first_and_the_summary_last(neuco, hub, tmp_path):
    code, out, err = neuco("cubes", "--only", "s1/part-000000", "--only", "s2l2a/part-000000")
    assert (code, out) == (0, "")
    assert f"someone/cubes at {hub.branches['main']}" in err
    assert "to fetch  4 files, 20.0 kB" in err
    assert err.index("to fetch") < err.index("downloading: 4/4") < err.index("fetched 4 files")
    assert len(downloaded(tmp_path / "out")) == 4


def test_labels_and_the_example_can_be_downloaded_alone(neuco, tmp_path):
    assert neuco("cubes", "--labels")[0] == 0
    assert downloaded(tmp_path / "out") == ["labels/a__regr.csv"]
    assert neuco("cubes", "--example")[0] == 0
    assert downloaded(tmp_path / "out") == ["data_example/s1/x.zarr.zip", "labels/a__regr.csv"]


def test_a_dry_run_fetches_nothing_and_json_prints_the_plan(neuco, hub, tmp_path):
    code, out, _ = neuco("cubes", "--dry-run", "--json")
    assert code == 0
    (plan,) = json.loads(out)
    assert plan["commit"] == hub.branches["main"]
    assert (plan["files"], plan["files_to_fetch"]) == (15, 15)
    assert hub.bytes_sent == 0
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["prizes", "local/prizes"])
def test_a_collection_of_files_is_planned_from_its_declaration(neuco, tmp_path, name):
    code, out, err = neuco(name, "--dry-run")
    assert (code, out) == (0, "")
    assert "prizes at 2025" in err
    assert "to fetch  1 file, 20.0 kB" in err


@pytest.mark.parametrize(
    ("words", "code", "what"),
    [
        (["local"], 2, "the data set toy/local cannot be downloaded"),
        (["cubse"], 2, "unknown dataset 'cubse'"),
        (["cubes", "--only", "nothing*"], 4, "none of the 15 files"),
        (["cubes", "--revision", "v9"], 4, "has no someone/cubes at v9"),
    ],
)
def test_what_does_not_exist_is_one_error(neuco, tmp_path, words, code, what):
    ended, out, err = neuco(*words)
    assert (ended, out) == (code, "")
    assert err.count("error:") == 1
    assert what in err
    assert not (tmp_path / "out").exists()


def test_without_huggingface_hub_the_hint_names_the_extra(neuco, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    code, _, err = neuco("cubes")
    assert code == 3
    assert "pip install 'neucocore[hub]'" in err

"""neuco challenge as it is typed: new, check and export of real label files."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile

import pytest


def neuco(folder, *words):
    command = [sys.executable, "-m", "neucocore", "challenge", *map(str, words)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)


@pytest.fixture
def folder(labels, tmp_path):
    done = neuco(tmp_path, "new", "small", "--title", 'Say "hello"')
    assert done.returncode == 0, done.stderr
    rules = tmp_path / "small" / "challenge.yaml"
    text = rules.read_text()
    text = text.replace("[clouds_reg, nodata]", "[biomass, crops]\n    columns: dev")
    text = text.replace("[landcover_forest, clouds_reg, nodata]", "[biomass]\n    columns: test")
    rules.write_text(text)
    for file in labels.iterdir():
        (tmp_path / "small" / "labels" / file.name).write_bytes(file.read_bytes())
    return tmp_path


def test_a_new_challenge_is_checked_and_exported(folder):
    done = neuco(folder, "check", "small", "--json")
    assert done.returncode == 0, done.stderr
    dev, test = json.loads(done.stdout)
    assert (dev["phase"], dev["tasks"], dev["rows"], dev["ids"]) == ("dev", 2, 240, 120)
    assert (test["ids"], test["board"]) == (120, "hidden")
    done = neuco(folder, "export", "evalai", "small", "-o", "bundle.zip")
    assert done.returncode == 0, done.stderr
    assert "contains the labels" in done.stderr
    with zipfile.ZipFile(folder / "bundle.zip") as bundle:
        names = bundle.namelist()
        configuration = bundle.read("challenge_config.yaml").decode()
    assert {"evaluation_script.zip", "annotations/dev.zip", "annotations/test.zip"} <= set(names)
    assert "hello" in configuration
    assert "biomass" not in configuration


def test_tasks_without_labels_and_columns_that_are_absent_are_reported_together(folder):
    rules = folder / "small" / "challenge.yaml"
    rules.write_text(
        rules.read_text()
        .replace("[biomass, crops]", "[biomass, clouds]")
        .replace("columns: test", "columns: eval")
    )
    done = neuco(folder, "check", "small")
    assert done.returncode == 1
    assert "dev: no label file of clouds; there are biomass, crops, forest" in done.stderr
    assert "eval" in done.stderr


def test_the_template_of_2025_warns_that_its_labels_are_public(tmp_path):
    done = neuco(tmp_path, "new", "again", "--template", "earthvision-2025")
    assert done.returncode == 0
    assert "the labels of this template are public" in " ".join(done.stderr.split())


def test_a_holdout_is_refused_instead_of_scored(folder):
    rules = folder / "small" / "challenge.yaml"
    rules.write_text(
        rules.read_text().replace("columns: test", "columns: test\n    holdout: h.csv")
    )
    done = neuco(folder, "export", "codabench", "small", "-o", "bundle.zip")
    assert done.returncode == 1
    assert "cannot hold back rows yet, and a holdout is named in test" in done.stderr
    assert not (folder / "bundle.zip").exists()

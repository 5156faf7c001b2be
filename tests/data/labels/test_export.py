import csv
import json

import pytest
import yaml

from neucocore.components.specs import LabelSource, TaskSpec
from neucocore.data.labels.export import export_neuco
from neucocore.data.labels.label_folder import read_label_folder
from neucocore.errors import DataError

FOREST = TaskSpec(
    name="forest",
    summary="Share of forest",
    dataset="folder",
    problem="regression",
    primary_metric="r2",
    unit="share",
    license="CC-BY-4.0",
    citation="doi:10.1/x",
    exclusions="Shrubs.",
    source=LabelSource(
        name="A map", license="CC0-1.0", citation="doi:10.1/y", region="Here", years="2018"
    ),
)


@pytest.fixture
def labels(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "forest__regression.csv").write_text(
        "id,label,dev\na,0.25,True\nb,,True\nc,1,False\n"
    )
    (folder / "ship__regr.csv").write_text("id,label:row,label:col\na,1,2\nb,3,\n")
    (folder / "calm__cls.csv").write_text("id,label\na,calm\nb,rough\n")
    (folder / "cover__cls.csv").write_text("id,label\na,x\nb,y\nc,z\n")
    return read_label_folder(folder)


def as_neucobench_reads(folder):
    """Read labels like NeuCo-Bench: names split at the first '__', empty labels skipped."""
    tasks = {}
    for path in folder.glob("*.csv"):
        name, kind = path.stem.split("__", 1)
        with path.open(newline="") as file:
            rows = [(row["id"], row["label"]) for row in csv.DictReader(file)]
        tasks[name, kind] = {cube: float(label) for cube, label in rows if label}
    return tasks


def test_neucobench_reads_the_folder(tmp_path, labels):
    out = tmp_path / "out"

    findings = export_neuco(labels, {"forest": FOREST}, out, "Mine")

    assert as_neucobench_reads(out / "labels") == {
        ("forest", "regr"): {"a": 0.25, "c": 1.0},
        ("ship_row", "regr"): {"a": 1.0, "b": 3.0},
        ("ship_col", "regr"): {"a": 2.0},
        ("calm", "cls"): {"a": 0.0, "b": 1.0},
    }
    assert ["cover" in str(finding) for finding in findings] == [True]


def test_phase_columns_are_exported_with_the_labels(tmp_path, labels):
    export_neuco(labels, {}, tmp_path / "out", "Mine")

    text = (tmp_path / "out/labels/forest__regr.csv").read_text()
    assert text == "id,label,dev\na,0.25,True\nc,1.0,False\n"


def test_the_card_has_the_front_matter_of_a_hub(tmp_path, labels):
    forest = [file for file in labels if file.stem == "forest"]
    export_neuco(forest, {"forest": FOREST}, tmp_path / "out", "Mine")

    _, head, body = (tmp_path / "out/README.md").read_text().split("---\n", 2)
    card = yaml.safe_load(head)

    assert card["license"] == "cc-by-4.0"
    assert card["configs"] == [
        {"config_name": "forest__regr", "data_files": "labels/forest__regr.csv"}
    ]
    assert "doi:10.1/y" in body
    assert "Shrubs." in body


def test_labels_under_several_licences_are_declared_as_other(tmp_path, labels):
    export_neuco(labels, {"forest": FOREST}, tmp_path / "out", "Mine")

    head = (tmp_path / "out/README.md").read_text().split("---\n", 2)[1]
    assert yaml.safe_load(head)["license"] == "other"


def test_the_description_is_machine_readable(tmp_path, labels):
    export_neuco(labels, {"forest": FOREST}, tmp_path / "out", "Mine")

    rows = {row["file"]: row for row in json.loads((tmp_path / "out/tasks.json").read_text())}
    assert rows["labels/forest__regr.csv"]["task"] == "forest@1"
    assert rows["labels/forest__regr.csv"]["source_license"] == "CC0-1.0"
    assert rows["labels/calm__cls.csv"]["classes"] == ["calm", "rough"]


def test_a_folder_with_other_csv_files_is_an_error(tmp_path, labels):
    (tmp_path / "out/labels").mkdir(parents=True)
    (tmp_path / "out/labels/notes.csv").write_text("x\n")
    with pytest.raises(DataError, match=r"notes\.csv"):
        export_neuco(labels, {}, tmp_path / "out", "Mine")


def test_labels_that_neucobench_does_not_support_are_an_error(tmp_path, labels):
    cover = [file for file in labels if file.stem == "cover"]
    with pytest.raises(DataError, match="none of the label files can be exported"):
        export_neuco(cover, {}, tmp_path / "out", "Mine")


def test_a_licence_known_to_the_hub_needs_no_link(tmp_path, labels):
    forest = [file for file in labels if file.stem == "forest"]
    for tasks, links in (({"forest": FOREST}, False), ({}, True)):
        export_neuco(forest, tasks, tmp_path / str(links), "Mine")
        head = (tmp_path / str(links) / "README.md").read_text().split("---\n", 2)[1]
        assert ("license_link" in yaml.safe_load(head)) is links

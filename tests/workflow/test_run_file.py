from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from neucocore.errors import ConfigError
from neucocore.workflow.options import RunOptions
from neucocore.workflow.run_file import EncoderEntry, RunFile
from neucocore.workflow.run_file import read_run_file as read_options

WHOLE = """\
name: dev
dataset: {name: folder, path: cubes, set: {seasons: spring}}
encoders:
  - random
  - {name: temporal-mosaiks, features: 64, as: mosaiks}
embeddings: [given/*.csv]
tasks: ["landcover-*", biomass-mean]
dimension: 16
protocol: [nested-cv, neucobench-2026]
subset: cvpr_earthvision_phase_dev
output: out
"""


def read_run_file(path: Path, **options: Any) -> RunFile:
    return read_options(RunOptions(path, **options))


def written(folder: Path, text: str) -> Path:
    path = folder / "run.yaml"
    path.write_text(text)
    return path


def test_a_probe_is_a_name_or_a_mapping_with_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_run_file(written(tmp_path, "embeddings: []\nprobe: {neighbours: 3}\n"))
    message = "probe must have a name, found {'neighbours': 3}"
    assert any(message in problem for problem in caught.value.problems)


def test_every_key_is_read_with_paths_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "b.csv").touch()
    (tmp_path / "given" / "a.csv").touch()
    run = read_run_file(written(tmp_path, WHOLE))
    assert run.data == tmp_path / "cubes"
    assert run.dataset_params == {"seasons": "spring"}
    assert run.encoders == (
        EncoderEntry("random"),
        EncoderEntry("temporal-mosaiks", {"features": 64}, "mosaiks"),
    )
    assert [path.name for path in run.embeddings] == ["a.csv", "b.csv"]
    assert run.evaluate["tasks"] == ("landcover-*", "biomass-mean")
    assert run.evaluate["protocol"] == ("nested-cv", "neucobench-2026")
    assert run.output == tmp_path / "out"
    for options in (run.encode, run.evaluate):
        assert options["dimension"] == 16
        assert options["subset"] == "cvpr_earthvision_phase_dev"


def test_the_table_of_groups_lies_relative_to_the_file(tmp_path: Path) -> None:
    text = "labels: labels\nembeddings: [a.csv]\nsplit: group:places.csv:place\n"
    (tmp_path / "a.csv").touch()
    run = read_run_file(written(tmp_path, text))
    assert run.evaluate["split"] == f"group:{tmp_path / 'places.csv'}:place"


def test_groups_without_a_column_are_refused_with_their_line(tmp_path: Path) -> None:
    text = "labels: labels\nembeddings: [a.csv]\nsplit: group\n"
    (tmp_path / "a.csv").touch()
    with pytest.raises(ConfigError, match=r"run.yaml:3: split 'group' is not a rule"):
        read_run_file(written(tmp_path, text))


def test_all_problems_of_a_file_come_together_with_their_lines(tmp_path: Path) -> None:
    text = "nmae: x\ndataset: {name: folder}\nencoders: [random, 3]\ndimension: many\njobs: 0\n"
    with pytest.raises(ConfigError) as caught:
        read_run_file(written(tmp_path, text))
    said = "\n".join(caught.value.problems)
    assert "run.yaml:1: unknown key 'nmae'; did you mean 'name'?" in said
    assert "run.yaml:2: dataset.path is missing" in said
    assert "run.yaml:3: 3 is not an encoder's name" in said
    assert "run.yaml:4: dimension must be an integer of at least 1, found 'many'" in said
    assert "run.yaml:5: jobs must be an integer of at least 1" in said


def test_a_key_given_twice_is_reported_with_the_other_problems(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("jobs: 0\njobs: 2\nencoders: [random]\ndimensoin: 3\n")
    with pytest.raises(ConfigError) as caught:
        read_run_file(path)
    said = "\n".join(caught.value.problems)
    assert "run.yaml:2: the key 'jobs' was already given in line 1" in said
    assert "unknown key 'dimensoin'" in said
    assert "encoders need a dataset" in said
    assert "jobs must be an integer of at least 1" in said


def test_a_wildcard_without_a_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"embeddings 'none/\*.csv' matches no file"):
        read_run_file(written(tmp_path, "labels: l\nembeddings: ['none/*.csv']\n"))


def test_nothing_to_do_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="name encoders, embeddings or both"):
        read_run_file(written(tmp_path, "labels: l\n"))


def test_embeddings_without_labels_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    with pytest.raises(ConfigError, match="name a folder of labels"):
        read_run_file(written(tmp_path, "embeddings: a.csv\n"))


def test_a_list_is_no_run_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a run file is a mapping"):
        read_run_file(written(tmp_path, "- a\n"))


def test_a_sidecar_is_no_embeddings_file(tmp_path: Path) -> None:
    for name in ("a.csv", "a.csv.run.json"):
        (tmp_path / name).touch()
    run = read_run_file(written(tmp_path, "labels: l\nembeddings: 'a*'\n"))
    assert [path.name for path in run.embeddings] == ["a.csv"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("missing_chunks: skip", "missing_chunks must be one of error, warn, fill, found 'skip'"),
        ("nan: 0", "nan must be one of error, zero, found 0"),
        ("nan: fill", "nan must be one of error, zero, found 'fill'"),
        ("tasks: 3", "tasks must be a text or a list of texts, found 3"),
        ("protocol: [nested-cv, 3]", "protocol must be a text or a list of texts"),
        ("jobs: true", "jobs must be an integer of at least 1, found True"),
        ("skip_bad: 1", "skip_bad must be true or false, found 1"),
        ("dimension: 0", "dimension must be an integer of at least 1, found 0"),
        ("dataset: cubes", "dataset must be a mapping with name and path"),
        ("dataset: {path: cubes}", "dataset.name is missing or not a text"),
        ("dataset: {name: folder, path: c, set: 3}", "dataset.set must be a mapping of parameters"),
        ("dataset: {name: folder, path: c, sett: 3}", "unknown key 'sett'; did you mean 'set'?"),
        ("encoders: random", "encoders must be a list of names or mappings with a name"),
        ("encoders: [{as: mine}]", "{'as': 'mine'} is not an encoder's name"),
        ("encoders: [{name: random, as: 3}]", "as must be a method name"),
        ("encoders: [{name: random, set: 3}]", "set must be a mapping of parameters"),
    ],
    ids=[*range(16)],
)
def test_a_value_of_the_wrong_kind_is_said_with_its_line(
    tmp_path: Path, line: str, problem: str
) -> None:
    rest = {
        "dataset": "dataset: {name: folder, path: cubes}",
        "encoders": "encoders: [random]",
        "labels": "labels: l",
    }
    rest.pop(line.partition(":")[0], None)
    with pytest.raises(ConfigError) as caught:
        read_run_file(written(tmp_path, "\n".join([line, *rest.values(), ""])))
    assert caught.value.problems == ()  # none but this
    assert caught.value.message.startswith(f"{tmp_path}/run.yaml:1: {problem}")


def test_encoders_without_a_dataset_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"run\.yaml: encoders need a dataset"):
        read_run_file(written(tmp_path, "labels: l\nencoders: [random]\n"))


def test_what_a_file_does_not_say_has_its_default(tmp_path: Path) -> None:
    text = "dataset: {name: folder, path: cubes}\nencoders: [random]\n"
    run = read_run_file(written(tmp_path, text))
    assert (run.name, run.output) == ("run", tmp_path / "results")
    assert run.labels is None
    assert run.encode == run.evaluate == {"force": False}


def test_parameters_of_an_encoder_may_stand_under_set(tmp_path: Path) -> None:
    text = "dataset: {name: folder, path: c}\nencoders: [{name: random, set: {name: x, seed: 1}}]\n"
    (entry,) = read_run_file(written(tmp_path, text)).encoders
    assert entry == EncoderEntry("random", {"name": "x", "seed": 1})


def test_an_output_of_the_command_line_goes_before_the_files(tmp_path: Path) -> None:
    run = read_run_file(
        written(tmp_path, WHOLE.replace("given/*.csv", "'*.yaml'")), output=Path("mine")
    )
    assert run.output == Path("mine")


def test_embeddings_named_twice_are_one_method(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    text = f"labels: l\nembeddings: ['*.csv', a.csv, {tmp_path}/a.csv]\n"
    run = read_run_file(written(tmp_path, text))
    assert run.embeddings == (tmp_path / "a.csv",)


def test_jobs_of_the_command_line_take_precedence_over_the_files(tmp_path: Path) -> None:
    text = "dataset: {name: folder, path: c}\nencoders: [random]\njobs: 3\n"
    assert read_run_file(written(tmp_path, text)).encode["jobs"] == 3
    run = read_run_file(written(tmp_path, text), jobs=2)
    assert (run.encode["jobs"], run.evaluate["jobs"]) == (2, 2)

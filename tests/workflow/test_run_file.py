from __future__ import annotations

from pathlib import Path

import pytest

from neucocore.errors import ConfigError
from neucocore.workflow.run_file import EncoderEntry, read_run_file

WHOLE = """\
name: dev
dataset: {name: folder, path: cubes, set: {seasons: spring}}
encoders:
  - random
  - {name: temporal-mosaiks, features: 64, as: mosaiks}
embeddings: [given/*.csv]
tasks: ["landcover-*", biomass-mean]
dimension: 16
protocol: [robust, neucobench-2026]
where: cvpr_earthvision_phase_dev
output: out
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "run.yaml"
    path.write_text(text)
    return path


def test_a_probe_is_a_name_or_a_mapping_with_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_run_file(written(tmp_path, "embeddings: []\nprobe: {neighbours: 3}\n"))
    said = "probe must be a name, or a mapping of name and parameters, found {'neighbours': 3}"
    assert any(said in problem for problem in caught.value.problems)


def test_every_key_is_read_with_paths_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "b.csv").touch()
    (tmp_path / "given" / "a.csv").touch()
    run = read_run_file(written(tmp_path, WHOLE))
    assert run.data == tmp_path / "cubes"
    assert run.dataset_settings == {"seasons": "spring"}
    assert run.encoders == (
        EncoderEntry("random"),
        EncoderEntry("temporal-mosaiks", {"features": 64}, "mosaiks"),
    )
    assert [path.name for path in run.embeddings] == ["a.csv", "b.csv"]
    assert run.tasks == ("landcover-*", "biomass-mean")
    assert run.protocols == ("robust", "neucobench-2026")
    assert run.output == tmp_path / "out"
    assert (run.dimension, run.where, run.jobs) == (16, "cvpr_earthvision_phase_dev", 1)


def test_the_table_of_groups_lies_relative_to_the_file(tmp_path: Path) -> None:
    text = "labels: labels\nembeddings: [a.csv]\ngroups: places.csv:place\n"
    (tmp_path / "a.csv").touch()
    assert read_run_file(written(tmp_path, text)).groups == f"{tmp_path / 'places.csv'}:place"


def test_groups_without_a_column_are_refused_with_their_line(tmp_path: Path) -> None:
    text = "labels: labels\nembeddings: [a.csv]\ngroups: places.csv\n"
    (tmp_path / "a.csv").touch()
    with pytest.raises(ConfigError, match=r"run.yaml:3: groups must be FILE:COLUMN"):
        read_run_file(written(tmp_path, text))


def test_all_problems_of_a_file_come_together_with_their_lines(tmp_path: Path) -> None:
    text = "nmae: x\ndataset: {name: folder}\nencoders: [random, 3]\ndimension: many\njobs: 0\n"
    with pytest.raises(ConfigError) as caught:
        read_run_file(written(tmp_path, text))
    said = "\n".join(caught.value.problems)
    assert "run.yaml:1: unknown key 'nmae'; did you mean 'name'?" in said
    assert "run.yaml:2: dataset.path is missing" in said
    assert "run.yaml:3: 3 is not an encoder's name" in said
    assert "run.yaml:4: dimension must be of type int, found 'many'" in said
    assert "run.yaml:5: jobs must be at least 1" in said


def test_a_key_given_twice_is_reported_with_the_other_problems(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("jobs: 0\njobs: 2\nencoders: [random]\ndimensoin: 3\n")
    with pytest.raises(ConfigError) as caught:
        read_run_file(path)
    said = "\n".join(caught.value.problems)
    assert "run.yaml:2: the key 'jobs' was already given in line 1" in said
    assert "unknown key 'dimensoin'" in said
    assert "encoders need a dataset" in said
    assert "jobs must be at least 1" in said


def test_a_wildcard_without_a_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"embeddings 'none/\*.csv' matches no file"):
        read_run_file(written(tmp_path, "labels: l\nembeddings: ['none/*.csv']\n"))


def test_nothing_to_do_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="neither encoders nor embeddings"):
        read_run_file(written(tmp_path, "labels: l\n"))


def test_embeddings_without_labels_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    with pytest.raises(ConfigError, match="labels must name a folder"):
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
        ("nan: 0", "nan must be of type str, found 0"),
        ("nan: fill", "nan must be one of error, zero, found 'fill'"),
        ("tasks: 3", "tasks must be a name or a list of names, found 3"),
        ("protocol: [robust, 3]", "protocol must be a name or a list of names"),
        ("jobs: true", "jobs must be of type int, found True"),
        ("skip_bad: 1", "skip_bad must be of type bool, found 1"),
        ("dimension: 0", "dimension must be at least 1, found 0"),
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
    assert (run.protocols, run.tasks, run.labels) == (("robust",), (), None)
    assert (run.missing_chunks, run.nan, run.skip_bad, run.allow_missing) == (
        "error",
        "error",
        False,
        False,
    )


def test_parameters_of_an_encoder_may_stand_under_set(tmp_path: Path) -> None:
    text = "dataset: {name: folder, path: c}\nencoders: [{name: random, set: {name: x, seed: 1}}]\n"
    (entry,) = read_run_file(written(tmp_path, text)).encoders
    assert entry == EncoderEntry("random", {"name": "x", "seed": 1})


def test_an_output_of_the_command_line_goes_before_the_files(tmp_path: Path) -> None:
    run = read_run_file(written(tmp_path, WHOLE.replace("given/*.csv", "'*.yaml'")), Path("mine"))
    assert run.output == Path("mine")


def test_embeddings_named_twice_are_one_method(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    text = f"labels: l\nembeddings: ['*.csv', a.csv, {tmp_path}/a.csv]\n"
    run = read_run_file(written(tmp_path, text))
    assert run.embeddings == (tmp_path / "a.csv",)

"""A run file from its cubes to its ranking, and what happens when one of its methods fails."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import typer

from neucocore.cli import run as run_module
from neucocore.data.cubes.writing import write_modality
from neucocore.data.embeddings.formats import load_embeddings
from neucocore.encoding.plan import plan
from neucocore.errors import ConfigError, DataError
from neucocore.evaluation.request import evaluate_request
from neucocore.workflow.benchmark import (
    check,
    encode_options,
    evaluate_options,
    labels_of,
    methods_of,
    phase_of,
)
from neucocore.workflow.options import RunOptions
from neucocore.workflow.run_file import RunFile, read_run_file

N = 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Forty cubes that ship their labels, half of them of the phase ``dev``."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(N):
        level = rng.normal()
        array = rng.normal(level, 1, (1, 2, 4, 4)).astype(np.float32)
        file = tmp_path / f"cubes/data/s1/part-000000/c{number:02d}.zarr.zip"
        write_modality(file, array, ("vv", "vh"))
        rows.append(f"c{number:02d},{level:.6f},{number % 2 == 0}")
    (tmp_path / "cubes/labels").mkdir()
    labels = tmp_path / "cubes/labels/level__regr.csv"
    labels.write_text("id,label,dev\n" + "\n".join(rows) + "\n")
    return tmp_path


def written(folder: Path, text: str, dataset: str = "{name: folder, path: cubes}") -> Path:
    path = folder / "run.yaml"
    path.write_text(f"dataset: {dataset}\noutput: out\n{text}\n")
    return path


def run(file: Path, **options: Any) -> None:
    run_module.run(RunOptions(file, **options))


def read(folder: Path, text: str) -> RunFile:
    return read_run_file(RunOptions(written(folder, text)))


def scored(folder: Path, phase: str = "results") -> dict[str, dict[str, object]]:
    """Return the record of each run of a phase by its method."""
    files = sorted((folder / "out" / phase).glob("*/run.json"))
    records = [json.loads(file.read_text()) for file in files]
    assert len({record["method"] for record in records}) == len(records)
    return {record["method"]: record for record in records}


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def test_a_run_file_is_encoded_scored_and_ranked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "given.csv").write_text("id,0\n" + "".join(f"c{n:02d},{n}\n" for n in range(N)))
    text = "encoders: [{name: random, dimension: 4}, constant]\nembeddings: [given.csv]"
    run(written(folder, text))
    methods = {"random-dimension=4", "constant", "given"}
    assert set(scored(folder)) == methods
    table = capsys.readouterr().out
    assert all(method in table for method in methods)
    assert load_embeddings(folder / "out/embeddings/random-dimension=4.parquet").matrix.shape == (
        N,
        4,
    )


def test_fault_56_a_run_file_run_again_repeats_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(folder, "encoders: [{name: random, dimension: 4}]")
    run(file)
    before = files_of(folder / "out")
    run(file)
    assert files_of(folder / "out") == before
    assert "up to date; --force scores again" in capsys.readouterr().err


def test_fault_56_force_does_everything_again(folder: Path) -> None:
    file = written(folder, "encoders: [{name: random, dimension: 4}]")
    run(file)
    run(file, force=True)
    assert len(list((folder / "out/results").glob("*/run.json"))) == 2


def test_a_method_that_fails_does_not_stop_the_others(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.csv").write_text("id,0\n" + "".join(f"c{n:02d},nan\n" for n in range(N)))
    (folder / "given.csv").write_text("id,0\n" + "".join(f"c{n:02d},{n}\n" for n in range(N)))
    with pytest.raises(typer.Exit) as ended:
        run(written(folder, "embeddings: [broken.csv, given.csv]"))
    assert ended.value.exit_code == 1
    assert set(scored(folder)) == {"given"}
    said = capsys.readouterr()
    assert "given" in said.out
    assert "error: broken failed;" in said.err


def test_if_all_methods_fail_there_is_no_table(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.csv").write_text("id,0\n" + "".join(f"c{n:02d},nan\n" for n in range(N)))
    with pytest.raises(typer.Exit) as ended:
        run(written(folder, "embeddings: [broken.csv]"))
    assert (ended.value.exit_code, capsys.readouterr().out) == (1, "")


def test_ids_left_out_are_neither_encoded_nor_scored(folder: Path) -> None:
    (folder / "left-out.txt").write_text("c00\nc07\n")
    run(
        written(
            folder, "encoders: [{name: random, dimension: 4, as: r}]\nexclude_file: left-out.txt"
        )
    )
    encoded = load_embeddings(folder / "out/embeddings/r.parquet")
    assert encoded.ids == tuple(f"c{n:02d}" for n in range(N) if n not in (0, 7))
    (task,) = cast(list[dict[str, Any]], scored(folder)["r"]["tasks"])
    assert (task["status"], task["n"]) == ("ok", N - 2)


def test_a_subset_selects_what_is_encoded_and_names_the_phase(folder: Path) -> None:
    run(written(folder, "encoders: [{name: random, dimension: 4}]\nsubset: dev"))
    (encoded,) = (folder / "out/embeddings").glob("*.parquet")
    assert load_embeddings(encoded).ids == tuple(f"c{n:02d}" for n in range(0, N, 2))
    assert set(scored(folder, "dev")) == {"random-dimension=4"}


@pytest.mark.parametrize(
    ("text", "phase"),
    [("", "results"), ("subset: dev", "dev"), ("subset: dev\nphase: final", "final")],
    ids=["neither", "subset", "phase"],
)
def test_the_phase_is_named_or_else_that_of_the_subset(folder: Path, text: str, phase: str) -> None:
    asked = read(folder, f"encoders: [random]\n{text}")
    assert phase_of(asked) == phase
    assert evaluate_options(asked, methods_of(asked)[0]).phase == phase


def test_a_method_is_named_after_the_parameters_that_are_not_the_default(folder: Path) -> None:
    entries = ["random", "{name: random, dimension: 1024}", "{name: constant, value: 2.5}"]
    names = [methods_of(read(folder, f"encoders: [{entry}]"))[0].name for entry in entries]
    assert names == ["random", "random", "constant-value=2.5"]


def test_the_keys_of_a_run_file_reach_encoding_and_scoring(folder: Path) -> None:
    (folder / "left-out.txt").write_text("c00\n")
    asked = read(
        folder,
        "encoders: [{name: random, seed: 3}]\ndimension: 8\nmissing_chunks: fill\nskip_bad: true\n"
        "nan: zero\ntasks: level\nsubset: dev\nexclude_file: left-out.txt\nprobe: knn\nmetric: mae",
    )
    (method,) = methods_of(asked)
    encode = plan(encode_options(asked, method))
    assert encode.ids == tuple(f"c{n:02d}" for n in range(2, N, 2))
    assert encode.encoder_params == {"seed": 3, "dimension": 8}
    assert (encode.dimension, encode.missing_chunks, encode.skip_bad) == (8, "fill", True)
    evaluate = evaluate_options(asked, method)
    assert evaluate.embeddings == encode.output
    assert (evaluate.dimension, evaluate.nan, evaluate.subset) == (8, "zero", "dev")
    assert (evaluate.tasks, evaluate.exclude_file) == (("level",), folder / "left-out.txt")
    # A cube that was skipped has no embedding, so its label may be missing.
    assert evaluate.allow_missing
    (chosen,) = evaluate_request(evaluate).protocols
    values = chosen.values()
    assert (values["probe"]["name"], values["metric"]["name"]) == ("core/knn", "core/mae")


def test_a_run_files_probe_may_come_with_its_parameters(folder: Path) -> None:
    asked = read(folder, "encoders: [random]\nprobe: {name: knn, neighbours: 3}")
    check(asked)
    (chosen,) = evaluate_request(evaluate_options(asked, methods_of(asked)[0])).protocols
    assert chosen.values()["probe"] == {"name": "core/knn", "version": 1, "neighbours": 3}
    with pytest.raises(ConfigError, match="options of the protocol nested-cv"):
        check(read(folder, "encoders: [random]\nprobe: {name: knn, neighbors: 3}"))


def test_a_data_set_without_labels_asks_for_them(folder: Path) -> None:
    (folder / "cubes/labels/level__regr.csv").unlink()
    asked = read(folder, "encoders: [random]")
    with pytest.raises(DataError, match="has no label files") as caught:
        labels_of(asked)
    assert "the key labels of the run file" in str(caught.value.hint)


def test_labels_named_by_the_run_file_go_before_those_of_the_data_set(folder: Path) -> None:
    assert labels_of(read(folder, "encoders: [random]")) == folder / "cubes/labels"
    assert labels_of(read(folder, "encoders: [random]\nlabels: mine")) == folder / "mine"


def test_embeddings_that_are_given_are_not_encoded(folder: Path) -> None:
    (folder / "given.csv").write_text("id,0\n")
    asked = read(folder, "embeddings: [given.csv]")
    with pytest.raises(ConfigError, match="given cannot be encoded"):
        encode_options(asked, methods_of(asked)[0])


def test_groups_are_found_from_any_working_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"c{n:02d},p{n // 2}\n" for n in range(N))
    (folder / "places.csv").write_text("id,place\n" + rows)
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    run(written(folder, "encoders: [{name: random, dimension: 4}]\nsplit: group:places.csv:place"))
    (record,) = scored(folder).values()
    split = cast(dict[str, Any], record["parameters"])["split"]
    assert (split["rule"], split["groups"]) == ("group:places.csv:place", N // 2)


def test_an_output_that_is_a_file_is_refused_before_encoding(folder: Path) -> None:
    (folder / "out").write_text("mine")
    before = files_of(folder)
    with pytest.raises(ConfigError, match="out is a file"):
        run(written(folder, "encoders: [random]"))
    assert files_of(folder) == before | {"run.yaml": (folder / "run.yaml").read_bytes()}


def test_unknown_data_set_parameters_and_protocols_come_with_the_other_wrong_names(
    folder: Path,
) -> None:
    path = written(
        folder,
        "encoders: [{name: random, sed: 3}]\nprotocol: nested-cw",
        "{name: folder, path: cubes, set: {saesons: 3}}",
    )
    with pytest.raises(ConfigError) as caught:
        run(path)
    problems = caught.value.problems
    assert "unknown protocol 'nested-cw'; did you mean 'nested-cv'?" in problems[0]
    assert "invalid parameters for random: unknown parameter 'sed'" in problems[1]
    assert "invalid parameters for folder: unknown parameter 'saesons'" in problems[2]


def test_the_data_set_is_made_with_checked_parameters(folder: Path) -> None:
    read_run = read(folder, "encoders: [random]")
    wrong = dataclasses.replace(read_run, dataset_params={"saesons": "3"})
    with pytest.raises(ConfigError, match="invalid parameters for folder"):
        labels_of(wrong)


def test_embeddings_alone_need_labels_and_no_data_set(folder: Path) -> None:
    (folder / "given.csv").write_text("id,0\n" + "".join(f"c{n:02d},{n}\n" for n in range(N)))
    file = folder / "run.yaml"
    file.write_text("labels: cubes/labels\nembeddings: [given.csv]\noutput: out\n")
    run(file)
    assert set(scored(folder)) == {"given"}
    asked = read_run_file(RunOptions(file))
    assert evaluate_options(asked, methods_of(asked)[0]).dataset is None


def test_two_methods_of_one_name_are_refused(folder: Path) -> None:
    asked = read(folder, "encoders: [random, {name: constant, as: random}]")
    with pytest.raises(ConfigError, match="several methods are named random") as caught:
        methods_of(asked)
    assert "'as'" in str(caught.value.hint)


def test_a_name_made_of_parameters_is_safe_as_a_file_name(folder: Path) -> None:
    (method,) = methods_of(read(folder, "encoders: [{name: random, seed: 'a/../b c'}]"))
    assert method.name == "random-seed=a_.._b_c"
    assert method.embeddings.parent == folder / "out/embeddings"


def test_a_run_file_from_before_the_renaming_is_read_with_a_note(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"c{n:02d},p{n // 2}\n" for n in range(N))
    (folder / "places.csv").write_text("id,place\n" + rows)
    (folder / "left-out.txt").write_text("c00\n")
    old = "where: dev\ngroups: places.csv:place\nexclude: left-out.txt"
    run(written(folder, "encoders: [{name: random, dimension: 4}]\n" + old))
    (record,) = scored(folder, "dev").values()
    parameters = cast(dict[str, Any], record["parameters"])
    assert parameters["split"]["rule"] == "group:places.csv:place"
    assert parameters["exclude"]["file"] == "left-out.txt"
    errors = capsys.readouterr().err
    for number, names in ((4, "where is now called subset"), (5, "groups is now called split")):
        assert f"run.yaml:{number}: {names}" in errors

from __future__ import annotations

import json
import random
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neucocore.components import discovery
from neucocore.data.cubes.file import read_modality
from neucocore.data.cubes.writing import write_modality
from neucocore.data.embeddings.formats import load_embeddings
from neucocore.encoding.options import EncodeOptions
from neucocore.encoding.plan import plan
from neucocore.encoding.report import EncodeReport
from neucocore.encoding.run import encode
from neucocore.errors import (
    BudgetExceededError,
    ComponentOutputError,
    ConfigError,
    DataError,
    RunError,
)
from neucocore.files.outputs import RECORD_FILE
from neucocore.runtime.processes import block_sigint

Run = Callable[..., EncodeReport]


def breaking(how: str) -> dict[str, Any]:
    return {"encoder": "toy-wrong", "params": {"how": how}}


def test_rows_are_in_id_order_and_hold_the_encoders_values(run: Run, cubes: Path) -> None:
    report = run()
    embeddings = load_embeddings(report.path)
    assert embeddings.ids == tuple(f"cube-{n:02d}" for n in range(12))
    assert embeddings.matrix.shape == (report.rows, report.columns) == (12, 3)
    array, _ = read_modality(cubes / "cube-05.zarr.zip")
    expected = [array.sum(dtype=np.float64), array.std(dtype=np.float64), array.max()]
    np.testing.assert_allclose(embeddings.matrix[5], expected, rtol=1e-6)


@pytest.mark.parametrize("suffix", ["csv", "parquet", "npz"])
def test_jobs_and_batches_change_no_byte(run: Run, suffix: str) -> None:
    one = run(f"one.{suffix}").path
    two = run(f"two.{suffix}", jobs=2, batch=1).path
    assert one.read_bytes() == two.read_bytes()


def test_an_existing_file_is_up_to_date_and_force_encodes_again(run: Run) -> None:
    assert not run("e.csv").up_to_date
    assert run("e.csv").up_to_date
    assert not run("e.csv", force=True).up_to_date


def test_a_changed_cube_is_encoded_again_and_no_other(run: Run, cubes: Path) -> None:
    before = load_embeddings(run().path).matrix
    write_modality(cubes / "cube-03.zarr.zip", np.ones((2, 2, 8, 8), np.float32), ("vv", "vh"))
    report = run(force=True)
    assert not report.up_to_date
    after = load_embeddings(report.path).matrix
    assert np.flatnonzero((before != after).any(axis=1)).tolist() == [3]


def test_fault_85_the_result_of_another_parameter_is_replaced_only_with_force(run: Run) -> None:
    path = run(encoder="toy-slow", params={"seconds": 0.0}).path
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="with other options or by another version") as caught:
        run(encoder="toy-slow", params={"seconds": 0.001})
    assert "--force" in str(caught.value.hint)
    assert path.read_bytes() == before
    assert not run(encoder="toy-slow", params={"seconds": 0.001}, force=True).up_to_date


def test_fault_85_an_edited_file_is_replaced_only_with_force(run: Run) -> None:
    path = run("e.csv").path
    original = path.read_bytes()
    path.write_bytes(original.replace(b"cube-03", b"cube-99"))
    with pytest.raises(ConfigError, match="was changed after neuco encode had written it"):
        run("e.csv")
    assert b"cube-99" in path.read_bytes()
    run("e.csv", force=True)
    assert path.read_bytes() == original


@pytest.mark.parametrize("options", [{}, {"shard": "1/2"}, {"skip_bad": True}])
def test_fault_85_a_file_of_the_user_is_not_replaced(
    run: Run, tmp_path: Path, options: dict[str, Any]
) -> None:
    (tmp_path / "e.csv").write_text("my own notes\n")
    with pytest.raises(ConfigError, match="was not written by this command"):
        run("e.csv", **options)
    assert (tmp_path / "e.csv").read_text() == "my own notes\n"
    assert run("e.csv", force=True).rows == 12


def test_fault_85_a_file_in_place_of_the_sidecar_is_not_replaced(run: Run, tmp_path: Path) -> None:
    (tmp_path / "e.csv.run.json").write_text('["my own list"]')
    with pytest.raises(ConfigError, match="does not describe embeddings"):
        run("e.csv")
    assert (tmp_path / "e.csv.run.json").read_text() == '["my own list"]'


def test_fault_85_a_folder_of_the_user_next_to_the_work_folder_is_not_removed(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "e.csv.parts/mine").mkdir(parents=True)
    run("e.csv")
    assert [path.name for path in (tmp_path / "e.csv.parts").iterdir()] == ["mine"]


def test_fault_85_a_file_without_its_sidecar_is_written_again(run: Run, tmp_path: Path) -> None:
    content = run("e.csv").path.read_bytes()
    (tmp_path / "e.csv.run.json").unlink()  # as if killed before it was written
    assert not run("e.csv").up_to_date
    assert (tmp_path / "e.csv").read_bytes() == content


def test_fault_85_a_file_copied_with_its_sidecar_only_is_recognised(
    run: Run, tmp_path: Path
) -> None:
    run("e.csv")
    (tmp_path / RECORD_FILE).unlink()
    assert run("e.csv").up_to_date
    with pytest.raises(ConfigError, match="with other options or by another version"):
        run("e.csv", skip_bad=True)


def test_fault_50_a_corrupt_sidecar_is_written_again(run: Run, tmp_path: Path) -> None:
    run("e.csv")
    (tmp_path / "e.csv.run.json").write_text("{broken")
    assert not run("e.csv").up_to_date
    assert json.loads((tmp_path / "e.csv.run.json").read_text())["rows"] == 12


def test_the_work_folder_is_removed_at_the_end(run: Run, tmp_path: Path) -> None:
    run("e.csv")
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [RECORD_FILE, "cubes", "e.csv", "e.csv.run.json"]


def test_merged_shards_equal_one_run(run: Run, tmp_path: Path) -> None:
    complete = run("complete.npz").path
    for part in (3, 1, 2):
        assert run("parts.npz", shard=f"{part}/3").columns == 0
    assert not (tmp_path / "parts.npz").exists()
    assert run("parts.npz", merge=True).path.read_bytes() == complete.read_bytes()


def test_merging_before_all_shards_are_done_lists_the_missing_cubes(run: Run) -> None:
    run(shard="1/2")
    with pytest.raises(DataError, match=r"6 of 12 cubes are not encoded yet: cube-01"):
        run(merge=True)


def test_a_transductive_encoder_is_fitted_on_all_cubes_also_in_shards(run: Run) -> None:
    complete = run("complete.npz", "toy-centred").path
    assert abs(load_embeddings(complete).matrix.mean(axis=0)).max() < 1e-3
    for part in (1, 2):
        run("parts.npz", "toy-centred", shard=f"{part}/2")
    merged = run("parts.npz", "toy-centred", merge=True).path
    assert merged.read_bytes() == complete.read_bytes()


def test_a_trained_encoder_is_fitted_on_the_specified_cubes(run: Run) -> None:
    report = run(encoder="toy-trained", fit_ids=["cube-04"])
    assert (load_embeddings(report.path).matrix[4] == 0).all()


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("nan", r"toy-wrong returned NaN or infinite values for 1 of 4 cubes: cube cube-07"),
        ("list", "returned a list for cube cube-00"),
        ("short", r"returned shape \(0, 3\) for cube cube-00"),
        ("double", "returned dtype float64"),
        ("grows", "returned 6 values for cube cube-04 and 3 for earlier ones"),
        ("drifts", "is not deterministic: cube cube-00"),
        ("raises", r"raised RuntimeError: no such luck on 4 cubes \(cube-04, cube-05, cube-06, "),
    ],
)
def test_fault_53_an_encoder_that_breaks_its_contract_is_named(
    run: Run, tmp_path: Path, how: str, message: str
) -> None:
    with pytest.raises(ComponentOutputError, match=message) as caught:
        run(**breaking(how))
    assert caught.value.hint is not None
    assert not (tmp_path / "e.npz").exists()


def test_fault_52_a_worker_that_dies_is_reported_with_its_cubes(run: Run) -> None:
    with pytest.raises(RunError, match=r"a worker process died .* being encoded: cube-0"):
        run(jobs=2, **breaking("dies"))


def test_fault_37_all_broken_cubes_are_listed_and_the_others_kept(
    run: Run, cubes: Path, tmp_path: Path
) -> None:
    (cubes / "cube-02.zarr.zip").write_bytes(b"")
    (cubes / "cube-09.zarr.zip").write_bytes(b"<html>no</html>")
    with pytest.raises(DataError) as caught:
        run()
    assert caught.value.message.startswith("2 of 12 cubes cannot be read")
    assert [problem[:7] for problem in caught.value.problems] == ["cube-02", "cube-09"]
    report = run(skip_bad=True)
    assert (report.rows, report.resumed) == (10, 10)
    assert [cube for cube, _ in report.failures] == ["cube-02", "cube-09"]
    sidecar = json.loads((tmp_path / "e.npz.run.json").read_text())
    assert [row["id"] for row in sidecar["failures"]] == ["cube-02", "cube-09"]


def test_a_repaired_cube_is_no_longer_a_failure(run: Run, cubes: Path) -> None:
    good = (cubes / "cube-02.zarr.zip").read_bytes()
    (cubes / "cube-02.zarr.zip").write_bytes(b"")
    with pytest.raises(DataError):
        run()
    (cubes / "cube-02.zarr.zip").write_bytes(good)
    report = run()
    assert (report.rows, report.resumed, report.failures) == (12, 11, ())


def test_more_dimensions_than_the_limit_are_an_error(run: Run) -> None:
    with pytest.raises(BudgetExceededError, match="returns 3 dimensions; the limit is 2"):
        run(dimension=2)


def encode_in_child(cubes: Path, output: Path) -> None:
    discovery.forget()
    options = EncodeOptions(
        encoder="toy-slow", dataset="toy-cubes", data=cubes, output=output, batch=1
    )
    encode(plan(options))


def test_fault_51_twenty_kills_at_random_moments_change_no_byte(
    run: Run, cubes: Path, tmp_path: Path
) -> None:
    complete = run("complete.npz", "toy-slow").path
    # Children are forked from a server that has imported everything, so the kills hit the work.
    context = get_context("forkserver")
    context.set_forkserver_preload(["neucocore.encoding.run", "neucocore.encoding.plan"])
    rng = random.Random(7)
    output = tmp_path / "killed.npz"
    interrupted = 0
    for _ in range(20):
        child = context.Process(target=encode_in_child, args=(cubes, output))
        child.start()
        child.join(rng.uniform(0.0, 0.4))
        child.kill()
        child.join()
        interrupted += child.exitcode == -signal.SIGKILL
        if output.exists() and rng.random() < 0.3:
            output.unlink()
    assert interrupted >= 5
    encode_in_child(cubes, output)
    assert output.read_bytes() == complete.read_bytes()
    assert not output.with_name("killed.npz.parts").exists()


def test_fault_43_what_is_noticed_while_reading_is_counted_and_recorded(
    run: Run, tmp_path: Path
) -> None:
    for number in range(3):
        array = np.full((2, 2, 8, 8), -12 + number, np.float32)
        array += np.arange(8, dtype=np.float32)
        if number > 0:
            array[1] = 0
        file = tmp_path / f"earth/data/s1/part-000000/c{number}.zarr.zip"
        write_modality(file, array, ("vv", "vh"))
    random_folder = {"encoder": "random", "dataset": "folder", "data": tmp_path / "earth"}
    report = run(**random_folder)
    assert [cubes for _, cubes in report.warnings] == [2]
    assert "zero" in report.warnings[0][0]
    recorded = json.loads((tmp_path / "e.npz.run.json").read_text())["warnings"]
    assert recorded == [{"what": report.warnings[0][0], "cubes": 2}]
    assert run(**random_folder).warnings == report.warnings


def blocked_signals() -> set[int]:
    return set(signal.pthread_sigmask(signal.SIG_BLOCK, []))


def test_fault_51_ctrl_c_reaches_the_parent_only() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        with block_sigint():
            future = pool.submit(blocked_signals)
        assert signal.SIGINT in future.result(timeout=60)
    assert signal.SIGINT not in blocked_signals()

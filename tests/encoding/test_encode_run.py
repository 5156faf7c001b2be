from __future__ import annotations

import json
import random
import signal
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neucocore.components import discovery
from neucocore.data.cubes.writing import write_modality
from neucocore.data.embeddings.embeddings import load_embeddings
from neucocore.encoding.plan import plan
from neucocore.encoding.report import EncodeReport
from neucocore.encoding.run import encode
from neucocore.errors import (
    BudgetExceededError,
    ComponentOutputError,
    ConfigError,
    DataError,
    IdError,
    MissingFileError,
    RunError,
)
from neucocore.runtime.processes import block_sigint


def run(cubes: Path, out: Path, encoder: str = "toy-sums", **more: Any) -> EncodeReport:
    names = ("jobs", "shard", "merge", "force", "scheduler")
    how = {name: more.pop(name) for name in names if name in more}
    return encode(plan(encoder, dataset="toy-cubes", data=cubes, out=out, **more), **how)


def wrong(how: str) -> dict[str, Any]:
    return {"encoder": "toy-wrong", "encoder_settings": {"how": how}}


def test_rows_are_in_id_order_with_the_encoders_numbers(cubes: Path, tmp_path: Path) -> None:
    report = run(cubes, tmp_path / "e.npz")
    embeddings = load_embeddings(report.path)
    assert embeddings.ids == tuple(f"cube-{n:02d}" for n in range(12))
    assert embeddings.matrix.shape == (report.rows, report.columns) == (12, 3)
    from neucocore.data.cubes.file import read_modality

    array, _ = read_modality(cubes / "cube-05.zarr.zip")
    expected = [array.sum(dtype=np.float64), array.std(dtype=np.float64), array.max()]
    np.testing.assert_allclose(embeddings.matrix[5], expected, rtol=1e-6)


@pytest.mark.parametrize("suffix", ["csv", "parquet", "npz"])
def test_jobs_and_batches_change_no_byte(cubes: Path, tmp_path: Path, suffix: str) -> None:
    run(cubes, tmp_path / f"one.{suffix}")
    request = plan("toy-sums", dataset="toy-cubes", data=cubes, out=tmp_path / f"two.{suffix}")
    encode(request, jobs=2, batch_size=1)
    assert (tmp_path / f"one.{suffix}").read_bytes() == (tmp_path / f"two.{suffix}").read_bytes()


def test_what_is_there_is_found_and_force_repeats_it(cubes: Path, tmp_path: Path) -> None:
    out = tmp_path / "e.csv"
    assert not run(cubes, out).up_to_date
    assert run(cubes, out).up_to_date
    assert not run(cubes, out, force=True).up_to_date


def test_a_changed_cube_is_encoded_again(cubes: Path, tmp_path: Path) -> None:
    out = tmp_path / "e.npz"
    run(cubes, out)
    before = load_embeddings(out).matrix
    write_modality(cubes / "cube-03.zarr.zip", np.ones((2, 2, 8, 8), np.float32), ("vv", "vh"))
    assert not run(cubes, out).up_to_date
    after = load_embeddings(out).matrix
    assert np.flatnonzero((before != after).any(axis=1)).tolist() == [3]


def test_another_parameter_is_another_result(cubes: Path, tmp_path: Path) -> None:
    out = tmp_path / "e.npz"
    run(cubes, out, "toy-slow", encoder_settings={"seconds": 0.0})
    assert not run(cubes, out, "toy-slow", encoder_settings={"seconds": 0.001}).up_to_date


def test_an_edited_file_is_not_trusted(cubes: Path, tmp_path: Path) -> None:
    out = tmp_path / "e.csv"
    run(cubes, out)
    original = out.read_bytes()
    out.write_bytes(original.replace(b"cube-03", b"cube-99"))
    assert not run(cubes, out).up_to_date
    assert out.read_bytes() == original


def test_fault_50_a_corrupt_sidecar_is_rebuilt(cubes: Path, tmp_path: Path) -> None:
    out = tmp_path / "e.csv"
    run(cubes, out)
    (tmp_path / "e.csv.run.json").write_text("{broken")
    assert not run(cubes, out).up_to_date
    assert json.loads((tmp_path / "e.csv.run.json").read_text())["rows"] == 12


def test_the_work_folder_is_gone_at_the_end(cubes: Path, tmp_path: Path) -> None:
    run(cubes, tmp_path / "e.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cubes", "e.csv", "e.csv.run.json"]


def test_shards_merged_equal_one_run(cubes: Path, tmp_path: Path) -> None:
    run(cubes, tmp_path / "whole.npz")
    for part in (3, 1, 2):
        report = run(cubes, tmp_path / "parts.npz", shard=(part, 3))
        assert report.columns == 0
    assert not (tmp_path / "parts.npz").exists()
    run(cubes, tmp_path / "parts.npz", merge=True)
    assert (tmp_path / "parts.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


def test_merging_before_all_shards_are_done_names_what_is_missing(
    cubes: Path, tmp_path: Path
) -> None:
    run(cubes, tmp_path / "e.npz", shard=(1, 2))
    with pytest.raises(DataError, match=r"6 of 12 cubes are not encoded yet: cube-01"):
        run(cubes, tmp_path / "e.npz", merge=True)


def test_a_transductive_encoder_is_prepared_on_all_cubes_also_in_shards(
    cubes: Path, tmp_path: Path
) -> None:
    run(cubes, tmp_path / "whole.npz", "toy-centred")
    assert abs(load_embeddings(tmp_path / "whole.npz").matrix.mean(axis=0)).max() < 1e-3
    for part in (1, 2):
        run(cubes, tmp_path / "parts.npz", "toy-centred", shard=(part, 2))
    run(cubes, tmp_path / "parts.npz", "toy-centred", merge=True)
    assert (tmp_path / "parts.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


def test_a_trained_encoder_needs_and_uses_the_cubes_it_is_fitted_on(
    cubes: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="is fitted on cubes you choose"):
        run(cubes, tmp_path / "e.npz", "toy-trained")
    run(cubes, tmp_path / "e.npz", "toy-trained", fit_ids=["cube-04"])
    assert (load_embeddings(tmp_path / "e.npz").matrix[4] == 0).all()


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("nan", r"toy-wrong returned NaN or infinite values for 1 of 4 cubes: cube cube-07"),
        ("list", "returned a list for cube cube-00"),
        ("short", r"returned shape \(0, 3\) for cube cube-00"),
        ("double", "returned dtype float64"),
        ("grows", "returned 6 numbers for cube cube-04 and 3 before"),
        ("drifts", "is not deterministic: cube cube-00"),
        ("raises", "raised RuntimeError: no such luck on 4 cubes"),
    ],
)
def test_fault_53_an_encoder_that_breaks_its_contract_is_named(
    cubes: Path, tmp_path: Path, how: str, said: str
) -> None:
    with pytest.raises(ComponentOutputError, match=said):
        run(cubes, tmp_path / "e.npz", **wrong(how))
    assert not (tmp_path / "e.npz").exists()


def test_fault_52_a_worker_that_dies_is_named_with_its_cubes(cubes: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"a worker process died .* cubes were under way: cube-0"):
        run(cubes, tmp_path / "e.npz", jobs=2, **wrong("dies"))


def test_fault_37_all_broken_cubes_are_named_and_the_others_kept(
    cubes: Path, tmp_path: Path
) -> None:
    (cubes / "cube-02.zarr.zip").write_bytes(b"")
    (cubes / "cube-09.zarr.zip").write_bytes(b"<html>no</html>")
    with pytest.raises(DataError) as caught:
        run(cubes, tmp_path / "e.npz")
    assert caught.value.message.startswith("2 of 12 cubes cannot be read")
    assert [problem[:7] for problem in caught.value.problems] == ["cube-02", "cube-09"]
    report = run(cubes, tmp_path / "e.npz", skip_bad=True)
    assert (report.rows, report.resumed) == (10, 10)
    assert [cube for cube, _ in report.failures] == ["cube-02", "cube-09"]
    sidecar = json.loads((tmp_path / "e.npz.run.json").read_text())
    assert [row["id"] for row in sidecar["failures"]] == ["cube-02", "cube-09"]


def test_a_mended_cube_is_no_failure_any_more(cubes: Path, tmp_path: Path) -> None:
    good = (cubes / "cube-02.zarr.zip").read_bytes()
    (cubes / "cube-02.zarr.zip").write_bytes(b"")
    with pytest.raises(DataError):
        run(cubes, tmp_path / "e.npz")
    (cubes / "cube-02.zarr.zip").write_bytes(good)
    report = run(cubes, tmp_path / "e.npz")
    assert (report.rows, report.resumed, report.failures) == (12, 11, ())


def test_more_dimensions_than_the_limit_are_refused(cubes: Path, tmp_path: Path) -> None:
    with pytest.raises(BudgetExceededError, match="gives 3 dimensions; the limit is 2"):
        run(cubes, tmp_path / "e.npz", dimension=2)


def test_ids_that_are_not_there_are_named(cubes: Path, tmp_path: Path) -> None:
    with pytest.raises(IdError, match=r"2 of 3 ids have no cube in .*: x, y"):
        run(cubes, tmp_path / "e.npz", ids=["cube-01", "y", "x"])


def test_where_filters_by_a_label_column(cubes: Path, tmp_path: Path) -> None:
    (cubes / "a__regr.csv").write_text("id,label,dev\ncube-01,1,True\ncube-02,2,False\n")
    (cubes / "b__regr.csv").write_text("id,label,dev\ncube-05,1,1\n")
    run(cubes, tmp_path / "e.npz", where="dev")
    assert load_embeddings(tmp_path / "e.npz").ids == ("cube-01", "cube-05")


def test_a_missing_folder_and_an_empty_one_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="does not exist"):
        run(tmp_path / "none", tmp_path / "e.npz")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no cubes were found"):
        run(tmp_path / "empty", tmp_path / "e.npz")


def test_an_unknown_suffix_is_refused_before_any_work(cubes: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no format has this suffix"):
        run(cubes, tmp_path / "e.xlsx")


def encode_in_child(cubes: Path, out: Path) -> None:
    discovery.forget()
    encode(plan("toy-slow", dataset="toy-cubes", data=cubes, out=out), batch_size=1)


def test_fault_51_twenty_kills_at_random_moments_change_no_byte(
    cubes: Path, tmp_path: Path
) -> None:
    run(cubes, tmp_path / "whole.npz", "toy-slow")
    # Processes are forked from a server that has everything imported: the kills hit the work.
    context = get_context("forkserver")
    context.set_forkserver_preload(["neucocore.encoding.run", "neucocore.encoding.plan"])
    rng = random.Random(7)
    out = tmp_path / "killed.npz"
    interrupted = 0
    for _ in range(20):
        child = context.Process(target=encode_in_child, args=(cubes, out))
        child.start()
        child.join(rng.uniform(0.0, 0.4))
        child.kill()
        child.join()
        interrupted += child.exitcode == -signal.SIGKILL
        if out.exists() and rng.random() < 0.3:
            out.unlink()
    assert interrupted >= 5
    encode_in_child(cubes, out)
    assert out.read_bytes() == (tmp_path / "whole.npz").read_bytes()
    assert not out.with_name("killed.npz.parts").exists()


def test_fault_43_what_reading_noticed_is_counted_and_recorded(tmp_path: Path) -> None:
    for number in range(3):
        array = np.full((2, 2, 8, 8), -12 + number, np.float32)
        array += np.arange(8, dtype=np.float32)
        if number > 0:
            array[1] = 0
        file = tmp_path / f"cubes/data/s1/part-000000/c{number}.zarr.zip"
        write_modality(file, array, ("vv", "vh"))
    request = plan("random", dataset="folder", data=tmp_path / "cubes", out=tmp_path / "e.npz")
    report = encode(request)
    assert [cubes for _, cubes in report.warnings] == [2]
    assert "zero" in report.warnings[0][0]
    recorded = json.loads((tmp_path / "e.npz.run.json").read_text())["warnings"]
    assert recorded == [{"what": report.warnings[0][0], "cubes": 2}]
    assert encode(request).warnings == report.warnings


def blocked() -> set[int]:
    return set(signal.pthread_sigmask(signal.SIG_BLOCK, []))


def test_fault_51_ctrl_c_is_the_parents_to_answer() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        with block_sigint():
            future = pool.submit(blocked)
        assert signal.SIGINT in future.result(timeout=60)
    assert signal.SIGINT not in blocked()

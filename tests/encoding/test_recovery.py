"""What a run does with earlier work: repaired cubes, damaged states and spools, shards."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neucocore.data.embeddings.formats import load_embeddings
from neucocore.data.embeddings.sidecar import read_sidecar, write_sidecar
from neucocore.encoding.report import EncodeReport
from neucocore.encoding.request import EncodeRequest
from neucocore.encoding.run import encode
from neucocore.errors import ComponentOutputError, DataError, RunError
from neucocore.files.atomic import locked

Run = Callable[..., EncodeReport]
Damage = Callable[[str], Callable[[], None]]


def breaking(how: str) -> dict[str, Any]:
    return {"encoder": "toy-wrong", "params": {"how": how}}


@pytest.fixture
def damage(cubes: Path) -> Damage:
    """Flip a byte inside a cube's values, which does not change its digest; return the repair."""

    def flip(cube_id: str) -> Callable[[], None]:
        path = cubes / f"{cube_id}.zarr.zip"
        intact = path.read_bytes()
        at = intact.index(b"bands/0.0.0.0.0") + 100
        path.write_bytes(intact[:at] + bytes([intact[at] ^ 255]) + intact[at + 1 :])
        return lambda: path.write_bytes(intact) and None

    return flip


def test_a_cube_repaired_for_another_shard_is_no_longer_a_failure(run: Run, damage: Damage) -> None:
    repair = damage("cube-02")
    with pytest.raises(DataError, match="1 of 12 cubes cannot be read"):
        run(shard="1/2")
    with pytest.raises(DataError, match=r"1 of 12 .* cannot be read") as caught:
        run(merge=True)
    assert "run their shards and --merge again" in str(caught.value.hint)
    repair()
    assert run().rows == 12


def test_a_file_without_a_bad_cube_is_written_again_once_the_cube_is_repaired(
    run: Run, damage: Damage
) -> None:
    repair = damage("cube-02")
    assert run(skip_bad=True).rows == 11
    assert run(skip_bad=True).up_to_date
    repair()
    report = run(skip_bad=True)
    assert (report.up_to_date, report.rows, report.failures) == (False, 12, ())


def test_bad_cubes_only_are_an_error_even_if_bad_cubes_are_skipped(run: Run, cubes: Path) -> None:
    for path in cubes.iterdir():
        path.write_bytes(b"")
    with pytest.raises(DataError, match="12 of 12 cubes cannot be read"):
        run(skip_bad=True)


@pytest.mark.parametrize("encoder", ["toy-centred", "toy-trained"])
def test_fault_37_an_encoder_is_fitted_without_the_cubes_that_cannot_be_read(
    run: Run, damage: Damage, encoder: str
) -> None:
    ids = [f"cube-{number:02d}" for number in range(12)]
    fit = {"fit_ids": ids} if encoder == "toy-trained" else {}
    damage("cube-02")
    repair = damage("cube-09")
    with pytest.raises(DataError) as caught:
        run("e.npz", encoder, **fit)
    assert [problem[:7] for problem in caught.value.problems] == ["cube-02", "cube-09"]
    report = run("e.npz", encoder, skip_bad=True, **fit)
    assert (report.rows, [cube for cube, _ in report.failures]) == (10, ["cube-02", "cube-09"])
    good = [cube for cube in ids if cube not in ("cube-02", "cube-09")]
    fit_good = {"fit_ids": good} if fit else {}
    expected = load_embeddings(run("good.npz", encoder, ids=good, **fit_good).path)
    assert (load_embeddings(report.path).matrix == expected.matrix).all()
    repair()
    assert run("e.npz", encoder, skip_bad=True, **fit).rows == 11


def test_a_state_fitted_without_a_cube_is_replaced_once_the_cube_is_repaired(
    run: Run, damage: Damage
) -> None:
    repair = damage("cube-02")
    run("e.npz", "toy-centred", skip_bad=True, shard="1/2")
    repair()
    resumed = run("e.npz", "toy-centred").path
    complete = run("complete.npz", "toy-centred").path
    assert resumed.read_bytes() == complete.read_bytes()


@pytest.mark.parametrize("length", [0, 100])
def test_fault_50_a_state_that_cannot_be_read_is_replaced(
    run: Run, tmp_path: Path, length: int
) -> None:
    complete = run("complete.npz", "toy-centred").path
    run("e.npz", "toy-centred", shard="1/2")
    (state,) = tmp_path.glob("e.npz.parts/*/state.npz")
    state.write_bytes(state.read_bytes()[:length])
    assert run("e.npz", "toy-centred").path.read_bytes() == complete.read_bytes()


@pytest.mark.parametrize("content", ['{"width": 2}', '{"width": 99999999999999}', "[]"])
def test_fault_50_a_spool_with_a_wrong_width_is_replaced(
    run: Run, tmp_path: Path, content: str
) -> None:
    complete = run("complete.npz").path
    for part in (1, 2):
        run(shard=f"{part}/2")
    (width,) = tmp_path.glob("e.npz.parts/*/shard-1-of-2.spool.json")
    width.write_text(content)
    run(shard="1/2")
    assert run(merge=True).path.read_bytes() == complete.read_bytes()


def test_fault_53_an_encoder_with_another_length_in_another_shard_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = breaking("wide on request")
    run(shard="1/2", **wide)
    monkeypatch.setenv("TOY_WIDE", "1")
    run(shard="2/2", **wide)
    with pytest.raises(ComponentOutputError, match="returned 6 values for cube cube-01 and 3 for"):
        run(merge=True, **wide)


def test_fault_56_a_shard_of_an_existing_file_is_not_encoded_again(
    run: Run, tmp_path: Path
) -> None:
    run()
    assert run(shard="1/2").up_to_date
    assert not (tmp_path / "e.npz.parts").exists()


@pytest.mark.parametrize("field", ["rows", "failures"])
def test_fault_50_a_sidecar_with_invalid_content_is_written_again(run: Run, field: str) -> None:
    path = run().path
    sidecar = read_sidecar(path) or {}
    without_rows = {name: value for name, value in sidecar.items() if name != "rows"}
    invalid = without_rows if field == "rows" else {**sidecar, "failures": [{}]}
    write_sidecar(path, invalid)
    assert not run().up_to_date


@pytest.mark.parametrize("writing", ["spool", "matrix", "file"])
def test_fault_47_a_full_disk_is_reported_and_the_next_run_continues(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writing: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    function = {
        "spool": "neucocore.encoding.spool.os.write",
        "matrix": "neucocore.encoding.spool._reserve",
        "file": "neucocore.encoding.output.save_embeddings",
    }[writing]
    with monkeypatch.context() as patched:
        patched.setattr(function, full)
        with pytest.raises(DataError, match=r"the disk is full at .*; e.npz was not written"):
            run()
    assert not (tmp_path / "e.npz").exists()
    assert run().resumed == (0 if writing == "spool" else 12)


@pytest.mark.parametrize("busy", ["toy-sums", "toy-centred"], ids=["same-key", "other-key"])
def test_fault_49_work_of_another_running_process_is_not_removed(
    run: Run, tmp_path: Path, busy: str
) -> None:
    run()
    run("e.npz", busy, shard="1/2", force=True)
    (spool,) = tmp_path.glob("e.npz.parts/*/*.spool")
    with locked(spool):
        assert run().up_to_date
        assert spool.exists()
    assert run().up_to_date
    assert not (tmp_path / "e.npz.parts").exists()


def test_fault_49_a_forced_run_keeps_its_lock(
    planned: Callable[..., EncodeRequest], tmp_path: Path
) -> None:
    locks = set()

    def collect_locks(*_: int) -> None:
        locks.update(tmp_path.glob("e.npz.parts/*/.shard-1-of-1.spool.lock"))

    encode(planned(force=True), progress=collect_locks)
    assert len(locks) == 1


@pytest.mark.parametrize("jobs", [1, 2])
def test_fault_52_running_out_of_memory_is_reported_with_the_cubes(run: Run, jobs: int) -> None:
    with pytest.raises(RunError, match=r"out of memory while encoding 4 cubes: cube-04"):
        run(jobs=jobs, **breaking("swells"))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("prepare", r"encoder toy-plugin/toy-bad-state .* raised ValueError: not today"),
        ("none", r"state\(\) must return a mapping from names to plain arrays"),
        ("objects", r"state\(\) must return a mapping from names to plain arrays"),
    ],
)
def test_fault_53_an_encoder_that_cannot_be_fitted_or_saved_is_named(
    run: Run, how: str, message: str
) -> None:
    with pytest.raises(ComponentOutputError, match=message):
        run("e.npz", "toy-bad-state", params={"how": how})


def test_fault_53_an_encoder_that_exits_the_program_is_named(run: Run) -> None:
    with pytest.raises(ComponentOutputError, match="raised SystemExit: 0 on cube cube-00"):
        run(**breaking("exits"))


def test_costs_include_all_shards_and_interrupted_runs(run: Run, tmp_path: Path) -> None:
    complete = read_sidecar(run("complete.npz").path)
    for part in (1, 2):
        run(shard=f"{part}/2")
    (costs,) = tmp_path.glob("e.npz.parts/*/shard-1-of-2.spool.costs.jsonl")
    costs.write_text(costs.read_text() + '{"bytes_re')
    merged = read_sidecar(run(merge=True).path)
    assert complete and merged  # noqa: PT018
    for name in ("cubes_encoded", "bytes_read"):
        assert merged["costs"][name] == complete["costs"][name] > 0
        assert isinstance(complete["costs"][name], int)
    assert merged["costs"]["seconds_reading"] > 0
    assert not [name for name in merged["costs"] if name.startswith("energy")]


def test_inspect_shows_the_compression(
    run: Run, neuco_inspect: Callable[[Path], Any], tmp_path: Path
) -> None:
    path = run().path
    shown = neuco_inspect(path)
    assert shown["coded_bytes_per_row"] == 12
    assert shown["native_bytes_per_cube"] == 2 * 2 * 8 * 8 * 4
    assert shown["compression_ratio"] == pytest.approx(1024 / 12)
    without_sidecar = tmp_path / "copy.npz"
    shutil.copy(path, without_sidecar)
    assert neuco_inspect(without_sidecar)["compression_ratio"] is None


@pytest.fixture
def neuco_inspect(capsys: pytest.CaptureFixture[str]) -> Callable[[Path], Any]:
    from neucocore.cli.inspect import inspect

    def shown(path: Path) -> Any:
        capsys.readouterr()
        inspect(path, json=True)
        return json.loads(capsys.readouterr().out)[0]

    return shown

"""What a run does with work it finds: mended cubes, states and spools nobody can trust, shards."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neucocore.data.embeddings.embeddings import load_embeddings
from neucocore.data.embeddings.sidecar import read_sidecar, write_sidecar
from neucocore.encoding.plan import plan
from neucocore.encoding.report import EncodeReport
from neucocore.encoding.run import encode
from neucocore.errors import ComponentOutputError, DataError, RunError
from neucocore.files.atomic import locked


def run(cubes: Path, out: Path, encoder: str = "toy-sums", **more: Any) -> EncodeReport:
    names = ("jobs", "shard", "merge", "force")
    how = {name: more.pop(name) for name in names if name in more}
    return encode(plan(encoder, dataset="toy-cubes", data=cubes, out=out, **more), **how)


def behaving(how: str) -> dict[str, Any]:
    return {"encoder": "toy-wrong", "encoder_settings": {"how": how}}


@pytest.fixture
def damage(cubes: Path) -> Callable[[str], Callable[[], None]]:
    """Flip a byte inside a cube's values, which its digest does not show; gives the mending."""

    def flip(cube: str) -> Callable[[], None]:
        path = cubes / f"{cube}.zarr.zip"
        sound = path.read_bytes()
        place = sound.index(b"bands/0.0.0.0.0") + 100
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 255]) + sound[place + 1 :])
        return lambda: path.write_bytes(sound) and None

    return flip


def test_a_mended_cube_is_no_failure_of_another_shard_s_any_more(
    cubes: Path, tmp_path: Path, damage: Callable[[str], Callable[[], None]]
) -> None:
    mend = damage("cube-02")
    with pytest.raises(DataError, match="1 of 12 cubes cannot be read"):
        run(cubes, tmp_path / "e.npz", shard=(1, 2))
    with pytest.raises(DataError, match=r"1 of 12 .* cannot be read") as caught:
        run(cubes, tmp_path / "e.npz", merge=True)
    assert "run their shards again, then --merge" in str(caught.value.hint)
    mend()
    assert run(cubes, tmp_path / "e.npz").rows == 12


def test_a_file_made_without_a_bad_cube_is_made_again_once_that_is_mended(
    cubes: Path, tmp_path: Path, damage: Callable[[str], Callable[[], None]]
) -> None:
    mend = damage("cube-02")
    assert run(cubes, tmp_path / "e.npz", skip_bad=True).rows == 11
    assert run(cubes, tmp_path / "e.npz", skip_bad=True).up_to_date
    mend()
    report = run(cubes, tmp_path / "e.npz", skip_bad=True)
    assert (report.up_to_date, report.rows, report.failures) == (False, 12, ())


def test_nothing_but_bad_cubes_is_said_to_be_so(cubes: Path, tmp_path: Path) -> None:
    for path in cubes.iterdir():
        path.write_bytes(b"")
    with pytest.raises(DataError, match="12 of 12 cubes cannot be read"):
        run(cubes, tmp_path / "e.npz", skip_bad=True)


@pytest.mark.parametrize("encoder", ["toy-centred", "toy-trained"])
def test_fault_37_an_encoder_is_prepared_without_the_cubes_that_cannot_be_read(
    cubes: Path, tmp_path: Path, damage: Callable[[str], Callable[[], None]], encoder: str
) -> None:
    ids = [f"cube-{number:02d}" for number in range(12)]
    fit = {"fit_ids": ids} if encoder == "toy-trained" else {}
    damage("cube-02")
    mend = damage("cube-09")
    with pytest.raises(DataError) as caught:
        run(cubes, tmp_path / "e.npz", encoder, **fit)
    assert [problem[:7] for problem in caught.value.problems] == ["cube-02", "cube-09"]
    report = run(cubes, tmp_path / "e.npz", encoder, skip_bad=True, **fit)
    assert (report.rows, [cube for cube, _ in report.failures]) == (10, ["cube-02", "cube-09"])
    good = [cube for cube in ids if cube not in ("cube-02", "cube-09")]
    fit_good = {"fit_ids": good} if fit else {}
    run(cubes, tmp_path / "good.npz", encoder, ids=good, **fit_good)
    skipped, alone = (load_embeddings(tmp_path / name) for name in ("e.npz", "good.npz"))
    assert (skipped.matrix == alone.matrix).all()
    mend()
    assert run(cubes, tmp_path / "e.npz", encoder, skip_bad=True, **fit).rows == 11


def test_a_state_made_without_a_cube_that_is_mended_now_is_made_again(
    cubes: Path, tmp_path: Path, damage: Callable[[str], Callable[[], None]]
) -> None:
    mend = damage("cube-02")
    run(cubes, tmp_path / "e.npz", "toy-centred", skip_bad=True, shard=(1, 2))
    mend()
    run(cubes, tmp_path / "e.npz", "toy-centred")
    run(cubes, tmp_path / "whole.npz", "toy-centred")
    assert (tmp_path / "e.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


@pytest.mark.parametrize("left", [0, 100])
def test_fault_50_a_state_that_cannot_be_read_is_made_again(
    cubes: Path, tmp_path: Path, left: int
) -> None:
    run(cubes, tmp_path / "whole.npz", "toy-centred")
    run(cubes, tmp_path / "e.npz", "toy-centred", shard=(1, 2))
    (state,) = tmp_path.glob("e.npz.parts/*/state.npz")
    state.write_bytes(state.read_bytes()[:left])
    run(cubes, tmp_path / "e.npz", "toy-centred")
    assert (tmp_path / "e.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


@pytest.mark.parametrize("said", ['{"width": 2}', '{"width": 99999999999999}', "[]"])
def test_fault_50_a_spool_with_a_wrong_width_is_made_again(
    cubes: Path, tmp_path: Path, said: str
) -> None:
    run(cubes, tmp_path / "whole.npz")
    for part in (1, 2):
        run(cubes, tmp_path / "e.npz", shard=(part, 2))
    (width,) = tmp_path.glob("e.npz.parts/*/shard-1-of-2.spool.json")
    width.write_text(said)
    run(cubes, tmp_path / "e.npz", shard=(1, 2))
    run(cubes, tmp_path / "e.npz", merge=True)
    assert (tmp_path / "e.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


def test_fault_53_an_encoder_of_another_length_in_another_shard_is_named(
    cubes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(cubes, tmp_path / "e.npz", shard=(1, 2), **behaving("wide where asked"))
    monkeypatch.setenv("TOY_WIDE", "1")
    run(cubes, tmp_path / "e.npz", shard=(2, 2), **behaving("wide where asked"))
    with pytest.raises(ComponentOutputError, match="returned 6 numbers for cube cube-01 and 3 for"):
        run(cubes, tmp_path / "e.npz", merge=True, **behaving("wide where asked"))


def test_fault_56_a_shard_of_a_file_that_is_there_is_not_encoded_again(
    cubes: Path, tmp_path: Path
) -> None:
    run(cubes, tmp_path / "e.npz")
    assert run(cubes, tmp_path / "e.npz", shard=(1, 2)).up_to_date
    assert not (tmp_path / "e.npz.parts").exists()


@pytest.mark.parametrize("field", ["rows", "failures"])
def test_fault_50_a_sidecar_with_odd_content_is_made_again(
    cubes: Path, tmp_path: Path, field: str
) -> None:
    run(cubes, tmp_path / "e.npz")
    sidecar = read_sidecar(tmp_path / "e.npz") or {}
    odd = {name: value for name, value in sidecar.items() if name != "rows"}
    write_sidecar(tmp_path / "e.npz", odd if field == "rows" else {**sidecar, field: [{}]})
    assert not run(cubes, tmp_path / "e.npz").up_to_date


@pytest.mark.parametrize("at", ["spool", "matrix", "file"])
def test_fault_47_a_full_disk_is_said_and_the_next_run_goes_on(
    cubes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    place = {
        "spool": "neucocore.encoding.spool.os.write",
        "matrix": "neucocore.encoding.spool._reserve",
        "file": "neucocore.encoding.run.save_embeddings",
    }[at]
    with monkeypatch.context() as patched:
        patched.setattr(place, full)
        with pytest.raises(DataError, match=r"the disk is full at .*; e.npz is not written"):
            run(cubes, tmp_path / "e.npz")
    assert not (tmp_path / "e.npz").exists()
    assert run(cubes, tmp_path / "e.npz").resumed == (0 if at == "spool" else 12)


@pytest.mark.parametrize("busy", ["the same key", "another key"])
def test_fault_49_work_that_another_process_is_at_is_not_removed(
    cubes: Path, tmp_path: Path, busy: str
) -> None:
    run(cubes, tmp_path / "e.npz")
    encoder = {"the same key": "toy-sums", "another key": "toy-centred"}[busy]
    run(cubes, tmp_path / "e.npz", encoder, shard=(1, 2), force=True)
    (spool,) = tmp_path.glob("e.npz.parts/*/*.spool")
    with locked(spool):
        assert run(cubes, tmp_path / "e.npz").up_to_date
        assert spool.exists()
    assert run(cubes, tmp_path / "e.npz").up_to_date
    assert not (tmp_path / "e.npz.parts").exists()


def test_fault_49_a_run_that_begins_anew_keeps_its_lock(cubes: Path, tmp_path: Path) -> None:
    request = plan("toy-sums", dataset="toy-cubes", data=cubes, out=tmp_path / "e.npz")
    locks = set()

    def look(*_: int) -> None:
        locks.update(tmp_path.glob("e.npz.parts/*/.shard-1-of-1.spool.lock"))

    encode(request, force=True, progress=look)
    assert len(locks) == 1


@pytest.mark.parametrize("jobs", [1, 2])
def test_fault_52_memory_that_runs_out_names_the_cubes(
    cubes: Path, tmp_path: Path, jobs: int
) -> None:
    with pytest.raises(RunError, match=r"memory ran out while 4 cubes were encoded: cube-04"):
        run(cubes, tmp_path / "e.npz", jobs=jobs, **behaving("swells"))


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("prepare", r"encoder toy-plugin/toy-odd-state .* raised ValueError: not today"),
        ("none", r"state\(\) must return a mapping from names to plain arrays"),
        ("objects", r"state\(\) must return a mapping from names to plain arrays"),
    ],
)
def test_fault_53_an_encoder_that_cannot_be_prepared_or_kept_is_named(
    cubes: Path, tmp_path: Path, how: str, said: str
) -> None:
    with pytest.raises(ComponentOutputError, match=said):
        run(cubes, tmp_path / "e.npz", "toy-odd-state", encoder_settings={"how": how})


def test_fault_53_an_encoder_that_ends_the_program_is_named(cubes: Path, tmp_path: Path) -> None:
    with pytest.raises(ComponentOutputError, match="raised SystemExit: 0 on cube cube-00"):
        run(cubes, tmp_path / "e.npz", **behaving("leaves"))


def test_costs_are_those_of_all_shards_and_interrupted_runs(cubes: Path, tmp_path: Path) -> None:
    run(cubes, tmp_path / "whole.npz")
    for part in (1, 2):
        run(cubes, tmp_path / "e.npz", shard=(part, 2))
    (noted,) = tmp_path.glob("e.npz.parts/*/shard-1-of-2.spool.costs.jsonl")
    noted.write_text(noted.read_text() + '{"bytes_re')
    run(cubes, tmp_path / "e.npz", merge=True)
    whole, merged = (read_sidecar(tmp_path / name) for name in ("whole.npz", "e.npz"))
    assert whole and merged  # noqa: PT018
    for name in ("cubes_encoded", "bytes_read"):
        assert merged["costs"][name] == whole["costs"][name] > 0
        assert isinstance(whole["costs"][name], int)
    assert merged["costs"]["seconds_reading"] > 0
    assert not [name for name in merged["costs"] if name.startswith("energy")]


def test_inspect_shows_the_compression(neuco_inspect: Callable[[Path], Any], cubes, tmp_path):
    run(cubes, tmp_path / "e.npz")
    shown = neuco_inspect(tmp_path / "e.npz")
    assert shown["coded_bytes_per_row"] == 12
    assert shown["native_bytes_per_cube"] == 2 * 2 * 8 * 8 * 4
    assert shown["compression_ratio"] == pytest.approx(1024 / 12)
    shutil.copy(tmp_path / "e.npz", tmp_path / "alone.npz")
    assert neuco_inspect(tmp_path / "alone.npz")["compression_ratio"] is None


@pytest.fixture
def neuco_inspect(capsys: pytest.CaptureFixture[str]) -> Callable[[Path], Any]:
    from neucocore.cli.inspect import inspect

    def shown(path: Path) -> Any:
        capsys.readouterr()
        inspect(path, json=True)
        return json.loads(capsys.readouterr().out)[0]

    return shown

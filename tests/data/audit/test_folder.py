from __future__ import annotations

import numpy as np
import pytest

from neucocore.data.audit.folder import audit_folder
from neucocore.data.audit.summary import errors_of, summary_of, warnings_of
from neucocore.data.cubes.schema import CubeSchema
from neucocore.data.cubes.writing import write_modality
from neucocore.errors import MissingFileError


def file_of(root, modality, name):
    return root / "data" / modality / "part-000000" / f"{name}.zarr.zip"


def errors(reports):
    return {
        (report.modality, report.id): [f.message for f in report.findings if f.level == "error"]
        for report in reports
        if not report.ok
    }


def test_a_valid_folder_has_no_findings(tmp_path, write_folder):
    write_folder(tmp_path)
    reports = audit_folder(tmp_path)
    assert len(reports) == 9
    assert all(report.ok and report.findings == () for report in reports)


def test_all_broken_files_of_a_folder_are_reported_together(
    tmp_path, write_folder, rezip, values, bands
):
    ids = write_folder(tmp_path, count=12)
    file_of(tmp_path, "s1", ids[0]).write_bytes(b"")
    file_of(tmp_path, "s1", ids[1]).write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    file_of(tmp_path, "s1", ids[2]).write_bytes(b"<!DOCTYPE html>")
    cut = file_of(tmp_path, "s1", ids[3])
    cut.write_bytes(cut.read_bytes()[:1000])
    rezip(file_of(tmp_path, "s1", ids[4]), {}, prefix="x.zarr/")
    rezip(file_of(tmp_path, "s1", ids[5]), {"bands/0.1.0.0.0": None})
    flipped = file_of(tmp_path, "s1", ids[6])
    content = bytearray(flipped.read_bytes())
    content[-2000] ^= 1
    flipped.write_bytes(content)
    write_modality(file_of(tmp_path, "s1", ids[7]), values("s1")[:, ::-1], ("vh", "vv"))
    with_nan = values("s1")
    with_nan[0, 0, 0, 0] = np.nan
    write_modality(file_of(tmp_path, "s1", ids[8]), with_nan, bands["s1"])
    write_modality(file_of(tmp_path, "s1", ids[9]), values("s1", size=8), bands["s1"])
    file_of(tmp_path, "s1", ids[10]).unlink()
    file_of(tmp_path, "s2l2a", ids[11]).write_bytes(b"\0" * 99)

    problems = errors(audit_folder(tmp_path))
    expected = [
        "the file is empty",
        "the file is a git-LFS pointer, not a cube",
        "the file is a web page, not a cube",
        "the zip is truncated",
        "the cube is in the folder x.zarr/ of the zip",
        "1 chunk missing: 0.1.0.0.0",
        "",
        "bands vh vv; 4 files have vv vh",
        "NaN or infinite values",
        "shape 4 2 8 8; 4 files have 4 2 16 16",
        "the cube has no file of this modality",
    ]
    for name, start in zip(ids, expected, strict=False):
        assert problems["s1", name][0].startswith(start)
    assert "checksum" in problems["s1", ids[6]][0] or "wrong position" in problems["s1", ids[6]][0]
    assert problems["s2l2a", ids[11]] == ["the file is not a zip archive"]
    assert len(problems) == 12


def test_a_damaged_member_that_reading_does_not_need_is_detected(tmp_path, write_folder):
    (name,) = write_folder(tmp_path, count=1)
    path = file_of(tmp_path, "s1", name)
    content = path.read_bytes()
    assert content.count(b'"zarr_consolidated_format": 1') == 1
    path.write_bytes(
        content.replace(b'"zarr_consolidated_format": 1', b'"zarr_consolidated_format": 2')
    )
    problems = errors(audit_folder(tmp_path))
    assert problems == {
        ("s1", name): ["member .zmetadata does not match its checksum; the file is damaged"]
    }


def test_fault_44_files_with_another_offset_than_most_are_a_warning(
    tmp_path, write_folder, values, bands
):
    ids = write_folder(tmp_path, count=4)
    lifted = values("s2l2a", seed=1) + np.int16(1000)
    write_modality(file_of(tmp_path, "s2l2a", ids[1]), lifted, bands["s2l2a"])
    reports = audit_folder(tmp_path)
    assert warnings_of(reports) == [
        {
            "modality": "s2l2a",
            "files": 1,
            "warning": "the offset of a season seems to be 1000, not 0 (4 times)",
            "for example": ids[1],
        }
    ]
    offsets = {row["modality"]: row["offset"] for row in summary_of(reports)}
    assert offsets == {
        "s1": None,
        "s2l1c": "0 in 16 seasons",
        "s2l2a": "0 in 12 seasons, 1000 in 4 seasons",
    }


def test_declared_schemas_take_precedence_over_most_files(tmp_path, write_folder, bands):
    write_folder(tmp_path, count=2)
    schemas = {
        "s2l1c": CubeSchema(bands=bands["s2l1c"], offset=1000, size=264),
        "s1": CubeSchema(bands=("vh", "vv")),
    }
    reports = audit_folder(tmp_path, schemas=schemas)
    assert {row["error"] for row in errors_of(reports)} == {"its 2 bands are vv vh, not vh vv"}
    assert [row["warning"] for row in warnings_of(reports)] == [
        "16 x 16 pixels; the data set has 264 x 264 (2 times)",
        "the offset of a season seems to be 0, not 1000 (8 times)",
    ]


def test_an_id_twice_in_one_modality_is_an_error(tmp_path, values, bands):
    for part in ("part-000000", "part-000001"):
        write_modality(tmp_path / "data" / "s1" / part / "a.zarr.zip", values("s1"), bands["s1"])
    (report,) = [report for report in audit_folder(tmp_path) if not report.ok]
    assert report.path.parent.name == "part-000001"
    assert report.findings[0].code == "duplicate-id"


def test_the_share_of_no_data_is_averaged_over_all_samples_of_a_file(tmp_path, values, bands):
    array = np.stack([values("s2l1c"), values("s2l1c", seed=1)])
    array[1, :, :, :8] = 0
    array[1, 3] = 0
    write_modality(tmp_path / "val" / "S2L1C" / "a.zarr.zip", array, bands["s2l1c"])
    (report,) = audit_folder(tmp_path)
    assert report.samples == 2
    assert report.nodata == pytest.approx((0 + (3 * 0.5 + 1) / 4) / 2)
    assert [f.code for f in report.findings] == ["zero-season"]


def test_several_processes_report_the_same_as_one(tmp_path, write_folder):
    ids = write_folder(tmp_path, count=20, size=4, seasons=1)
    file_of(tmp_path, "s1", ids[5]).write_bytes(b"")
    seen = []
    alone = audit_folder(tmp_path)
    together = audit_folder(tmp_path, jobs=2, progress=lambda done, of: seen.append((done, of)))
    assert together == alone
    assert seen == [(done, 20) for done in range(1, 21)]


def test_one_file_can_be_checked(cube_file):
    (report,) = audit_folder(cube_file)
    assert report.ok
    assert report.id == "valid"


def test_a_path_without_cubes_is_an_error(tmp_path):
    with pytest.raises(MissingFileError, match="no cubes"):
        audit_folder(tmp_path)
    with pytest.raises(MissingFileError, match="there is no file or folder"):
        audit_folder(tmp_path / "nowhere")


def test_hidden_folders_and_files_are_ignored(tmp_path, write_folder):
    ids = write_folder(tmp_path, count=1)
    for hidden in (
        tmp_path / "data/.cache/s1" / f"{ids[0]}.zarr.zip",
        tmp_path / "data/s1" / f".{ids[0]}.zarr.zip",
    ):
        hidden.parent.mkdir(parents=True, exist_ok=True)
        hidden.write_bytes(b"half of a download")
    assert errors(audit_folder(tmp_path)) == {}


def test_the_summary_counts_forms_and_omits_unreadable_files(tmp_path, values, bands):
    for number, size in enumerate((8, 8, 4)):
        path = file_of(tmp_path, "s1", f"c{number}")
        write_modality(path, values("s1", seasons=1, size=size), bands["s1"])
    file_of(tmp_path, "s2l2a", "c0").parent.mkdir(parents=True)
    file_of(tmp_path, "s2l2a", "c0").write_bytes(b"")
    rows = {row["modality"]: row for row in summary_of(audit_folder(tmp_path))}
    assert rows["s1"]["shape"] == "1 x 2 x 8 x 8 (and 1 other)"
    assert rows["s1"]["type"] == "float16"
    assert (rows["s1"]["usable"], rows["s2l2a"]["usable"]) == (2, 0)
    assert (rows["s2l2a"]["shape"], rows["s2l2a"]["no data"]) == (None, None)

"""Submissions that are refused: one clear message, no label, no id, no path, no traceback."""

from __future__ import annotations

import csv
import io
import sys
import zipfile

import numpy as np
import pytest

pytestmark = pytest.mark.parametrize("hosted", ["nested-cv"], indirect=True)


def npz(path, ids, matrix, **more):
    np.savez(path, ids=ids, matrix=matrix, **more)


def zipped(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def table(path, header, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def changed(matrix, value):
    copy = matrix.copy()
    copy[3, 5] = value
    return copy


def bytes_of(array):
    content = io.BytesIO()
    np.lib.format.write_array(content, array, allow_pickle=False)
    return content.getvalue()


def header_only(shape):
    content = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        content, {"descr": "<f4", "fortran_order": False, "shape": shape}
    )
    return content.getvalue()


CASES = {
    "nan.npz": (lambda p, i, m: npz(p, i, changed(m, np.nan)), "1 values are not finite"),
    "inf.npz": (lambda p, i, m: npz(p, i, changed(m, np.inf)), "1 values are not finite"),
    "double.npz": (lambda p, i, m: npz(p, i, m.astype("f8")), "allowed is float32"),
    "overflow.csv": (
        lambda p, i, m: table(p, ["id", 0], [[n, "1e400"] for n in i]), "not finite",
    ),
    "objects.npz": (lambda p, i, m: npz(p, i, m.astype(object)), "must hold numbers"),
    "duplicate.npz": (
        lambda p, i, m: npz(p, np.concatenate([i[:1], i[:-1]]), m), "1 ids occur more than once",
    ),
    "foreign.npz": (
        lambda p, i, m: npz(p, np.array([f"x{n}" for n in i]), m), "120 ids of this phase",
    ),
    "fewer.npz": (lambda p, i, m: npz(p, i[1:], m[1:]), "119 rows"),
    "wide.npz": (lambda p, i, m: npz(p, i, np.tile(m, 3)), "96 dimensions, allowed are 1 to 64"),
    "scaled.npz": (lambda p, i, m: npz(p, i, m, scale=np.ones(32)), "1 arrays beside ids"),
    "claims.npz": (
        lambda p, i, m: zipped(
            p, {"ids.npy": bytes_of(i), "matrix.npy": header_only((120, 32))}
        ), "more or fewer bytes",
    ),
    "huge.npz": (
        lambda p, i, m: zipped(
            p, {"ids.npy": bytes_of(i), "matrix.npy": header_only((120, 10**9))}
        ), "1000000000 dimensions",
    ),
    "traversal.zip": (
        lambda p, i, m: zipped(p, {"../../etc/x.csv": "id,0\n"}), "absolute path or one with",
    ),
    "two.zip": (lambda p, i, m: zipped(p, {"a.csv": "id,0\n", "b.csv": "id,0\n"}), "exactly one"),
    "deep.zip": (lambda p, i, m: zipped(p, {"a/b/c.csv": "id,0\n"}), "at most one folder"),
    "bomb.zip": (lambda p, i, m: zipped(p, {"a.csv": b"0" * 30_000_000}), "larger than"),
    "pickle.npz": (lambda p, i, m: p.write_bytes(b"\x80\x04cposix\nsystem\n."), "not UTF-8"),
    "text.csv": (
        lambda p, i, m: table(p, ["id", 0], [[n, "1_0"] for n in i]), "not a finite number",
    ),
    "digits.csv": (
        lambda p, i, m: table(p, ["id", 0], [[n, "\u0661"] for n in i]), "not a finite number",
    ),
    "gap.csv": (
        lambda p, i, m: table(p, ["id", 0, 2], [[n, 1, 1] for n in i]), "numbered 0 to d-1",
    ),
    "long.csv": (lambda p, i, m: p.write_text("id,0\n" + "1" * 100_000), "longer than"),
    "binary.csv": (lambda p, i, m: p.write_bytes(b"id,0\n\xff\xfe"), "not UTF-8"),
    "empty.csv": (lambda p, i, m: p.write_bytes(b""), "column named id"),
    "truncated.npz": (
        lambda p, i, m: (npz(p, i, m), p.write_bytes(p.read_bytes()[:500])), "damaged",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_refused_on_both_platforms(name, hosted, rows_of, evalai, codabench, causes, tmp_path):
    make, message = CASES[name]
    path = tmp_path / name
    make(path, *rows_of("dev"))
    outputs = [evalai(sys.executable, path)]
    if not name.startswith("traversal"):  # Codabench unpacks zip files itself
        outputs.append(codabench(sys.executable, path))
    for result, text in outputs:
        assert result is None, text
    for _, text in outputs[:1] if name.endswith(".zip") else outputs:
        assert message in text
    assert "Traceback" not in outputs[-1][1] or len(outputs) == 1
    everything = "".join(text for _, text in outputs)
    assert not any(one in everything for one in causes[0])
    assert str(hosted.folder / "evalai/annotations") not in everything


def test_a_link_to_another_file_is_not_read(hosted, rows_of, evalai, tmp_path):
    ids, matrix = rows_of("dev")
    npz(tmp_path / "secret.npz", ids, matrix)
    (tmp_path / "submission.npz").symlink_to(tmp_path / "secret.npz")
    result, text = evalai(sys.executable, tmp_path / "submission.npz")
    assert result is None
    assert "regular file" in text


def test_scores_are_finite_for_an_embedding_without_information(hosted, rows_of, evalai, tmp_path):
    ids, matrix = rows_of("dev")
    npz(tmp_path / "zeros.npz", ids, np.zeros_like(matrix))
    result, text = evalai(sys.executable, tmp_path / "zeros.npz")
    assert result, text
    values = [value for part in result["result"] for one in part.values() for value in one.values()]
    assert np.isfinite(values).all()


def test_a_failed_task_counts_as_the_failure_value(hosted):
    import importlib.util

    path = hosted.folder / "worker/evaluation_script/__init__.py"
    spec = importlib.util.spec_from_file_location(
        "bundled_scorer", path, submodule_search_locations=[str(path.parent)]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["bundled_scorer"] = module
    try:
        spec.loader.exec_module(module)
        from bundled_scorer.results import finite, rounded

        assert [finite(v, -100) for v in (None, float("nan"), float("inf"), np.float32(1))] == [
            -100.0, -100.0, -100.0, 1.0,
        ]  # fmt: skip
        assert type(finite(np.float32(1), -100)) is float
        assert rounded(0.234, 0.1) == pytest.approx(0.2)
        assert rounded(0.234, 0) == 0.234
    finally:
        for name in [name for name in sys.modules if name.startswith("bundled_scorer")]:
            del sys.modules[name]

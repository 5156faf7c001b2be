from __future__ import annotations

from pathlib import Path

import numpy as np

from neucocore.encoding.spool import Spool, gather, read_records, record_bytes, record_key

KEYS = [record_key(f"cube-{n}", "digest") for n in range(5)]
VECTORS = np.arange(15, dtype=np.float32).reshape(5, 3)


def write_spool(path: Path) -> Spool:
    spool = Spool(path)
    assert spool.open() == set()
    spool.append(KEYS, VECTORS)
    spool.close()
    return spool


def test_records_are_returned_in_the_order_of_the_keys(tmp_path: Path) -> None:
    write_spool(tmp_path / "a.spool")
    matrix, missing = gather([tmp_path / "a.spool"], KEYS[::-1], tmp_path / "m")
    assert matrix is not None
    assert not missing
    np.testing.assert_array_equal(matrix, VECTORS[::-1])


def test_a_record_left_incomplete_by_a_kill_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "a.spool"
    write_spool(path)
    path.write_bytes(path.read_bytes()[:-5])
    again = Spool(path)
    assert again.open() == set(KEYS[:4])
    again.append(KEYS[4:], VECTORS[4:])
    again.close()
    matrix, missing = gather([path], KEYS, tmp_path / "m")
    assert not missing
    np.testing.assert_array_equal(matrix, VECTORS)


def test_a_flipped_bit_invalidates_its_own_record_only(tmp_path: Path) -> None:
    path = tmp_path / "a.spool"
    write_spool(path)
    content = bytearray(path.read_bytes())
    content[2 * record_bytes(3) + 25] ^= 1
    path.write_bytes(content)
    assert [key for key, _ in read_records(path, 3)] == KEYS[:2] + KEYS[3:]
    assert gather([path], KEYS, tmp_path / "m")[1] == [2]


def test_a_spool_without_its_width_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.spool"
    write_spool(path)
    (tmp_path / "a.spool.json").write_text("{")
    assert Spool(path).open() == set()
    assert path.stat().st_size == 0


def test_the_key_depends_on_id_and_digest() -> None:
    assert record_key("a", "x") != record_key("a", "y")
    assert record_key("a", "x") != record_key("b", "x")


def test_a_missing_spool_gives_no_matrix(tmp_path: Path) -> None:
    assert gather([tmp_path / "none"], KEYS, tmp_path / "m") == (None, [0, 1, 2, 3, 4])


def test_fault_47_disk_space_for_the_matrix_is_reserved_before_it_is_filled(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "a.spool")
    spool.open()
    spool.append(KEYS[:1], np.ones((1, 3000), np.float32))
    spool.close()
    gather([tmp_path / "a.spool"], KEYS, tmp_path / "m")
    status = (tmp_path / "m").stat()
    assert status.st_size == len(KEYS) * 3000 * 4
    assert status.st_blocks * 512 >= status.st_size

"""What is refused before anything is encoded, and which cubes are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from neucocore.encoding.plan import plan
from neucocore.encoding.request import EncodeRequest
from neucocore.errors import ConfigError, DataError, IdError, MissingFileError


@pytest.fixture
def planned(cubes: Path, tmp_path: Path):
    def make(encoder: str = "toy-sums", **more: Any) -> EncodeRequest:
        given = {"dataset": "toy-cubes", "data": cubes, "out": tmp_path / "e.npz"} | more
        return plan(encoder, **given)

    return make


@pytest.fixture
def dev(cubes: Path) -> list[str]:
    """Labels for eight cubes; every other one has ``dev`` true."""
    rows = "".join(f"cube-{n:02d},{n},{n % 2 == 1}\n" for n in range(8))
    (cubes / "size__regr.csv").write_text("id,label,dev\n" + rows)
    return [f"cube-{n:02d}" for n in (1, 3, 5, 7)]


def test_all_cubes_are_encoded_where_none_are_named(planned) -> None:
    assert planned().ids == tuple(f"cube-{n:02d}" for n in range(12))


def test_cubes_are_chosen_by_id_and_by_column(planned, dev: list[str]) -> None:
    assert planned(ids=["cube-09", "cube-01"]).ids == ("cube-01", "cube-09")
    assert planned(where="dev").ids == tuple(dev)
    assert planned(where="dev", ids=["cube-01", "cube-02", "cube-03"]).ids == tuple(dev[:2])


def test_a_column_that_is_true_for_none_of_them_is_an_error(planned, dev: list[str]) -> None:
    with pytest.raises(IdError, match=r"no cube of .* is in the subset 'dev'"):
        planned(where="dev", ids=["cube-02"])


def test_a_column_no_label_file_has_is_answered_with_those_there_are(
    planned, dev: list[str]
) -> None:
    with pytest.raises(ConfigError, match="1 of 1 label files have no column 'test'") as caught:
        planned(where="test")
    assert caught.value.hint == "columns of the label files: dev"


def test_ids_without_a_cube_are_counted_and_the_first_three_named(planned) -> None:
    with pytest.raises(IdError, match=r"4 of 5 ids have no cube in .*: d, e, f, \.\.\.\n"):
        planned(ids=["cube-01", "g", "f", "e", "d"])
    with pytest.raises(IdError, match="cubes: d\n"):
        planned(ids=["d"])


def test_a_folder_without_cubes_is_an_error(planned, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no cubes were found"):
        planned(data=tmp_path / "empty")
    with pytest.raises(MissingFileError, match="does not exist"):
        planned(data=tmp_path / "none")


@pytest.mark.parametrize("dimension", [0, -3])
def test_a_dimension_below_one_is_refused(planned, dimension: int) -> None:
    with pytest.raises(ConfigError, match=f"must be at least 1, found {dimension}"):
        planned(dimension=dimension)


@pytest.mark.parametrize(
    ("settings", "limit", "used"),
    [({}, 16, 16), ({}, 4096, 1024), ({"dimension": 32}, 16, 32), ({"dimension": 8}, 16, 8)],
    ids=["limit", "default-below-limit", "set-above-limit", "set-below-limit"],
)
def test_an_encoder_that_can_choose_its_dimension_keeps_to_the_limit(
    planned, settings: dict[str, int], limit: int, used: int
) -> None:
    """What is set by name stands; if it is above the limit, the run says so at its end."""
    request = planned("random", encoder_settings=settings, dimension=limit)
    assert (request.encoder_params["dimension"], request.dimension) == (used, limit)


def test_a_limit_is_no_parameter_of_an_encoder_without_one(planned) -> None:
    assert planned(dimension=8).encoder_params == {}


def test_an_output_that_is_a_folder_or_of_no_format_is_refused(planned, tmp_path: Path) -> None:
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(ConfigError, match=r"folder\.npz is a folder; name a file such as"):
        planned(out=tmp_path / "folder.npz")
    with pytest.raises(ConfigError, match=r"e\.tiff: no format has this suffix"):
        planned(out=tmp_path / "e.tiff")


def test_what_a_missing_chunk_means_reaches_the_data_set_unless_it_is_set(planned) -> None:
    assert planned(missing_chunks="fill").dataset_params == {"missing_chunks": "fill"}
    set_by_name = planned(missing_chunks="fill", dataset_settings={"missing_chunks": "warn"})
    assert set_by_name.dataset_params == {"missing_chunks": "warn"}


def test_an_encoder_fitted_on_other_cubes_needs_to_be_told_which(planned) -> None:
    with pytest.raises(ConfigError, match="fitted on cubes you choose") as caught:
        planned("toy-trained")
    assert "--fit-ids FILE" in str(caught.value.hint)
    request = planned("toy-trained", fit_ids=["cube-03", "cube-01", "cube-03"])
    assert request.fit_ids == ("cube-01", "cube-03")
    with pytest.raises(IdError, match="--fit-ids: 1 ids have no cube: cube-99"):
        planned("toy-trained", fit_ids=["cube-03", "cube-99"])


@pytest.mark.parametrize("encoder", ["toy-sums", "toy-centred"])
def test_an_encoder_that_is_not_fitted_on_other_cubes_takes_none(planned, encoder: str) -> None:
    with pytest.raises(ConfigError, match="is not fitted on other cubes"):
        planned(encoder, fit_ids=["cube-01"])

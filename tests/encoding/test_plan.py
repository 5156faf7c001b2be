"""What is checked before anything is encoded, and which cubes are selected."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neucocore.encoding.request import EncodeRequest, Execution
from neucocore.errors import ConfigError, DataError, IdError, MissingFileError

Plan = Callable[..., EncodeRequest]


@pytest.fixture
def dev(cubes: Path) -> list[str]:
    """Labels for eight cubes; returns the four for which ``dev`` is true."""
    rows = "".join(f"cube-{n:02d},{n},{n % 2 == 1}\n" for n in range(8))
    (cubes / "size__regr.csv").write_text("id,label,dev\n" + rows)
    return [f"cube-{n:02d}" for n in (1, 3, 5, 7)]


def test_all_cubes_are_encoded_by_default(planned: Plan) -> None:
    assert planned().ids == tuple(f"cube-{n:02d}" for n in range(12))


def test_cubes_are_selected_by_id_and_by_column(planned: Plan, dev: list[str]) -> None:
    assert planned(ids=["cube-09", "cube-01"]).ids == ("cube-01", "cube-09")
    assert planned(subset="dev").ids == tuple(dev)
    assert planned(subset="dev", ids=["cube-01", "cube-02", "cube-03"]).ids == tuple(dev[:2])


def test_a_subset_is_a_true_column_of_any_label_file(planned: Plan, cubes: Path) -> None:
    (cubes / "a__regr.csv").write_text("id,label,dev\ncube-01,1,True\ncube-02,2,False\n")
    (cubes / "b__regr.csv").write_text("id,label,dev\ncube-05,1,1\n")
    assert planned(subset="dev").ids == ("cube-01", "cube-05")


def test_ids_are_read_from_a_file(planned: Plan, tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("cube-09\ncube-01\n")
    for file in (tmp_path / "ids.txt", str(tmp_path / "ids.txt")):
        assert planned(ids=file).ids == ("cube-01", "cube-09")
        assert planned(encoder="toy-trained", fit_ids=file).fit_ids == ("cube-01", "cube-09")


def test_a_subset_without_a_selected_cube_is_an_error(planned: Plan, dev: list[str]) -> None:
    with pytest.raises(IdError, match=r"no cube of .* is in the subset 'dev'"):
        planned(subset="dev", ids=["cube-02"])


def test_an_unknown_column_is_answered_with_the_columns(planned: Plan, dev: list[str]) -> None:
    with pytest.raises(ConfigError, match="1 of 1 label files have no column 'test'") as caught:
        planned(subset="test")
    assert caught.value.hint == "columns of the label files: dev"


def test_ids_without_a_cube_are_counted_and_the_first_three_listed(planned: Plan) -> None:
    with pytest.raises(IdError, match=r"--ids: 4 of 5 ids have no cube in .*: d, e, f, \.\.\.\n"):
        planned(ids=["cube-01", "g", "f", "e", "d"])
    with pytest.raises(IdError, match="cubes: d\n"):
        planned(ids=["d"])


def test_a_folder_without_cubes_is_an_error(planned: Plan, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no cubes were found"):
        planned(data=tmp_path / "empty")


@pytest.mark.parametrize(
    ("dataset", "hint"),
    [
        ("toy-cubes", "name the folder of the data set with --data"),
        ("ssl4eo-s12-downstream", "neuco data download ssl4eo-s12-downstream -o {data}"),
        ("synthetic-earth", "neuco data generate synthetic-earth -o {data}"),
    ],
)
def test_a_missing_folder_is_answered_with_how_to_get_the_data(
    planned: Plan, tmp_path: Path, dataset: str, hint: str
) -> None:
    data = tmp_path / "none"
    with pytest.raises(MissingFileError, match="does not exist") as caught:
        planned(dataset=dataset, data=data)
    assert str(caught.value.hint).startswith(hint.format(data=data))


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"dimension": 0}, "--dimension must be at least 1, found 0"),
        ({"dimension": -3}, "--dimension must be at least 1, found -3"),
        ({"jobs": 0}, "--jobs must be at least 1, found 0"),
        ({"batch": 0}, "--batch must be at least 1, found 0"),
        ({"executor": "slurm"}, "--executor must be one of local, dask, found slurm"),
        ({"missing_chunks": "skip"}, "--missing-chunks must be one of error, warn, fill, found"),
    ],
)
def test_values_out_of_range_are_an_error(
    planned: Plan, option: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        planned(**option)


@pytest.mark.parametrize(
    ("params", "limit", "used"),
    [({}, 16, 16), ({}, 4096, 1024), ({"dimension": 32}, 16, 32), ({"dimension": 8}, 16, 8)],
    ids=["limit", "default-below-limit", "set-above-limit", "set-below-limit"],
)
def test_the_limit_is_passed_to_an_encoder_with_a_dimension(
    planned: Plan, params: dict[str, int], limit: int, used: int
) -> None:
    """A dimension set as a parameter is kept; if it exceeds the limit, the run fails at its end."""
    request = planned(encoder="random", params=params, dimension=limit)
    assert (request.encoder_params["dimension"], request.dimension) == (used, limit)


def test_the_limit_is_not_passed_to_an_encoder_without_a_dimension(planned: Plan) -> None:
    assert planned(dimension=8).encoder_params == {}


def test_an_output_that_is_a_folder_or_of_unknown_format_is_an_error(
    planned: Plan, tmp_path: Path
) -> None:
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(ConfigError, match=r"--output .*folder\.npz is a folder"):
        planned("folder.npz")
    with pytest.raises(ConfigError, match=r"--output e\.tiff: the suffix names no known format"):
        planned("e.tiff")


def test_settings_are_read_for_encoder_and_data_set(planned: Plan) -> None:
    request = planned(encoder="toy-slow", set=("seconds=0.5", "dataset.missing_chunks=warn"))
    assert request.encoder_params == {"seconds": 0.5}
    assert request.dataset_params == {"missing_chunks": "warn"}


def test_settings_take_precedence_over_params(planned: Plan) -> None:
    request = planned(encoder="toy-slow", params={"seconds": 1}, set=("seconds=0.5",))
    assert request.encoder_params == {"seconds": 0.5}


def test_the_treatment_of_missing_chunks_is_passed_unless_set_as_a_parameter(
    planned: Plan,
) -> None:
    assert planned(missing_chunks="fill").dataset_params == {"missing_chunks": "fill"}
    as_parameter = planned(missing_chunks="fill", dataset_params={"missing_chunks": "warn"})
    assert as_parameter.dataset_params == {"missing_chunks": "warn"}


def test_a_trained_encoder_needs_fit_ids(planned: Plan) -> None:
    with pytest.raises(ConfigError, match="toy-trained has fit=train") as caught:
        planned(encoder="toy-trained")
    assert "--fit-ids FILE" in str(caught.value.hint)
    request = planned(encoder="toy-trained", fit_ids=["cube-03", "cube-01", "cube-03"])
    assert request.fit_ids == ("cube-01", "cube-03")
    with pytest.raises(IdError, match=r"--fit-ids: 1 of 2 ids have no cube in .*: cube-99"):
        planned(encoder="toy-trained", fit_ids=["cube-03", "cube-99"])


@pytest.mark.parametrize(
    ("encoder", "fit"), [("toy-sums", "none"), ("toy-centred", "transductive")]
)
def test_fit_ids_apply_only_to_trained_encoders(planned: Plan, encoder: str, fit: str) -> None:
    message = f"applies only to encoders with fit=train; {encoder} has fit={fit}"
    with pytest.raises(ConfigError, match=message):
        planned(encoder=encoder, fit_ids=["cube-01"])


def test_the_execution_comes_from_the_options(planned: Plan) -> None:
    options: dict[str, Any] = {"jobs": 2, "batch": 1, "shard": "2/3", "force": True}
    expected = Execution(jobs=2, batch_size=1, shard=(2, 3), force=True)
    assert planned(**options).execution == expected
    cluster = planned(executor="dask", scheduler="tcp://host:8786", merge=True).execution
    assert cluster == Execution(scheduler="tcp://host:8786", merge=True)


@pytest.mark.parametrize("shard", ["0/3", "4/3", "1", "a/b", "-1/2", "1/2/3", ""])
def test_a_shard_that_is_not_one_of_n_is_an_error(planned: Plan, shard: str) -> None:
    with pytest.raises(ConfigError, match="is not I/N with 1 <= I <= N"):
        planned(shard=shard)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shard": "1/2", "merge": True}, "--shard and --merge cannot be combined"),
        ({"executor": "dask"}, "--executor dask needs the address of a scheduler"),
        ({"scheduler": "tcp://host:1"}, "--scheduler applies only to --executor dask"),
    ],
)
def test_options_that_exclude_or_need_each_other_are_checked(
    planned: Plan, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        planned(**options)
    assert caught.value.hint


def test_any_reducer_can_follow_an_encoder(planned: Plan) -> None:
    request = planned(encoder="random", reducer="projection", dimension=3, set=("reducer.seed=7",))
    assert request.reducer is not None
    assert request.reducer.full_name == "core/projection"
    assert (dict(request.reducer_params), request.dimension) == ({"seed": 7}, 3)
    assert not request.encoder_params  # neither the seed nor the limit is the encoder's
    other = planned(encoder="random", reducer="projection", dimension=3)
    none = planned(encoder="random", dimension=3)
    keys = {one.file_key(["x"], [], "none") for one in (request, other, none)}
    assert len(keys) == 3


def test_parameters_of_a_reducer_need_one(planned: Plan) -> None:
    with pytest.raises(ConfigError, match="there is no reducer"):
        planned(encoder="random", set=("reducer.seed=7",))
    with pytest.raises(ConfigError, match="unknown parameter 'sed'"):
        planned(encoder="random", reducer="projection", reducer_params={"sed": 1})
    assert planned(encoder="random", reducer="none").reducer is None


def test_a_spec_can_set_parameters_of_its_reducer(planned: Plan) -> None:
    request = planned(encoder="toy-projected")
    assert (dict(request.reducer_params), request.dimension) == ({"seed": 3}, 2)
    changed = planned(encoder="toy-projected", set=("reducer.seed=4",))
    assert dict(changed.reducer_params) == {"seed": 4}
    assert planned(encoder="toy-projected", reducer="none").reducer is None


def test_a_default_of_a_reducer_set_explicitly_is_the_same_as_none(planned: Plan) -> None:
    words = {"encoder": "random", "reducer": "projection", "dimension": 3}
    plain, explicit = planned(**words), planned(**words, set=("reducer.seed=42",))
    in_python = planned(**words, reducer_params={"seed": 42})
    assert dict(explicit.reducer_params) == dict(in_python.reducer_params) == {}
    keys = {one.file_key(["x"], [], "none") for one in (plain, explicit, in_python)}
    assert len(keys) == 1
    # What the encoder's own spec sets is not the default of the reducer.
    back = planned(encoder="toy-projected", set=("reducer.seed=42",))
    assert dict(back.reducer_params) == {}


@pytest.mark.parametrize(
    ("encoder", "explicit"),
    [
        ("random", {"params": {"dimension": 1024}}),
        ("constant", {"set": ("dimension=1024", "value=1")}),
        ("toy-slow", {"set": ("seconds=0.02",)}),
        ("toy-slow", {"dataset_params": {"missing_chunks": "error"}}),
    ],
)
def test_a_default_that_is_set_explicitly_changes_no_key(
    planned: Plan, encoder: str, explicit: dict[str, Any]
) -> None:
    request = planned(encoder=encoder, **explicit)
    assert request.cache_key_fields() == planned(encoder=encoder).cache_key_fields()


def test_another_value_than_the_default_changes_the_key(planned: Plan) -> None:
    other = planned(encoder="random", params={"dimension": 1023})
    assert other.encoder_params == {"dimension": 1023}
    assert other.cache_key_fields() != planned(encoder="random").cache_key_fields()


def test_an_explicit_default_above_the_limit_is_kept(planned: Plan) -> None:
    request = planned(encoder="random", params={"dimension": 1024}, dimension=16)
    assert request.encoder_params == {}
    assert request.dimension == 16

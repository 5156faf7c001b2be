"""Arguments of the public functions: one rule, and a `NeucoError` for everything it refuses."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

import numpy as np
import pytest

import neucocore
from neucocore.errors import ConfigError
from neucocore.options import Option, StrPath
from neucocore.runtime.arguments import as_function, checked


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of every kind."""

    file: Annotated[StrPath, Option("A file.", argument=True)]
    tasks: Annotated[tuple[str, ...], Option("Names.")] = ()
    ids: Annotated[
        StrPath | Sequence[str] | None,
        Option("File, or ids.", type=StrPath | Sequence[str | int] | None),
    ] = None
    dims: Annotated[tuple[str, ...], Option("Numbers.", type=tuple[str | int, ...])] = ()
    jobs: Annotated[int, Option("Threads.", minimum=1)] = 1
    margin: Annotated[float | None, Option("Loss.")] = None
    plots: Annotated[bool, Option("Draw.")] = False
    mode: Annotated[Literal["on", "off"], Option("Whether.")] = "on"


def _run(options: Options) -> Options:
    """Return the options."""
    return options


run = as_function(Options, _run)


@pytest.mark.parametrize(
    ("value", "tasks"),
    [
        ("forest", ("forest",)),
        (["forest", "water"], ("forest", "water")),
        ((name for name in ("a", "b")), ("a", "b")),
        (np.array(["a", "b"]), ("a", "b")),
        (np.array(["a"], dtype=object), ("a",)),
        ({"b", "a"}, ("a", "b")),
        (np.str_("a"), ("a",)),
        ((), ()),
        (None, ()),
    ],
)
def test_a_text_or_any_iterable_is_a_list_of_texts(value: Any, tasks: tuple[str, ...]) -> None:
    found = run("a.csv", tasks=value).tasks
    assert found == tasks
    assert all(type(item) is str for item in found)


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        ("ids.txt", "ids.txt"),
        (PurePosixPath("ids.txt"), Path("ids.txt")),
        (np.arange(2), ("0", "1")),
        (["a", 1], ("a", "1")),
    ],
)
def test_ids_are_a_file_or_texts_or_integers(value: Any, ids: Any) -> None:
    assert run("a.csv", ids=value).ids == ids


@pytest.mark.parametrize("value", [(2, 4), [2, "4"], range(2, 5, 2), np.array([2, 4]), ("2", "4")])
def test_numbers_where_the_command_line_takes_a_list_of_numbers(value: Any) -> None:
    assert run("a.csv", dims=value).dims == ("2", "4")
    assert run("a.csv", dims=8).dims == ("8",)


def test_numpy_scalars_are_numbers() -> None:
    options = run("a.csv", jobs=np.int64(3), margin=np.float32(0.5), plots=np.True_)
    assert (options.jobs, options.margin, options.plots) == (3, 0.5, True)
    assert type(options.jobs) is int


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"tasks": 3}, "tasks must be a text or a list of texts, found 3 (int)"),
        ({"tasks": {"a": 1}}, "tasks must be a text or a list of texts, found {'a': 1} (dict)"),
        ({"tasks": [1.5]}, "tasks must be a text or a list of texts, found [1.5] (list)"),
        ({"tasks": []}, "tasks must be a text or a list of at least one text, found [] (list)"),
        ({"tasks": [None]}, "tasks must be"),
        ({"ids": 1.5}, "ids must be a text or a list of texts, found 1.5 (float)"),
        ({"file": None}, "file must be a text, found None"),
        ({"file": 7}, "file must be a text, found 7 (int)"),
        ({"file": b"a.csv"}, "file must be a text, found b'a.csv' (bytes)"),
        ({"jobs": "2"}, "jobs must be an integer of at least 1, found '2' (str)"),
        ({"jobs": 0}, "jobs must be an integer of at least 1, found 0 (int)"),
        ({"jobs": True}, "jobs must be an integer of at least 1, found True (bool)"),
        ({"jobs": 2.0}, "jobs must be an integer of at least 1, found 2.0 (float)"),
        ({"margin": "big"}, "margin must be a number, found 'big' (str)"),
        ({"plots": 1}, "plots must be true or false, found 1 (int)"),
        ({"mode": "auto"}, "mode must be one of on, off, found 'auto' (str)"),
        ({"mode": np.zeros(2)}, "mode must be one of on, off, found array([0., 0.]) (ndarray)"),
        ({"task": "forest"}, "there is no option 'task'; did you mean 'tasks'?"),
    ],
)
def test_other_values_are_a_config_error(values: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        run(**{"file": "a.csv"} | values)
    assert problem in "\n".join(caught.value.problems)


def test_all_problems_are_reported_together() -> None:
    with pytest.raises(ConfigError) as caught:
        run("a.csv", jobs=0, margin="big", mode=3)
    assert len(caught.value.problems) == 3


def test_missing_repeated_and_surplus_arguments_are_config_errors() -> None:
    with pytest.raises(ConfigError, match=r"file is missing: A file\."):
        run()
    with pytest.raises(ConfigError, match="file is given twice"):
        run("a.csv", file="b.csv")
    with pytest.raises(ConfigError, match="2 positional arguments; it takes 1"):
        run("a.csv", "b.csv")


def test_a_long_value_is_shortened_in_the_message() -> None:
    with pytest.raises(ConfigError) as caught:
        run("a.csv", jobs="x" * 1000)
    assert len(caught.value.problems[0]) < 150


def test_a_plain_function_is_checked_by_its_annotations() -> None:
    @checked
    def add(first: int, *names: str, tasks: Sequence[str] = (), other: Undefined = 1) -> Any:  # type: ignore[name-defined] # noqa: F821
        return first, names, tasks, other

    assert add(1, "a", tasks="forest", other="x") == (1, ("a",), ("forest",), "x")
    for call in (
        lambda: add("1"),
        lambda: add(1, 2),
        lambda: add(1, tasks=4),
        lambda: add(),
        lambda: add(1, task=4),
    ):
        with pytest.raises(ConfigError):
            call()


@pytest.mark.parametrize(
    ("function", "args", "kwargs"),
    [
        ("evaluate", ("a.csv",), {"labels": "b.csv", "tasks": 3}),
        ("evaluate", ("a.csv",), {}),
        ("encode", ("mean",), {"dataset": None, "data": "d", "output": "o.csv"}),
        ("encode", ("mean",), {"dataset": "folder", "data": "d", "output": "o.csv", "params": []}),
        ("choose", (3,), {"labels": "b.csv", "output": "o"}),
        ("sweep", ("a.csv",), {"labels": "b.csv", "output": "o", "families": 3}),
        ("generate", ("synthetic-earth",), {"output": 3}),
        ("leaderboard", (None,), {}),
        ("leaderboard", ("results",), {"by": "best"}),
        ("compare", ("a", 3), {}),
        ("compare", ("a", "b"), {"baseline": "first"}),
        ("load_embeddings", (3,), {}),
        ("load_embeddings", ("a.csv",), {"nan": "drop"}),
        ("save_embeddings", ([[1.0]], "a.csv"), {}),
        ("read_label_file", (None,), {}),
        ("read_label_folder", (3,), {}),
        ("read_table", (3,), {}),
        ("load_probe", (3,), {}),
        ("find", ("encoder", 3), {}),
        ("find", ("encoders", "mean"), {}),
    ],
)
def test_every_public_function_refuses_wrong_arguments_with_a_neuco_error(
    function: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    with pytest.raises(neucocore.NeucoError):
        getattr(neucocore, function)(*args, **kwargs)


@pytest.mark.parametrize("value", [1, "text", None, {"path": Path()}])
def test_a_parameter_of_any_type_takes_anything(value: Any) -> None:
    @checked
    def function(name: str, *args: Any, key: Any = None) -> tuple[Any, ...]:
        return name, args, key

    assert function("a", value, key=value) == ("a", (value,), value)


def test_a_public_function_can_be_sent_to_a_worker_process() -> None:
    for function in (neucocore.load_embeddings, neucocore.evaluate):
        assert pickle.loads(pickle.dumps(function)) is function  # noqa: S301  our own bytes


def test_arguments_of_public_functions_may_be_of_every_declared_type(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("id,0\na,1\nb,2\n")
    embeddings = neucocore.load_embeddings(file, limit=np.int32(3))  # type: ignore[arg-type]
    neucocore.save_embeddings(embeddings, str(tmp_path / "b.npz"))
    assert neucocore.read_table(file).columns == ("id", "0")
    assert neucocore.find("encoder", "mean").name == "mean"
    assert neucocore.dequantise(np.zeros((1, 64), np.int8), "aef").values.shape == (1, 64)

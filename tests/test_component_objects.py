"""Components that Python passes as objects, and plugins loaded in a session."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import neucocore
from neucocore import NeucoError
from neucocore.components.discovery import installation, session_plugins
from neucocore.plugin import (
    Cube,
    EncoderSpec,
    MetricSpec,
    Param,
    ProbeSpec,
    ProtocolSpec,
    ReducerSpec,
    hookimpl,
)

N = 24


class Cubes:
    """A data set of cubes in memory."""

    def __init__(self, path: Path, level: float = 1.0) -> None:
        self.level = level

    def ids(self) -> list[str]:
        return [f"c{number:02d}" for number in range(N)]

    def read(self, ids: Sequence[str]) -> Any:
        for cube in ids:
            array = np.full((1, 1, 2, 2), self.level * int(cube[1:]), np.float32)
            yield Cube(cube, {"s1": array}, {"s1": ("vv",)})

    def label_files(self) -> list[Path]:
        return []


class MeanLevel:
    """The mean of all pixels, as often as asked for."""

    def __init__(self, times: int = 2) -> None:
        self.times = times

    def encode(self, cubes: Sequence[Cube]) -> Any:
        means = np.array([[cube.arrays["s1"].mean()] for cube in cubes], np.float32)
        return np.repeat(means, self.times, axis=1)


class Fitted(MeanLevel):
    """An encoder that would be fitted."""

    def prepare(self, source: Any) -> None: ...


class NoBytes:
    """A reducer without bytes_per_row."""

    def __init__(self, dimension: int | None) -> None: ...

    def fit(self, matrix: Any) -> Any:
        return self

    def apply(self, matrix: Any) -> Any:
        return matrix

    def state(self) -> dict[str, Any]:
        return {}


def bias(y_true: Any, y_pred: Any) -> float:
    """Mean error."""
    return float(np.mean(y_pred - y_true))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run in a folder with an empty folder of data."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    return tmp_path


def encode(encoder: Any = MeanLevel, output: str = "e.npz", **options: Any) -> Any:
    return neucocore.encode(
        encoder, **{"dataset": Cubes, "data": "data", "output": output} | options
    )


def test_a_class_is_an_encoder_and_a_data_set() -> None:
    report = encode(params={"times": 3}, dataset_params={"level": 2.0})
    assert (report.rows, report.columns) == (N, 3)
    embeddings = neucocore.load_embeddings("e.npz")
    assert embeddings.matrix[5].tolist() == [10, 10, 10]
    record = embeddings.metadata["encoder"]
    assert record["component"] == "session/mean-level"
    assert record["distribution"] == f"{__name__.rpartition('.')[2]}.py"
    assert len(record["sources"]) == 64


def test_nothing_of_a_call_stays_in_the_session() -> None:
    encode()
    with pytest.raises(NeucoError):
        encode(fit_ids=["c00"], output="f.npz")
    assert session_plugins == []
    assert all(plugin.name != "session" for plugin in installation().plugins)
    with pytest.raises(NeucoError, match="unknown encoder 'mean-level'"):
        neucocore.find("encoder", "mean-level")


def test_a_spec_states_what_a_class_alone_does_not() -> None:
    times = Param("times", "int", 4, "copies")
    spec = EncoderSpec(name="mine", summary="s", factory=MeanLevel, params=(times,), dimension=7)
    assert encode(spec).columns == 4


def test_the_code_of_a_class_is_part_of_the_key(folder: Path) -> None:
    assert [encode().up_to_date, encode().up_to_date] == [False, True]

    class Changed(MeanLevel):
        def encode(self, cubes: Sequence[Cube]) -> Any:
            return super().encode(cubes) + 1

    Changed.__name__ = "MeanLevel"
    with pytest.raises(NeucoError, match="force"):
        encode(Changed)
    assert not encode(Changed, force=True).up_to_date


def test_a_reducer_without_a_method_is_found_before_a_cube_is_read() -> None:
    class Unread(Cubes):
        def read(self, ids: Sequence[str]) -> Any:
            raise AssertionError("a cube is read")

    with pytest.raises(NeucoError, match="has no method bytes_per_row"):
        encode(dataset=Unread, reducer=NoBytes)
    with pytest.raises(NeucoError, match="has no method bytes_per_row"):
        encode(reducer=ReducerSpec(name="bad", summary="s", factory=NoBytes))


def test_a_class_of_an_importable_module_can_be_sent_to_worker_processes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (
        "import numpy as np\nclass Ones:\n    def encode(self, cubes):\n"
        "        return np.ones((len(cubes), 2), np.float32)\n"
    )
    data = (
        "import numpy as np\nfrom neucocore import Cube\nclass Flat:\n"
        "    def __init__(self, path): pass\n    def ids(self): return ['a', 'b', 'c']\n"
        "    def read(self, ids):\n        for i in ids:\n"
        "            yield Cube(i, {'s1': np.ones((1, 1, 2, 2))}, {'s1': ('vv',)})\n"
    )
    (folder / "own_parts.py").write_text(source + data)
    monkeypatch.syspath_prepend(folder)
    own = __import__("own_parts")
    assert encode(own.Ones, dataset=own.Flat, jobs=2, batch=1).rows == 3


def test_a_class_of_main_is_not_sent_to_worker_processes(folder: Path) -> None:
    program = """
        import numpy as np
        import neucocore as nc

        class Ones:
            def encode(self, cubes):
                return np.ones((len(cubes), 2), np.float32)

        class Flat:
            def __init__(self, path): pass
            def ids(self): return ["a", "b", "c"]
            def read(self, ids):
                for i in ids:
                    yield nc.Cube(i, {"s1": np.ones((1, 1, 2, 2))}, {"s1": ("vv",)})

        report = nc.encode(Ones, dataset=Flat, data="data", output="e.npz")
        print(report.rows, nc.load_embeddings("e.npz").metadata["encoder"]["distribution"])
        try:
            nc.encode(Ones, dataset=Flat, data="data", output="f.npz", jobs=2)
        except nc.NeucoError as error:
            print(error)
    """
    (folder / "script.py").write_text(textwrap.dedent(program))
    done = subprocess.run([sys.executable, "script.py"], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "3 __main__",
        "the encoder ones is an object of this process, which worker processes cannot import",
        "Hint: use jobs=1, or move its code to a file and load it with "
        "neucocore.load_plugin('FILE.py')",
    ]


@pytest.mark.parametrize(
    ("encoder", "message"),
    [
        (MeanLevel(), "found an object of type MeanLevel"),
        (3, "found an object of type int"),
        (None, "encoder must be a text, or a class"),
        (Fitted, "the spec must state what it is fitted on"),
        (lambda: None, "is no name of a component"),
        (ReducerSpec(name="r", summary="s", factory=NoBytes), "EncoderSpec is needed, found a Re"),
        (EncoderSpec(name="Bad Name", summary="s", factory=MeanLevel), "Bad Name"),
        (EncoderSpec(name="m", summary="s", factory=MeanLevel, modalities="s1"), "not a tuple"),  # type: ignore[arg-type]
        (type("Empty", (), {}), "has no method encode"),
        (type("Strict", (MeanLevel,), {"__init__": lambda self, x: None}), "cannot be created"),
    ],
)
def test_other_objects_are_refused(encoder: Any, message: str) -> None:
    with pytest.raises(NeucoError, match=message):
        encode(encoder)


LABELS = {"level": {f"c{number:02d}": float(number % 7) for number in range(N)}}
X = np.random.default_rng(0).normal(size=(N, 3))
IDS = list(LABELS["level"])


class Zero:
    """A probe that predicts nothing."""

    def __init__(self, problem: str) -> None: ...

    def fit(self, X: Any, y: Any, rng: Any) -> Any:
        return self

    def predict(self, X: Any) -> Any:
        return np.zeros((len(X), 1))

    def state(self) -> dict[str, Any]:
        return {}


def test_a_metric_and_a_probe_are_objects_too() -> None:
    metric = MetricSpec(name="bias", summary="s", factory=bias, problems=("regression",))
    probe = ProbeSpec(name="zero", summary="s", factory=Zero, problems=("regression",))
    (report,) = neucocore.evaluate(
        X, ids=IDS, labels=LABELS, metric=metric, probe=probe, output="out"
    )
    (row,) = report.rows()
    mean = np.mean([float(number % 7) for number in range(N)])
    assert (row["metric"], row["score"]) == ("bias", pytest.approx(-mean))
    record = json.loads((report.run_folder() / "run.json").read_text())
    assert record["unregistered"] is True
    assert record["options"]["metric"] == "session/bias"
    (plain,) = neucocore.evaluate(X, ids=IDS, labels=LABELS, output="out")
    assert json.loads((plain.run_folder() / "run.json").read_text())["unregistered"] is False


@pytest.mark.parametrize("option", ["metric", "probe"])
@pytest.mark.parametrize("value", [bias, Zero, 3, ["r2"]])
def test_a_function_alone_is_no_metric_or_probe(option: str, value: Any) -> None:
    with pytest.raises(NeucoError, match="Spec"):
        neucocore.evaluate(X, ids=IDS, labels=LABELS, **{option: value})


PLUGIN = """
from neucocore.plugin import NEUCO_API, EncoderSpec, hookimpl
import numpy as np

NEUCO_API = 1

class Level:
    def encode(self, cubes):
        return np.full((len(cubes), 2), {value}, np.float32)

@hookimpl
def neuco_encoders():
    return [EncoderSpec(name="level", summary="s", factory=Level)]
"""


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Forget what a test loads."""
    monkeypatch.setenv("NEUCO_PLUGIN_PATH", "")
    yield
    session_plugins.clear()
    monkeypatch.undo()
    from neucocore.components.discovery import forget

    forget()


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize("kind", [str, Path])
def test_a_file_is_loaded_as_a_plugin_and_again_after_a_change(folder: Path, kind: Any) -> None:
    file = folder / "my_idea.py"
    for value in (1, 2):
        file.write_text(PLUGIN.format(value=value))
        record = neucocore.load_plugin(kind(file))
        assert (record.name, record.registered) == ("my-idea", False)
        assert encode("my-idea/level", f"{value}.npz").columns == 2
        assert neucocore.load_embeddings(f"{value}.npz").matrix.max() == value


@pytest.mark.usefixtures("loaded")
def test_a_module_is_loaded_as_a_plugin_and_replaced(folder: Path) -> None:
    keys = []
    for value in (1, 2):
        module = ModuleType("neuco_plugin_lab.plugin")
        exec(PLUGIN.format(value=value), vars(module))  # noqa: S102
        record = neucocore.load_plugin(module)
        assert (record.name, len(record.components)) == ("lab", 1)
        encode("lab/level", f"{value}.npz")
        embeddings = neucocore.load_embeddings(f"{value}.npz")
        assert embeddings.matrix.max() == value
        keys.append(embeddings.metadata["encoder"]["sources"])
    assert keys[0] != keys[1]
    assert len(session_plugins) == 1


@pytest.mark.usefixtures("loaded")
def test_a_module_is_loaded_by_its_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "lab_idea.py").write_text(PLUGIN.format(value=1))
    monkeypatch.syspath_prepend(folder)
    record = neucocore.load_plugin("lab_idea")
    assert (record.name, record.distribution) == ("lab-idea", "lab_idea.py")


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize(
    ("plugin", "message"),
    [
        ("no_such_module", "cannot be imported: ModuleNotFoundError"),
        ("no_such_file.py", "no such file"),
        (Path("data"), "no such file"),
        ("broken.py", "NameError"),
        ("empty.py", "NEUCO_API"),
        (json, "NEUCO_API"),
        (3, "load_plugin.* cannot be called"),
        (None, "load_plugin.* cannot be called"),
    ],
)
def test_what_is_no_plugin_is_refused(folder: Path, plugin: Any, message: str) -> None:
    (folder / "broken.py").write_text("undefined\n")
    (folder / "empty.py").write_text("\n")
    with pytest.raises(NeucoError, match=message):
        neucocore.load_plugin(plugin)


@pytest.mark.usefixtures("loaded")
def test_a_module_cannot_take_the_name_of_another_plugin() -> None:
    module = ModuleType("core")
    exec(PLUGIN.format(value=1), vars(module))  # noqa: S102
    with pytest.raises(NeucoError, match="the plugin name 'core' is already used"):
        neucocore.load_plugin(module)


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize("returned", [None, {}, [1], [], ZeroDivisionError("x")])
def test_what_a_protocol_returns_is_checked(returned: Any) -> None:
    def score(self: Any, inputs: Any, options: Any, **_: Any) -> Any:
        if isinstance(returned, Exception):
            raise returned
        return returned

    module = ModuleType("odd")
    module.NEUCO_API = 1  # type: ignore[attr-defined]
    factory = type("Odd", (), {"score": score})
    specs = [ProtocolSpec(name="odd", summary="s", factory=factory)]

    @hookimpl
    def neuco_protocols() -> list[ProtocolSpec]:
        return specs

    module.neuco_protocols = neuco_protocols  # type: ignore[attr-defined]
    neucocore.load_plugin(module)
    with pytest.raises(NeucoError, match="the protocol odd/odd"):
        neucocore.evaluate(X, ids=IDS, labels=LABELS, protocol="odd")


@pytest.mark.parametrize("fields", [None, [1]])
def test_key_fields_that_are_no_mapping_are_refused(fields: Any) -> None:
    encoder = type("Keyed", (MeanLevel,), {"cache_key_fields": lambda self: fields})
    with pytest.raises(NeucoError, match="cache_key_fields"):
        encode(encoder)


@pytest.mark.parametrize("options", [{"ids": 3}, {"fit_ids": 3}, {"params": {1: 2}}])
def test_values_of_another_type_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(NeucoError):
        encode(**options)

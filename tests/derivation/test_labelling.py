import numpy as np
import pytest

from neucocore.derivation.labelling import NoLabel, label_each
from neucocore.errors import DataError


def _short_ids_only(cube: str) -> float:
    if len(cube) > 1:
        raise NoLabel("its id is long")
    return float(ord(cube))


def test_cubes_without_a_label_are_counted_by_reason():
    labels = label_each(["b", "long", "a", "longer"], _short_ids_only)

    assert labels.ids == ("b", "a")
    assert labels.y.tolist() == [98.0, 97.0]
    (finding,) = labels.findings
    assert finding.count == 2
    assert finding.examples == ("long", "longer")
    assert "its id is long" in finding.message


def test_no_label_at_all_is_an_error_with_the_reasons():
    with pytest.raises(DataError, match="none of 2 cubes gets a label") as caught:
        label_each(["long", "longer"], _short_ids_only)
    assert caught.value.problems == (
        "cube without a label: its id is long (2 times): long, longer",
    )


def test_classes_give_integers_and_outputs_give_columns():
    codes = label_each(["a", "b"], lambda cube: float(cube == "b"), classes=("no", "yes"))
    points = label_each(["a", "b"], lambda _: (1.5, 2.0), outputs=("row", "col"))

    assert codes.y.dtype == np.int64
    assert codes.y.tolist() == [0, 1]
    assert points.y.shape == (2, 2)

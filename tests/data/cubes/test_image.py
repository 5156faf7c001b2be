from __future__ import annotations

import sys
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neucocore.data.cubes.cube import Cube
from neucocore.data.cubes.facts import CubeFacts
from neucocore.data.cubes.image import composites, draw_cube
from neucocore.errors import ConfigError, DataError

PNG = b"\x89PNG\r\n\x1a\n"
BANDS = ("B02", "B03", "B04", "B08")


def a_cube(offset: int = 0) -> Cube:
    """Season 0 is bright red, season 1 is near infrared only; one pixel has no data."""
    colours = np.zeros((2, 4, 5, 6), np.int16)
    colours[0] = np.array([300, 600, 3000, 100])[:, None, None]
    colours[1] = np.array([300, 300, 300, 5000])[:, None, None]
    colours += offset
    colours[:, :, 0, 0] = 0
    radar = np.full((2, 2, 5, 6), -11.0, np.float32)
    radar[:, 1] = -17.0
    return Cube(
        id="abc",
        arrays={"s1": radar, "s2l2a": colours},
        bands={"s1": ("vv", "vh"), "s2l2a": BANDS},
        offset={"s2l2a": offset},
        nodata={"s2l2a": 0},
        season_names=("spring", "summer"),
        metadata={"place": "here", "lat": 51.5},
    )


def png_size(content: bytes) -> tuple[int, int]:
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")


def test_true_colour_shows_red_green_and_blue_bands() -> None:
    pixel = composites(a_cube())["true colour"][0, 2, 2]
    assert pixel[0] == 1.0
    assert pixel[1] == pytest.approx(0.2**0.8, rel=1e-5)
    assert pixel[2] == pytest.approx(0.1**0.8, rel=1e-5)


def test_false_colour_shows_vegetation_red() -> None:
    pixel = composites(a_cube())["false colour"][1, 2, 2]
    assert pixel[0] == 1.0
    assert pixel[1:].max() < 0.2


def test_radar_shows_both_polarisations_and_their_ratio() -> None:
    pixel = composites(a_cube())["radar"][0, 2, 2]
    assert pixel == pytest.approx([0.5, 0.5, 4.0 / 13.0], rel=1e-5)


def test_an_offset_does_not_change_the_image_and_no_data_is_black() -> None:
    plain, lifted = composites(a_cube())["true colour"], composites(a_cube(1000))["true colour"]
    assert np.array_equal(plain, lifted)
    assert not lifted[:, 0, 0].any()


def test_level_1c_is_drawn_if_there_is_no_level_2a() -> None:
    cube = a_cube()
    other = replace(
        cube, arrays={"s2l1c": cube.arrays["s2l2a"]}, bands={"s2l1c": BANDS}, offset={}, nodata={}
    )
    assert list(composites(other)) == ["true colour", "false colour"]


def test_the_image_is_a_png_and_labels_make_it_wider(tmp_path: Path) -> None:
    draw_cube(a_cube(), {}, tmp_path / "plain.png")
    draw_cube(a_cube(), {"crops": "0.25"}, tmp_path / "labelled.png")
    plain, labelled = (
        (tmp_path / "plain.png").read_bytes(),
        (tmp_path / "labelled.png").read_bytes(),
    )
    assert plain.startswith(PNG)
    assert png_size(labelled)[0] > png_size(plain)[0]
    assert png_size(labelled)[1] == png_size(plain)[1]


def test_equal_labels_give_equal_images_and_other_labels_others(tmp_path: Path) -> None:
    sums = []
    for number, label in enumerate(("0.25", "0.25", "0.75")):
        out = tmp_path / f"{number}.png"
        draw_cube(a_cube(), {"crops": label}, out)
        sums.append(zlib.crc32(out.read_bytes()))
    assert sums[0] == sums[1] != sums[2]


def test_an_unknown_suffix_is_an_error_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cube\.bmp has an unknown image suffix"):
        draw_cube(a_cube(), {}, tmp_path / "cube.bmp")
    assert list(tmp_path.iterdir()) == []


def test_a_cube_without_a_modality_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no bands to draw"):
        draw_cube(replace(a_cube(), arrays={}, bands={}), {}, tmp_path / "cube.png")


def test_every_modality_is_drawn_with_its_range(tmp_path: Path) -> None:
    cube = a_cube()
    heights = np.linspace(100, 200, 60).reshape(2, 1, 5, 6)
    other = replace(
        cube,
        arrays={**cube.arrays, "s2l1c": cube.arrays["s2l2a"], "dem": heights},
        bands={**cube.bands, "s2l1c": BANDS, "dem": ("height",)},
    )
    axes = drawn(other, tmp_path)
    assert [axis.get_ylabel().split("\n")[0] for axis in axes if axis.get_ylabel()] == [
        "s2l2a: true colour", "s2l2a: false colour", "s1: radar", "s2l1c: true colour",
        "dem: height",
    ]  # fmt: skip
    (dem,) = [axis for axis in axes if axis.get_ylabel().startswith("dem")]
    assert dem.get_ylabel() == "dem: height\n102 to 198"


def test_dates_place_and_scale_are_drawn(tmp_path: Path) -> None:
    facts = CubeFacts(("2020-04-03", "2020-07-09"), (-70.5, -33.25), 10.0)
    axes = drawn(a_cube(), tmp_path, facts)
    assert [axis.get_title() for axis in axes[:2]] == ["spring\n2020-04-03", "summer\n2020-07-09"]
    title = axes[0].figure.get_suptitle()
    assert "5 x 6 pixels of 10 m, 33.2500° S, 70.5000° W" in title
    assert [text.get_text() for text in axes[0].texts] == ["20 m"]
    bar = axes[0].lines[-1].get_xdata()
    assert bar[1] - bar[0] == pytest.approx(20 / 60)  # of an image 6 pixels of 10 m wide
    assert len(drawn(a_cube(), tmp_path)[0].texts) == 0  # the size of its pixels is not known


def drawn(cube: Cube, folder: Path, facts: CubeFacts | None = None) -> list[Any]:
    """Return the axes of the image of a cube."""
    from matplotlib.figure import Figure

    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", lambda figure, *args, **kwargs: seen.append(figure))
        draw_cube(cube, {}, folder / "cube.png", facts)
    return list(seen[0].axes)


def test_without_matplotlib_the_hint_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ConfigError, match=r"neucocore\[plots\]"):
        draw_cube(a_cube(), {}, tmp_path / "cube.png")
    assert list(tmp_path.iterdir()) == []

from __future__ import annotations

from pathlib import Path

import pytest

from neucocore.components.missing_dependency import install_hint

METADATA = """\
Metadata-Version: 2.4
Name: neuco-plugin-lidar
Version: 1.0
Provides-Extra: derive
Provides-Extra: gpu
Provides-Extra: test
Requires-Dist: scikit-learn>=1.5
Requires-Dist: rasterio>=1.4; extra == "derive"
Requires-Dist: torch>=2; extra == "gpu"
Requires-Dist: huggingface-hub; extra == "gpu"
Requires-Dist: pytest; extra == "test"
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "neuco_plugin_lidar-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(METADATA)
    other = tmp_path / "neuco_plugin_radar-1.0.dist-info"
    other.mkdir()
    text = METADATA.replace("lidar", "radar").replace("Provides-Extra: gpu\n", "")
    (other / "METADATA").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.usefixtures("install")
@pytest.mark.parametrize(
    ("module", "hint"),
    [
        ("rasterio.features", "pip install 'neuco-plugin-lidar[derive]'"),
        ("torch", "pip install 'neuco-plugin-lidar[gpu]'"),
        ("huggingface_hub", "pip install 'neuco-plugin-lidar[gpu]'"),
        # sklearn is the module of scikit-learn: no requirement and no extra has its name.
        ("sklearn", "pip install --upgrade neuco-plugin-lidar"),
        ("pytest", "pip install --upgrade neuco-plugin-lidar"),
    ],
)
def test_the_hint_names_the_extra_that_requires_the_module(module: str, hint: str) -> None:
    assert install_hint("neuco-plugin-lidar", module) == hint


@pytest.mark.usefixtures("install")
def test_the_only_extra_is_named_when_no_requirement_has_the_name_of_the_module() -> None:
    assert install_hint("neuco-plugin-radar", "cv2") == "pip install 'neuco-plugin-radar[derive]'"


def test_the_hint_names_an_extra_of_the_core() -> None:
    assert install_hint("neucocore", "matplotlib.pyplot") == "pip install 'neucocore[plots]'"
    assert install_hint("neucocore", "numpy") == "pip install --upgrade neucocore"


def test_a_single_file_has_no_distribution_to_install() -> None:
    assert install_hint("idea.py", "cv2") == (
        "install the package that provides the Python module 'cv2'"
    )

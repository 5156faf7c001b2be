"""Names one of the two files that a cube depends on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from neucocore.plugin import DatasetSpec, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_datasets() -> list[DatasetSpec]:
    return [
        DatasetSpec(
            name="names-half-the-files",
            summary="wrong",
            factory="neuco_plugin_names_half_the_files.plugin:Arrays",
            example="neuco_plugin_names_half_the_files.plugin:example",
            bands={"image": ("grey",)},
            license="MIT",
            citation="-",
        )
    ]


def example(folder: Path) -> None:
    import numpy as np

    for number in (1, 2):
        np.save(folder / f"{number}.npy", np.full((1, 1, 4, 4), number))
        np.save(folder / f"{number}.mask.npy", np.eye(4) > 0)
    (folder / "grey__regr.csv").write_text("id,label\n1,1\n2,2\n")


class Arrays:
    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    def ids(self) -> list[str]:
        return sorted(file.name[:-9] for file in self.path.glob("*.mask.npy"))

    def read(self, ids: Any) -> Any:
        import numpy as np

        from neucocore.plugin import Cube

        for sample in ids:
            mask = np.load(self.path / f"{sample}.mask.npy")
            array = np.load(self.path / f"{sample}.npy")
            yield Cube(sample, {"image": array * ~mask}, {"image": ("grey",)})

    def files(self, id: str) -> Any:  # noqa: A002
        return {"image": self.path / f"{id}.npy"}

    def label_files(self) -> list[Path]:
        return [self.path / "grey__regr.csv"]

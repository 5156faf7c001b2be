"""Image files: their formats, and writing figures into them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from neucocore.errors import ConfigError
from neucocore.files.atomic import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("png", "jpg", "pdf", "svg")
DOTS_PER_INCH = 150
# Without dates and versions, equal figures give equal files.
NO_DATE = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None},
    "svg": {"Date": None},
}


def require_matplotlib() -> None:
    """Check that images can be drawn, before any work is done.

    Raises
    ------
    ConfigError
        matplotlib is not installed.
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            "plots need matplotlib, which is not installed",
            hint="pip install 'neucocore[plots]', or run without plots",
        ) from error


def image_format(file: Path) -> str:
    """Return the format that the suffix of a file names.

    Raises
    ------
    ConfigError
        The suffix is not known.
    """
    suffix = file.suffix.lower().removeprefix(".")
    if suffix not in FORMATS:
        raise ConfigError(
            f"{file.name} has an unknown image suffix",
            hint=f"known suffixes: {', '.join('.' + name for name in FORMATS)}",
        )
    return suffix


def save_figure(figure: Figure, file: Path) -> None:
    """Write a figure in the format of the file's suffix; names in it are not formulas."""
    suffix = image_format(file)
    with replacing(file, durable=False) as target:
        figure.savefig(target, format=suffix, dpi=DOTS_PER_INCH, metadata=NO_DATE.get(suffix))


def plain(text: str) -> str:
    """Return a text for a figure, in which a dollar sign starts no formula."""
    return text.replace("$", r"\$")

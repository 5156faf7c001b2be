"""A fixed list of files on a web server, as the origin of a download."""

from __future__ import annotations

from collections.abc import Mapping

from neucocore.components.specs import FileSource
from neucocore.data.downloads.fetching import Answer, Get
from neucocore.data.downloads.hub import hub_library, session_get
from neucocore.data.downloads.remote import SHA256, RemoteFile, Source


class FileList:
    """A collection of files that a data set declares, as the origin of a download.

    The list holds a digest of every file, so it has exactly one revision.

    Parameters
    ----------
    name
        What the download's folder remembers as its origin.
    source
        Address and files.

    Raises
    ------
    ComponentLoadError
        huggingface_hub, whose session fetches the files, is not installed.
    """

    def __init__(self, name: str, source: FileSource) -> None:
        self.name = name
        self.revision = source.revision
        self._source = source
        hub_library(".utils")  # fails before the work, not at the first file

    def commit(self, revision: str) -> str:
        """Return the revision itself."""
        return revision

    def source(self, commit: str) -> Source:
        """Return the files of the list."""
        files = (
            RemoteFile(file.path, file.size, f"{SHA256}:{file.sha256}")
            for file in self._source.files
        )
        return Source(self.name, commit, tuple(files))

    def get(self, commit: str) -> Get:
        """Return the function that fetches one file; it sends no token."""
        del commit  # there is only one

        def get(file: RemoteFile, headers: Mapping[str, str]) -> Answer:
            return session_get(self._source.url + file.path, headers)

        return get

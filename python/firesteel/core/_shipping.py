"""Files that a program ships to its workers: where they lie, and what of them can be imported.

The driver and its workers share one folder, which the engine makes and removes. The driver writes a list of
what is in it and what is to be imported beside it; a worker reads that list when it has changed, at the start
of a task. The executors of a rehearsal copy what is new into folders of their own.
Invariant: a file that was added before an action is there for all tasks of that action.
"""

import filecmp
import importlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from firesteel.core._includes import Shipment, includes_file, insert
from firesteel.errors.job import FiresteelError

if TYPE_CHECKING:
    import tarfile

REMOTE = ("http", "https", "ftp")


class ShippedFiles:
    """The files of one context. `root` is the folder that `SparkFiles` names."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.files: list[str] = []
        self.archives: list[str] = []
        self._entries = [""]
        self._versions: dict[str, int] = {}
        self._added_to_path: list[str] = []
        self._put_on_path(root)
        self._write_includes()

    def add_file(self, path: str, recursive: bool = False) -> str:
        """Copy a file, or with `recursive` a folder; return the name of the copy in the root."""
        source, uri = locate(path)
        if source is not None and os.path.isdir(source):
            if not recursive:
                raise FiresteelError(f"Added file {uri} is a directory and recursive is not turned on.")
            uri += "/"
        if uri not in self.files:
            self._bring(source, uri, _name(uri), _copy)
            self.files.append(uri)
        return _name(uri)

    def add_archive(self, path: str) -> None:
        """Unpack an archive into a folder of its name, or of the name behind a `#`."""
        path, mark, alias = path.partition("#")
        source, uri = locate(path)
        shown = uri + mark + alias
        if shown not in self.archives:
            self._bring(source, uri, alias or _name(uri), _unpack)
            self.archives.append(shown)

    def add_package(self, path: str, extensions: tuple[str, ...]) -> None:
        """Add a file that can be imported: a module, or an archive of modules."""
        name = self.add_file(path)
        if name.lower().endswith(extensions):
            self._put_on_path(os.path.join(self.root, name))
            self._entries = [*(kept for kept in self._entries if kept != name), name]
            self._write_includes()
        importlib.invalidate_caches()

    def forget(self) -> None:
        """Take away what was put on this process's import path."""
        sys.path[:] = [entry for entry in sys.path if entry not in self._added_to_path]

    def _place(self, name: str, put: Callable[[str, str], None]) -> Callable[[str], None]:
        if name in ("", ".", "..") or "/" in name or "\0" in name:
            raise FiresteelError(f"{name!r} cannot be the name of a shipped file")
        return lambda source: put(source, os.path.join(self.root, name))

    def _bring(self, source: str | None, uri: str, name: str, put: Callable[[str, str], None]) -> None:
        """Put a file where it is to be, under a name, and tell of it."""
        self._fetch(source, uri, self._place(name, put))
        self._versions[name] = self._versions.get(name, 0) + 1
        self._write_includes()

    def _fetch(self, source: str | None, uri: str, place: Callable[[str], None]) -> None:
        if source is not None:
            if not os.path.exists(source):
                raise FiresteelError(f"File {uri} does not exist")
            place(source)
            return
        import urllib.request  # takes longer to load than all of Firesteel

        fetched, _ = urllib.request.urlretrieve(uri)
        try:
            place(fetched)
        finally:
            os.unlink(fetched)

    def _put_on_path(self, entry: str) -> None:
        insert(entry)
        self._added_to_path.append(entry)

    def _write_includes(self) -> None:
        """Replace the list at once: a worker reads the old one or the new one."""
        path = includes_file(self.root)
        with open(path + ".new", "w", opener=_open_private) as file:
            json.dump(Shipment(self._entries, self._versions), file)
        os.replace(path + ".new", path)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def locate(path: str) -> tuple[str | None, str]:
    """Return the path of a local file, or None, and its URI."""
    scheme = urlsplit(path).scheme
    if scheme in REMOTE:
        return None, path
    if scheme not in ("", "file", "local"):
        raise FiresteelError(f'No FileSystem for scheme "{scheme}"')
    source = os.path.abspath(unquote(urlsplit(path).path) if scheme else path)
    return source, "file:" + quote(source)


def _name(uri: str) -> str:
    return unquote(os.path.basename(urlsplit(uri).path.rstrip("/")))


def _copy(source: str, target: str) -> None:
    if os.path.isdir(source):
        shutil.copytree(source, target, dirs_exist_ok=True)
    elif os.path.exists(target) and not filecmp.cmp(source, target, shallow=False):
        raise FiresteelError(f"File {target} exists and does not match contents of file:{source}")
    else:
        shutil.copy(source, target)


def _unpack(source: str, target: str) -> None:
    """Unpack what is an archive, and copy what is none. One that would leave the target is refused whole."""
    import tarfile
    import zipfile

    if zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as archive:
            for name in archive.namelist():
                if name.startswith("/") or ".." in name.split("/"):
                    raise FiresteelError(f"Archive {source} is refused: {name!r} would leave its folder")
            archive.extractall(target)
    elif tarfile.is_tarfile(source):
        with tarfile.open(source) as archive:
            _unpack_tar(archive, source, target)
    else:
        _copy(source, target)


def _unpack_tar(archive: "tarfile.TarFile", source: str, target: str) -> None:
    """Unpack beside the target and move it there, for a link shows only on the way where it leads."""
    import tarfile

    unpacked = tempfile.mkdtemp(dir=os.path.dirname(target), prefix=".unpacking-")
    try:
        archive.extractall(unpacked, filter="data")
        if os.path.exists(target):
            shutil.copytree(unpacked, target, symlinks=True, dirs_exist_ok=True)
        else:
            os.rename(unpacked, target)
    except tarfile.FilterError as error:
        name = error.tarinfo.name
        raise FiresteelError(f"Archive {source} is refused: {name!r} would leave its folder") from None
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)

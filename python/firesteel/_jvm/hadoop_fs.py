"""org.apache.hadoop.fs on local paths: FileSystem, Path, FileUtil.

As in Hadoop, the checksum file that Java has written beside a file is not listed, and goes where the file
goes. Listings are sorted. Other file systems than this machine's are refused in one line.
"""

import glob
import os
import posixpath
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from typing import Any

from firesteel._jvm.hadoop_conf import Configuration
from firesteel._jvm.java_net import URI, quoted
from firesteel._jvm.objects import JavaError, JavaObject
from firesteel._py4j.java_collections import JavaArray, JavaIterator

__all__ = ["FileStatus", "FileSystem", "FileUtil", "LocalFileSystem", "Path"]

PACKAGE = "org.apache.hadoop.fs"
BLOCK = 32 << 20
"""The block size of Hadoop's local file system."""
SPECIAL = re.compile(r"[*?\[{]")
BRACES = re.compile(r"\{([^{}]*)\}")


class Path(JavaObject):
    """The name of a file, normalised.

    >>> Path("file:///tmp//steel/").toString(), Path("/a", "b").getParent().toString(), Path("/").getParent()
    ('file:/tmp/steel', '/a', None)
    """

    def __init__(self, *parts: "str | Path | URI") -> None:
        scheme, authority, path = _parsed(str(parts[0]))
        for part in parts[1:]:
            own_scheme, own_authority, child = _parsed(str(part))
            if own_scheme:
                scheme, authority = own_scheme, own_authority
            path = posixpath.join(path, child)
        self._scheme, self._authority, self._path = scheme, authority, _normalised(path)

    def getName(self) -> str:
        """Return the last part."""
        return posixpath.basename(self._path)

    def getParent(self) -> "Path | None":
        """Return the folder, or None at the root."""
        return None if self.isRoot() else self._sibling(posixpath.dirname(self._path))

    def _sibling(self, path: str) -> "Path":
        """Return another path of the same file system."""
        other = Path.__new__(Path)
        other._scheme, other._authority, other._path = self._scheme, self._authority, path
        return other

    def suffix(self, suffix: str) -> "Path":
        """Return the path with something behind its name."""
        return self._sibling(self._path + suffix)

    def depth(self) -> int:
        """Return the number of parts."""
        return len([part for part in self._path.split("/") if part])

    def isAbsolute(self) -> bool:
        """Return whether the path begins at the root."""
        return self._path.startswith("/")

    def isRoot(self) -> bool:
        """Return whether it is the root."""
        return self._path == "/"

    def toUri(self) -> URI:
        """Return the path as a URI."""
        return URI(self._prefix() + quoted(self._path))

    def getFileSystem(self, conf: Configuration) -> "FileSystem":
        """Return the file system that the path is of."""
        return FileSystem.get(self.toUri(), conf)

    def toString(self) -> str:
        """Return the path."""
        return self._prefix() + self._path

    def _prefix(self) -> str:
        scheme = f"{self._scheme}:" if self._scheme else ""
        return f"{scheme}//{self._authority}" if self._authority else scheme

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Path) and self.toString() == other.toString()

    def __hash__(self) -> int:
        return hash(self.toString())


def _parsed(text: str) -> tuple[str, str, str]:
    """Return scheme, authority and path."""
    if not text:
        problem = "Can not create a Path from an empty string"
        raise JavaError("java.lang.IllegalArgumentException", problem)
    match = re.match(r"(?:([A-Za-z][\w+.-]*):)?(?://([^/]*))?(.*)", text, re.DOTALL)
    scheme, authority, path = match.groups("") if match else ("", "", text)
    return scheme, authority, path or ("/" if authority else "")


def _normalised(path: str) -> str:
    return re.sub("^//", "/", posixpath.normpath(path))


class Permission(JavaObject):
    """Who may do what with a file."""

    def __init__(self, mode: int) -> None:
        self._mode = mode

    def toShort(self) -> int:
        """Return the bits."""
        return stat.S_IMODE(self._mode)

    def toString(self) -> str:
        """Return the rights of owner, group and others."""
        return stat.filemode(self._mode)[1:]


class FileStatus(JavaObject):
    """What is known of a file."""

    def __init__(self, path: Path, local: str) -> None:
        self._path = path
        self._stat = os.stat(local)

    def getPath(self) -> Path:
        """Return the path, with its scheme."""
        return self._path

    def getLen(self) -> int:
        """Return the size in bytes."""
        return self._stat.st_size

    def isDirectory(self) -> bool:
        """Return whether it is a folder."""
        return stat.S_ISDIR(self._stat.st_mode)

    isDir = isDirectory

    def isFile(self) -> bool:
        """Return whether it is a file."""
        return not self.isDirectory()

    def isSymlink(self) -> bool:
        """Return False: links are followed."""
        return False

    def getModificationTime(self) -> int:
        """Return when it was changed, in milliseconds since 1970."""
        return self._stat.st_mtime_ns // 1_000_000

    def getAccessTime(self) -> int:
        """Return when it was read, in milliseconds since 1970."""
        return self._stat.st_atime_ns // 1_000_000

    def getOwner(self) -> str:
        """Return the user who has it."""
        import pwd

        return pwd.getpwuid(self._stat.st_uid).pw_name

    def getGroup(self) -> str:
        """Return the group that has it."""
        import grp

        return grp.getgrgid(self._stat.st_gid).gr_name

    def getPermission(self) -> Permission:
        """Return who may do what with it."""
        return Permission(self._stat.st_mode)

    def getReplication(self) -> int:
        """Return 1: a local file is there once."""
        return 1

    def getBlockSize(self) -> int:
        """Return the size of a block, which decides how files are cut into partitions."""
        return BLOCK

    def toString(self) -> str:
        """Return the path and what it is."""
        is_directory = str(self.isDirectory()).lower()
        return f"FileStatus{{path={self._path}; isDirectory={is_directory}; length={self.getLen()}}}"


class ContentSummary(JavaObject):
    """How much is in a folder."""

    def __init__(self, files: list[str], folders: int) -> None:
        self._length = sum(os.path.getsize(file) for file in files)
        self._files, self._folders = len(files), folders

    def getLength(self) -> int:
        """Return the bytes of all files."""
        return self._length

    getSpaceConsumed = getLength

    def getFileCount(self) -> int:
        """Return the number of files."""
        return self._files

    def getDirectoryCount(self) -> int:
        """Return the number of folders, with this one."""
        return self._folders


class FSDataOutputStream(JavaObject):
    """A file that is being written."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def write(self, data: int | bytes | bytearray) -> None:
        """Write a byte, or several."""
        self._file.write(bytes([data & 0xFF]) if isinstance(data, int) else data)

    def writeBytes(self, text: str) -> None:
        """Write the low byte of each character."""
        self._file.write(bytes(ord(character) & 0xFF for character in text))

    def flush(self) -> None:
        """Hand over what was written."""
        self._file.flush()

    hflush = hsync = flush

    def close(self) -> None:
        """End the file."""
        self._file.close()


class FSDataInputStream(JavaObject):
    """A file that is being read."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def read(self) -> int:
        """Return the next byte, or -1 at the end."""
        return (self._file.read(1) or [-1])[0]

    def readAllBytes(self) -> bytes:
        """Return the rest."""
        return self._file.read()

    def readNBytes(self, count: int) -> bytes:
        """Return so many bytes, or what is left."""
        return self._file.read(count)

    def readLine(self) -> str | None:
        """Return the next line without its end, or None."""
        line: bytes = self._file.readline()
        return line.decode("latin-1").rstrip("\r\n") if line else None

    def seek(self, position: int) -> None:
        """Go on at a position."""
        self._file.seek(position)

    def getPos(self) -> int:
        """Return the position."""
        return self._file.tell()

    def available(self) -> int:
        """Return how many bytes are left."""
        return os.fstat(self._file.fileno()).st_size - self._file.tell()

    def close(self) -> None:
        """End reading."""
        self._file.close()


class FileSystem(JavaObject):
    """The files of this machine."""

    def __init__(self, conf: Configuration | None = None) -> None:
        self._conf = conf or Configuration()

    @staticmethod
    def get(*uri_and_conf: Any) -> "FileSystem":
        """Return the file system of a URI, or of the configuration's `fs.defaultFS`."""
        *uri, conf = uri_and_conf
        place = uri[0] if uri else FileSystem.getDefaultUri(conf)
        scheme = place.getScheme() or FileSystem.getDefaultUri(conf).getScheme()
        if scheme != "file":
            problem = f'No FileSystem for scheme "{scheme}"'
            raise JavaError("org.apache.hadoop.fs.UnsupportedFileSystemException", problem)
        return LocalFileSystem(conf)

    newInstance = get

    @staticmethod
    def getLocal(conf: Configuration) -> "FileSystem":
        """Return this machine's."""
        return LocalFileSystem(conf)

    @staticmethod
    def getDefaultUri(conf: Configuration) -> URI:
        """Return the file system of paths without a scheme."""
        return URI(conf.get("fs.defaultFS") or "file:///")

    def getUri(self) -> URI:
        """Return what all its paths begin with."""
        return URI("file:///")

    def getScheme(self) -> str:
        """Return `file`."""
        return "file"

    def getConf(self) -> Configuration:
        """Return the configuration that it was made with."""
        return self._conf

    def getHomeDirectory(self) -> Path:
        """Return the user's folder."""
        return Path("file:" + os.path.expanduser("~"))

    def getWorkingDirectory(self) -> Path:
        """Return the folder that relative paths begin in."""
        return Path("file:" + os.getcwd())

    def makeQualified(self, path: Path) -> Path:
        """Return a path with scheme and folder."""
        return Path("file:" + self._local(path))

    resolvePath = makeQualified

    def close(self) -> None:
        """Do nothing: nothing is open."""

    # Questions.

    def exists(self, path: Path) -> bool:
        """Return whether there is anything."""
        return os.path.exists(self._local(path))

    def isDirectory(self, path: Path) -> bool:
        """Return whether it is a folder."""
        return os.path.isdir(self._local(path))

    def isFile(self, path: Path) -> bool:
        """Return whether it is a file."""
        return os.path.isfile(self._local(path))

    def getLength(self, path: Path) -> int:
        """Return the size of a file in bytes."""
        return self.getFileStatus(path).getLen()

    def getDefaultBlockSize(self, path: Path | None = None) -> int:
        """Return the size of a block."""
        return BLOCK

    def getFileStatus(self, path: Path) -> FileStatus:
        """Return what is known of a file."""
        return self._status(self._existing(path))

    def listStatus(self, path: Path) -> JavaArray:
        """Return what is in a folder, or the file itself."""
        local = self._existing(path)
        names = _listed(local) if os.path.isdir(local) else [local]
        return JavaArray(self._status(os.path.join(local, name)) for name in names)

    def listLocatedStatus(self, path: Path) -> JavaIterator:
        """Go through what is in a folder."""
        return JavaIterator(self.listStatus(path))

    def listFiles(self, path: Path, recursive: bool) -> JavaIterator:
        """Go through the files in a folder, and in the folders in it."""
        local = self._existing(path)
        files = _files(local) if recursive else (f for f in _joined(local) if os.path.isfile(f))
        return JavaIterator(self._status(file) for file in files)

    def globStatus(self, pattern: Path) -> JavaArray | None:
        """Return what matches a pattern; None where a path without pattern does not exist."""
        local = self._local(pattern)
        if not SPECIAL.search(local):
            return JavaArray([self._status(local)]) if os.path.exists(local) else None
        found = chain.from_iterable(
            glob.iglob(one.replace("[^", "[!"), include_hidden=True) for one in _without_braces(local)
        )
        return JavaArray(self._status(path) for path in sorted(set(found)) if not _is_checksum(path))

    def getContentSummary(self, path: Path) -> ContentSummary:
        """Return how much is in a folder."""
        local = self._existing(path)
        return ContentSummary(list(_files(local)), sum(1 for _ in os.walk(local)))

    # Changes.

    def mkdirs(self, path: Path, *permission: Any) -> bool:
        """Make a folder and those above it."""
        local = self._local(path)
        if os.path.isfile(local):
            problem = f"Destination exists and is not a directory: {local}"
            raise JavaError("org.apache.hadoop.fs.FileAlreadyExistsException", problem)
        try:
            os.makedirs(local, exist_ok=True)
        except NotADirectoryError:
            problem = f"Parent path is not a directory: {os.path.dirname(local)}"
            raise JavaError("org.apache.hadoop.fs.ParentNotDirectoryException", problem) from None
        return True

    def delete(self, path: Path, recursive: bool = True) -> bool:
        """Delete a file or a folder; return whether there was one."""
        local = self._local(path)
        if not os.path.lexists(local):
            return False
        if not os.path.isdir(local) or os.path.islink(local):
            os.remove(local)
            _remove_checksum(local)
        elif recursive:
            shutil.rmtree(local)
        elif os.listdir(local):
            raise JavaError("java.io.IOException", f"Directory {local} is not empty")
        else:
            os.rmdir(local)
        return True

    def rename(self, source: Path, destination: Path) -> bool:
        """Move a file or folder, into the destination where that is a folder; never over a file."""
        origin, target = self._existing(source), self._local(destination)
        if os.path.isdir(target):
            target = os.path.join(target, os.path.basename(origin))
        if os.path.exists(target):
            return False
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.move(origin, target)
        if os.path.exists(_checksum(origin)):
            shutil.move(_checksum(origin), _checksum(target))
        return True

    def createNewFile(self, path: Path) -> bool:
        """Make an empty file; return False where there is one."""
        if self.exists(path):
            return False
        self.create(path).close()
        return True

    def create(self, path: Path, overwrite: bool = True) -> FSDataOutputStream:
        """Begin a file, and the folders above it."""
        local = self._local(path)
        if os.path.exists(local) and not overwrite:
            problem = f"File already exists: {local}"
            raise JavaError("org.apache.hadoop.fs.FileAlreadyExistsException", problem)
        os.makedirs(os.path.dirname(local), exist_ok=True)
        _remove_checksum(local)
        return FSDataOutputStream(open(local, "wb"))

    def append(self, path: Path) -> FSDataOutputStream:
        """Go on with a file."""
        return FSDataOutputStream(open(self._existing(path), "ab"))

    def open(self, path: Path) -> FSDataInputStream:
        """Begin to read a file."""
        return FSDataInputStream(open(self._existing(path), "rb"))

    def copyFromLocalFile(self, *arguments: Any) -> None:
        """Copy a file or folder: `[deleteSource, [overwrite,]] source, destination`."""
        *flags, source, destination = arguments
        FileUtil.copy(self, source, self, destination, bool(flags and flags[0]), self._conf)

    def moveFromLocalFile(self, source: Path, destination: Path) -> None:
        """Move a file or folder."""
        self.copyFromLocalFile(True, source, destination)

    def copyToLocalFile(self, *arguments: Any) -> None:
        """Copy a file or folder: `[deleteSource,] source, destination[, useRawLocalFileSystem]`."""
        source, destination = (argument for argument in arguments if isinstance(argument, Path))
        FileUtil.copy(self, source, self, destination, arguments[0] is True, self._conf)

    # Between Hadoop's paths and Python's.

    def _local(self, path: Path) -> str:
        if path._scheme not in ("", "file") or path._authority:
            problem = f"Wrong FS: {path}, expected: file:///"
            raise JavaError("java.lang.IllegalArgumentException", problem)
        return os.path.join(os.getcwd(), path._path)

    def _existing(self, path: Path) -> str:
        local = self._local(path)
        if not os.path.exists(local):
            raise JavaError("java.io.FileNotFoundException", f"File {path} does not exist")
        return local

    def _status(self, local: str) -> FileStatus:
        return FileStatus(Path("file:" + local), local)


class LocalFileSystem(FileSystem):
    """The files of this machine, as `FileSystem.get` returns them."""


class FileUtil(JavaObject):
    """Copies and deletes."""

    @staticmethod
    def copy(
        source_system: FileSystem,
        source: Path,
        destination_system: FileSystem,
        destination: Path,
        delete_source: bool,
        *overwrite_and_conf: Any,
    ) -> bool:
        """Copy a file or folder, into the destination where that is a folder; return whether it is there."""
        origin, target = source_system._existing(source), destination_system._local(destination)
        if os.path.isdir(target):
            target = os.path.join(target, os.path.basename(origin))
        if os.path.exists(target) and not all(overwrite_and_conf[:-1]):
            raise JavaError("java.io.IOException", f"Target {target} already exists")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.isdir(origin):
            shutil.copytree(origin, target, dirs_exist_ok=True)
        else:
            shutil.copy(origin, target)
        return not delete_source or source_system.delete(source, True)

    @staticmethod
    def fullyDelete(system: FileSystem, path: Path) -> None:
        """Delete a file or folder."""
        system.delete(path, True)


def _joined(folder: str) -> Iterator[str]:
    """Go through the paths in a folder."""
    return (os.path.join(folder, name) for name in _listed(folder))


def _listed(folder: str) -> list[str]:
    return sorted(name for name in os.listdir(folder) if not _is_checksum(name))


def _files(path: str) -> Iterator[str]:
    """Go through the files below a path."""
    if os.path.isfile(path):
        yield path
    for folder, _, names in os.walk(path):
        yield from (os.path.join(folder, name) for name in sorted(names) if not _is_checksum(name))


def _is_checksum(path: str) -> bool:
    name = os.path.basename(path)
    return name.startswith(".") and name.endswith(".crc")


def _checksum(path: str) -> str:
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name}.crc")


def _remove_checksum(path: str) -> None:
    """Forget the checksum of a file that is no more: Java would refuse another one in its place."""
    with suppress(FileNotFoundError):
        os.remove(_checksum(path))


def _without_braces(pattern: str) -> list[str]:
    """Return the patterns that one with `{a,b}` stands for."""
    match = BRACES.search(pattern)
    if match is None:
        return [pattern]
    choices = (pattern[: match.start()] + choice + pattern[match.end() :] for choice in match[1].split(","))
    return [expanded for choice in choices for expanded in _without_braces(choice)]

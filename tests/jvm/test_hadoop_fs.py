"""What FileSystem does beside Java, which leaves checksum files behind."""

from pathlib import Path as Folder
from typing import Any

import pytest

from firesteel._jvm.hadoop_conf import Configuration
from firesteel._jvm.hadoop_fs import FileSystem, FileUtil, Path
from firesteel._jvm.objects import JavaError


@pytest.fixture
def fs() -> FileSystem:
    return FileSystem.get(Configuration())


def test_checksum_files_are_not_listed(fs: FileSystem, tmp_path: Folder) -> None:
    (tmp_path / "part").write_text("x")
    (tmp_path / ".part.crc").write_text("checksum")
    assert [status.getPath().getName() for status in fs.listStatus(Path(str(tmp_path)))] == ["part"]
    assert fs.getContentSummary(Path(str(tmp_path))).getFileCount() == 1


def test_checksum_files_go_where_their_files_go(fs: FileSystem, tmp_path: Folder) -> None:
    (tmp_path / "part").write_text("x")
    (tmp_path / ".part.crc").write_text("checksum")
    fs.rename(Path(str(tmp_path / "part")), Path(str(tmp_path / "moved")))
    assert sorted(path.name for path in tmp_path.iterdir()) == [".moved.crc", "moved"]
    fs.delete(Path(str(tmp_path / "moved")), False)
    assert list(tmp_path.iterdir()) == []


def test_a_new_file_does_not_keep_the_checksum_of_the_one_before(fs: FileSystem, tmp_path: Folder) -> None:
    (tmp_path / ".part.crc").write_text("checksum")
    fs.create(Path(str(tmp_path / "part"))).close()
    assert [path.name for path in tmp_path.iterdir()] == ["part"]


def test_deleting_a_link_leaves_what_it_leads_to(fs: FileSystem, tmp_path: Folder) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    assert fs.delete(Path(str(tmp_path / "link")), True)
    assert (tmp_path / "kept/file").exists()


def test_copying_over_a_file_needs_leave(fs: FileSystem, tmp_path: Folder) -> None:
    one, other = Path(str(tmp_path / "one")), Path(str(tmp_path / "other"))
    (tmp_path / "one").write_text("1")
    (tmp_path / "other").write_text("2")
    with pytest.raises(JavaError, match="already exists"):
        FileUtil.copy(fs, one, fs, other, False, False, Configuration())
    assert FileUtil.copy(fs, one, fs, other, False, True, Configuration())
    assert (tmp_path / "other").read_text() == "1"


def test_a_file_goes_on(fs: FileSystem, tmp_path: Folder) -> None:
    (tmp_path / "one").write_text("1")
    stream: Any = fs.append(Path(str(tmp_path / "one")))
    stream.writeBytes("2")
    stream.close()
    assert (tmp_path / "one").read_text() == "12"
    fs.close()

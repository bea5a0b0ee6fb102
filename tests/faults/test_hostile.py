"""What others may have prepared: links, directories like ours, archives, names that lead elsewhere."""

import io
import os
import re
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from ledger import note, note_skipped

from firesteel import SparkContext
from firesteel.errors import FiresteelError

SECTION = "Hostile input"
NOBODY = 65534
"""Another user, on every Linux."""


def test_links_that_others_have_put_there_are_not_followed(
    start_context: Callable[..., SparkContext], tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "lock").write_text("mine")
    local = tmp_path / "local"
    local.mkdir()
    (local / "firesteel-run-abcdefghijkl").symlink_to(precious)
    trap = local / "firesteel-run-mnopqrstuvwx"
    trap.mkdir()
    (trap / "lock").symlink_to(precious / "lock")
    sc = start_context("local[1]", {"spark.local.dir": str(local)})
    assert sc.parallelize(range(10), 2).map(lambda x: (x, x)).groupByKey().count() == 10
    sc.stop()
    assert (precious / "lock").read_text() == "mine"
    assert [path.name for path in precious.iterdir()] == ["lock"]
    note(SECTION, "a link in a local directory", "instead of a run directory and of its lock", "not followed")


def test_directories_of_another_user_are_left_alone(
    start_context: Callable[..., SparkContext], tmp_path: Path
) -> None:
    if os.geteuid() != 0:
        note_skipped(SECTION, "a directory of another user", "as if its driver had ended")
        pytest.skip("only root may give a directory away")
    theirs = tmp_path / "firesteel-run-abcdefghijkl"
    theirs.mkdir()
    (theirs / "lock").touch()
    (theirs / "precious").touch()
    for path in (theirs, *theirs.iterdir()):
        os.chown(path, NOBODY, NOBODY)
    start_context("local[1]", {"spark.local.dir": str(tmp_path)}).stop()
    assert sorted(path.name for path in theirs.iterdir()) == ["lock", "precious"]
    note(SECTION, "a directory of another user", "as if its driver had ended", "not touched")


def test_a_save_into_a_link_is_refused(sc2: SparkContext, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (tmp_path / "link").symlink_to(precious)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for name in ("link", "dangling"):
        with pytest.raises(FiresteelError, match="already exists"):
            sc2.range(10).saveAsTextFile(str(tmp_path / name))
        note(SECTION, "a link at the path of an output", name, "refused")
    assert list(precious.iterdir()) == []
    assert not (tmp_path / "nowhere").exists()


# Archives.


def tar_of(path: Path, *members: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    return path


def member(name: str, *, link: str = "", kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, 0 if link else 1
    return info


ESCAPES: dict[str, Callable[[Path], Path]] = {
    "parent.tar": lambda folder: tar_of(folder / "parent.tar", member("../../escaped")),
    "link.tar": lambda folder: tar_of(
        folder / "link.tar",
        member("inner", link="..", kind=tarfile.SYMTYPE),
        member("inner/../../escaped"),
    ),
    "outside.tar": lambda folder: tar_of(
        folder / "outside.tar", member("passwd", link="/etc/passwd", kind=tarfile.SYMTYPE)
    ),
    "hard.tar": lambda folder: tar_of(
        folder / "hard.tar", member("passwd", link="../../lock", kind=tarfile.LNKTYPE)
    ),
    "device.tar": lambda folder: tar_of(folder / "device.tar", member("null", kind=tarfile.CHRTYPE)),
    "parent.zip": lambda folder: zip_of(folder / "parent.zip", "../../escaped"),
    "absolute.zip": lambda folder: zip_of(folder / "absolute.zip", "/tmp/escaped"),
}


def zip_of(path: Path, name: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, "x")
    return path


@pytest.mark.parametrize("name", ESCAPES)
def test_an_archive_that_leaves_its_folder_is_refused(
    start_context: Callable[..., SparkContext], tmp_path: Path, name: str
) -> None:
    from firesteel import SparkFiles

    sc = start_context("local[1]")
    before = sorted(os.listdir(SparkFiles.getRootDirectory()))
    with pytest.raises(FiresteelError, match=f"{re.escape(name)} is refused"):
        sc.addArchive(str(ESCAPES[name](tmp_path)))
    assert sorted(os.listdir(SparkFiles.getRootDirectory())) == before
    assert sc.parallelize([1]).count() == 1
    note(SECTION, "an archive that leaves its folder", name, "refused")


@pytest.mark.parametrize("alias", ["..", "../outside", "/tmp/outside", "a/b"])
def test_the_name_of_an_archive_does_not_lead_elsewhere(
    start_context: Callable[..., SparkContext], tmp_path: Path, alias: str
) -> None:
    sc = start_context("local[1]")
    archive = zip_of(tmp_path / "fine.zip", "inner.txt")
    with pytest.raises(FiresteelError, match="cannot be the name of a shipped file"):
        sc.addArchive(f"{archive}#{alias}")
    note(SECTION, "a name behind # that leads elsewhere", alias, "refused")

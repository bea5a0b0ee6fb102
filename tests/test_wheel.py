"""The wheel: small, whole, and enough for a machine that knows nothing of Rust."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LARGEST = 20 * 1000 * 1000

pytestmark = pytest.mark.timeout(900)  # a first build takes minutes


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel as `make wheel` does, from the same target folder."""
    if shutil.which("cargo") is None:
        pytest.skip("cargo is not on the PATH")
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "maturin", "build", "--release", "--quiet", "--out", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [wheel] = folder.glob("*.whl")
    return wheel


def without_rust(path: str) -> str:
    """Return a PATH without the folders that have cargo or rustc."""
    folders = path.split(os.pathsep)
    kept = [
        folder for folder in folders if not any((Path(folder) / name).exists() for name in ("cargo", "rustc"))
    ]
    assert kept
    return os.pathsep.join(kept)


@pytest.fixture(scope="module")
def fresh_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Install the wheel into an empty environment; return its folder of commands and a PATH without Rust."""
    folder = tmp_path_factory.mktemp("fresh") / "venv"
    venv.create(folder, with_pip=True)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "VIRTUAL_ENV", "CARGO"))
    }
    environment = {**kept, "PATH": without_rust(os.environ["PATH"])}
    pip = [
        str(folder / "bin/python"),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        str(wheel),
    ]
    subprocess.run(pip, env=environment, check=True)
    return folder / "bin", environment


def readme_program() -> str:
    """Return the README's first program."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert blocks, "the README shows no program"
    return textwrap.dedent(blocks[0])


def test_the_wheel_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size < LARGEST


def test_the_wheel_is_whole(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    sources = [path.relative_to(ROOT / "python") for path in (ROOT / "python/firesteel").rglob("*.py")]
    assert len(sources) > 20
    assert {str(path) for path in sources} <= set(names)
    assert [name for name in names if re.match(r"firesteel/_native\.cpython-3\d+-.*\.so$", name)]
    assert "firesteel/py.typed" in names
    assert "firesteel/_native.pyi" in names
    assert not [name for name in names if "tests" in name or name.endswith((".rs", ".pyc"))]
    assert any("LICENSE" in name for name in names)


def test_the_readmes_program_runs_where_there_is_no_rust(
    fresh_python: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    commands, environment = fresh_python
    (tmp_path / "app.py").write_text(readme_program(), encoding="utf-8")
    (tmp_path / "README.md").write_text((ROOT / "README.md").read_text(encoding="utf-8"), encoding="utf-8")
    for command in ([commands / "firesteel", "run", "app.py"], [commands / "python", "app.py"]):
        source = (tmp_path / "app.py").read_text(encoding="utf-8")
        if command[0].name == "python" and "pyspark" in source:
            continue
        done = subprocess.run(
            [str(part) for part in command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout


def test_the_fresh_environment_has_only_what_firesteel_needs(
    fresh_python: tuple[Path, dict[str, str]],
) -> None:
    commands, environment = fresh_python
    command = [
        str(commands / "python"),
        "-m",
        "pip",
        "list",
        "--format",
        "freeze",
        "--disable-pip-version-check",
    ]
    listed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    packages = {line.split("==")[0].lower() for line in listed.splitlines()}
    assert packages - {"pip", "setuptools", "wheel"} == {"firesteel", "cloudpickle"}

"""What is built in: licences, sources and doubles, by `deny.toml`; `make audit` asks cargo-deny itself."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
POLICY = tomllib.loads((ROOT / "deny.toml").read_text())


def is_allowed(licence: str) -> bool:
    """Tell whether a licence, an expression of SPDX or its older form, can be met by what is allowed."""
    text = licence.replace("/", " OR ").replace("(", " ( ").replace(")", " ) ")
    words = re.sub(r" WITH ", "-WITH-", text).split()
    allowed = {name.replace(" WITH ", "-WITH-") for name in POLICY["licenses"]["allow"]}
    python = {"OR": "or", "AND": "and", "(": "(", ")": ")"}
    return bool(eval(" ".join(python.get(word) or str(word in allowed) for word in words)))


@pytest.fixture(scope="module")
def packages() -> list[dict[str, Any]]:
    """Return the crates that a build on this machine takes, those of the tests included."""
    if shutil.which("cargo") is None:
        pytest.skip("there is no cargo")
    host = re.search(r"^host: (.*)$", subprocess.check_output(["rustc", "-vV"], text=True), re.MULTILINE)
    assert host is not None
    command = [
        "cargo",
        "metadata",
        "--offline",
        "--locked",
        "--format-version",
        "1",
        "--filter-platform",
        host[1],
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"the crates are not all here: {done.stderr}")
    return json.loads(done.stdout)["packages"]


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("MIT", True),
        ("GPL-3.0", False),
        ("GPL-3.0 OR MIT", True),
        ("GPL-3.0 AND MIT", False),
        ("Unlicense/MIT", True),
        ("(GPL-3.0 OR Apache-2.0 WITH LLVM-exception) AND ISC", True),
    ],
)
def test_expressions_of_licences_are_understood(licence: str, expected: bool) -> None:
    assert is_allowed(licence) == expected


def test_every_crate_has_an_allowed_licence(packages: list[dict[str, Any]]) -> None:
    assert len(packages) > 30
    assert [
        (one["name"], one["license"]) for one in packages if not is_allowed(one["license"] or "none")
    ] == []


def test_every_crate_is_ours_or_from_the_registry(packages: list[dict[str, Any]]) -> None:
    registries = {f"registry+{address}" for address in POLICY["sources"]["allow-registry"]}
    strange = [(one["name"], one["source"]) for one in packages if one["source"] not in {*registries, None}]
    assert strange == []


def test_no_crate_is_there_twice(packages: list[dict[str, Any]]) -> None:
    versions = defaultdict(set)
    for one in packages:
        versions[one["name"]].add(one["version"])
    for skipped in POLICY["bans"]["skip"]:
        name, version = skipped["crate"].split("@")
        versions[name].discard(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}
    assert not set(versions) & {banned["crate"] for banned in POLICY["bans"]["deny"]}


def test_what_python_needs_is_pinned_and_fits_together() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    # Whatever else is imported is optional, or Python's own.
    assert project["dependencies"] == ["cloudpickle>=3.1"]
    listed = sorted((ROOT / "requirements").glob("*.txt"))
    assert len(listed) > 1
    lines = [line for path in listed for line in path.read_text().splitlines() if line and line[0] != "#"]
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+(\[\w+\])?==[\w.]+", line)] == []
    done = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout

"""What is kept from others on the machine: files, names, secrets. What they prepare is test_hostile.py's."""

import os
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from firesteel import SparkConf, SparkContext
from firesteel._redaction import HIDDEN, redacted, redacted_command
from support.processes import SHARED_MEMORY, run_directories
from support.programs import PYTHON, Programs

ROOT = Path(__file__).parents[1]
SECRET = "the secret in the block "
ENCRYPTED = {"spark.io.encryption.enabled": "true"}


def files_below(directories: set[Path]) -> Iterator[Path]:
    """Return what is in directories and below them, themselves included."""
    for directory in directories:
        yield directory
        yield from directory.rglob("*")


def own_directories(sc: SparkContext, local: Path) -> set[Path]:
    """Return the run directories of a context whose local directory is its own."""
    on_disk = set(local.glob("firesteel-run-*"))
    assert on_disk
    return on_disk | {path for path in map(Path, run_directories()) if path.parent == SHARED_MEMORY}


# Files.


def test_directories_and_files_are_private_whatever_the_umask(programs: Programs, tmp_path: Path) -> None:
    done = programs.python(f"""
        import os, pathlib, stat
        os.umask(0)
        from firesteel import SparkConf, SparkContext
        local = {str(tmp_path / "local")!r}
        mode = lambda path: stat.S_IMODE(path.stat().st_mode)
        conf = SparkConf().setMaster("local[2]").setAppName("open").set("spark.local.dir", local)
        with SparkContext(conf=conf) as sc:
            rdd = sc.parallelize(range(40_000), 2).map(lambda x: (x % 9, str(x) * 9)).cache()
            rdd.groupByKey().count()
            kept = sc.broadcast(bytes(100_000))
            made = [pathlib.Path(os.path.dirname(kept._path)), *pathlib.Path(local).iterdir()]
            found = [path for folder in made for path in [folder, *folder.rglob("*")]]
            wrong = [str(path) for path in found if path.is_file() and mode(path) != 0o600]
            wrong += [str(path) for path in made if mode(path) != 0o700]
            print(len(found) > 6, wrong)
    """)
    assert (done.stdout, done.returncode) == ("True []\n", 0), done.stderr


def test_names_cannot_be_guessed(start_context: Callable[..., SparkContext], tmp_path: Path) -> None:
    names = set()
    for _ in range(2):
        sc = start_context("local[1]", {"spark.local.dir": str(tmp_path)})
        [directory] = tmp_path.glob("firesteel-run-*")
        names.add(directory.name.removeprefix("firesteel-run-"))
        sc.stop()
    assert len(names) == 2
    assert all(re.fullmatch(r"[A-Za-z0-9]{12,}", name) for name in names)


# Encryption.


def shows_secret(directories: set[Path]) -> list[str]:
    """Return the files in which the secret can be read."""
    needle = SECRET.encode()
    return [
        str(path)
        for path in files_below(directories)
        if path.is_file() and not path.is_symlink() and needle in path.read_bytes()
    ]


@pytest.mark.parametrize("settings", [{}, ENCRYPTED], ids=["plain", "encrypted"])
def test_encrypted_files_do_not_show_what_is_in_them(
    start_context: Callable[..., SparkContext], tmp_path: Path, settings: dict[str, str]
) -> None:
    sc = start_context("local[2]", {"spark.local.dir": str(tmp_path), **settings})
    secrets = [SECRET * 3 + str(number) for number in range(5000)]
    rdd = sc.parallelize(secrets, 2).map(lambda text: (text, 1)).cache()
    assert rdd.count() == 5000
    grouped = rdd.reduceByKey(lambda a, b: a + b, 3)
    assert sorted(grouped.keys().collect()) == sorted(secrets)
    kept = sc.broadcast(secrets)
    assert sc.parallelize([0, 1], 2).map(lambda x: len(kept.value)).collect() == [5000, 5000]
    shown = shows_secret(own_directories(sc, tmp_path) | {Path(str(kept._path)).parent})
    assert bool(shown) == (not settings), shown
    sc.stop()
    assert kept.value == secrets


def test_encrypted_spills_change_nothing(start_context: Callable[..., SparkContext]) -> None:
    def sums(settings: dict[str, str]) -> list[list[tuple[str, int]]]:
        sc = start_context("local[1]", {"firesteel.memory": "48m", **settings})
        pairs = sc.parallelize(range(200_000), 1).map(lambda i: (f"key {i % 100_000}", i))
        placed = pairs.reduceByKey(lambda a, b: a + b, 16).glom().collect()
        sc.stop()
        return placed

    assert sums(ENCRYPTED) == sums({})


def test_decrypted_segments_are_held_one_at_a_time(start_context: Callable[..., SparkContext]) -> None:
    """They are read into memory where plain ones are mapped: one map task's share, and not all of them."""
    sc = start_context("local[1]", ENCRYPTED)
    segment, maps = 8 << 20, 12
    values = sc.range(maps * 128, numSlices=maps).map(lambda x: (0, os.urandom(segment // 128)))

    def most_memory(pairs: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, int]]:
        first, total, samples = anonymous_memory(), 0, []
        for number, pair in enumerate(pairs):
            total += len(pair[1])
            if number % 16 == 0:
                samples.append(anonymous_memory())
        yield total, max(samples) - first

    [(total, grown)] = values.partitionBy(1).mapPartitions(most_memory).collect()
    assert total == maps * segment
    assert grown < total // 2


def anonymous_memory() -> int:
    [line] = [
        line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("RssAnon:")
    ]
    return int(line.split()[1]) << 10


def test_an_encrypted_block_that_was_changed_is_computed_again(
    start_context: Callable[..., SparkContext], tmp_path: Path
) -> None:
    sc = start_context("local[2]", {"spark.local.dir": str(tmp_path), **ENCRYPTED})
    reduced = sc.parallelize(range(1000), 2).map(lambda x: (x % 10, x)).reduceByKey(max, 2)
    expected = reduced.collect()
    files = [path for path in files_below(own_directories(sc, tmp_path)) if path.name.startswith("shuffle-")]
    assert files
    for path in files:
        damaged = bytearray(path.read_bytes())
        damaged[40] ^= 1
        path.write_bytes(damaged)
    assert reduced.collect() == expected


def test_the_key_is_in_no_environment_and_no_command_line(start_context: Callable[..., SparkContext]) -> None:
    sc = start_context("local[1]", ENCRYPTED)

    def here(_: int) -> tuple[list[str], bytes]:
        return sorted(os.environ), Path("/proc/self/cmdline").read_bytes()

    with_key = sc.parallelize([0]).map(here).first()
    sc.stop()
    sc = start_context("local[1]")
    without = sc.parallelize([0]).map(here).first()
    sc.stop()
    assert with_key == without


# Secrets in settings.


def test_secrets_are_not_printed_and_can_be_read_by_the_program(
    start_context: Callable[..., SparkContext],
) -> None:
    settings = {
        "spark.my.password": "hush",
        "spark.executorEnv.AWS_SECRET_KEY": "hush",
        "spark.pin": "a token",
    }
    conf = SparkConf().setAll(list(settings.items()))
    assert "hush" not in conf.toDebugString()
    sc = start_context("local[1]", settings)
    shown = sc.getConf().toDebugString()
    assert "hush" not in shown
    assert "a token" not in shown
    assert shown.count(HIDDEN) == 3
    assert sc.getConf().get("spark.my.password") == "hush"
    assert dict(sc.getConf().getAll())["spark.pin"] == "a token"


def test_the_expression_is_the_users() -> None:
    conf = (
        SparkConf().set("spark.redaction.regex", "pin$").set("spark.pin", "1234").set("spark.password", "x")
    )
    shown = conf.toDebugString().splitlines()
    assert f"spark.pin={HIDDEN}" in shown
    assert "spark.password=x" in shown
    assert "spark.redaction.regex=pin$" in shown
    assert redacted([("a", "b")], "(") == [("a", HIDDEN)]


def test_a_warning_does_not_print_a_secret() -> None:
    from firesteel.core._settings import warn_of_unhonoured

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_unhonoured([("spark.jars.repositories", "https://user:password@host/")])
    assert [str(warning.message).partition("=")[2].split()[0] for warning in caught] == [HIDDEN]


def test_command_lines_are_shown_without_secrets() -> None:
    shown = redacted_command("--conf spark.my.secret=hush --password hush --name token-free app.py")
    assert "hush" not in shown
    assert "app.py" in shown


def test_a_verbose_submission_hides_secrets(programs: Programs, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("")
    done = programs.run(
        PYTHON,
        "-m",
        "firesteel",
        "submit",
        "--verbose",
        "--conf",
        "spark.my.token=hush",
        str(tmp_path / "app.py"),
    )
    assert done.returncode == 0, done.stderr
    assert f"spark.my.token={HIDDEN}" in done.stderr
    assert "hush" not in done.stderr + done.stdout


# The sources.

UNSAFE = {"crates/firesteel-core/src/storage/mapping.rs", "crates/firesteel-python/src/capi.rs"}
"""The only files that may hold unsafe code; each says why."""


def test_unsafe_code_is_in_the_named_modules_only() -> None:
    sources = sorted((ROOT / "crates").rglob("*.rs"))
    assert len(sources) > 100
    code = {path: re.sub(r"//.*", "", path.read_text()) for path in sources}
    found = {
        str(path.relative_to(ROOT))
        for path, text in code.items()
        if re.search(r"\bunsafe\b(?!_code\s*=)", text)
    }
    assert found == UNSAFE
    allowing = {str(path.relative_to(ROOT)) for path, text in code.items() if "unsafe_code" in text}
    assert allowing == UNSAFE
    for name in UNSAFE:
        text = (ROOT / name).read_text()
        assert text.count("SAFETY:") >= len(re.findall(r"\bunsafe \{", text)), name

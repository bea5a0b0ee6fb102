"""What a JVM is started with: the interpreter, the class path and the options that the settings name.

Invariant: what is missing is said in one line that tells how to get it, before anything is started.
"""

import glob
import os
import shlex
import shutil
from collections.abc import Callable, Mapping

from firesteel._java import library

__all__ = ["ATTACHED_PORT", "ATTACHED_SECRET", "command", "java", "missing"]

ATTACHED_PORT, ATTACHED_SECRET = "PYSPARK_GATEWAY_PORT", "PYSPARK_GATEWAY_SECRET"
"""The variables that name a gateway which runs already; PySpark's."""
HEAP = "1g"
"""What `spark.driver.memory` is in Spark where nobody sets it."""
SERVER = ("py4j.GatewayServer", "--die-on-broken-pipe", "--enable-auth", "0")
"""py4j's own program: it takes a free port, makes a token, prints both, and ends with its standard input."""


def missing() -> str | None:
    """Return what a JVM needs and this machine does not have, and how to get it."""
    if not library.is_installed():
        return "needs a JVM, for which py4j is not installed: pip install 'firesteel[java]'"
    if os.environ.get(ATTACHED_PORT) or java() is not None:
        return None
    home = os.environ.get("JAVA_HOME")
    if home:
        return f"needs a JVM, and JAVA_HOME={home} has no bin/java: let it name a Java, or unset it"
    return (
        "needs a JVM, and there is no Java beside firesteel[java]: install one, such as OpenJDK 17, and let "
        "JAVA_HOME or PATH name it"
    )


def java() -> str | None:
    """Return the path of `java`: of JAVA_HOME where that is set, as Spark takes it, else of the PATH."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which(os.path.join(home, "bin", "java") if home else "java")


def command(java: str, jar: str, settings: Mapping[str, str], local: Callable[[str], str]) -> list[str]:
    """Return the command line of a JVM; `local` gives the path of a jar, wherever it is."""
    options = [settings.get(f"spark.driver.{name}JavaOptions", "") for name in ("default", "extra")]
    return [
        java,
        "-cp",
        class_path(jar, settings, local),
        f"-Xmx{_mebibytes(settings.get('spark.driver.memory') or HEAP)}m",
        "-XX:-UsePerfData",  # a file in the temporary folder, which a killed JVM would leave there
        *(word for text in options for word in shlex.split(text)),
        *SERVER,
    ]


def class_path(jar: str, settings: Mapping[str, str], local: Callable[[str], str]) -> str:
    """Return where classes are looked for, in Spark's order: its own setting, the jars, py4j."""
    extra = settings.get("spark.driver.extraClassPath", "")
    named = [part.strip() for part in settings.get("spark.jars", "").split(",")]
    jars = [path for part in named if part for path in _expanded(local(part))]
    return os.pathsep.join([*([extra] if extra else []), *jars, jar])


def _expanded(path: str) -> list[str]:
    found = sorted(glob.glob(path)) if glob.has_magic(path) else [path] * os.path.exists(path)
    if not found:
        raise FileNotFoundError(f"spark.jars names {path}, which is not there")
    return found


def _mebibytes(size: str) -> int:
    from firesteel.core._settings import parse_bytes

    return parse_bytes(size, "m") >> 20

"""FAIR scheduling: whether the settings ask for it, and the pools of the allocation file.

Invariant: a pool that the file says nothing valid about has Spark's defaults: first in, first out, weight 1,
no minimum share.
"""

import re
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from firesteel.conf import SparkConf
from firesteel.core._settings import file_of_settings
from firesteel.errors import FiresteelError
from firesteel.errors.job import ArgumentError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["Pool", "configured_pools"]

MODE = "spark.scheduler.mode"
FILE = "spark.scheduler.allocation.file"
DEFAULT_FILE = "fairscheduler.xml"
DEFAULT_POOL = "default"
LARGEST = (1 << 31) - 1
"""The largest weight and share that Spark can read."""


class Pool(NamedTuple):
    """What the file says about a pool."""

    name: str
    is_fair: bool = False
    weight: int = 1
    min_share: int = 0


def configured_pools(conf: SparkConf) -> list[Pool] | None:
    """Return the pools that jobs share the workers by, or None for first in, first out.

    Raises
    ------
    ArgumentError
        When the mode is neither FAIR nor FIFO.
    FiresteelError
        When the allocation file is missing or is no XML.

    Examples
    --------
    >>> configured_pools(SparkConf().set("spark.scheduler.mode", "FAIR"))
    [Pool(name='default', is_fair=True, weight=1, min_share=0)]
    >>> configured_pools(SparkConf()) is None
    True
    """
    mode = conf.get(MODE) or "FIFO"
    if mode.upper() not in ("FAIR", "FIFO"):
        raise ArgumentError(f"Unsupported scheduling mode: {mode}. Use FAIR or FIFO instead.")
    if mode.upper() == "FIFO":
        return None
    path = conf.get(FILE) or file_of_settings(DEFAULT_FILE)
    # Without a file the jobs of the default pool share; with one that does not name it they do not.
    return list(_read(path)) if path else [Pool(DEFAULT_POOL, is_fair=True)]


def _read(path: str) -> Iterator[Pool]:
    # Hardly any program has such a file.
    from urllib.parse import unquote
    from xml.etree import ElementTree

    local = unquote(re.sub("^file:(//)?", "", path)) if path.startswith("file:") else path
    try:
        root = ElementTree.parse(local).getroot()
    except OSError as error:
        raise FiresteelError(f"{FILE}: {path}: {error.strerror}") from None
    except ElementTree.ParseError as error:
        raise FiresteelError(f"{FILE}: {path} is no XML: {error}") from None
    return map(_pool, root.iter("pool"))


def _pool(element: "Element") -> Pool:
    name = element.get("name", "")
    mode = _text(element, "schedulingMode").upper()
    if mode not in ("FAIR", "FIFO", ""):
        _warn(name, "schedulingMode", mode, "FIFO")
    weight, min_share = _number(element, "weight", 1), _number(element, "minShare", 0)
    return Pool(name, mode == "FAIR", weight, min_share)


def _text(element: "Element", tag: str) -> str:
    return (element.findtext(tag) or "").strip()


def _number(element: "Element", tag: str, default: int) -> int:
    text = _text(element, tag)
    if text.isascii() and text.isdecimal() and int(text) <= LARGEST:
        return int(text)
    if text:
        _warn(element.get("name", ""), tag, text, default)
    return default


def _warn(pool: str, tag: str, value: str, default: object) -> None:
    warnings.warn(f"{FILE}: pool {pool!r}: {tag} cannot be {value!r}: it is {default}", stacklevel=2)

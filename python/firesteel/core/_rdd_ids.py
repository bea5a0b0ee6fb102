"""The ids of RDDs, counted as PySpark counts them: a program that prints `rdd.id()` prints the same.

There an id belongs to a Java RDD. Steps that end in the same Python worker share one, which is made when
something asks for it; a shuffle makes four, a text file two, and bringing elements into another batch size
one more. Nothing here runs by these ids: the engine has numbers of its own.
"""

import itertools
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from firesteel.core.rdd import RDD

PICKLED, TEXT, RAW, SHUFFLED, PAIRED = "pickled", "text", "raw", "shuffled", "paired"
"""How PySpark holds the elements of an RDD; only what it holds alike can be united without another RDD."""
BATCHES = {TEXT: 1, RAW: 1, SHUFFLED: -1, PAIRED: 1}
"""The batches of what has none of its own size, for a zip."""

SHUFFLE = 4
"""The keyed pairs, the pairs as Java has them, the shuffle, and its values."""
DEAL = 4
"""The positions, the shuffle, its coalescing, and the values."""
TO_JAVA = 2
"""Python's numbers become objects of Java's, and those become doubles."""
SAVED = 3
"""The lines, their text, and the pairs that Hadoop writes."""
SAVED_PAIRS = 4
"""The pickles, their objects, the converted pairs, and the pairs that Hadoop writes."""
SAVED_PICKLES = 2
"""The batches as arrays, and the pairs that Hadoop writes."""


class RddIds:
    """The counter of one context. With profiles, it also knows the ids of nodes that a stage may end in."""

    def __init__(self, *, keeps_nodes: bool) -> None:
        self._next = itertools.count()
        self._lock = threading.Lock()
        self._of_nodes: dict[int, int] | None = {} if keeps_nodes else None

    def take(self, count: int) -> int:
        """Take ids; return the last one."""
        with self._lock:
            return [next(self._next) for _ in range(count)][-1]

    def of(self, rdd: "RDD[Any]") -> int:
        """Return the id of an RDD, which has had none."""
        with self._lock:
            if rdd._id is None:
                rdd._id = next(self._next)
            if self._of_nodes is not None:
                self._of_nodes[rdd._node.id] = rdd._id
            return rdd._id

    def shuffle(self, rdd: "RDD[Any]") -> None:
        """Take the ids of a shuffle of an RDD, except for the last."""
        last = self.take(SHUFFLE - 1)
        if self._of_nodes is not None:
            self._of_nodes.setdefault(rdd._node.id, last - SHUFFLE + 2)

    def of_node(self, node: int) -> int:
        """Return the id of the RDD that a node of the engine stands for."""
        return (self._of_nodes or {}).get(node, node)


def begin_pipeline(rdd: "RDD[Any]") -> None:
    """Take the id of an RDD that a new one cannot be fused with, before the new one takes its own."""
    if not rdd._is_pipelinable():
        rdd.id()


def reserialize(rdd: "RDD[Any]", form: str, batch: int) -> None:
    """Take the id of an RDD, or of the one that holds its elements in another form."""
    if (rdd._form, rdd._batch) == (form, batch):
        rdd.id()
        return
    begin_pipeline(rdd)
    rdd.ctx._rdd_ids.take(1)


def unite(rdds: "list[RDD[Any]]") -> None:
    """Take the ids of what is united, in a common form."""
    alike = len({(rdd._form, rdd._batch) for rdd in rdds}) == 1
    for rdd in rdds:
        if alike:
            rdd.id()
        else:
            reserialize(rdd, PICKLED, 0)


def zip_up(left: "RDD[Any]", right: "RDD[Any]", default: int) -> None:
    """Take the ids of both sides of a zip, in batches of one size."""
    sizes = [BATCHES.get(rdd._form, rdd._batch) for rdd in (left, right)]
    if sizes[0] == sizes[1] != 0:
        left.id()
        right.id()
        return
    size = min(sizes) if min(sizes) > 0 else default
    for rdd, own in ((right, sizes[1]), (left, sizes[0])):
        if own == size:
            rdd.id()
        else:
            reserialize(rdd, PICKLED, size)

"""Broadcast variables: pickled once, stored once on this machine, unpickled once per worker.

Inside a function a broadcast travels as its id and the path of its block.
"""

import pickle
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Generic, TypeVar

from firesteel import _public_names
from firesteel._native import decrypt_block
from firesteel._pickling import dumps, explain
from firesteel.errors import FiresteelError, PySparkRuntimeError

if TYPE_CHECKING:
    from firesteel.core.context import SparkContext

__all__ = ["Broadcast"]

T = TypeVar("T")

# In a worker: the broadcasts that this process has loaded, for as long as it lives.
_loaded: dict[int, "Broadcast[Any]"] = {}
# On the driver: all that are still referred to.
_of_driver: weakref.WeakSet["Broadcast[Any]"] = weakref.WeakSet()
_pickling_now = threading.local()


class Broadcast(Generic[T]):
    """A read-only value made by `SparkContext.broadcast`, which every worker loads once.

    Examples
    --------
    >>> names = sc.broadcast({1: "one", 2: "two"})
    >>> sc.parallelize([2, 1]).map(lambda x: names.value[x]).collect()
    ['two', 'one']
    """

    # The value has a slot of its own for `_Read`.
    __slots__ = ("__dict__", "__weakref__", "_value")

    _id: int
    _value: T

    def __init__(
        self,
        sc: "SparkContext | None" = None,
        value: T | None = None,
        pickle_registry: Any = None,
        path: str | None = None,
        sock_file: Any = None,
    ) -> None:
        self._sc = sc
        self._path = path
        self._destroyed = False
        self._kept: bytes | None = None
        if sc is not None:
            self._id, self._path = sc._store_broadcast(_pickled(value))
            _of_driver.add(self)
            # When the program and all RDDs have forgotten it, its block can go.
            weakref.finalize(self, sc._remove_broadcast, self._path).atexit = False

    @property
    def value(self) -> T:
        """The value as it was when it was broadcast: one copy for the driver, one for each worker.

        Raises
        ------
        FiresteelError
            When it was destroyed before it was first read here.
        """
        if not hasattr(self, "_value"):
            self._value = self._read()
            if type(self) is Broadcast and self._sc is None:
                self.__class__ = _Read
        return self._value

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "value":
            raise AttributeError("a broadcast's value cannot be set")
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        if name == "value":
            raise AttributeError("a broadcast's value cannot be deleted")
        super().__delattr__(name)

    def _read(self) -> T:
        self._assert_not_destroyed()
        assert self._path is not None, "a broadcast has a value or a path"
        value = self.load_from_path(self._path) if self._kept is None else self.load(BytesIO(self._kept))
        self._kept = None
        return value

    def dump(self, value: T, f: BinaryIO) -> None:
        """Write a value to a file as a broadcast's value is written, and close it.

        Raises
        ------
        pickle.PicklingError
            For what cannot be pickled.
        """
        f.write(_pickled(value))
        f.close()

    def load(self, file: BinaryIO) -> T:
        """Return the value that `dump` has written to a file.

        >>> import io, pickle
        >>> sc.broadcast(None).load(io.BytesIO(pickle.dumps({1: "one"})))
        {1: 'one'}
        """
        return pickle.load(file)

    def load_from_path(self, path: str) -> T:
        """Return the value that `dump` has written to the file of a path."""
        decrypted = decrypt_block(path)
        if decrypted is not None:
            return pickle.loads(decrypted)
        with open(path, "rb") as file:
            return self.load(file)

    def unpersist(self, blocking: bool = False) -> None:
        """Let workers drop their copies. The variable stays usable.

        Raises
        ------
        FiresteelError
            When it was destroyed.
        """
        self._assert_usable("unpersisted")

    def destroy(self, blocking: bool = False) -> None:
        """Remove the stored value. Jobs that use the variable fail from now on.

        >>> names = sc.broadcast("gone soon")
        >>> names.destroy()

        Raises
        ------
        FiresteelError
            When it was destroyed before.
        """
        context = self._assert_usable("destroyed")
        assert self._path is not None, "the driver stores every broadcast that it makes"
        self._destroyed = True
        context._remove_broadcast(self._path)

    def __reduce__(self) -> tuple[Any, ...]:
        self._assert_not_destroyed()
        getattr(_pickling_now, "met", []).append(self)
        return _from_path, (self._id, self._path)

    def _assert_not_destroyed(self) -> None:
        if self._destroyed:
            raise FiresteelError(f"Attempted to use Broadcast({self._id}) after it was destroyed")

    def _assert_usable(self, verb: str) -> "SparkContext":
        if self._sc is None:
            raise PySparkRuntimeError(f"Broadcast can only be {verb} in driver")
        self._assert_not_destroyed()
        return self._sc


class _Read(Broadcast[T]):
    """What a broadcast becomes in a worker when its value is there.

    Functions read `value` once per element, and the interpreter has an instruction for slots, which costs
    less than half of what a property does.
    """

    __slots__ = ()
    value = Broadcast._value  # type: ignore[assignment]


# Nobody has to know of two classes.
_Read.__name__ = _Read.__qualname__ = Broadcast.__name__


class BroadcastPickleRegistry(threading.local):
    """The broadcasts that a thread has met while it pickled, each once.

    >>> registry, names = BroadcastPickleRegistry(), sc.broadcast(1)
    >>> registry.add(names)
    >>> registry.add(names)
    >>> list(registry) == [names]
    True
    """

    def __init__(self) -> None:
        self._registry: dict[int, Broadcast[Any]] = {}

    def __iter__(self) -> Iterator[Broadcast[Any]]:
        return iter(self._registry.values())

    def add(self, bcast: Broadcast[Any]) -> None:
        """Remember a broadcast."""
        self._registry[id(bcast)] = bcast

    def clear(self) -> None:
        """Forget all of them."""
        self._registry.clear()


def keep_unread(context: "SparkContext") -> None:
    """Take the stored values that the driver has not read into memory: the files go with the context."""
    for broadcast in list(_of_driver):
        if broadcast._sc is context and not broadcast._destroyed and not hasattr(broadcast, "_value"):
            assert broadcast._path is not None, "the driver stores every broadcast that it makes"
            kept = decrypt_block(broadcast._path)
            broadcast._kept = Path(broadcast._path).read_bytes() if kept is None else kept


@contextmanager
def met_while_pickling() -> Iterator[list[Broadcast[Any]]]:
    """Give a list that receives the broadcasts that this thread pickles meanwhile.

    Who keeps the pickle has to keep them: the variable that held one may be bound to another by then.
    """
    met: list[Broadcast[Any]] = []
    _pickling_now.met = met
    try:
        yield met
    finally:
        del _pickling_now.met


def _pickled(value: Any) -> bytes:
    try:
        return dumps(value)
    except FiresteelError:
        raise  # a destroyed broadcast inside the value, which says so itself
    except Exception as error:
        # Anything may come out of a user's __reduce__ or __getstate__.
        message = explain(value, error, "broadcast").replace("serialize object", "serialize broadcast", 1)
    raise pickle.PicklingError(message) from None


def _from_path(broadcast_id: int, path: str) -> Broadcast[Any]:
    """Unpickle: the one broadcast of this id in this process, whose value is loaded when it is asked for."""
    broadcast = _loaded.get(broadcast_id)
    if broadcast is None:
        broadcast = Broadcast(path=path)
        broadcast._id = broadcast_id
        _loaded[broadcast_id] = broadcast
    return broadcast


_public_names.publish(__name__)

"""Notices that the program has reloaded modules, which workers may have loaded as they were.

Nothing is looked up on disk for a job. `importlib.reload` asks the finders with the module itself as
target, which no import does, so a finder that never finds anything sees each reload. IPython's
`%autoreload` may patch a module in place instead; it keeps the times at which the sources of what it has
loaded were changed.
"""

import sys
import threading
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from firesteel._notebook import ipython_shell


class ReloadWatch(MetaPathFinder):
    """Counts the reloads of this process."""

    def __init__(self) -> None:
        self.count = 0

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find nothing."""
        if target is not None:
            self.count += 1
        return None


_watch = ReloadWatch()


class LoadedCode:
    """The state of the program's modules that the workers of one context have been brought to."""

    def __init__(self) -> None:
        if _watch not in sys.meta_path:
            sys.meta_path.insert(0, _watch)
        self._lock = threading.Lock()
        self._reloads = _watch.count
        self._times = dict(_autoreload_times())

    def keep_up(self, outdate: Callable[[], None]) -> None:
        """Call `outdate` if modules were reloaded since the last time. Other threads wait for that."""
        if self._is_current():
            return
        with self._lock:
            reloads, times = _watch.count, dict(_autoreload_times())
            was_patched = any(times.get(name, time) != time for name, time in self._times.items())
            if reloads != self._reloads or was_patched:
                outdate()
            self._reloads, self._times = reloads, times

    def _is_current(self) -> bool:
        return self._reloads == _watch.count and self._times == _autoreload_times()


def _autoreload_times() -> dict[str, float]:
    """Return the times of the sources that `%autoreload` has loaded; nothing where it is off."""
    magics = getattr(ipython_shell(), "magics_manager", None)
    autoreload = getattr(magics, "registry", {}).get("AutoreloadMagics")
    return getattr(getattr(autoreload, "_reloader", None), "modules_mtimes", {})

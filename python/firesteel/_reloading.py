"""Notices that the program has reloaded modules, which workers may have loaded as they were.

Nothing is looked up on disk for a job. `importlib.reload` asks the finders with the module itself as
target, which no import does, so a finder that never finds anything sees each reload. IPython's
`%autoreload` may patch a module in place instead; it keeps the times at which the sources of what it has
loaded were changed.
"""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


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
    """The state of the program's modules as the workers of one context know it."""

    def __init__(self) -> None:
        if _watch not in sys.meta_path:
            sys.meta_path.insert(0, _watch)
        self._reloads = _watch.count
        self._times = dict(_autoreload_times())

    def has_changed(self) -> bool:
        """Tell whether modules were reloaded since the last time."""
        reloads, times = _watch.count, _autoreload_times()
        if reloads == self._reloads and times == self._times:
            return False
        patched = any(times.get(name, time) != time for name, time in self._times.items())
        has_changed = reloads != self._reloads or patched
        self._reloads, self._times = reloads, dict(times)
        return has_changed


def _autoreload_times() -> dict[str, float]:
    """Return the times of the sources that `%autoreload` has loaded; nothing where it is off."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    magics = getattr(shell, "magics_manager", None)
    autoreload = getattr(magics, "registry", {}).get("AutoreloadMagics")
    return getattr(getattr(autoreload, "_reloader", None), "modules_mtimes", {})

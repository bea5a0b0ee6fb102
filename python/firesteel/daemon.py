"""The daemon: a small clean process that forks workers, started by the engine with the driver's sys.path.

It starts no thread and imports nothing that has state of its own, so that a fork at any time is safe. What
the driver says comes over the socket on descriptor 0; when that ends, so does the daemon.
"""

import gc
import json
import os
import signal
from typing import NoReturn

FIRST_INHERITED = 3
"""The first descriptor that is not the driver's socket, standard output or standard error."""
WORKER_COMMAND = "FIRESTEEL_WORKER_COMMAND"
"""The command of workers that are not Python, as a JSON list: the setting firesteel.worker.command."""


def main() -> None:
    """Serve until the driver has gone."""
    # What the program left inheritable is not for workers, who would keep its pipes open.
    os.closerange(FIRST_INHERITED, os.sysconf("SC_OPEN_MAX"))
    if os.environ.get("FIRESTEEL_ALIAS") == "1":
        from firesteel import _alias

        _alias.install()
    # Loaded once here instead of once in every worker.
    import cloudpickle  # noqa: F401

    import firesteel.worker  # noqa: F401
    from firesteel import _native, _stacks

    _stacks.print_own_stacks()
    gc.collect()
    gc.freeze()
    _native.serve_daemon(os.fork, run_worker)


def run_worker(descriptor: int, last_words: int, record: int) -> None:
    """Be a worker: serve tasks that come over a descriptor, and end with the process.

    The other descriptors are of files in memory, which the daemon reads when the worker has died.
    """
    command = os.environ.get(WORKER_COMMAND)
    if command:
        become(json.loads(command), descriptor)
    from firesteel import _native, worker

    worker.prepare_process(last_words, record)
    _native.serve_worker(descriptor)
    worker._flush_output()


def become(command: list[str], descriptor: int) -> NoReturn:
    """Be a worker in another language: docs/worker-protocol.md says what it finds."""
    os.dup2(descriptor, 0)
    # Asked for its Python stacks it has none to show, which is no reason to end.
    signal.signal(signal.SIGQUIT, signal.SIG_IGN)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()

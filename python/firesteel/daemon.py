"""The daemon: a small clean process that forks workers, started by the engine with the driver's sys.path.

It starts no thread and imports nothing that has state of its own, so that a fork at any time is safe. What
the driver says comes over the socket on descriptor 0; when that ends, so does the daemon.
"""

import gc
import os

FIRST_INHERITED = 3
"""The first descriptor that is not the driver's socket, standard output or standard error."""


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


def run_worker(descriptor: int, last_words: int) -> None:
    """Be a worker: serve tasks that come over a descriptor, and end with the process.

    The other descriptor is of a file in memory, which the daemon reads when the worker has died.
    """
    from firesteel import _native, worker

    worker.prepare_process(last_words)
    _native.serve_worker(descriptor)
    worker._flush_output()


if __name__ == "__main__":
    main()

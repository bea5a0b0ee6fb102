"""The daemon: a small clean process that forks workers, started by the engine with the driver's sys.path.

It starts no thread and imports nothing that has state of its own, so that a fork at any time is safe. What
the driver says comes over the socket on descriptor 0; when that ends, so does the daemon.
"""

import contextlib
import gc
import os


def main() -> None:
    """Serve until the driver has gone."""
    _close_inherited_descriptors()
    if os.environ.get("FIRESTEEL_ALIAS") == "1":
        from firesteel import _alias

        _alias.install()
    # Loaded once here instead of once in every worker.
    import cloudpickle  # noqa: F401

    import firesteel.worker  # noqa: F401
    from firesteel import _native

    gc.collect()
    gc.freeze()
    _native.serve_daemon(os.fork, run_worker)


def _close_inherited_descriptors() -> None:
    """Close what the driver's program has made inheritable: its locks and pipes must not live on in us."""
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2:
            # The listing's own descriptor is among them, and closed already.
            with contextlib.suppress(OSError):
                os.close(int(name))


def run_worker(descriptor: int) -> None:
    """Be a worker: serve tasks that come over a descriptor, and end with the process."""
    from firesteel import _native, worker

    worker.prepare_process()
    _native.serve_worker(descriptor)
    worker._flush_output()


if __name__ == "__main__":
    main()

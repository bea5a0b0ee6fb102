"""The engine's door, as Python sees it. Private: users import the modules around it."""

from collections.abc import Callable, Sequence
from typing import Any, final

from firesteel.serializers import Serializer

__version__: str

@final
class Engine:
    """The engine inside this process: scheduler, worker pool and run directories. One per SparkContext."""

    def __new__(
        cls,
        *,
        cores: int,
        task: Sequence[tuple[str, float]] = (),
        executors: tuple[int, int, Sequence[tuple[str, list[str]]]] | None = None,
        max_failures: int,
        pools: Sequence[tuple[str, bool, int, int]] | None,
        python: str,
        sys_path: Sequence[str],
        environment: Sequence[tuple[str, str]],
        local_dirs: list[str],
        conf: dict[str, str],
        keep_output: bool = False,
    ) -> Engine:
        """Starts the driver loop and, without waiting for it, the daemon (`python -m firesteel.daemon`).

        A task asks for the amounts of `task` (`cpus` and devices by name), one of the cores where they do not say.
        With executors (how many, bytes of memory of each, its devices: name, addresses), each with so many cores, there is
        a daemon for each, which sees nothing of this process. With pools (name, whether its jobs share, weight, minimum share) in FAIR mode, else first in, first out.
        """
    def stop(self) -> None:
        """Ends all jobs, workers and the daemon, and removes the run directories. Twice is fine."""
    # Lineage. Nothing runs here, and no function is needed yet.
    def elements(
        self,
        elements: list[Any],
        boundaries: Sequence[int],
        serializer: tuple[Serializer, int] | None = None,
    ) -> Node:
        """Partition i holds `elements[boundaries[i]:boundaries[i + 1]]`, copied now.

        A serializer of the program's own writes batches of so many.
        """
    def range(self, start: int, step: int, boundaries: Sequence[int]) -> Node:
        """Partition i holds `start + step * j` for j in `boundaries[i]:boundaries[i + 1]` (64-bit ints)."""
    def empty(self, partitions: int) -> Node: ...
    def files(
        self, paths: str, format: str, *, name: str, recursive: bool, **options: int | str | None
    ) -> Node:
        """Nothing is looked at before `Node.partitions` or a job asks for it. Formats, with their options:

        text(min_partitions=int, lines="text"|"bytes"|"with_offset", delimiter=str|None),
        packed_text(parallelism=int), whole(min_partitions=int, content="text"|"text_bytes"|"binary"), records(length=int),
        sequence(min_partitions=int).
        """
    def transform(
        self, parent: Node, operator: str, *, name: str, call_site: str, **options: int | bool | str
    ) -> Node:
        """One narrow step. Operators, with their options, and what `set_code` must be given (pickled):

        map f, filter f, flat_map f, map_values f, flat_map_values f, key_by f, keys, values, pair_with_none,
        tag_value(tag=int), join_groups(keep_left=bool, keep_right=bool), cogroup(sides=int), subtract_groups,
        intersect_groups, values_of_key key, sample(with_replacement=bool, by_key=bool) (seed, (low, high) or mean
        or dict), number(step=int) starts, pipe (arguments,
        environment, check code, command as shown), statistics, extremes, sketch_distinct(precision=int),
        histogram (bounds, width or None), map_partitions(with_index=bool) f, barrier_map_partitions(with_index=bool) f, glom,
        combine_values(combine="functions"|"group"|"first") (create or None, merge_value, merge_combiners) for
        "functions" and nothing for the others, merge_combiners(combine=...) likewise, wrap_groups,
        sort(descending=bool, by_key=bool) key function or None, sample_keys(size=int, seed=int), take(count=int),
        count, reduce f, fold (zero, f), apply_to_partition f, for_each f, count_by_value.
        """
    def union(self, parents: Sequence[Node], *, aligned: bool, call_site: str) -> Node: ...
    def pairs(self, left: Node, right: Node, *, batches: tuple[int, int] | None, call_site: str) -> Node:
        """Zip; or with the sizes of both sides' batches, 0 where they grow, each with each."""
    def coalesce(self, parent: Node, partitions: int, *, call_site: str) -> Node: ...
    def shuffle(
        self,
        parent: Node,
        partitions: int,
        partitioner: str,
        *,
        name: str,
        call_site: str,
        **options: int | bool,
    ) -> Node:
        """hash; function f; range(descending=bool) (bounds, key function or None); deal(run=int)."""
    # Jobs. The calling thread waits without the GIL, and looks for signals at least every 50 ms.
    def collect(self, node: Node, partitions: Sequence[int] | None, job: Job) -> list[list[Any]]:
        """The elements of the partitions (None: all), one list each."""
    def save(
        self,
        node: Node,
        path: str,
        format: str,
        job: Job,
        *,
        new_names: bool = False,
        **options: str | bool | None,
    ) -> None:
        """One part file for each partition: `part-00000`, or `part-r-00000` with new_names. Formats, with their options:

        text(codec=str|None), sequence(key_class=str, value_class=str, codec=str|None, blocks=bool).
        """
    def cancel_job_group(self, group: str, reason: str) -> None: ...
    def cancel_jobs_with_tag(self, tag: str, reason: str) -> None: ...
    def cancel_all_jobs(self, reason: str) -> None: ...
    # Shared variables.
    def store_broadcast(self, pickled: bytes) -> str:
        """Writes a sealed block and returns its path."""
    def remove_broadcast(self, path: str) -> None: ...
    @property
    def files_directory(self) -> str:
        """The folder for shipped files, named FIRESTEEL_FILES in the workers' environment."""
    # Workers.
    def outdate_workers(self) -> None:
        """From now on no worker runs a task that has run one before."""
    def print_stacks(self) -> None:
        """Lets every worker print its Python stacks to its stderr."""
    def take_output(self) -> tuple[bytes, bytes]:
        """What workers have printed since the last time, with keep_output, also after the stop."""
    # Status. The latest first.
    def jobs_in_group(self, group: str | None) -> list[int]: ...
    def active_jobs(self) -> list[int]: ...
    def active_stages(self) -> list[int]: ...
    def job_status(self, job: int) -> tuple[list[int], str] | None:
        """Its stages, and RUNNING, SUCCEEDED or FAILED."""
    def stage_status(self, stage: int) -> tuple[int, str, int, int, int, int] | None:
        """Attempt, name, and the numbers of tasks: all, running, completed, failed."""
    # Instruments.
    def counters(self) -> dict[str, int]:
        """Totals since the start: jobs, stages, stages_skipped, tasks, tasks_retried, workers_started,
        workers_died, fetch_failures, blocks_lost, blocks_evicted, blocks_moved_to_disk,
        blocks_moved_to_memory, tasks_timed_out, control_bytes_sent, control_bytes_received, elements_read, bytes_read,
        elements_written, bytes_written, user_nanos, total_nanos, spills, copies_kept, copies_read, copies_dropped."""
    def last_job_tasks(self) -> list[dict[str, int]]:
        """The metrics of the tasks of the job that ended last: stage, partition, control_bytes and the above."""
    def worker_pids(self) -> list[int]: ...
    def daemon_pid(self) -> int | None: ...
    def executor_pids(self) -> dict[int, int]:
        """The daemons by executor."""
    @property
    def tasks_at_once(self) -> int:
        """How many tasks run at once, where no stage asks for anything."""
    def executors(self) -> list[tuple[str, int]]:
        """The executors of a rehearsal by id: where each is, and how many tasks it runs. Else nothing."""

@final
class Node:
    """One RDD of the lineage. When Python forgets it and all that descends from it, its files go."""

    @property
    def id(self) -> int: ...
    @property
    def partitions(self) -> int:
        """Looks at the input files on the first call; raises InputError."""
    @property
    def needs_code(self) -> bool:
        """Whether `set_code` has to be called before a job on it or on a descendant."""
    def set_code(self, pickled: bytes) -> None: ...
    def persist(self, use_memory: bool, use_disk: bool) -> None: ...
    def ask_for(
        self,
        profile: int,
        amounts: Sequence[tuple[str, float]],
        executor: tuple[int, int, Sequence[tuple[str, list[str]]]] | None = None,
    ) -> None:
        """From the next job on each task of its stage asks for so much: `cpus`, and devices by name.

        With an executor (cores, bytes of memory, devices) it runs on executors of its own.
        """
    def unpersist(self) -> None: ...
    def clean_shuffles(self) -> None:
        """Removes the map outputs that it is computed from, except for those of running jobs."""
    @property
    def stored_partitions(self) -> int: ...

@final
class Job:
    """What an action carries: who asked, and where accumulator updates go."""

    def __new__(
        cls,
        *,
        call_site: str,
        properties: dict[str, str],
        serializer: tuple[Serializer, bytes, int] | None = None,
        on_accumulators: Callable[[bytes], None] | None = None,
        on_wait: Callable[[], object] | None = None,
    ) -> Job:
        """The serializer is the program's own, with its pickle and the size of its batches.

        on_wait is called every 50 ms while the action waits; what it raises cancels the job.
        """

@final
class Barrier:
    """In a worker: where the tasks of a barrier stage meet. The caller waits without the GIL, interruptibly."""

    def meet(self, operation: str, message: str) -> list[str]:
        """barrier or allGather: the messages of all tasks, by partition; RuntimeError if they will never meet."""

class EngineError(Exception):
    """Base of what the engine raises; `firesteel.errors` turns each into the public class."""

class InputError(EngineError): ...
class OutputError(EngineError): ...
class JobCancelled(EngineError): ...
class EngineStopped(EngineError): ...

class TaskFailed(EngineError):
    """A job failed in a task. The attributes are None where they do not apply."""

    exception: str | None  # the user's exception type as printed
    message: str
    traceback: str | None
    frames: list[tuple[str, int, str, str]]  # file, line, function, source line
    record: str | None
    operation: str | None
    call_site: str | None
    stage: int | None
    partition: int | None
    attempts: int | None
    deaths: list[str]  # how the workers died, where that was the cause
    advice: str | None  # what a rehearsal has to say about it
    pickled: bytes | None

def estimate_distinct(precision: int, sketches: Sequence[bytes]) -> int:
    """How many different elements there are, by what `sketch_distinct` made of the partitions."""

def decrypt_block(path: str) -> bytes | None:
    """The contents of an encrypted block; None where blocks are not encrypted, and can be read as any file."""

class SpillFile:
    """A file without a name, encrypted where this process encrypts. Errors are those of the system: an OSError."""

    def __new__(cls, directory: str) -> SpillFile: ...
    def append(self, bytes: bytes) -> int:
        """Appends bytes, and says where they begin."""

    def read(self, offset: int, length: int) -> bytes:
        """So many bytes from a place on; fewer are an error."""

def close_in_forked_child() -> None:
    """Closes the engine's descriptors in a child that the user forked; registered with os.register_at_fork."""

def serve_daemon(fork: Callable[[], int], run_worker: Callable[[int, int, int], None]) -> None:
    """The daemon's loop over the socket on descriptor 0; returns in the daemon when the driver has gone."""

def serve_worker(descriptor: int) -> None:
    """A worker's loop; returns when the driver has gone."""

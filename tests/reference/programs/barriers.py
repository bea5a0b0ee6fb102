"""Barrier stages: tasks that run together and meet, and lineages that have none."""

from importlib import import_module

from programs.registry import outcome, placed, program

REFUSED = "[SPARK-24820][SPARK-24821]: Barrier execution mode"


def engine(sc):
    """The package of a context, whose public names the functions below use."""
    return import_module(type(sc).__module__.partition(".")[0])


def gathering(context_class):
    """A function for tasks: what one hears at four meetings, the first and the last with messages."""

    def gathered(index, elements):
        context = context_class.get()
        numbers = list(elements)
        heard = [context.allGather(f"{index}:\u00e9\n{sum(numbers)}"), context.allGather()]
        context.barrier()
        return [(index, heard, context.allGather(str(len(numbers))))]

    return gathered


def waiting(context_class):
    """A function for tasks: the elements, after a meeting."""

    def waited(elements):
        context_class.get().barrier()
        return elements

    return waited


def describing(context_class, any_context_class):
    """A function for tasks: what one of a barrier stage knows."""

    def described(_):
        context = context_class.get()
        infos = context.getTaskInfos()
        return [
            (
                type(context).__name__,
                any_context_class.get() is context,
                context_class() is context,
                context.partitionId(),
                context.attemptNumber(),
                context.cpus(),
                context.resources(),
                [type(info).__name__ for info in infos],
                all(info.address.rpartition(":")[2].isdigit() for info in infos),
                len((context.getLocalProperty("addresses") or "").split(",")),
            )
        ]

    return described


@program(1, 2)
def barrier_meetings(sc, n):
    context_class = engine(sc).BarrierTaskContext
    waited, gathered = waiting(context_class), gathering(context_class)
    described = describing(context_class, engine(sc).TaskContext)
    rdd = sc.parallelize(range(10), n)
    together = rdd.barrier().mapPartitionsWithIndex(gathered)
    pairs = rdd.map(lambda x: (x % 3, x)).reduceByKey(lambda a, b: a + b, n)
    return {
        "gathered": placed(together),
        "described": placed(rdd.barrier().mapPartitions(described)),
        "late": placed(rdd.barrier().mapPartitions(lambda xs: (x for x in waited(xs)))),
        "in a later map": rdd.barrier().mapPartitions(iter).map(lambda x: x + 1).collect(),
        "after a shuffle": placed(pairs.barrier().mapPartitions(waited)),
        "before a shuffle": placed(pairs.barrier().mapPartitions(waited).groupByKey(n).mapValues(list)),
        "one behind the other": placed(rdd.barrier().mapPartitions(waited).barrier().mapPartitions(waited)),
        "sorted": placed(rdd.barrier().mapPartitions(waited).sortBy(lambda x: -x, numPartitions=n)),
        "repartitioned": placed(rdd.barrier().mapPartitions(waited).repartition(2)),
        "zipped": placed(rdd.barrier().mapPartitions(waited).zip(rdd)),
        "aligned": placed(pairs.barrier().mapPartitions(waited, preservesPartitioning=True).union(pairs)),
        "cached twice": [together.cache().count(), together.count()],
        "empty": [
            sc.emptyRDD().barrier().mapPartitions(waited).collect(),
            placed(sc.parallelize([], n).barrier().mapPartitions(waited)),
        ],
        "in another order": sc.runJob(rdd.barrier().mapPartitions(waited), list, list(range(n))[::-1]),
    }


@program(1, 2)
def barrier_refusals(sc, n):
    waited = waiting(engine(sc).BarrierTaskContext)
    rdd = sc.parallelize(range(10), n)
    barrier = rdd.barrier().mapPartitions(waited)
    many = sc.parallelize(range(10), 5)
    return {
        "first": outcome(barrier.first, REFUSED),
        "take": outcome(lambda: barrier.take(20), REFUSED),
        "isEmpty": outcome(barrier.isEmpty, REFUSED),
        "cached": barrier.cache().count(),
        "first of cached": outcome(barrier.first, REFUSED),
        "some partitions": outcome(lambda: sc.runJob(barrier, list, [0]), REFUSED),
        "coalesce before": outcome(
            lambda: many.coalesce(n).barrier().mapPartitions(waited).collect(), REFUSED
        ),
        "coalesce after": outcome(lambda: barrier.coalesce(1).count(), REFUSED),
        "zip with itself": outcome(lambda: barrier.zip(barrier).collect(), REFUSED),
        "zip with another": outcome(
            lambda: barrier.zip(rdd.barrier().mapPartitions(waited)).count(), REFUSED
        ),
        "cartesian": outcome(lambda: barrier.cartesian(sc.parallelize([1], 1)).count(), REFUSED),
    }


@program(1, 2)
def barrier_errors(sc, n):
    context_class, wrapper = engine(sc).BarrierTaskContext, engine(sc).RDDBarrier
    rdd = sc.parallelize(range(4), n)
    barrier = rdd.barrier().mapPartitions(waiting(context_class))

    def gather(message):
        gathered = rdd.barrier().mapPartitions(lambda _: context_class.get().allGather(message))
        return gathered.count

    return {
        "marks": [
            barrier.is_barrier,
            barrier.map(str).is_barrier,
            barrier.map(lambda x: (x, x)).reduceByKey(max)._is_barrier(),
            barrier.coalesce(1)._is_barrier(),
            barrier.union(rdd)._is_barrier(),
            rdd._is_barrier(),
        ],
        "wrapper": [type(rdd.barrier()).__name__, rdd.barrier().rdd is rdd, wrapper(rdd).rdd is rdd],
        "uninitialized": [
            outcome(context_class().barrier),
            outcome(context_class().allGather),
            outcome(context_class().getTaskInfos),
        ],
        "info": engine(sc).BarrierTaskInfo("a:1").address,
        "another stage": outcome(
            lambda: rdd.map(lambda _: context_class.get()).count(), "It is not in a barrier stage."
        ),
        "bytes": outcome(gather(b"x"), "TypeError: Argument `message` must be of type `str`"),
        "surrogate": outcome(gather("\ud800"), "UnicodeEncodeError"),
        "error": outcome(
            lambda: rdd.barrier().mapPartitions(lambda xs: (1 // x for x in xs)).collect(),
            "ZeroDivisionError",
        ),
    }

"""Resource profiles of single stages, on executors: what their tasks have, and what is refused."""

from programs.registry import module_of, outcome, program

CLUSTER = "local-cluster[2,2,1024]"


def _on_cluster(context_class, folder, **settings):
    """A context with two executors of two cores and two devices each."""
    script = folder / "find-devices"
    script.write_text('#!/bin/sh\necho \'{"name": "gpu", "addresses": ["0", "1"]}\'\n')
    script.chmod(0o755)
    conf = module_of(context_class, "conf").SparkConf().setMaster(CLUSTER).setAppName("resources")
    for component in ("executor", "worker"):
        conf.set(f"spark.{component}.resource.gpu.amount", "2")
        conf.set(f"spark.{component}.resource.gpu.discoveryScript", str(script))
    for name, value in settings.items():
        conf.set(name.replace("__", "."), value)
    return context_class(conf=conf)


def _profiles(context_class):
    """What makes a profile of amounts for each task, and of cores for executors of its own."""
    module = module_of(context_class, "resource")

    def profile(cores=None, **amounts):
        requests = module.TaskResourceRequests()
        for name, amount in amounts.items():
            requests.resource(name, amount)
        builder = module.ResourceProfileBuilder().require(requests)
        if cores is not None:
            builder.require(module.ExecutorResourceRequests().cores(cores))
        return builder.build

    return profile


def _has(context_class):
    """A function that tells what its task has."""
    running = module_of(context_class, "taskcontext").TaskContext

    def has(element):
        task = running.get()
        devices = {name: len(found.addresses) for name, found in task.resources().items()}
        return element, task.cpus(), str(task.cpuAmount()), devices

    return has


@program(2, 3, files=True, starts=True)
def resources_of_stages(context_class, n, folder):
    profile, has = _profiles(context_class), _has(context_class)
    with _on_cluster(context_class, folder) as sc:
        numbers = sc.parallelize(range(n), n)
        told = {"before": numbers.map(has).collect()}
        for name, amounts in {
            "two cores": {"cpus": 2},
            "half a core": {"cpus": 0.5},
            "a core and a half": {"cpus": 1.5},
            "a device": {"cpus": 1, "gpu": 1},
            "a part of a device": {"gpu": 0.3},
            "two devices": {"gpu": 2},
            "nothing": {},
        }.items():
            asking = sc.parallelize(range(n), n).withResources(profile(**amounts))
            told[name] = asking.map(has).collect()
        two, one = profile(cpus=2), profile(cpus=1)
        pairs = sc.parallelize(range(n), n).map(lambda x: (x % 2, has(x))).withResources(two)
        told["behind a shuffle"] = sorted(pairs.groupByKey(n).mapValues(sorted).map(has).collect())
        told["before a shuffle"] = sorted(pairs.groupByKey(n).values().map(sorted).collect())
        told["union"] = sc.parallelize(range(n), n).withResources(two).union(numbers).map(has).collect()
        told["the last counts"] = numbers.withResources(two).withResources(one).map(has).collect()
        again = sc.parallelize(range(n), n)
        again.count()
        told["after a job"] = again.withResources(two).map(has).collect()
        cached = sc.parallelize(range(n), n).withResources(two).cache()
        cached.count()
        told["cached"] = cached.map(has).collect()
        twice = sc.parallelize(range(n), n).withResources(two).map(lambda x: x)
        told["twice the same"] = twice.withResources(two).map(has).collect()
        barrier = sc.parallelize(range(2), 2).withResources(two).barrier()
        told["barrier"] = barrier.mapPartitions(lambda elements: map(has, elements)).collect()
        kept = sc.parallelize(range(n), n).withResources(two)
        derived = kept.map(has)
        told["kept"] = (
            kept.has_resource_profile,
            sorted(kept.getResourceProfile().taskResources),
            kept.getResourceProfile().executorResources,
            derived.has_resource_profile,
            derived.getResourceProfile(),
        )
        return told


@program(1, 2, files=True, starts=True)
def resources_refused(context_class, n, folder):
    profile = _profiles(context_class)

    def asking(sc, said, **amounts):
        return outcome(lambda: sc.parallelize(range(n), n).withResources(profile(**amounts)).count(), said)

    with _on_cluster(context_class, folder) as sc:
        numbers = sc.parallelize(range(n), n).withResources(profile(cpus=2))
        stage = numbers.map(lambda x: x).withResources(profile(cpus=1))
        return {
            "several": outcome(stage.count, "Multiple ResourceProfiles specified in the RDDs for this stage"),
            "a device and a half": asking(sc, "must be either <= 1", gpu=1.5),
            "no processor": asking(sc, "The cpus amount 0.0 must be at least 1e-9", cpus=0),
            "too many": asking(sc, "needs to be >= the task resource request amount of 3", gpu=3),
            "unknown": asking(sc, "No executor resource configs were specified", fpga=1),
            "executors": asking(sc, "with dynamic allocation enabled", cores=1, cpus=1),
        }


@program(1, 2, files=True, starts=True)
def resources_merged(context_class, n, folder):
    profile, has = _profiles(context_class), _has(context_class)
    merges = {"spark__scheduler__resource__profileMergeConflicts": "true"}
    with _on_cluster(context_class, folder, **merges) as sc:
        numbers = sc.parallelize(range(n), n).withResources(profile(cpus=2))
        return numbers.map(lambda x: x).withResources(profile(cpus=1, gpu=0.5)).map(has).collect()


@program(1, 2, files=True, starts=True)
def resources_of_executors(context_class, n, folder):
    """With dynamic allocation a profile may have executors of its own."""
    profile, has = _profiles(context_class), _has(context_class)
    allocates = {
        "spark__dynamicAllocation__enabled": "true",
        "spark__dynamicAllocation__shuffleTracking__enabled": "true",
        "spark__executor__cores": "1",
        "spark__executor__memory": "512m",
    }
    with _on_cluster(context_class, folder, **allocates) as sc:
        own = sc.parallelize(range(n), n).withResources(profile(cores=1, cpus=1))
        return {
            "own": own.map(has).collect(),
            "usual": sc.parallelize(range(n), n).map(has).collect(),
            "too many": outcome(
                lambda: sc.parallelize(range(n), n).withResources(profile(cores=1, cpus=2)).count(),
                "The number of cores per executor (=1) has to be >= the number of cpus per task = 2",
            ),
        }

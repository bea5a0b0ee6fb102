"""Resource profiles keep what was asked for."""

import pytest

from firesteel import SparkContext
from firesteel.errors import FiresteelError
from firesteel.resource import (
    ExecutorResourceRequests,
    ResourceInformation,
    ResourceProfile,
    ResourceProfileBuilder,
    TaskResourceRequests,
)


def test_requests_are_kept() -> None:
    executor = ExecutorResourceRequests().cores(2).memory("6g").memoryOverhead("1024m").pysparkMemory("1.5g")
    executor.offheapMemory("3g").resource("gpu", 2, "find-gpus", "vendor.example")
    amounts = {name: request.amount for name, request in executor.requests.items()}
    assert amounts == {
        "cores": 2,
        "memory": 6144,
        "memoryOverhead": 1024,
        "pyspark.memory": 1536,
        "offHeap": 3072,
        "gpu": 2,
    }
    gpu = executor.requests["gpu"]
    assert (gpu.resourceName, gpu.discoveryScript, gpu.vendor) == ("gpu", "find-gpus", "vendor.example")


@pytest.mark.parametrize("size", ["1024", "10mb", "xx", ""])
def test_sizes_need_a_unit(size: str) -> None:
    with pytest.raises(ValueError, match="invalid format"):
        ExecutorResourceRequests().memory(size)


def test_a_profile_is_what_was_required() -> None:
    builder = ResourceProfileBuilder().require(ExecutorResourceRequests().cores(2))
    builder.require(TaskResourceRequests().cpus(1).resource("gpu", 0.5))
    profile, other = builder.build, builder.build
    assert profile.id != other.id
    builder.clearExecutorResourceRequests()
    builder.clearTaskResourceRequests()
    assert (builder.executorResources, builder.taskResources) == ({}, {})
    assert profile.executorResources["cores"].amount == 2
    assert profile.taskResources["gpu"].amount == 0.5
    assert ResourceProfile().taskResources == {}
    assert ResourceInformation("gpu", ["0"]).name == "gpu"


@pytest.mark.parametrize(
    ("requests", "message"),
    [
        (ExecutorResourceRequests().cores(2), "^ResourceProfiles are only supported on YARN"),
        (TaskResourceRequests().cpus(1), "^TaskResourceProfiles are only supported for Standalone"),
    ],
)
def test_a_local_master_keeps_a_profile_and_refuses_it(
    sc: SparkContext, requests: ExecutorResourceRequests | TaskResourceRequests, message: str
) -> None:
    rdd = sc.range(3)
    assert (rdd.has_resource_profile, rdd.getResourceProfile()) == (False, None)
    profile = ResourceProfileBuilder().require(requests).build
    with pytest.raises(FiresteelError, match=message):
        rdd.withResources(profile)
    assert rdd.has_resource_profile
    assert rdd.getResourceProfile() is profile
    derived = rdd.map(str)
    assert (derived.has_resource_profile, derived.getResourceProfile()) == (False, None)
    assert rdd.count() == 3


def test_what_is_no_profile_is_refused(sc: SparkContext) -> None:
    with pytest.raises(AttributeError):
        sc.range(3).withResources(None)  # type: ignore[arg-type]

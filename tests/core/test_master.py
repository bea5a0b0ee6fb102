"""Masters: cores and attempts."""

import pytest

from firesteel.core._master import LocalCluster, available_cores, parse_master
from firesteel.errors import PySparkValueError


@pytest.mark.parametrize(
    ("master", "cores", "failures"),
    [("local", 1, 1), ("local[3]", 3, 1), ("local[2,4]", 2, 4), ("local[ 2 , 4 ]", 2, 4)],
)
def test_local_masters(master: str, cores: int, failures: int) -> None:
    assert parse_master(master) == (cores, failures)


def test_a_cluster_to_rehearse() -> None:
    cluster = parse_master("local-cluster[ 3, 2,512 ]")
    assert cluster == LocalCluster(executors=3, cores=2, memory=512)
    assert cluster.parallelism == 6
    assert parse_master("local-cluster[1,1,1]").parallelism == 2


def test_a_star_is_all_cores() -> None:
    assert parse_master("local[*]").cores == parse_master("local[*,2]").cores == available_cores() >= 1


@pytest.mark.parametrize(
    "master",
    [
        "",
        "spark://host:7077",
        "yarn",
        "k8s://host",
        "local-cluster[1,1]",
        "local-cluster[0,1,1024]",
        "local-cluster[1,0,1024]",
        "local-cluster[1,1,0]",
        "local-cluster",
        "local[0]",
        "local[2,0]",
        "local[x]",
        "local[-1]",
        "local[2",
        "locality",
    ],
)
def test_other_masters_are_one_clear_line(master: str) -> None:
    with pytest.raises(PySparkValueError, match="Could not parse Master URL") as caught:
        parse_master(master)
    assert "\n" not in str(caught.value)

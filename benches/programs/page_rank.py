"""Ten rounds of PageRank over a graph whose links are cached."""

from operator import add

from plain import ranges
from workload import bench

NODES = 100_000
SCATTER, OTHER = 2_654_435_761, 40_503
ROUNDS = 10


def edge(number):
    return number * SCATTER % NODES, (number * OTHER + 7) % NODES


def contributions(joined):
    _, (targets, rank) = joined
    return [(target, rank / len(targets)) for target in targets]


def spark(sc, edges):
    links = sc.parallelize(range(edges), 2).map(edge).groupByKey(2).mapValues(list).cache()
    links.count()

    def rounds():
        ranks = links.mapValues(lambda _: 1.0)
        for _ in range(ROUNDS):
            ranks = links.join(ranks).flatMap(contributions).reduceByKey(add, 2)
            ranks = ranks.mapValues(lambda rank: 0.15 + 0.85 * rank)
        return rounded(ranks.collect())

    return rounds


def rounded(ranks):
    """Sums of floats depend on their order, which only the engines share."""
    return [(node, round(rank, 6)) for node, rank in ranks]


def contribute(task):
    links, ranks = task
    sums = {}
    for node, targets in links:
        rank = ranks.get(node)
        if rank is not None:
            for target, share in contributions((node, (targets, rank))):
                sums[target] = add(sums[target], share) if target in sums else share
    return sums


def links_of(split):
    links = {}
    for number in range(*split):
        node, target = edge(number)
        links.setdefault(node, []).append(target)
    return links


def plain(pool, edges):
    links = {}
    for part in pool.map(links_of, ranges(edges, 2)):
        for node, targets in part.items():
            links.setdefault(node, []).extend(targets)
    halves = [list(links.items())[start:end] for start, end in ranges(len(links), 2)]

    def rounds():
        ranks = dict.fromkeys(links, 1.0)
        for _ in range(ROUNDS):
            sums = {}
            for part in pool.map(contribute, [(half, ranks) for half in halves]):
                for node, share in part.items():
                    sums[node] = sums.get(node, 0.0) + share
            ranks = {node: 0.15 + 0.85 * rank for node, rank in sums.items()}
        return rounded(ranks.items())

    return rounds


bench(spark, plain)

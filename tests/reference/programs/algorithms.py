"""Whole algorithms, of the shapes that Spark's own example programs have: several jobs, caches, joins and
closures that change between jobs.
"""

import math
import operator
import random

from programs.registry import program

TEXT = (
    "iron is a metal and iron rusts\n"
    "steel is iron and carbon\n"
    "a firesteel strikes sparks\n"
    "sparks light a fire and the fire heats the iron\n"
)
LINKS = "a b\na c\nb c\nc a\nd c\nd a\ne d\na b\n"


@program(1, 2, 3, files=True)
def algorithm_word_count(sc, n, folder):
    (folder / "text").write_text(TEXT)
    words = sc.textFile(str(folder / "text"), n).flatMap(lambda line: line.split(" "))
    return words.map(lambda word: (word, 1)).reduceByKey(operator.add).collect()


@program(1, 2, 3, files=True)
def algorithm_sorted_numbers(sc, n, folder):
    source = random.Random(11)
    lines = (" ".join(str(source.randrange(500)) for _ in range(8)) for _ in range(40))
    (folder / "numbers").write_text("\n".join(lines))
    numbers = sc.textFile(str(folder / "numbers"), n).flatMap(lambda line: line.split(" "))
    return numbers.map(lambda number: (int(number), 1)).sortByKey().keys().collect()


@program(1, 2, 3, files=True)
def algorithm_page_rank(sc, n, folder):
    (folder / "links").write_text(LINKS)
    lines = sc.textFile(str(folder / "links"), n)
    links = lines.map(lambda line: tuple(line.split())).distinct().groupByKey().cache()
    ranks = links.mapValues(lambda _: 1.0)

    def shares(page_links_rank):
        _, (pages, rank) = page_links_rank
        return [(page, rank / len(pages)) for page in pages]

    for _ in range(4):
        ranks = links.join(ranks).flatMap(shares).reduceByKey(operator.add)
        ranks = ranks.mapValues(lambda rank: 0.15 + 0.85 * rank)
    # Which share is added first depends on placement, which is compared elsewhere; and so the last digits.
    return sorted((page, round(rank, 12)) for page, rank in ranks.collect())


@program(1, 2, 3)
def algorithm_k_means(sc, n):
    source = random.Random(5)
    around = [(0, 0), (8, 8), (0, 9)]
    points = [(x + source.random(), y + source.random()) for x, y in around for _ in range(30)]
    data = sc.parallelize(points, n).cache()
    centres = data.takeSample(False, 3, 1)

    def nearest(point):
        return min(range(3), key=lambda index: math.dist(point, centres[index]))

    moved = 1.0
    while moved > 1e-6:
        sums = data.map(lambda point: (nearest(point), (*point, 1))).reduceByKey(
            lambda a, b: tuple(map(operator.add, a, b))
        )
        means = sums.mapValues(lambda s: (s[0] / s[2], s[1] / s[2])).collect()
        moved = sum(math.dist(centres[index], mean) for index, mean in means)
        for index, mean in means:
            centres[index] = mean
    return [tuple(round(part, 9) for part in centre) for centre in centres]


@program(1, 2, 3)
def algorithm_alternating_least_squares(sc, n):
    """One factor, so that no linear algebra is needed: each side is broadcast to the other's jobs."""
    source = random.Random(3)
    ratings = [[source.random() for _ in range(6)] for _ in range(5)]
    rows, columns = [1.0] * 5, [1.0] * 6
    shared = sc.broadcast(ratings)
    for _ in range(3):
        other = sc.broadcast(columns)
        rows = (
            sc.parallelize(range(5), n)
            .map(
                lambda i, other=other: (
                    sum(map(operator.mul, shared.value[i], other.value))
                    / (0.01 + sum(value * value for value in other.value))
                )
            )
            .collect()
        )
        other = sc.broadcast(rows)
        columns = (
            sc.parallelize(range(6), n)
            .map(
                lambda j, other=other: (
                    sum(row[j] * value for row, value in zip(shared.value, other.value, strict=True))
                    / (0.01 + sum(value * value for value in other.value))
                )
            )
            .collect()
        )
    return rows, columns


@program(1, 2, 3)
def algorithm_transitive_closure(sc, n):
    source = random.Random(42)
    edges = {(source.randrange(25), source.randrange(25)) for _ in range(35)}
    paths = sc.parallelize(sorted(edges), n).cache()
    backwards = paths.map(lambda edge: (edge[1], edge[0]))
    before, count = -1, paths.count()
    while count != before:
        longer = paths.join(backwards).map(lambda ends: (ends[1][1], ends[1][0]))
        paths = paths.union(longer).distinct(n).cache()
        before, count = count, paths.count()
    return count, sorted(paths.collect())


@program(1, 2, 3)
def algorithm_logistic_regression(sc, n):
    source = random.Random(17)
    points = [(source.choice([-1, 1]), [source.gauss(0, 1) for _ in range(3)]) for _ in range(60)]
    data = sc.parallelize(points, n).cache()
    weights = [0.1, -0.2, 0.3]

    def gradient(point):
        label, features = point
        product = label * sum(map(operator.mul, features, weights))
        factor = (1 / (1 + math.exp(-product)) - 1) * label
        return [factor * feature for feature in features]

    for _ in range(5):
        step = data.map(gradient).reduce(lambda a, b: [x + y for x, y in zip(a, b, strict=True)])
        weights = [weight - part for weight, part in zip(weights, step, strict=True)]
    return weights

"""Pairs of the elements of two RDDs: zip, numbers, and products, whose order follows PySpark's batches."""

from programs.inputs import pairs, scattered
from programs.registry import outcome, placed, program


def _same(x):
    return x


@program(1, 3)
def pairing_zip(sc, n):
    left, right = sc.parallelize(scattered(10), n), sc.parallelize(range(10), n).map(str)
    return {
        "zip": placed(sc.parallelize(list("abcdefghij"), n).zip(left)),
        "with itself": placed(left.zip(left.map(_same))),
        "keys": placed(right.zip(right).mapValues(len)),
        "twice": placed(right.zip(right).zip(right.map(len))),
        "empty": placed(sc.parallelize([], n).zip(sc.parallelize([], n))),
        "no partitions": placed(sc.emptyRDD().zip(sc.emptyRDD())),
        "other partitions": outcome(lambda: left.zip(sc.parallelize([1], n + 1))),
        "first": left.zip(sc.parallelize(scattered(10), n).map(_same)).first(),
    }


@program(1, 3)
def pairing_with_numbers(sc, n):
    words = sc.parallelize([str(x) for x in scattered(10)], n)
    return {
        "index": placed(words.zipWithIndex()),
        "id": placed(words.zipWithUniqueId()),
        "index of mapped": placed(words.filter(lambda x: x > "5").zipWithIndex()),
        "id of mapped": placed(words.filter(lambda x: x > "5").zipWithUniqueId()),
        "nothing": placed(sc.parallelize([], n).zipWithIndex()),
        "no partition": (sc.emptyRDD().zipWithIndex().collect(), sc.emptyRDD().zipWithUniqueId().collect()),
        "sorted": words.sortBy(len).zipWithIndex().take(3),
    }


@program(1, 2, 3)
def pairing_cartesian(sc, n):
    letters, numbers = sc.parallelize(list("abcde"), n), sc.parallelize(range(9), 2)
    listed = sc.parallelize(list(range(9)), 2)
    return {
        "lists": placed(letters.cartesian(listed)),
        "mapped": placed(letters.map(_same).cartesian(listed.map(_same))),
        "left mapped": placed(letters.map(_same).cartesian(listed)),
        "range": placed(numbers.cartesian(letters)),
        "with itself": placed(numbers.cartesian(numbers)),
        "nothing": placed(letters.cartesian(sc.parallelize([], 2))),
        "of nothing": placed(sc.parallelize([], n).cartesian(letters)),
        "no partitions": placed(letters.cartesian(sc.emptyRDD())),
        "first": letters.cartesian(numbers).first(),
    }


@program(1, 3)
def pairing_cartesian_of_other_batches(sc, n):
    two = sc.parallelize([-1, -2, -3], 1)
    listed, mapped = sc.parallelize(list(range(30)), n), sc.parallelize(list(range(30)), n).map(_same)
    sides = {
        "reduced": sc.parallelize(pairs(30, 11), 2).reduceByKey(max, n),
        "sorted": listed.sortBy(lambda x: -x, numPartitions=n),
        "coalesced list": sc.parallelize(list(range(30)), n * 3).coalesce(n),
        "coalesced": mapped.coalesce(1),
        "union": mapped.union(mapped),
        "union of lists": listed.union(listed),
        "union of other lists": listed.union(sc.parallelize([5, 6, 7], 1)),
        "mixed union": listed.union(mapped),
        "cached": mapped.map(_same).cache(),
        "cached list": sc.parallelize(list(range(30)), n).cache(),
        "repartitioned": listed.repartition(2),
        "repartitioned again": mapped.repartition(3).map(_same).repartition(n),
        "zipped": mapped.zip(mapped.map(str)),
        "zipped lists": listed.zip(sc.parallelize(list(range(30)), n)),
        "zipped with a list": listed.zip(mapped),
        "numbered": listed.zipWithIndex(),
        "glom": listed.glom(),
        "grouped": listed.groupBy(lambda x: x % 7, n).mapValues(list),
    }
    results = {f"right {name}": placed(two.cartesian(side)) for name, side in sides.items()}
    return results | {f"left {name}": placed(side.cartesian(mapped)) for name, side in sides.items()}


@program(1, 2)
def pairing_cartesian_again(sc, n):
    letters, numbers = sc.parallelize(list("abcde"), n).map(_same), sc.parallelize(range(4), 1)
    product = letters.cartesian(numbers)
    return {
        "left": placed(product.cartesian(sc.parallelize(range(5), 1))),
        "right": placed(sc.parallelize(range(5), 1).cartesian(product)),
        "mapped": placed(sc.parallelize([7, 8], 1).cartesian(product.map(_same))),
        "joined": sorted(product.join(product).keys().collect()),
    }


@program(1, 2)
def pairing_cartesian_of_large_elements(sc, n):
    sizes = [10] * 100 + [5_000] * 50 + [20_000] * 60 + [700_000, 10, 10]
    large = sc.parallelize([(index, "a" * size) for index, size in enumerate(sizes)], n).map(_same)
    product = sc.parallelize([1, 2], 1).cartesian(large).map(lambda pair: (pair[0], pair[1][0]))
    return placed(product)


@program(1, 2, files=True)
def pairing_cartesian_of_lines(sc, n, folder):
    path = folder / "lines.txt"
    path.write_text("\n".join(f"line {index}" for index in range(9)))
    lines, two = sc.textFile(str(path), n), sc.parallelize([1, 2], 1)
    return {
        "right": placed(two.cartesian(lines)),
        "left": placed(lines.cartesian(sc.parallelize(range(5), 1))),
        "coalesced": placed(two.cartesian(lines.coalesce(1))),
        "repartitioned": placed(two.cartesian(lines.repartition(1))),
        "union": placed(two.cartesian(lines.union(lines))),
        "mixed union": placed(two.cartesian(lines.union(sc.parallelize(list(range(5)), 1)))),
        "zipped": placed(two.cartesian(sc.textFile(str(path), 1).zip(sc.parallelize(list(range(9)), 1)))),
    }

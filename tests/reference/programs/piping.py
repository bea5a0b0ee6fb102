"""Elements as lines through external commands."""

from programs.registry import outcome, placed, program

MIXED = ["b\n", "a", "", 3, None, "é", b"x", "m\nn", ("t", 1.5)]


@program(1, 3)
def piping_commands(sc, n):
    rdd = sc.parallelize(MIXED, n)
    commands = [
        "cat",
        "tr a-z A-Z",
        "sort -r",
        "head -n 2",
        "sh -c 'cat; exit 3'",
        "wc -l",
        "printf 'a\\r\\n\\nb'",
    ]
    return {command: placed(rdd.pipe(command)) for command in commands} | {
        "nothing": placed(sc.parallelize([], n).pipe("wc -l")),
        "no partition": sc.emptyRDD().pipe("cat").collect(),
        "chained": placed(rdd.map(str).pipe("cat").map(len).pipe("cat")),
        "many": sc.parallelize(range(30_000), n).pipe("cat").map(int).sum(),
        "first": rdd.pipe("cat").first(),
        "environment": sc.parallelize([1], 1).pipe("env").collect(),
        "one variable": sc.parallelize([1], 1).pipe("env", {"X": "é y"}).collect(),
    }


@program(1, 2)
def piping_fails(sc, n):
    rdd = sc.parallelize(["a", "b"], n)
    return {
        "checked": placed(rdd.pipe("cat", checkCode=True)),
        "head": placed(sc.parallelize(["a"] * 9, n).pipe("head -n 1", None, True)),
        "exit code": outcome(
            lambda: rdd.pipe("sh -c 'cat; exit 3'", checkCode=True).collect(),
            "Pipe function `sh -c 'cat; exit 3'` exited with error code 3.",
        ),
        "no command": outcome(
            lambda: rdd.pipe("no-such-command x").collect(), "No such file or directory: 'no-such-command'"
        ),
        "empty command": outcome(lambda: rdd.pipe("").collect(), "list index out of range"),
        "not UTF-8": outcome(
            lambda: rdd.pipe("printf '\\377'").collect(), "can't decode byte 0xff in position 0"
        ),
        "variable": outcome(lambda: rdd.pipe("cat", {"A": 1}).collect(), "TypeError"),
    }

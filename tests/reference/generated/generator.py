"""The generated programs: sources crossed with chains of operations, as data and as Python code.

A program is a source, one to four transformations and two actions; its result is every partition of the last
RDD and what the actions gave. What comes next is the operation that has been used least with this kind of
elements, this number of partitions and this size. Invariant: the same programs in every process, on every
machine and version of Python.
"""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from programs.registry import placed

from generated import elements
from generated.operations import ACTIONS, TRANSFORMATIONS, Operation
from generated.shapes import COUNTED, INT, ORDERED, TRAITS, Shape

NUMBER_OF_PROGRAMS = 560
SEED = 20

# The lengths of these have no common divisor, so that every value of one meets every value of the others.
KINDS = elements.KINDS
PARTITIONS = (7, 1, 0, 3, 7, 2, 1, 0, 7, 2, 1)
SIZES = (40, 1025, 6, 0, 2500, 1, 12, 40, 1030, 6, 2500, 3, 0)
KEYED = (True, False, True)
STEPS = (2, 1, 3, 4, 2)

MOST_ELEMENTS = 8000
PARTITION_FUNCTIONS = (
    "lambda k: len(ascii(k))",
    "lambda k: -mix(18, k)",
    "lambda k: mix(19, k) * 10**30",
    "lambda k: mix(20, k) % 3 == 0",
)


@dataclass(frozen=True)
class Source:
    """What a program begins with."""

    kind: str
    size: int
    partitions: int
    keyed: bool

    @property
    def code(self) -> str:
        if self.partitions == 0:
            return "sc.emptyRDD()"
        return parallelized(self.keyed, self.kind, self.size, self.partitions)

    @property
    def shape(self) -> Shape:
        traits = TRAITS[self.kind]
        return Shape(traits if self.keyed else None, INT if self.keyed else traits, self.size, self.kind)


@dataclass(frozen=True)
class Step:
    """An operation as one program uses it."""

    operation: str
    code: str


@dataclass(frozen=True)
class GeneratedProgram:
    """A program as data, with the interface of a written one."""

    number: int
    source: Source
    steps: tuple[Step, ...]
    actions: tuple[Step, ...]

    @property
    def name(self) -> str:
        operations = [step.operation.removeprefix("SparkContext.") for step in self.steps + self.actions]
        return f"{self.number:03} {self.source.kind} {' '.join(operations)}"

    @property
    def partitions(self) -> tuple[int, ...]:
        return (self.source.partitions,)

    @property
    def chain(self) -> str:
        lines = [f"rdd = {code}" for code in (self.source.code, *(step.code for step in self.steps))]
        return "\n".join(lines)

    @property
    def code(self) -> str:
        return "\n".join([self.chain, "placed(rdd)", *(step.code for step in self.actions)])

    def run(self, sc: Any, n: int, folder: Path) -> dict[str, Any]:
        """Every partition and the result of every action, or what they failed with."""
        names = vars(elements) | {"sc": sc, "folder": str(folder), "placed": placed}
        names["StorageLevel"] = type(sc.emptyRDD().getStorageLevel())
        result: dict[str, Any] = {"code": self.code.splitlines()}
        built = attempted(lambda: exec(self.chain, names))
        if built is not None:
            return result | {"rdd": built}
        result["placed"] = attempted(lambda: placed(names["rdd"]))
        for number, step in enumerate(self.actions):
            result[f"{number} {step.operation}"] = attempted(lambda step=step: eval(step.code, names))
        return result


def attempted(action: Any) -> Any:
    """The result of `action`, or the classes that an `except` clause and a reader see of its failure."""
    try:
        return action()
    except Exception as error:
        if any(base.__name__ == "Py4JJavaError" for base in type(error).__mro__):
            return ("job failed", class_of_users_error(str(error)))
        return ("raised", type(error).__name__)


def class_of_users_error(message: str) -> str | None:
    """The last line that names an exception's class; a job that fails outside of Python has none."""
    of_python = message.rpartition("[PYTHON_EXCEPTION]")[2].partition(" SQLSTATE: ")[0]
    lines = of_python.partition("\n\tat ")[0].splitlines()
    words = [line.partition(":")[0].rpartition(".")[2] for line in lines]
    errors = [word for word in words if word.isidentifier() and word.lower().endswith(("error", "exception"))]
    return errors[-1] if errors else None


def parallelized(keyed: bool, kind: str, size: int, partitions: int) -> str:
    return f'sc.parallelize({"pairs" if keyed else "elements"}("{kind}", {size}), {partitions})'


class Generator:
    """Makes programs, and remembers how often it has used what with what."""

    def __init__(self) -> None:
        self._random = Random(SEED)
        self._uses: Counter[tuple] = Counter()

    def program(self, number: int) -> GeneratedProgram:
        values = [values[number % len(values)] for values in (KINDS, SIZES, PARTITIONS, KEYED)]
        source = Source(*values)
        shape, steps = source.shape, []
        for _ in range(STEPS[number % len(STEPS)]):
            used = [step.operation for step in steps]
            # Nothing computes again what localCheckpoint kept and unpersist forgot; there that is a race.
            without = [*used, "unpersist"] if "localCheckpoint" in used else used
            operation = self._least_used(TRANSFORMATIONS, source, shape, without)
            steps.append(Step(operation.name, self._code(operation, shape)))
            shape = replace(operation.gives(shape), most=shape.most * operation.grows)
        first = self._least_used(ACTIONS, source, shape, [])
        second = self._least_used(ACTIONS, source, shape, [first.name])
        actions = [Step(action.name, self._code(action, shape)) for action in (first, second)]
        return GeneratedProgram(number, source, tuple(steps), tuple(actions))

    def _least_used(
        self, table: list[Operation], source: Source, shape: Shape, without: list[str]
    ) -> Operation:
        fitting = [
            operation
            for operation in table
            if operation.fits(shape)
            and operation.name not in without
            and shape.most * operation.grows <= MOST_ELEMENTS
        ]
        ranks = {operation: self._rank(operation, source) for operation in fitting}
        chosen = min(fitting, key=lambda operation: ranks[operation])
        self._uses.update(self._facets(chosen, source))
        return chosen

    def _facets(self, operation: Operation, source: Source) -> list[tuple]:
        """What a use of an operation is counted as."""
        name = operation.name
        return [
            (name,),
            (name, "kind", source.kind),
            (name, "partitions", source.partitions),
            (name, "size", source.size),
            (name, "code", operation.code),
        ]

    def _rank(self, operation: Operation, source: Source) -> tuple[int, float]:
        weights = (1, 2, 3, 2, 2)
        uses = [self._uses[facet] for facet in self._facets(operation, source)]
        return sum(map(int.__mul__, weights, uses)), self._random.random()

    def _code(self, operation: Operation, shape: Shape) -> str:
        """The code of an operation on an RDD of this shape, with arguments drawn."""
        n = self._one_of((1, 2, 3, 7))
        given = self._one_of((True, False))
        ascending = self._one_of((True, False))
        few = 5 if shape.kind in ("none", "uniting") else 12
        return operation.code.format(
            n=n,
            n_=n if given else "",
            _n=f", {n}" if given else "",
            f=self._one_of(PARTITION_FUNCTIONS),
            seed=self._one_of((0, 1, 17, -5, 2**40)),
            ascending=ascending,
            _ascending="" if ascending else ", ascending=False",
            other=self._other(shape.key is not None, shape.kind, few),
            pairs=self._other(True, shape.kind, few),
            few=self._other(False, shape.kind, 3),
            numbers="rdd" if shape.key is None and COUNTED in shape.value else "rdd.map(number)",
            order="" if ORDERED in shape.element else ", key=ascii",
            order_="" if ORDERED in shape.element else "key=ascii",
            key=f'elements("{shape.kind}", 12)[{self._one_of((0, 1, 5))}]',
        )

    def _other(self, keyed: bool, kind: str, size: int) -> str:
        partitions = self._one_of((2, 3, 1, 7, 2, 3, 7, 0))
        return parallelized(keyed, kind, size, partitions) if partitions else "sc.emptyRDD()"

    def _one_of(self, values: tuple) -> Any:
        """One of `values`, by the one method of Random whose numbers no version of Python has changed."""
        return values[int(self._random.random() * len(values))]


def generate() -> dict[str, GeneratedProgram]:
    """All programs by name."""
    generator = Generator()
    programs = [generator.program(number) for number in range(NUMBER_OF_PROGRAMS)]
    return {program.name: program for program in programs}


PROGRAMS = generate()

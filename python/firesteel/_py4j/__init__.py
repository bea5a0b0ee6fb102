"""What a program means by `py4j`: errors, collections, a gateway to ourselves, and to a JVM once one runs.

The modules import each other as needed, and not here: the errors are at the bottom of everything else.
Invariant: what the real py4j returns for a JVM counts as an instance of the class of the same name here.
"""


def is_of_py4j(instance: object, name: str) -> bool:
    """Tell whether an object is of a class of the real py4j's."""
    bases = type(instance).__mro__
    return any(base.__name__ == name and base.__module__.startswith("py4j.") for base in bases)


class Namesake(type):
    """The class of classes that py4j has by the same name."""

    def __instancecheck__(cls, instance: object) -> bool:
        return super().__instancecheck__(instance) or is_of_py4j(instance, cls.__name__)

"""TableArg: a DataFrame as the argument of a function."""

from firesteel.sql._absent import fill

__all__ = fill(globals())

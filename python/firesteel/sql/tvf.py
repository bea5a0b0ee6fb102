"""Functions that give rows: they are here to be imported, and say what they need when they run."""

from firesteel.sql._absent import fill

__all__ = fill(globals())

"""Functions of the user's on groups of rows: they are here to be imported."""

from firesteel.sql._absent import fill

__all__ = fill(globals())

"""GroupedData: it is here to be imported, and says what it needs when it runs."""

from firesteel.sql._absent import fill

__all__ = fill(globals())

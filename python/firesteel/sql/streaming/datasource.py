"""How much a streaming source reads at once."""

from firesteel.sql._absent import fill

__all__ = fill(globals())

"""The state of groups in a stream: it is here to be imported."""

from firesteel.sql._absent import fill

__all__ = fill(globals())

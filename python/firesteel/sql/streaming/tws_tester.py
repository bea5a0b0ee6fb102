"""The tester of processors that keep a state: it is here to be imported."""

from firesteel.sql._absent import fill

__all__ = fill(globals())

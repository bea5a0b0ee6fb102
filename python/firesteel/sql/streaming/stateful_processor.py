"""Processors that keep a state: they can be derived from."""

from firesteel.sql._absent import fill

__all__ = fill(globals())

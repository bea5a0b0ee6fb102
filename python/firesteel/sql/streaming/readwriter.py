"""Readers and writers of streams: they are here to be imported."""

from firesteel.sql._absent import fill

__all__ = fill(globals())

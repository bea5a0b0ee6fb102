"""Columns from and to protocol buffers."""

from firesteel.sql._absent import fill

__all__ = fill(globals())

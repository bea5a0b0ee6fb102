"""Columns from and to Avro."""

from firesteel.sql._absent import fill

__all__ = fill(globals())

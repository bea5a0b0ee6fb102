"""Observation: metrics of a query, named before it runs."""

from firesteel.sql._absent import fill

__all__ = fill(globals())

"""Recorded programs by theme. Importing the package fills `PROGRAMS`."""

from programs import actions, aggregation, creation, joins, narrow, placement, shared, sorting, text
from programs.registry import PROGRAMS, Program

__all__ = ["PROGRAMS", "Program", "actions", "aggregation", "creation", "joins", "narrow", "placement", "shared", "sorting", "text"]

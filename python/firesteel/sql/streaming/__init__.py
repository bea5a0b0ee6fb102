"""Streams of DataFrames: the names are here to be imported, and say what they need when they run."""

from firesteel.sql.streaming.listener import StreamingQueryListener
from firesteel.sql.streaming.query import StreamingQuery, StreamingQueryManager
from firesteel.sql.streaming.readwriter import DataStreamReader, DataStreamWriter
from firesteel.sql.streaming.stateful_processor import StatefulProcessor, StatefulProcessorHandle
from firesteel.sql.streaming.tws_tester import TwsTester

__all__ = [
    "DataStreamReader",
    "DataStreamWriter",
    "StatefulProcessor",
    "StatefulProcessorHandle",
    "StreamingQuery",
    "StreamingQueryListener",
    "StreamingQueryManager",
    "TwsTester",
]

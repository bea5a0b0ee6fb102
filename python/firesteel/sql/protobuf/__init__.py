"""Columns in protocol buffers."""

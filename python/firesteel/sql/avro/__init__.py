"""Columns in Avro."""

"""The versions: Firesteel's own, and the PySpark release whose API it provides."""

__version__: str = "4.3.0"
"""The PySpark release whose API this is: what `pyspark.__version__` and `sc.version` say to a program."""

FIRESTEEL_VERSION: str = "0.1.0"
"""Firesteel's own version."""

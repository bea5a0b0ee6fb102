"""What programs import from pyspark.testing."""

from firesteel.testing.unittestutils import main
from firesteel.testing.utils import assertDataFrameEqual, assertSchemaEqual

__all__ = ["assertDataFrameEqual", "assertSchemaEqual", "main"]

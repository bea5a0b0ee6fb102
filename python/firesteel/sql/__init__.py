"""What programs need of pyspark.sql to get a SparkContext. DataFrames come later."""

from firesteel.sql.session import SparkSession

__all__ = ["SparkSession"]

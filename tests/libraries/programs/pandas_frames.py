"""pandas: frames into a session and out of it, with holes, and with a schema of their own."""

import pandas
from pyspark.sql import SparkSession

spark = SparkSession.builder.master("local[1]").getOrCreate()
rows = [(1, "a", 1.5, None), (2, None, 2.5, 1)]
frame = spark.createDataFrame(rows, "n long, s string, x float, m int")
there = frame.toPandas()
print(list(there.columns), [str(there.dtypes[name]) for name in "nxm"], there.s.tolist())
data = pandas.DataFrame({"n": [1, 2], "x": [1.5, float("nan")], "s": ["a", None]})
back = spark.createDataFrame(data)
print(back.collect(), back)
print(spark.createDataFrame(data[["n"]], "z: int").collect())
spark.stop()

"""Records the outcomes of `cases.py` on the reference into `recorded.json`.

With the Python of an environment that has PySpark 4.3 and a Java: `python tests/sql/record.py`.
"""

import json
import os
import time
from pathlib import Path

from cases import cases, names, outcome

RECORDED = Path(__file__).with_name("recorded.json")
TIME_ZONE = "America/Los_Angeles"


def main() -> None:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    spark = builder.config("spark.sql.ansi.enabled", "true").getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    known = names("pyspark", spark)
    recorded = {expression: outcome(expression, known) for expression in cases()}
    RECORDED.write_text(json.dumps(recorded, indent=0, ensure_ascii=False) + "\n")
    spark.stop()


if __name__ == "__main__":
    os.environ["TZ"] = TIME_ZONE
    time.tzset()
    main()

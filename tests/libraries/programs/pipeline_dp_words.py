"""PipelineDP: differentially private counts, with so little privacy that the noise cannot be seen.

The sources of Python's standard library are the data; a module contributes its words.
"""

import json
import sysconfig
from collections import Counter
from pathlib import Path

import pipeline_dp
from pyspark import SparkContext

sc = SparkContext("local[2]", "pipeline-dp")
folder = Path(sysconfig.get_path("stdlib"), "json")
visits = [
    (path.name, word)
    for path in sorted(folder.glob("*.py"))
    for word in path.read_text().split()
    if word in {"def", "if", "return", "import", "class", "while"}
]
accountant = pipeline_dp.NaiveBudgetAccountant(total_epsilon=1e7, total_delta=1e-2)
backend = pipeline_dp.SparkRDDBackend(sc)
engine = pipeline_dp.DPEngine(accountant, backend)
parameters = pipeline_dp.AggregateParams(
    metrics=[pipeline_dp.Metrics.COUNT, pipeline_dp.Metrics.PRIVACY_ID_COUNT],
    max_partitions_contributed=6,
    max_contributions_per_partition=10_000,
)
extractors = pipeline_dp.DataExtractors(
    privacy_id_extractor=lambda row: row[0],
    partition_extractor=lambda row: row[1],
    value_extractor=lambda row: 1,
)
rows = sc.parallelize(visits, 4)
public = ["def", "if", "return", "class"]
result = engine.aggregate(rows, parameters, extractors, public_partitions=public)
accountant.compute_budgets()
counts = {word: round(metrics.count) for word, metrics in result.collect()}
expected = Counter(word for _, word in visits)
print(json.dumps({word: counts[word] == expected[word] for word in sorted(counts)}))
sc.stop()

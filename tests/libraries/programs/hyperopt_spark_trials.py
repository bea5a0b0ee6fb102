"""Hyperopt: SparkTrials tries a model's parameters in jobs that its threads start side by side."""

import numpy as np
from hyperopt import STATUS_OK, SparkTrials, fmin, hp, tpe
from pyspark.sql import SparkSession
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

spark = SparkSession.builder.master("local[2]").appName("hyperopt").getOrCreate()
features, labels = load_breast_cancer(return_X_y=True)


def loss(parameters: dict) -> dict:
    if parameters["c"] < 2e-3:
        raise ValueError("too small")
    model = make_pipeline(StandardScaler(), LogisticRegression(C=parameters["c"], max_iter=500))
    return {"loss": -cross_val_score(model, features, labels, cv=3).mean(), "status": STATUS_OK}


trials = SparkTrials(parallelism=2, spark_session=spark)
best = fmin(
    loss,
    {"c": hp.choice("c", [1e-3, 1e-2, 1e-1, 1.0])},
    algo=tpe.suggest,
    max_evals=12,
    trials=trials,
    rstate=np.random.default_rng(7),
    show_progressbar=False,
    verbose=False,
)
print("trials", trials.count_total_trials(), "cancelled", trials.count_cancelled_trials())
print("failures are kept apart", trials.count_failed_trials() == 12 - len(trials) > 0)
print("good", trials.best_trial["result"]["loss"] < -0.95, "chosen", best["c"] in (1, 2, 3))
spark.stop()

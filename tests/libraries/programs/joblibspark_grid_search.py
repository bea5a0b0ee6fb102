"""joblibspark: scikit-learn's searches, each fit a task, batches of them jobs of a thread pool."""

from joblib import Parallel, delayed, parallel_backend
from joblibspark import register_spark
from pyspark.sql import SparkSession
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC

spark = SparkSession.builder.master("local[2]").appName("joblib").getOrCreate()
register_spark()
images, digits = load_digits(return_X_y=True)
search = GridSearchCV(SVC(), {"C": [0.1, 1.0, 10.0], "gamma": [1e-3, 1e-2]}, cv=3)
with parallel_backend("spark", n_jobs=-1):
    search.fit(images[:600], digits[:600])
    print(Parallel()(delayed(pow)(number, 2) for number in range(10)))
print(search.best_params_, round(search.best_score_, 4))
try:
    with parallel_backend("spark", n_jobs=2):
        Parallel()(delayed(divmod)(1, number) for number in (2, 1, 0))
except Exception as error:
    # Not the user's: joblib's newest versions and joblibspark disagree on how an error travels.
    print(type(error).__name__)
spark.stop()

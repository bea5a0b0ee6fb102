"""Thunder on Bolt: arrays of NumPy as elements, cut, swapped and reduced over an RDD."""

import collections
import collections.abc

# What the library was written for: before Python 3.10, and before NumPy 1.24.
import numpy as np

collections.Iterable = collections.abc.Iterable  # type: ignore[attr-defined]

import thunder as td  # noqa: E402
from pyspark import SparkContext
from sklearn.datasets import load_digits

sc = SparkContext("local[2]", "thunder")
pictures = load_digits().images[:200]
images = td.images.fromarray(pictures, engine=sc, npartitions=4)
print(images.shape, images.mode)
print(np.allclose(images.mean().toarray(), pictures.mean(axis=0)))
print(np.allclose(images.std().toarray(), pictures.std(axis=0)))
print(images.filter(lambda picture: picture.sum() > 330).shape)
print(round(float(images.subsample(2).toarray().sum()), 3), round(float(pictures[:, ::2, ::2].sum()), 3))
series = images.toseries()
print(series.shape, np.allclose(series.toarray(), pictures.transpose(1, 2, 0)))
print(np.allclose(series.center().mean().toarray(), 0))
print(np.allclose(images.map(lambda picture: picture * 2).toarray(), pictures * 2))
blocks = images.toblocks((4, 4))
print(np.allclose(blocks.toimages().toarray(), pictures))
sc.stop()

"""Thunder on Bolt: arrays of NumPy as elements, cut, swapped and reduced over an RDD."""

import numpy as np
import thunder as td
from pyspark import SparkContext
from sklearn.datasets import load_digits

sc = SparkContext("local[2]", "thunder")
pictures = load_digits().images[:200]
images = td.images.fromarray(pictures, engine=sc, npartitions=4)
print(images.shape, images.mode)
print(np.allclose(images.mean().toarray(), pictures.mean(axis=0)))
print(np.allclose(images.std().toarray(), pictures.std(axis=0)))
print(images.filter(lambda picture: picture.sum() > 330).shape)
series = images.toseries()
print(tuple(map(int, series.shape)), np.allclose(series.toarray(), pictures.transpose(1, 2, 0)))
print(np.allclose(images.map(lambda picture: picture * 2).toarray(), pictures * 2))
blocks = images.toblocks((4, 4))
print(np.allclose(blocks.toimages().toarray(), pictures))
sc.stop()

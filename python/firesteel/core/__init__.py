"""The heart of the API: context, RDD and broadcast variables."""

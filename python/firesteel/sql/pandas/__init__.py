"""Functions of the user's on pandas' and Arrow's batches."""

"""DataFrames that hold rows, and can do what needs no query engine."""

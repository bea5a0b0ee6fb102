"""The exception classes: `base` for all of them, `captured` for those that an engine raises."""

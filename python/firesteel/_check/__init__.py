"""What a program uses of PySpark, read from its source: nothing is imported and nothing runs.

`sources` finds the files, `uses` names what is used in each, `kinds` knows what PySpark's calls return, and
`verdict` says what of that is not here and what to do.
"""

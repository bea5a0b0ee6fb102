"""What the tests share: values, a plain-Python model of RDDs, a look at processes, programs to run."""

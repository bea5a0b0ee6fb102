"""What a program means by `py4j` where there is no JVM: the exception classes that it may catch."""

from firesteel._py4j import protocol

__all__ = ["protocol"]

"""Running the tests of one file."""

import unittest
from typing import Any

from firesteel import _public_names

__all__ = ["main"]


def main(module: Any = None, output: str = "target/test-reports") -> None:
    """Run the tests of a module, by default those of the program, and exit. No reports are written."""
    unittest.main(module="__main__" if module is None else module, verbosity=2)


_public_names.publish(__name__)

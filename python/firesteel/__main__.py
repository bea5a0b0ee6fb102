"""`python -m firesteel` is the command `firesteel`."""

import sys

from firesteel._cli import main

sys.exit(main())

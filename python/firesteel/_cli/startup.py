"""What a prompt runs first that is not our own, by PYTHONSTARTUP: it makes `sc` and `spark`."""

import os as _os

from firesteel._cli import shell as _shell

spark = _shell.start()
sc = spark.sparkContext

_shell.run_startup(_os.environ.get(_shell.USERS_STARTUP), globals())
del _os, _shell

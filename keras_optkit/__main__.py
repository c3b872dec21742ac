"""``python -m keras_optkit``: the command line."""

import sys

from keras_optkit.command_line import main

if __name__ == "__main__":
    sys.exit(main())

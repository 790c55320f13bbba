"""``python -m segl.cli``: the same as the command ``segl``."""

from segl.cli.main import main

if __name__ == "__main__":
    main()

"""``python -m whence``: the command, for those who start it by module."""

from whence.cli.main import main

if __name__ == "__main__":
    main()

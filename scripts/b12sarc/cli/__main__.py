"""``python -m b12sarc.cli``, where the command itself is not installed."""

from b12sarc.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())

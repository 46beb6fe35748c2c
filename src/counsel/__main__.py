"""`python -m counsel`: the same as the command `counsel`."""

from counsel.cli.main import main

if __name__ == "__main__":
    main()

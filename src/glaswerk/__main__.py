"""`python -m glaswerk`."""

from glaswerk.cli import main

if __name__ == "__main__":
    main()

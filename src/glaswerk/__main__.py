"""`python -m glaswerk` is the command `glaswerk`; torchrun starts it this way."""

from glaswerk.cli import main

if __name__ == "__main__":
    main()

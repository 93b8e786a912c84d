"""What the tests that hold a table of the documentation against what happens have in common."""
import re
import sys


class Problems:
    def __init__(self):
        self.count = 0

    def add(self, place, text):
        self.count += 1
        print(f"{place}: {text}", file=sys.stderr)


def cells_of(line):
    """The cells of a row; \\| is no end of one."""
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]

"""What the tests that hold the documentation against what happens have in common."""
import difflib
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


def compare(args, page, whose):
    """Writes args.page, which is made from the command args.tool, or ends with the differences."""
    if args.write:
        args.page.write_text(page, encoding="utf-8")
        return
    found = args.page.read_text(encoding="utf-8")
    if found != page:
        sys.stdout.writelines(difflib.unified_diff(found.splitlines(True), page.splitlines(True), "is", "should be"))
        sys.exit(f"{args.page} is not what {whose}. To write it anew:\n"
                 f"  {sys.argv[0]} --tool {args.tool} --page {args.page} --write")

#!/usr/bin/env python3
"""Writes docs/options.md, the page of the environment variables, from what `poolemu options` prints, or compares a page with that.
"""
import argparse
import os
import pathlib
import subprocess

from table import compare

PAGE = """# Environment variables

These variables set poolemu in every program that uses it, without a change to the program. A program reads all of them
when it first uses poolemu, so what the program sets itself comes after. `EmuReset` goes back to what they say. `tests/options.py` writes this page from `poolemu options`, which also shows the
values that are set now. A program that runs with `POOLEMU_OPTIONS=help=1` prints the same list to stderr when it starts.

| Variable | Takes | Default | Meaning |
|---|---|---|---|
{rows}

The same rules hold for all of them:

- An empty variable counts as not set.
- In a process that has more rights than the user who starts it (set-user-ID, file capabilities), all of them count as
  not set.
- A number is decimal digits and nothing else: no blank, sign or other base.
- A wrong value ends the process with a message that names the variable, its value, what is wanted and the default. Of
  `POOLEMU_POOLTAG` it is a warning.
- Any other variable that begins with `POOLEMU_` is reported once on stderr, and the program goes on.
"""


def options_of(tool):
    """(name, what it takes, default, meaning) for each option."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("POOLEMU_")}
    lines = subprocess.run([tool, "options"], check=True, capture_output=True, text=True, env=environment).stdout.splitlines()
    for name, takes, default, meaning in zip(*[iter(lines)] * 4, strict=True):
        yield name, takes.removeprefix("    takes    "), default.removeprefix("    default  "), meaning.strip()


def page_of(tool):
    rows = (f"| `{name}` | {takes} | {default} | {meaning} |" for name, takes, default, meaning in options_of(tool))
    return PAGE.format(rows="\n".join(rows))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", required=True, help="the command")
    parser.add_argument("--page", type=pathlib.Path, required=True, help="the page")
    parser.add_argument("--write", action="store_true", help="write the page; else it is compared")
    args = parser.parse_args()
    compare(args, page_of(args.tool), "`poolemu options` says")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Writes the man page of the poolemu command from what `poolemu --help` and `poolemu COMMAND --help` print, or compares a page with
that. The page is checked in, so that installing it takes no tool.
"""
import argparse
import pathlib
import re
import subprocess

from options import options_of
from table import compare


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def escaped(text):
    text = text.replace("\\", "\\e")
    text = re.sub(r"(?<![\w-])--?(?=\w)", lambda dashes: dashes[0].replace("-", "\\-"), text)
    return re.sub(r"^([.'])", r"\\&\1", text)


def filled(text):
    """Text that is filled into lines: what stands between backticks is bold."""
    return re.sub(r"`([^`]*)`", r"\\fB\1\\fP", escaped(text))


def paragraphs(texts):
    return "\n.PP\n".join(map(filled, texts))


class Help:
    """A help text: usage, paragraphs, and items [term, [line of text]] by the heading they stand under."""

    def __init__(self, text):
        self.usage, self.paragraphs, self.items = "", [], {}
        for block in text.strip("\n").split("\n\n"):
            lines = block.split("\n")
            heading = re.fullmatch(r"([A-Z]\w+):", lines[0])
            if heading:
                self.items[heading[1]] = self.items_of(lines[1:])
            elif block.startswith("Usage: "):
                self.usage = block.removeprefix("Usage: ")
            else:
                self.paragraphs.append(" ".join(lines))

    @staticmethod
    def items_of(lines):
        items = []
        for line in lines:
            item = re.fullmatch(r"  (\S.*?)(?: {2,}(\S.*))?", line)
            if item:
                items.append((item[1], [item[2]] if item[2] else []))
            else:
                items[-1][1].append(line)
        return items

    def roff_items(self, heading):
        for term, lines in self.items.get(heading, []):
            yield from (".TP", f"\\fB{escaped(term)}\\fP")
            margin = min((len(line) - len(line.lstrip()) for line in lines if line.startswith(" ")), default=0)
            verbatim = False
            for line in lines:
                inner = len(line) - len(line.lstrip()) > margin
                if inner != verbatim:
                    yield ".nf" if inner else ".fi"
                    verbatim = inner
                yield escaped(line[margin:]) if inner else filled(line.strip())
            if verbatim:
                yield ".fi"


def page_of(tool):
    name, version = output_of(tool, "--version").split()
    whole = Help(output_of(tool, "--help"))
    commands = {command: Help(output_of(tool, command, "--help")) for command, _ in whole.items["Commands"]}
    purpose = whole.paragraphs[0]
    yield '.\\" Written by tests/manpage.py from the help texts of the command. Change those.'
    yield f'.TH {name.upper()} 1 "" "{name} {version}" "User Commands"'
    yield from (".SH NAME", f"{name} \\- {filled(purpose[0].lower() + purpose[1:].rstrip('.'))}")
    yield ".SH SYNOPSIS"
    yield "\n.br\n".join(f"\\fB{escaped(text.usage)}\\fP" for text in (whole, *commands.values()))
    yield from (".SH DESCRIPTION", paragraphs(whole.paragraphs))
    yield from whole.roff_items("Commands")
    yield from (".SH OPTIONS", *whole.roff_items("Options"))
    yield ".SH COMMANDS"
    for command, text in commands.items():
        yield f".SS {command}"
        last = text.paragraphs[-1].startswith("Exit status:")
        yield paragraphs(text.paragraphs[:-1] if last else text.paragraphs)
        yield from text.roff_items("Options")
        if last:
            yield from (".PP", filled(text.paragraphs[-1]))
    yield ".SH ENVIRONMENT"
    for variable, takes, default, meaning in options_of(tool):
        yield from (".TP", f"\\fB{escaped(variable)}\\fP", filled(meaning), filled(f"It takes {takes}."),
                    filled(f"The default is {default}."))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", required=True, help="the command")
    parser.add_argument("--page", type=pathlib.Path, required=True, help="the man page")
    parser.add_argument("--write", action="store_true", help="write the page; else it is compared")
    args = parser.parse_args()

    page = "\n".join(page_of(args.tool)) + "\n"
    compare(args, page, "the command's help says")


main()

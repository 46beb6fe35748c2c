"""The story: a small shop in a repository of its own, and two days of the same kind of work."""

from msgspec import Struct

from counsel.demo.agent import Step
from counsel.demo.tools import Call

TESTS = "PYTHONPATH=src python3 -m unittest discover -s tests"

PREFERENCE = "run the linter before committing"


class Day(Struct, frozen=True):
    """What the human asks for, the files that a colleague brought since, and the agent's plan."""

    prompt: str
    files: dict[str, str]
    plan: tuple[Step, ...]


class Bug(Struct, frozen=True, kw_only=True):
    """What differs between the two days."""

    module: str
    guess: str
    """The file where the agent looks first; it does not exist."""
    twice: str
    """The line to mend; it stands in the module twice."""
    before: str
    """The line before it, which makes it unique."""
    mended: str
    entry: str


def plan(bug: Bug) -> tuple[Step, ...]:
    """The agent's plan; it is the same on both days."""
    module = f"src/shop/{bug.module}.py"
    mend = Call("Edit", path=module, old=bug.twice, new=bug.mended)
    precise = Call(
        "Edit",
        path=module,
        old=f"{bug.before}\n{bug.twice}",
        new=f"{bug.before}\n{bug.mended}",
    )
    note = Call(
        "Edit",
        path="CHANGELOG.md",
        old="## Unreleased\n",
        new=f"## Unreleased\n- {bug.entry}\n",
    )
    commit = Step(
        intent="commit the work",
        call=Call("Bash", f'git commit -qam "{bug.entry}"'),
    )
    return (
        Step(
            intent="see what happened here lately",
            call=Call("Bash", "git log --no-stat -3"),
            named_by=("--no-stat",),
            instead=(_go("see it without that flag", "git log --oneline -3"),),
            learnt=True,
        ),
        Step(
            intent="run the tests in the package's folder",
            call=Call("Bash", f"cd shop && {TESTS}"),
            named_by=("shop does not exist",),
            instead=(_go("run them from where it is (red: that is the bug)", TESTS),),
        ),
        Step(
            intent="read the code that is to blame",
            call=Call("Read", path=f"src/shop/{bug.guess}.py"),
            named_by=(f"{bug.guess}.py does not exist",),
            instead=(
                _go("list the folder", "ls src/shop"),
                Step(intent="read the right file", call=Call("Read", path=module)),
            ),
        ),
        Step(
            intent="mend the line",
            call=mend,
            named_by=("occurs 2 times",),
            instead=(Step(intent="mend it, with the line before it", call=precise),),
        ),
        _go("run the tests again", TESTS),
        Step(
            intent="note it in the change log",
            call=note,
            named_by=("was not read",),
            instead=(
                Step(intent="read it first", call=Call("Read", path="CHANGELOG.md")),
                Step(intent="note it in the change log", call=note),
            ),
        ),
        Step(
            intent="commit the work",
            call=commit.call,
            ponders=True,
            named_by=(PREFERENCE,),
            instead=(_lint(commit.call), commit),
            learnt=True,
        ),
    )


def _lint(commit: Call) -> Step:
    """The linter: the README's name for it, once more, a commit without it, then the script."""
    script = Step(
        intent="run the linter's script on everything",
        call=Call("Bash", "python3 tools/lint.py --all src"),
        named_by=("--all",),
        instead=(_go("run it without that flag", "python3 tools/lint.py src"),),
        learnt=True,
    )
    anyway = Step(
        intent="commit without it, then",
        call=commit,
        named_by=(PREFERENCE,),
        instead=(script,),
        learnt=True,
    )
    again = Step(
        intent="once more, with its messages",
        call=Call("Bash", "shop-lint src 2>&1"),
        named_by=("shop-lint: command not found",),
        instead=(anyway,),
        learnt=True,
    )
    return Step(
        intent="run the linter as the README says",
        call=Call("Bash", "shop-lint src"),
        named_by=("shop-lint: command not found",),
        instead=(again,),
        saves=3,
        when_warned=(script,),
        learnt=True,
    )


def _go(intent: str, command: str) -> Step:
    return Step(intent=intent, call=Call("Bash", command))


_LINT = '''"""A linter in a few lines: no tabs, no blanks at the end of a line, none over 80."""

import argparse
import pathlib
import sys

parser = argparse.ArgumentParser(prog="lint.py")
parser.add_argument("folder", type=pathlib.Path)
folder = parser.parse_args().folder
bad = [
    f"{path}:{number}: bad line"
    for path in sorted(folder.rglob("*.py"))
    for number, line in enumerate(path.read_text().splitlines(), 1)
    if line != line.rstrip() or "\\t" in line or len(line) > 80
]
print("\\n".join(bad) or "clean")
sys.exit(bool(bad))
'''

_PRICES = '''"""Prices in cents."""


def with_discount(cents: int, percent: int) -> int:
    """What is left of a price."""
    off = cents * percent
    return cents - off // 10


def with_voucher(cents: int, percent: int) -> int:
    """A voucher counts in tenths of a percent."""
    off = cents * percent // 100
    return cents - off // 10
'''

_SHIPPING = '''"""Shipping in cents."""


def parcel(grams: int) -> int:
    """Each kilogram that is begun costs 250."""
    kilograms = grams // 1000
    return 250 * kilograms


def letter(kilograms: int) -> int:
    """Letters are weighed in whole kilograms already."""
    kilograms = max(1, kilograms)
    return 250 * kilograms
'''

_TEST = """import unittest

from shop.{module} import {name}


class Test(unittest.TestCase):
    def test_{name}(self):
        self.assertEqual({name}({given}), {wanted})


if __name__ == "__main__":
    unittest.main()
"""

DAYS: tuple[Day, Day] = (
    Day(
        "The discount is ten times too high. Mend it, note it in the change log, and commit.",
        {
            "README.md": "# shop\n\nLint with `shop-lint src`.\n",
            "CHANGELOG.md": "# Changes\n\n## Unreleased\n",
            ".gitignore": ".claude/\n__pycache__/\n",
            "tools/lint.py": _LINT,
            "src/shop/__init__.py": "",
            "src/shop/prices.py": _PRICES,
            "tests/test_prices.py": _TEST.format(
                module="prices", name="with_discount", given="1000, 20", wanted=800
            ),
        },
        plan(
            Bug(
                module="prices",
                guess="discounts",
                twice="    return cents - off // 10",
                before="    off = cents * percent",
                mended="    return cents - off // 100",
                entry="discounts are in percent",
            )
        ),
    ),
    Day(
        "Parcels under a kilogram cost nothing. Mend it, note it in the change log, and commit.",
        {
            "src/shop/shipping.py": _SHIPPING,
            "tests/test_shipping.py": _TEST.format(
                module="shipping", name="parcel", given="1500", wanted=500
            ),
        },
        plan(
            Bug(
                module="shipping",
                guess="shipment",
                twice="    return 250 * kilograms",
                before="    kilograms = grams // 1000",
                mended="    return 250 * (kilograms + (grams % 1000 > 0))",
                entry="a parcel costs at least one kilogram",
            )
        ),
    ),
)

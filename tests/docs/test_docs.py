"""The docs cannot lie: the tutorial runs, the reference is what the code declares."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def _environment(home: Path) -> dict[str, str]:
    bin_folder = Path(sys.executable).parent
    return {
        "HOME": str(home),
        "COUNSEL_HOME": str(home / "c"),
        "COUNSEL_PORT": "0",
        "COUNSEL_HOLDOUT": "false",
        "COUNSEL_HOOK_DEADLINE_MS": "20000",
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
        "LANG": "C.UTF-8",
    }


def _steps(page: str) -> list[tuple[str, str]]:
    """The commands of all console blocks with the output that the page promises."""
    steps: list[tuple[str, str]] = []
    for block in _BLOCK.findall(page):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, promised = part.partition("\n")
            steps.append((command, promised.strip()))
    return steps


def _matches(promised: str, said: str) -> bool:
    pattern = ".*".join(re.escape(piece) for piece in promised.split("..."))
    return re.fullmatch(pattern, said, re.DOTALL) is not None


def test_every_command_of_the_tutorial_prints_what_it_promises(tmp_path: Path) -> None:
    steps = _steps((ROOT / "docs" / "tutorial.md").read_text("utf-8"))
    shell = subprocess.Popen(
        ["bash", "--norc"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=tmp_path,
        env=_environment(tmp_path),
        text=True,
    )
    assert shell.stdin is not None
    assert shell.stdout is not None
    wrong: list[str] = []
    try:
        for command, promised in steps:
            shell.stdin.write(f"{{ {command}\n}} </dev/null\nprintf '\\n=== end of step\\n'\n")
            shell.stdin.flush()
            lines: list[str] = []
            for line in shell.stdout:
                if line == "=== end of step\n":
                    break
                lines.append(line)
            said = "".join(lines).strip()
            if not _matches(promised, said):
                wrong.append(f"$ {command}\npromised: {promised}\nsaid:     {said}")
    finally:
        shell.stdin.write("counsel stop\n")
        shell.stdin.close()
        shell.stdout.read()
        shell.stdout.close()
        shell.wait(timeout=60)
    assert len(steps) > 10
    assert not wrong, "\n\n".join(wrong)


def test_the_reference_is_what_the_code_declares() -> None:
    checked = subprocess.run(
        [sys.executable, "tools/docs.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr


def test_every_link_of_the_pages_leads_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").glob("*.md"))]
    dead = [
        f"{page.name}: {link}"
        for page in pages
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8"))
        if not (page.parent / link).exists()
    ]
    assert dead == []


def test_the_readme_shows_what_the_demo_really_prints(tmp_path: Path) -> None:
    block = re.search(r"```text\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert block is not None
    played = subprocess.run(
        [sys.executable, "-m", "counsel", "demo"],
        env={**_environment(tmp_path), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    shown = [line for line in block.group(1).splitlines() if line.strip()]
    missing = [line for line in shown if line not in played.stdout.splitlines()]
    assert (played.returncode, missing) == (0, [])

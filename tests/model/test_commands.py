"""What a shell line really runs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counsel.model.commands import Command, is_broken, parse_command, unset_variables


def ran(line: str) -> list[str]:
    """Each command as one string."""
    return [" ".join((one.program, *one.words)) for one in parse_command(line)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ls -la src", ["ls -la src"]),
        ("/usr/bin/env ls", ["env ls"]),
        ("rm 'a b' \"c d\" e\\ f", ["rm a b c d e f"]),
        ('echo "a\\$b \\"q\\" \\\\n"', ['echo a$b "q" \\n']),
        ("echo $'a\\tb'", ["echo a\tb"]),
        ("rg 'a\\nb'", ["rg a\\nb"]),
        ("a && b || c; d | e & f", ["a", "b", "c", "d", "e", "f"]),
        ("(a; b) && { c; }", ["a", "b", "c"]),
        ("if a; then b; else c; fi", ["a", "b", "c"]),
        ("for x in 1 2; do echo $x; done", ["echo $x"]),
        ("echo $(date) `whoami`", ["echo $(date) `whoami`", "date", "whoami"]),
        ("cat <(sort a)", ["cat <(sort a)", "sort a"]),
        ("cat <<'EOF'\nrm -rf /\nEOF", ["cat"]),
        ("echo 'rm -rf /'", ["echo rm -rf /"]),
        ("A=1", []),
        ("", []),
        ("sudo -u root rm -rf /", ["rm -rf /"]),
        ("sudo -n -- rm x", ["rm x"]),
        ("sudo FOO=1 rm x", ["rm x"]),
        ("nice -n 5 rm x", ["rm x"]),
        ("env -u HOME A=1 B=2 x y=3", ["x y=3"]),
        ("timeout 10 go test", ["go test"]),
        ("timeout -k 5 --signal=KILL 10s go test", ["go test"]),
        ("nohup nice timeout 5 sudo x", ["x"]),
        ("find . | xargs -0 -n 1 rm -f", ["find .", "rm -f"]),
        ("time make", ["make"]),
        ("command rm x", ["rm x"]),
        ("command -v rg", ["command -v rg"]),
        ("sudo -i", ["sudo -i"]),
        ("env", ["env"]),
    ],
)
def test_the_commands_of_a_line(line: str, expected: list[str]) -> None:
    assert ran(line) == expected


def test_a_command_has_all_its_parts() -> None:
    assert parse_command("A=1 /opt/bin/git -C /w commit --message=hi -a *.py < in >> out") == (
        Command(
            program="git",
            executable="/opt/bin/git",
            subcommand="commit",
            words=("-C", "/w", "commit", "--message=hi", "-a", "*.py"),
            flags=("-C", "--message", "-a"),
            operands=("/w", "commit", "*.py"),
            assignments=("A=1",),
            redirects=("out",),
            inputs=("in",),
            globs=("*.py",),
        ),
    )


def test_assignments_of_env_stand_with_the_others() -> None:
    (command,) = parse_command("X=0 env A=1 B=2 run it")
    assert (command.program, command.assignments) == ("run", ("X=0", "A=1", "B=2"))


@pytest.mark.parametrize(
    ("line", "outputs", "inputs"),
    [
        ("sort < in > out", [("out",)], [("in",)]),
        ("make 2>&1", [()], [()]),
        ("make > log 2>&1", [("log",)], [()]),
        ("make &> all", [("all",)], [()]),
        ("make 2>/dev/null >>'my log'", [("/dev/null", "my log")], [()]),
        ("cat > x <<'EOF'\na > b\nEOF", [("x",)], [()]),
        ("cat <<'EOF' > x\na > b\nEOF", [("x",)], [()]),
        ("a && b > x", [(), ("x",)], [(), ()]),
        ("a > x && b", [("x",), ()], [(), ()]),
        ("a | b > x", [(), ("x",)], [(), ()]),
        ("for i in 1; do a; b; done > x", [(), ("x",)], [(), ()]),
        ("echo $(a) > x", [("x",), ()], [(), ()]),
        ("wc <<< text", [()], [()]),
        ("a >&2 2>&-", [()], [()]),
    ],
)
def test_the_files_that_are_redirected(
    line: str, outputs: list[tuple[str, ...]], inputs: list[tuple[str, ...]]
) -> None:
    commands = parse_command(line)
    assert [one.redirects for one in commands] == outputs
    assert [one.inputs for one in commands] == inputs


@pytest.mark.parametrize(
    ("line", "folders"),
    [
        ("cd a && ls", ["", "a"]),
        ("cd a; cd b; ls", ["", "a", "a/b"]),
        ("cd a; cd /b; ls", ["", "a", "/b"]),
        ("cd $HOME/x && ls", ["", "$HOME/x"]),
        ("cd a && cd - && ls", ["", "a", ""]),
        ("cd a && cd && ls", ["", "a", "~"]),
        ("(cd a && ls) && ls", ["", "a", ""]),
        ("x=$(cd a && pwd); ls", ["", "a", ""]),
        ("pushd a && ls", ["", "a"]),
        ("ls", [""]),
    ],
)
def test_where_each_command_runs(line: str, folders: list[str]) -> None:
    assert [one.folder for one in parse_command(line)] == folders


@pytest.mark.parametrize(
    ("line", "connectors"),
    [
        ("a && b || c; d | e", ["", "&&", "||", ";", "|"]),
        ("a && (b; c)", ["", "&&", ";"]),
        ("a\nb", ["", ""]),
    ],
)
def test_what_stands_before_a_command(line: str, connectors: list[str]) -> None:
    assert [one.after for one in parse_command(line)] == connectors


@pytest.mark.parametrize(
    ("line", "subcommand"),
    [
        ("git -c a.b=c log --oneline", "log"),
        ("go -C dir test ./...", "test"),
        ("gh pr view 7 --json x", "pr view"),
        ("gh --repo a/b pr list", "pr list"),
        ("docker compose up -d", "compose up"),
        ("npm run build", "run build"),
        ("python -m pytest tests", "pytest"),
        ("python script.py", ""),
        ("cat commit", ""),
        ("deploy --key ghp_aB3dE6gH9jK2mN5p", ""),
        ("make -j 4 test", "test"),
    ],
)
def test_the_subcommand(line: str, subcommand: str) -> None:
    assert parse_command(line)[0].subcommand == subcommand


@pytest.mark.parametrize(
    ("line", "broken"),
    [
        ("echo 'a", True),
        ('echo "a', True),
        ("echo $(a", True),
        ("(a", True),
        ("echo a && ls", False),
        ("cat <<EOF\na\nEOF", False),
        ("", False),
        ("x" * 9_000 + "'", False),
    ],
)
def test_whether_something_is_never_closed(line: str, broken: bool) -> None:
    assert is_broken(line) is broken


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("cat src/$id.tsx", ("id",)),
        ("cat 'src/$id.tsx'", ()),
        ("id=3; cat $id $other", ("other",)),
        ("for f in *; do cat $f; done", ()),
        ("read -r name; echo $name", ()),
        ("export key=1; echo ${key}", ()),
        ('echo "$a $b $a"', ("a", "b")),
        ("echo $1 $? $@", ()),
    ],
)
def test_the_variables_that_nothing_sets(line: str, names: tuple[str, ...]) -> None:
    assert unset_variables(line) == names


SHELLY = st.text(alphabet=" abc/-.$'\"\\`(){}[]<>|&;=*?~#!\n0", max_size=60)


@given(st.one_of(st.text(), SHELLY))
def test_no_text_makes_it_raise(text: str) -> None:
    assert all(set(one.operands) <= set(one.words) for one in parse_command(text))
    is_broken(text)
    unset_variables(text)


@pytest.mark.parametrize("line", ["(" * 4_000, "$(" * 4_000, "a|" * 4_000, "\ud800", "if " * 2_000])
def test_neither_depth_nor_odd_letters_make_it_raise(line: str) -> None:
    parse_command(line)
    is_broken(line)

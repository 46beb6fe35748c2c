"""The registry and the matrix that the docs show."""

from counsel.agents.matrix import capability_matrix
from counsel.agents.registry import ADAPTERS
from counsel.agents.tools import SHAPES, Shapes, action_of, patched_file, shapes_of
from counsel.model.ids import ActionId

MATRIX = """\
| agent | context before a tool | context after a tool | ask | deny | rewrite the input | \
failure event | transports | moments |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
| Claude Code (`claude-code`) | yes | yes | yes | yes | yes | yes | command, http | 33 |
| Codex CLI (`codex`) | yes | yes | degraded | yes | yes | degraded | command | 12 |
| Any agent (generic JSON) (`generic`) | yes | yes | yes | degraded | no | yes | \
http, command, in_process | 5 |

- Claude Code: SessionStart and Setup cannot use http; a stop hook that already runs is not \
answered.
- Codex CLI: An ask becomes context; exit codes come from the rollout; hooks want trust in /hooks.
- Any agent (generic JSON): The agent does what it likes with `ask` and `authority`; nothing is \
enforced.
"""


def test_the_matrix_is_made_from_the_adapters() -> None:
    assert capability_matrix(ADAPTERS.values()) == MATRIX


def test_an_empty_matrix_has_its_head() -> None:
    assert capability_matrix([]) == "\n".join(MATRIX.splitlines()[:2]) + "\n"


def test_the_registry_knows_adapters_by_name() -> None:
    assert list(ADAPTERS) == ["claude-code", "codex", "generic"]
    assert all(name == each.capabilities.agent for name, each in ADAPTERS.items())


def kind(shapes: Shapes, tool: str, native_input: bytes = b"{}") -> str:
    return action_of(shapes, id=ActionId("c"), tool=tool, native_input=native_input).kind


def test_an_unknown_tool_is_other() -> None:
    assert {kind(shapes, "Teleport") for shapes in SHAPES.values()} == {"other"}


def test_an_agent_without_a_table_borrows_all_tables() -> None:
    tools = ("Bash", "apply_patch", "run_shell_command", "view")
    assert [kind(shapes_of("new-agent"), tool) for tool in tools] == [
        "shell",
        "edit",
        "shell",
        "read",
    ]


def test_a_command_given_as_words_is_quoted() -> None:
    made = action_of(
        shapes_of("codex"),
        id=ActionId("c"),
        tool="shell",
        native_input=b'{"command":["git","commit","-m","two words"]}',
    )
    assert made.command == "git commit -m 'two words'"


def test_the_script_of_a_shell_is_the_command() -> None:
    for flag in ("-c", "-lc"):
        made = action_of(
            shapes_of("codex"),
            id=ActionId("c"),
            tool="shell",
            native_input=b'{"command":["/bin/zsh","%s","a && b"]}' % flag.encode(),
        )
        assert made.command == "a && b"


def test_an_mcp_tool_names_server_and_tool() -> None:
    made = action_of({}, id=ActionId("c"), tool="mcp__a-b__c__d", native_input=b"")
    assert (made.kind, made.target, made.arguments) == ("mcp", "a-b/c__d", "{}")


def test_a_patch_without_files_has_no_path() -> None:
    assert patched_file("*** Begin Patch\n*** End Patch") is None

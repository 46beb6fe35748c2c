"""All adapters by the agent's name: add a module here and it exists everywhere."""

from collections.abc import Mapping

from counsel.agents.adapter import Adapter
from counsel.agents.claude_code import ClaudeCode
from counsel.agents.codex import Codex
from counsel.agents.generic import Generic

ADAPTERS: Mapping[str, Adapter] = {
    adapter.capabilities.agent: adapter for adapter in (ClaudeCode(), Codex(), Generic())
}

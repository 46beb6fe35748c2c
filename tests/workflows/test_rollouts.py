"""Codex does not say how a call ended; its rollout does."""

from pathlib import Path

import msgspec

from counsel.agents.transcripts.codex import rollout_outcome
from counsel.model.events import OutcomeObserved
from counsel.model.ids import ActionId, EventId, SessionId
from counsel.model.outcomes import Outcome
from counsel.workflows.rollouts import completed


def _ended(call: str) -> OutcomeObserved:
    return OutcomeObserved(
        id=EventId("e1"),
        at_ms=1,
        agent="codex",
        session=SessionId("s"),
        outcome=Outcome(action_id=ActionId(call), tool="Bash", status="unknown", output="boom"),
    )


def _line(call: str, code: int) -> bytes:
    output = (
        f"Chunk ID: a1\nWall time: 0.1 seconds\nProcess exited with code {code}\nOutput:\nboom\n"
    )
    payload = {"type": "function_call_output", "call_id": call, "output": output}
    row = {"timestamp": "2026-06-26T12:24:23.645Z", "type": "response_item", "payload": payload}
    return msgspec.json.encode(row) + b"\n"


def test_an_unknown_end_is_completed_from_the_rollout(tmp_path: Path) -> None:
    rollout = tmp_path / "rollout.jsonl"
    rollout.write_bytes(_line("call_0", 0) + _line("call_1", 3))

    (event,) = completed([_ended("call_1")], str(rollout), rollout_outcome)

    assert isinstance(event, OutcomeObserved)
    assert (event.outcome.status, event.outcome.exit_code) == ("failed", 3)


def test_an_end_that_nobody_wrote_down_stays_unknown(tmp_path: Path) -> None:
    rollout = tmp_path / "rollout.jsonl"
    rollout.write_bytes(_line("call_0", 0))

    assert completed([_ended("call_9")], str(rollout), rollout_outcome) == (_ended("call_9"),)
    assert completed([_ended("call_9")], str(tmp_path / "gone"), rollout_outcome) == (
        _ended("call_9"),
    )

"""What became of advice, judged by what the agent did with it, and what advice is worth.

An exposure is one item that passed the gate: shown, or held out. It is judged once the advised
call has ended and, where that call did not settle it, the next call of the session too: many
agents read what is said before a call only together with its result.

| the advised call | the next call | heeded | verdict |
|---|---|---|---|
| ran changed, as advised, and went fine | | followed | helped |
| went fine as proposed, a failure was foreseen | | not_applicable | noise |
| failed as foreseen, or was stopped | as advised, fine | followed | helped |
| failed as foreseen | not as advised, or none | not_followed | unheeded |
| any of these | as advised, failed in a new way | followed | harmful |
| any of these | as advised, failed as foreseen | followed | unclear |
| any of these | as advised, end not known | followed | followed |
| anything else | | not_applicable or not_followed | unclear |

Rules:
- a held-out item is `not_applicable` and `unclear`: only its success counts, in the contrast;
- success is decided by the same rule for shown and held out, whatever was followed: the advised
  call, or, when that failed or was stopped, the next call;
- strict: the traces are equal, and the outcome came within the window. All else is weak evidence.
"""

from collections.abc import Callable, Iterable
from math import sqrt
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from counsel.memory.facts import fingerprint
from counsel.memory.signature import same_failure
from counsel.model.actions import Action
from counsel.model.events import AdviceGiven
from counsel.model.ids import AdviceId, LessonId, TraceId

Heeded: TypeAlias = Literal["followed", "not_followed", "not_applicable"]
Verdict: TypeAlias = Literal["helped", "unheeded", "noise", "harmful", "followed", "unclear"]

Z_95: Final = 1.959963984540054
"""Normal quantile of a two-sided 95 % interval."""


class Exposure(Struct, frozen=True, kw_only=True):
    """One item of one advice that was shown, or held out. `signature`: the failure it foresaw."""

    advice: AdviceId
    item: str
    source: str
    trace: TraceId
    given_ms: int
    shown: bool = True
    lesson: LessonId | None = None
    signature: str = ""


class Attempt(Struct, frozen=True, kw_only=True):
    """A call that ended. `succeeded` is None when it was stopped or nobody knows.

    `signature` is the failure's, empty without one.
    """

    trace: TraceId
    ended_ms: int
    action: Action
    succeeded: bool | None
    signature: str = ""


class Judgement(Struct, frozen=True, kw_only=True):
    """What `AdviceJudged` needs to know."""

    strict: bool
    heeded: Heeded
    succeeded: bool | None
    verdict: Verdict
    latency_ms: int


def exposures_of(event: AdviceGiven) -> tuple[Exposure, ...]:
    """The items of an advice that attribution is about: shown, and held out."""
    return tuple(
        Exposure(
            advice=event.answer.advice_id,
            item=item.candidate.id,
            source=item.candidate.source,
            trace=event.trace,
            given_ms=event.at_ms,
            shown=item.shown,
            lesson=item.candidate.lesson,
            signature=item.candidate.signature,
        )
        for item in event.answer.considered
        if item.shown or item.reason == "held_out"
    )


def judge(
    exposure: Exposure,
    proposed: Action,
    run: Attempt,
    after: Attempt | None,
    follows: Callable[[Action], bool],
    window_s: int,
) -> Judgement:
    """The judgement on one exposure.

    `proposed` is the call as advised on, `run` the same call as it ended, `after` the next call
    of the session if there was one, and `follows` tells whether a call does what was advised.
    A next call that ended outside the window is no evidence.
    """
    if after is not None and after.ended_ms - exposure.given_ms > 1_000 * window_s:
        after = None
    latency_ms = run.ended_ms - exposure.given_ms
    in_window = 0 <= latency_ms <= 1_000 * window_s
    heeded, verdict = (
        _judged(exposure, proposed, run, after, follows)
        if exposure.shown
        else ("not_applicable", "unclear")
    )
    return Judgement(
        strict=bool(exposure.trace) and exposure.trace == run.trace and in_window,
        heeded=heeded,
        succeeded=_succeeded(run, after),
        verdict=verdict,
        latency_ms=latency_ms,
    )


def _judged(
    exposure: Exposure,
    proposed: Action,
    run: Attempt,
    after: Attempt | None,
    follows: Callable[[Action], bool],
) -> tuple[Heeded, Verdict]:
    changed = fingerprint(run.action) != fingerprint(proposed)
    if changed and follows(run.action):
        return "followed", _worth(exposure, run)
    if run.succeeded and exposure.signature:
        return "not_applicable", "unclear" if changed else "noise"
    if after is not None and follows(after.action):
        return "followed", _worth(exposure, after)
    if _as_foreseen(exposure, run):
        return "not_followed", "unclear" if changed else "unheeded"
    return ("not_applicable" if exposure.signature else "not_followed"), "unclear"


def _worth(exposure: Exposure, attempt: Attempt) -> Verdict:
    """What following was worth."""
    if attempt.succeeded is None:
        return "followed"
    if attempt.succeeded:
        return "helped"
    return "unclear" if _as_foreseen(exposure, attempt) else "harmful"


def _as_foreseen(exposure: Exposure, attempt: Attempt) -> bool:
    if attempt.succeeded is not False or not exposure.signature or not attempt.signature:
        return False
    return same_failure(exposure.signature, attempt.signature)


def _succeeded(run: Attempt, after: Attempt | None) -> bool | None:
    if run.succeeded or after is None or after.succeeded is None:
        return run.succeeded
    return after.succeeded


class Tally(Struct, frozen=True):
    """`successes` of `n`."""

    successes: int
    n: int

    @property
    def rate(self) -> float | None:
        return self.successes / self.n if self.n else None


class Interval(Struct, frozen=True):
    low: float
    high: float


class Contrast(Struct, frozen=True, kw_only=True):
    """Success when shown minus success when held out. `estimate` is None without both arms."""

    shown: Tally
    held_out: Tally
    estimate: float | None
    interval: Interval


def tally(outcomes: Iterable[bool]) -> Tally:
    results = tuple(outcomes)
    return Tally(successes=sum(results), n=len(results))


def wilson_interval(tally: Tally, z: float = Z_95) -> Interval:
    """Wilson's score interval of a proportion (Wilson 1927, JASA 22:209); [0, 1] for n = 0."""
    if tally.n == 0:
        return Interval(0.0, 1.0)
    n, rate = tally.n, tally.successes / tally.n
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * sqrt(rate * (1 - rate) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    # At 0 and n the bound is the rate itself; rounding must not move it past.
    return Interval(max(0.0, min(rate, middle - reach)), min(1.0, max(rate, middle + reach)))


def contrast(shown: Tally, held_out: Tally, z: float = Z_95) -> Contrast:
    """The difference of two proportions with Newcombe's hybrid score interval.

    Newcombe 1998, "Interval estimation for the difference between independent proportions",
    Statistics in Medicine 17:873-890, method 10. Without one of the arms: [-1, 1], no estimate.
    """
    if not shown.n or not held_out.n:
        return Contrast(shown=shown, held_out=held_out, estimate=None, interval=Interval(-1.0, 1.0))
    one, other = wilson_interval(shown, z), wilson_interval(held_out, z)
    rate, other_rate = shown.successes / shown.n, held_out.successes / held_out.n
    estimate = rate - other_rate
    return Contrast(
        shown=shown,
        held_out=held_out,
        estimate=estimate,
        interval=Interval(
            estimate - sqrt((rate - one.low) ** 2 + (other.high - other_rate) ** 2),
            estimate + sqrt((one.high - rate) ** 2 + (other_rate - other.low) ** 2),
        ),
    )

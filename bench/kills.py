"""kill -9 at random moments under load: nothing that was acknowledged may be lost."""

from bench.house import site
from bench.plan import Plan
from bench.rows import Row, compared, figure
from tests.server.kill_trial import Trial, run_kills
from tests.storage.test_sqlite_kill import kill_many


def run(plan: Plan) -> list[Row]:
    kills = plan.many(200, 2)
    trial, failures = _trial(kills, plan.seed)
    with site() as place:
        store_kills = plan.many(100, 1)
        told = kill_many(place.here.root.parent / "killed.db", store_kills, plan.seed)
    lost = len(trial.lost)
    kept = trial.unacknowledged_but_kept
    return [
        figure("kills of the service under load", trial.kills, "kills", kills),
        figure("acknowledged records", trial.acknowledged, "records", kills),
        compared("acknowledged records lost", lost, "records", "goal", 0, trial.acknowledged),
        compared("starts that failed", failures, "starts", "goal", 0, kills + 1),
        figure("records kept beyond what was acknowledged", kept, "records", kills),
        figure("kills of the store: writes told and found again", told, "writes", store_kills),
    ]


def _trial(kills: int, seed: int) -> tuple[Trial, int]:
    """The trial, and how many starts failed in it: it ends with the first."""
    with site() as place:
        try:
            return run_kills(place.home, kills, seed), 0
        except AssertionError as error:
            print(f"kills: {error}")
            return Trial(0, 0, set(), 0), 1

"""What a full shelf costs: the service's resident memory and its file, by lessons."""

from bench.house import Site, fill, rss_of, served, settled, site
from bench.plan import Plan
from bench.rows import Row, compared, figure
from tests.server.processes import before

MIB = 2**20


def run(plan: Plan) -> list[Row]:
    sizes = (0, plan.many(1_000, 50), plan.lessons)
    resident, stored = {}, {}
    for size in sizes:
        with site() as place:
            fill(place, size, plan.seed)
            resident[size] = _resident(place)
            stored[size] = place.home.database.stat().st_size
    empty, full = sizes[0], sizes[-1]
    rows = [figure("resident with 0 lessons", resident[empty] / MIB, "MiB", 1)]
    for size in sizes[1:]:
        mine, beside = resident[size] / MIB, resident[empty] / MIB
        rows.append(compared(f"resident with {size} lessons", mine, "MiB", "0 lessons", beside, 1))
    for size in sizes[1:]:
        mine, beside = stored[size] / MIB, stored[empty] / MIB
        rows.append(compared(f"database with {size} lessons", mine, "MiB", "0 lessons", beside, 1))
    each = (resident[full] - resident[empty]) / full
    on_disk = (stored[full] - stored[empty]) / full
    rows.append(compared("resident per lesson", each, "bytes", "on disk", on_disk, full))
    return rows


def _resident(place: Site) -> int:
    """Once it has answered and rests."""
    with served(place) as service:
        for number in range(20):
            service.hear(before(f"c{number}"))
        settled(service.process.pid)
        return rss_of(service.process.pid)

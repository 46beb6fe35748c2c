"""What the agent is busy with: a family and a plane, from the prompt's words and the call.

Rules:
- whole words only ("ci" is not in "specific"), each counted once, so that repeating does not win;
- words that a family shares with everyday speech ("run", "team") weigh less than its own terms;
- the program of a command says more than a word, the kind of tool less;
- nothing to go by is `unknown`, words that point nowhere are `emergent_other`;
- of two families with the same weight the one declared first wins.
"""

from typing import Final, Literal, TypeAlias

from msgspec import Struct

from counsel.model.actions import ToolKind

Family: TypeAlias = Literal[
    "auth_security",
    "deployment_ops",
    "testing_validation",
    "schema_contracts",
    "performance_latency",
    "tool_reliability",
    "knowledge_alignment",
    "team_coordination",
    "orchestration_execution",
    "stakeholder_alignment",
    "research_decision_support",
    "emergent_other",
    "unknown",
]

Plane: TypeAlias = Literal[
    "build_delivery",
    "team_management",
    "orchestration_execution",
    "research_decision",
    "unknown",
]


class Intent(Struct, frozen=True):
    """`confidence` in [0, 1]: the family's share of all weight found, 0 for `unknown`."""

    family: Family
    plane: Plane
    confidence: float


PLANES: Final[dict[Family, Plane]] = {
    "auth_security": "build_delivery",
    "deployment_ops": "build_delivery",
    "testing_validation": "build_delivery",
    "schema_contracts": "build_delivery",
    "performance_latency": "build_delivery",
    "tool_reliability": "orchestration_execution",
    "knowledge_alignment": "research_decision",
    "team_coordination": "team_management",
    "orchestration_execution": "orchestration_execution",
    "stakeholder_alignment": "team_management",
    "research_decision_support": "research_decision",
}

_PROMPT_LIMIT = 4_000
"""Characters read of a prompt: what it is about stands at its beginning, logs follow."""

_STRONG: Final[dict[Family, str]] = {
    "auth_security": """auth authentication authorization authenticate login logout oauth oidc
        saml jwt csrf xss credential credentials secret secrets password passwords permission
        permissions rbac encryption encrypt decrypt vulnerability vulnerabilities cve tls
        certificate sanitize security""",
    "deployment_ops": """deploy deploys deployed deploying deployment deployments rollout rollback
        release releases production staging kubernetes k8s helm terraform ansible docker
        dockerfile container containers ci cd pipeline pipelines infra infrastructure ingress""",
    "testing_validation": """test tests testing tested pytest unittest jest vitest coverage mock
        mocks fixture fixtures assertion assertions regression flaky e2e integration validate
        validation lint linter""",
    "schema_contracts": """schema schemas migration migrations migrate contract contracts openapi
        swagger graphql protobuf proto grpc serialization serializer dto endpoint endpoints
        backward compatibility ddl""",
    "performance_latency": """performance latency slow slower faster speed throughput benchmark
        benchmarks profile profiler profiling optimize optimise optimization optimisation p95 p99
        bottleneck cache caching cpu memory""",
    "tool_reliability": """timeout timeouts retry retries flake hang hangs crash crashes crashing
        broken stuck unreliable reliability fallback idempotent mcp hook hooks traceback""",
    "knowledge_alignment": """readme docs documentation docstring docstrings glossary convention
        conventions guideline guidelines document documenting onboarding changelog""",
    "team_coordination": """teammate teammates reviewer reviewers handoff assignee standup sprint
        codeowners backlog""",
    "orchestration_execution": """orchestrate orchestration orchestrator subagent subagents
        workflow workflows delegate dispatch parallel parallelise parallelize milestone
        milestones worktree worktrees""",
    "stakeholder_alignment": """stakeholder stakeholders customer customers client clients roadmap
        requirement requirements executive budget deadline""",
    "research_decision_support": """research investigate compare comparison evaluate tradeoff
        tradeoffs alternatives survey literature feasibility recommend recommendation pros cons
        hypothesis""",
}

_WEAK: Final[dict[Family, str]] = {
    "auth_security": "token tokens session sessions key keys user users role roles",
    "deployment_ops": "build builds image images server environment cluster publish version",
    "testing_validation": "check checks verify failing fails passes assert spec",
    "schema_contracts": "api field fields column columns table tables model models type types",
    "performance_latency": "time load fast memory scale quick",
    "tool_reliability": "error errors failed failing tool tools command bug",
    "knowledge_alignment": "explain comment comments understand describe guide",
    "team_coordination": "team review pr issue issues ticket tickets assign merge",
    "orchestration_execution": "plan plans step steps task tasks agent agents schedule queue",
    "stakeholder_alignment": "product business report summary priority priorities",
    "research_decision_support": "why options option decide decision find explore analyze analyse",
}

_PROGRAMS: Final[dict[Family, str]] = {
    "auth_security": "openssl gpg ssh-keygen vault age certbot trivy gitleaks bandit semgrep",
    "deployment_ops": """docker docker-compose podman kubectl helm terraform tofu ansible
        ansible-playbook systemctl flyctl vercel pulumi argocd gcloud aws az""",
    "testing_validation": """pytest tox nox jest vitest mocha playwright cypress coverage ruff
        mypy eslint tsc hypothesis ctest""",
    "schema_contracts": "alembic prisma protoc buf sqlfluff atlas flyway liquibase psql sqlite3",
    "performance_latency": "perf hyperfine py-spy k6 wrk ab locust valgrind strace",
    "tool_reliability": "ps kill lsof journalctl dmesg",
    "knowledge_alignment": "mkdocs sphinx-build pandoc",
    "team_coordination": "gh glab jira",
    "orchestration_execution": "tmux workmux airflow",
    "stakeholder_alignment": "",
    "research_decision_support": "",
}

_KINDS: Final[dict[ToolKind, tuple[Family, int]]] = {
    "subagent": ("orchestration_execution", 15),
    "plan": ("orchestration_execution", 10),
    "fetch": ("research_decision_support", 15),
    "ask": ("stakeholder_alignment", 10),
}

_OTHER_PLANES: Final[dict[ToolKind, Plane]] = {
    "subagent": "orchestration_execution",
    "plan": "orchestration_execution",
    "ask": "team_management",
    "fetch": "research_decision",
}

_STRONG_WEIGHT, _WEAK_WEIGHT, _PROGRAM_WEIGHT = 20, 8, 40
"""Twentieths: whole numbers make equal weights equal."""
_DOUBT = 20
"""Weight that no family gets: one weak word alone must not look like certainty."""

_FAMILIES: Final = tuple(PLANES)
_PLACE: Final = {family: place for place, family in enumerate(_FAMILIES)}
_UNKNOWN = Intent("unknown", "unknown", 0.0)


def _vocabulary() -> dict[bytes, tuple[tuple[int, int], ...]]:
    """Word to (place of the family, weight); a word may speak for two families."""
    found: dict[bytes, tuple[tuple[int, int], ...]] = {}
    for words_of, weight in ((_STRONG, _STRONG_WEIGHT), (_WEAK, _WEAK_WEIGHT)):
        for family, words in words_of.items():
            for word in words.encode().split():
                found[word] = (*found.get(word, ()), (_PLACE[family], weight))
    return found


_WORDS = _vocabulary()
_KNOWN = frozenset(_WORDS)
_PROGRAM_PLACE = {
    program: _PLACE[family]
    for family, programs in _PROGRAMS.items()
    for program in programs.split()
}
# One pass over the bytes lowers ASCII letters and opens ASCII punctuation; others stay as they are.
_FOLD = bytes(ord(chr(code).lower()) if chr(code).isalnum() else 32 for code in range(128)) + bytes(
    range(128, 256)
)


def intent_of(prompt: str, kind: ToolKind, program: str = "") -> Intent:
    """The intent behind a call: `prompt` is the last one of the session, `program` the command's.

    Reads the first 4,000 characters of the prompt.
    """
    words = prompt[:_PROMPT_LIMIT].encode("utf-8", "surrogatepass").translate(_FOLD).split()
    weights = [0] * len(_FAMILIES)
    for word in _KNOWN.intersection(words):
        for place, weight in _WORDS[word]:
            weights[place] += weight
    if program in _PROGRAM_PLACE:
        weights[_PROGRAM_PLACE[program]] += _PROGRAM_WEIGHT
    if kind in _KINDS:
        family, weight = _KINDS[kind]
        weights[_PLACE[family]] += weight
    most = max(weights)
    if not most:
        return _without_family(kind) if words else _UNKNOWN
    best = _FAMILIES[weights.index(most)]
    return Intent(best, PLANES[best], most / (sum(weights) + _DOUBT))


def _without_family(kind: ToolKind) -> Intent:
    return Intent("emergent_other", _OTHER_PLANES.get(kind, "build_delivery"), 0.1)

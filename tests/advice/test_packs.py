"""The packs that are shipped: each rule speaks where it should and is silent next door."""

from pathlib import Path

import pytest

import counsel.advice
from counsel.advice.rank import rank
from counsel.advice.sources import Source
from counsel.advice.sources.chips import Chips, load_pack
from counsel.advice.sources.trigger_rules import TriggerRules, load_rules
from counsel.model.actions import Action, ToolKind
from counsel.model.advice import Candidate
from counsel.model.errors import BadInput
from counsel.model.ids import ActionId

from .samples import DEFAULTS, query, shell

DATA = Path(counsel.advice.__file__).parent / "data"
PACKS = [load_pack(path.read_text("utf-8")) for path in sorted(DATA.glob("*.chips.yaml"))]
RULES = load_rules((DATA / "rules.yaml").read_text("utf-8"))
SOURCES: tuple[Source, ...] = (Chips(PACKS), TriggerRules(RULES))


def said(action: Action, platform: str = "linux") -> list[str]:
    asked = query(action, platform=platform)
    return sorted(one.id for source in SOURCES for one in source.candidates(asked))


SPEAKS = {
    "chip:git/commit-opens-editor": ["git commit", "git add . && git commit --amend"],
    "chip:git/rebase-opens-editor": ["git rebase -i HEAD~3", "git rebase --interactive main"],
    "chip:git/interactive-add": ["git add -p", "git checkout -p main"],
    "chip:git/push-force": ["git push -f", "git push --force origin main", "git push -uf origin x"],
    "chip:git/reset-hard": ["git reset --hard origin/main"],
    "chip:git/clean-ignored": ["git clean -fdx", "git clean -f -X"],
    "chip:git/checkout-all": ["git checkout .", "git checkout -- .", "git restore ."],
    "chip:git/backtick-in-message": ['git commit -m "use `rm`"', 'git commit -am "a `b`"'],
    "chip:git/filter-branch": ["git filter-branch --all"],
    "chip:shell/find-unquoted-glob": ["find . -name *.py", "find src -iname test_*"],
    "chip:shell/url-unquoted": ["curl https://x.org/a?b=1", "curl -s http://x.org/?q=1 -o f"],
    "chip:shell/extras-unquoted": ["pip install fastapi[all]", "uv add httpx[http2]"],
    "chip:shell/sudo-redirect": ["sudo echo 1 > /proc/x", "sudo cat a >> /etc/hosts"],
    "chip:shell/rm-empty-variable": ['rm -rf "$DIR/"', "rm -r ${DIR}/cache"],
    "chip:shell/xargs-spaces": ["find . -name '*.o' | xargs rm -f"],
    "chip:shell/heredoc-backtick": ["cat > f.md <<EOF\nrun `make`\nEOF"],
    "chip:shell/activate-alone": ["source .venv/bin/activate", ". venv/bin/activate"],
    "chip:shell/follow-never-ends": ["tail -f app.log", "journalctl -u x -f"],
    "chip:python/import-name": ["pip install cv2", "uv add sklearn", "python -m pip install PIL"],
    "chip:python/break-system-packages": ["pip install --break-system-packages x"],
    "chip:python/sudo-pip": ["sudo pip3 install x", "sudo -H pip install x"],
    "chip:python/setup-py": ["python setup.py install", "python3 setup.py bdist_wheel"],
    "chip:docker/no-terminal": ["docker run -it --rm alpine sh", "docker exec -ti web bash"],
    "chip:docker/logs-follow": ["docker logs -f web", "docker compose logs --follow"],
    "chip:docker/up-foreground": ["docker compose up", "docker-compose up web"],
    "chip:docker/down-volumes": ["docker compose down -v"],
    "chip:docker/prune-volumes": ["docker system prune -a", "docker volume prune --all"],
    "chip:gh/pr-create-prompts": ["gh pr create", "gh pr create --draft --base main"],
    "chip:gh/pr-merge-method": ["gh pr merge 12"],
    "chip:gh/repo-create-visibility": ["gh repo create me/x"],
    "chip:gh/api-fields-post": ["gh api repos/o/r/issues -f state=open", "gh api x -F per_page=9"],
    "chip:gh/login-prompts": ["gh auth login"],
    "chip:gh/backtick-in-body": ['gh pr create -t x --body "run `make`"'],
    "chip:search/rg-replace-not-recursive": ["rg -rn foo src", "rg -nr foo"],
    "chip:search/rg-escaped-bar": [r"rg 'foo\|bar' src"],
    "chip:search/grep-bare-bar": ["grep 'foo|bar' f", "grep -rn 'a)|(b' src"],
    "chip:search/grep-digit-class": [r"grep -E '\d+' f"],
    "chip:search/sed-perl-syntax": [r"sed 's/\d+//' f", "sed -E 's/a.*?b//' f"],
    "chip:bsd/sed-in-place-gnu": ["sed -i '' 's/a/b/' f"],
    "trigger:npm-arguments": ["npm test --watch=false", "npm run lint --fix"],
    "trigger:npm-init-prompts": ["npm init"],
    "trigger:apt-prompts": ["sudo apt-get install jq", "apt upgrade"],
    "trigger:kubectl-edit": ["kubectl edit deploy/web"],
    "trigger:kubectl-logs-follow": ["kubectl logs -f web"],
    "trigger:kubectl-no-terminal": ["kubectl exec -it web -- sh"],
    "trigger:crontab-edit": ["crontab -e"],
}
ON_MACOS = {
    "chip:bsd/sed-in-place-macos": ["sed -i 's/a/b/' f", "sed -E -i 's/a/b/' f"],
    "chip:bsd/grep-perl": ["grep -oP 'x' f"],
    "chip:bsd/date-d": ["date -d yesterday"],
    "chip:bsd/stat-c": ["stat -c %s f"],
    "chip:bsd/find-printf": ["find . -printf '%p'"],
    "chip:bsd/head-negative": ["head -n -1 f"],
}
ON_PATHS = {
    "trigger:lock-file": ["/app/uv.lock", "package-lock.json", "web/yarn.lock"],
    "trigger:installed-file": ["/app/node_modules/x/a.js", "/v/lib/site-packages/a.py"],
    "trigger:generated-protobuf": ["/app/api_pb2.py", "api.pb.go"],
    "trigger:minified": ["/app/a.min.js"],
}
SILENT = [
    "git commit -m x",
    "git commit -am 'use `x`'",
    "git commit --amend --no-edit",
    "git commit -F msg.txt",
    "GIT_EDITOR=true git commit",
    "git commit -m \"$(cat <<'EOF'\nuse `x`\nEOF\n)\"",
    "GIT_SEQUENCE_EDITOR=: git rebase -i --autosquash main",
    "git rebase main",
    "printf 'y\\nn\\n' | git add -p",
    "git add -A",
    "git push --force-with-lease",
    "git push origin main",
    "git reset HEAD~1",
    "git clean -ndx",
    "git clean -fd",
    "git checkout main",
    "git checkout -- src/a.py",
    "git restore --staged .",
    "find . -name '*.py'",
    "find ./src* -type f",
    "curl 'https://x.org/a?b=1'",
    "pip install 'fastapi[all]'",
    "echo 1 > f",
    "echo x | sudo tee f",
    "sudo cat f 2>/dev/null",
    'rm -rf "$DIR"',
    "rm -rf build/",
    "find . -name '*.o' -print0 | xargs -0 rm",
    "find . -name '*.py' | xargs wc -l",
    "cat > f.md <<'EOF'\nrun `make`\nEOF",
    "cat > f <<EOF\nplain\nEOF",
    "source .venv/bin/activate && pytest",
    "tail -n 50 app.log",
    "timeout 5 tail -f app.log",
    "pip install opencv-python pyyaml",
    "pip install -e .",
    "sudo apt-get install -y python3-pip",
    "python setup.py --version",
    "docker run --rm -i alpine cat",
    "docker exec web ls -t",
    "docker logs --tail 50 web",
    "docker compose up -d",
    "docker compose down",
    "gh pr create --title x --body y",
    "gh pr create --fill",
    "gh pr merge 12 --squash",
    "gh pr view 12 --json title",
    "gh api repos/o/r/issues",
    "gh api repos/o/r/issues -f title=x",
    "gh api -X GET repos/o/r/issues -f state=open",
    "gh api graphql -f query='{ viewer { login } }'",
    "rg -n foo src",
    "rg 'a|b' src",
    "rg foo -r bar",
    "grep -E 'a|b' f",
    r"grep 'a\|b' f",
    "grep 'a || b' f",
    r"grep -P '\d' f",
    "sed -E 's/[0-9]+//' f",
    "sed -i 's/a/b/' f",
    "npm test",
    "npm test -- --watch=false",
    "npm init -y",
    "apt-get install -y jq",
    "kubectl get pods",
    "kubectl exec web -- ls -t",
    "crontab -l",
    "ls -la",
]


@pytest.mark.parametrize(
    ("rule", "command"), [(rule, command) for rule, lines in SPEAKS.items() for command in lines]
)
def test_a_rule_speaks_where_it_should(rule: str, command: str) -> None:
    assert rule in said(shell(command))


@pytest.mark.parametrize(
    ("rule", "command"), [(rule, command) for rule, lines in ON_MACOS.items() for command in lines]
)
def test_a_rule_of_macos_speaks_there_and_only_there(rule: str, command: str) -> None:
    assert rule in said(shell(command), "darwin")
    assert rule not in said(shell(command), "linux") + said(shell(command), "")


@pytest.mark.parametrize(
    ("rule", "path"), [(rule, path) for rule, paths in ON_PATHS.items() for path in paths]
)
def test_a_rule_about_a_file_speaks_before_an_edit_only(rule: str, path: str) -> None:
    def at(kind: ToolKind) -> Action:
        return Action(id=ActionId("c"), tool="x", kind=kind, path=path)

    assert (said(at("edit")), said(at("read"))) == ([rule], [])


@pytest.mark.parametrize("command", SILENT)
def test_what_is_in_order_is_met_with_silence(command: str) -> None:
    assert said(shell(command)) == []


def test_a_search_with_an_escaped_bar_is_spoken_of() -> None:
    search = Action(id=ActionId("c"), tool="Grep", kind="search", pattern=r"foo\|bar")
    assert said(search) == ["chip:search/search-tool-escaped-bar"]


def test_words_of_the_prompt_can_be_the_trigger() -> None:
    asked = query(shell("pip install x"), prompt="it says ModuleNotFoundError: x")
    ids = [one.id for one in SOURCES[0].candidates(asked)]
    assert ids == ["chip:python/installed-elsewhere"]


def test_every_shipped_rule_is_tried_above() -> None:
    shipped = {f"chip:{chip.id}" for pack in PACKS for chip in pack.chips}
    shipped |= {f"trigger:{rule.id}" for rule in RULES}
    elsewhere = {"chip:search/search-tool-escaped-bar", "chip:python/installed-elsewhere"}
    assert {*SPEAKS, *ON_MACOS, *ON_PATHS, *elsewhere} == shipped


def test_no_shipped_rule_is_a_caution_and_none_is_too_long_to_say() -> None:
    chips = [chip for pack in PACKS for chip in pack.chips]
    assert not any(chip.caution for chip in chips)
    assert not any(rule.caution for rule in RULES)
    assert max(len(chip.lesson) for chip in chips) <= 220


def test_a_chip_becomes_a_candidate_with_its_measured_trust() -> None:
    chips = Chips(PACKS, {"chip:git/push-force": 0.9}.get)
    assert chips.candidates(query(shell("git push --force"))) == [
        Candidate(
            id="chip:git/push-force",
            source="chip",
            text="`git push --force` overwrites commits that others pushed meanwhile: "
            "`--force-with-lease` refuses then.",
            relevance=0.75,
            trust=0.9,
            evidence="pack git",
        )
    ]


def test_an_unmeasured_rule_is_a_note_and_says_why() -> None:
    found = SOURCES[1].candidates(query(shell("npm init")))
    assert [(one.text, one.trust) for one in found] == [
        ("Give `npm init -y` because without it npm asks questions and waits", 0.5)
    ]
    assert rank(found, DEFAULTS)[0].score == pytest.approx(0.375 + 0.25 * 0.75 + 0.125)


def test_questions_are_asked_after_the_lesson() -> None:
    pack = load_pack(
        """
        pack: own
        chips:
          - {id: a, when: {words: [deploy]}, lesson: "Ask first.", questions: ["Who knows?"]}
        """
    )
    found = Chips([pack]).candidates(query(shell("make deploy")))
    assert [(one.id, one.text) for one in found] == [("chip:own/a", "Ask first. Who knows?")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "pack: x",
        "pack: x\nchips: [{id: a, when: {program: [git]}, lesson: y}]",
        "pack: x\nchips: [{id: a, when: {words: [q], nonsense: 1}, lesson: y}]",
        "pack: x\nchips: [{id: a, when: {words: q}, lesson: y}]",
        "pack: x\nchips: [{id: a, when: {words: [q]}, lesson: y}, "
        "{id: a, when: {words: [q]}, lesson: z}]",
        "pack: x\nchips: [{id: '', when: {words: [q]}, lesson: y}]",
        "pack: x\nchips: [{id: a, when: {words: [q], line: '('}, lesson: y}]",
        "a: [unclosed",
        "!!python/object/apply:os.system [echo]",
    ],
)
def test_what_is_no_pack_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        load_pack(text)


def test_two_packs_of_one_name_are_refused() -> None:
    with pytest.raises(BadInput, match="twice"):
        Chips([PACKS[0], PACKS[0]])


@pytest.mark.parametrize(
    "text",
    [
        "rules: [{id: a, if: {program: [git]}, then: x}]",
        "rules: [{id: a, when: {words: [x]}, then: x}]",
        "rules: [{id: a, if: {words: [x]}, then: x}, {id: a, if: {words: [y]}, then: x}]",
    ],
)
def test_what_are_no_rules_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        load_rules(text)

"""Settings, and where things lie in Counsel's home folder.

Every setting is declared once, as a field of `Settings`. Its value comes from, in this order:
the environment variable `COUNSEL_<NAME>`, the key in `<home>/config.toml`, the default.
A name that is unknown or a value that cannot be used is an error, never ignored.

`Home.socket` and `home_of` are spelled out a second time in `counsel.hook.client`, which may not
import anything of ours; a property test keeps the two equal.
"""

import os
import pwd
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from counsel.model.advice import SourceName
from counsel.model.errors import BadSetting

SOCKET_PATH_LIMIT = 100
"""Bytes. The kernel takes 108 (Linux) or 104 (macOS), with the closing zero."""

NOT_SETTINGS = frozenset(
    {
        "COUNSEL_HOME",
        "COUNSEL_HOOK_AUTOSTART",
        "COUNSEL_HOOK_DEADLINE_MS",
        "COUNSEL_LOCK_FD",
        "COUNSEL_TOKEN",
    }
)
"""Variables of the same family that are no settings: the home, and what hooks and agents read."""

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})


class Home(Struct, frozen=True):
    """The folder that holds everything of one Counsel."""

    root: Path

    @property
    def config(self) -> Path:
        return self.root / "config.toml"

    @property
    def database(self) -> Path:
        return self.root / "counsel.db"

    @property
    def token(self) -> Path:
        return self.root / "token"

    @property
    def next_token(self) -> Path:
        """Accepted beside `token` while clients are moved from one to the other."""
        return self.root / "token.next"

    @property
    def lock(self) -> Path:
        return self.root / "service.lock"

    @property
    def state(self) -> Path:
        return self.root / "service.json"

    @property
    def log(self) -> Path:
        return self.root / "service.log"

    @property
    def packs(self) -> Path:
        """The user's own chips (`*.chips.yaml`) and if/then rules (`*rules.yaml`)."""
        return self.root / "packs"

    @property
    def banks(self) -> Path:
        """The user's own notes, `*.md`."""
        return self.root / "banks"

    def holdout_key(self) -> bytes:
        """The secret that decides what is held out; made once, readable by its owner only."""
        path = self.root / "holdout.key"
        try:
            return path.read_bytes()
        except FileNotFoundError:
            key = os.urandom(32)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(key)
            return key

    @property
    def socket(self) -> Path:
        """In the home; in `/tmp/counsel-<uid>/` where that path would be too long to bind."""
        here = self.root / "counsel.sock"
        if len(os.fsencode(here)) <= SOCKET_PATH_LIMIT:
            return here
        digest = _fnv1a(os.fsencode(self.root))
        return Path(f"/tmp/counsel-{os.getuid()}/{digest:016x}.sock")

    def create(self) -> None:
        """Make the folder, readable by its owner only. One that exists is left as it is."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)


class Settings(Struct, frozen=True, kw_only=True):
    """All settings of one service. Sizes in bytes, times in seconds."""

    home: Home
    host: str = "127.0.0.1"
    """Address of the HTTP listener. Anything but loopback needs `behind_tls`."""
    port: Annotated[int, Meta(ge=0, le=65535)] = 8722
    """0 takes any free port; `service.json` says which."""
    behind_tls: bool = False
    """A TLS terminator stands in front, so a host that is not loopback may be bound."""
    public_hosts: tuple[str, ...] = ()
    """Names under which that terminator is reached, accepted in Host and Origin."""
    durability: Literal["process", "power"] = "process"
    """What an acknowledged record survives: kill -9 of the process, or loss of power too."""
    body_limit: Annotated[int, Meta(ge=1024, le=64 * 1024 * 1024)] = 2 * 1024 * 1024
    header_limit: Annotated[int, Meta(ge=1024, le=1024 * 1024)] = 64 * 1024
    read_timeout: Annotated[float, Meta(gt=0, le=600)] = 10.0
    """How long a client may take to send its headers, and then its body."""
    stop_timeout: Annotated[float, Meta(gt=0, le=600)] = 10.0
    """How long requests may take to finish once the service was told to stop."""
    rate_per_second: Annotated[float, Meta(gt=0)] = 20_000.0
    """Requests one source may send for ever; all local clients of a socket are one source."""
    rate_burst: Annotated[int, Meta(ge=1)] = 40_000
    muted_sources: tuple[SourceName, ...] = ()
    """Sources of advice that stay silent."""
    holdout: bool = True
    """Deliberately hold back a tenth of notes, so that their use can be measured."""
    guidance: Literal["concise", "balanced", "coach"] = "balanced"
    """How much is said with a piece of advice."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"
    log_limit: Annotated[int, Meta(ge=1024)] = 10 * 1024 * 1024
    """Size at which the log is rotated; three old files are kept."""

    @property
    def loopback(self) -> bool:
        return self.host in LOOPBACK_HOSTS


def home_of(environ: Mapping[str, str]) -> Home:
    """`COUNSEL_HOME`, made absolute (`..` and links stay), or `~/.counsel`."""
    named = environ.get("COUNSEL_HOME", "")
    if not named:
        named = (environ.get("HOME") or pwd.getpwuid(os.getuid()).pw_dir) + "/.counsel"
    if not named.startswith("/"):
        named = f"{os.getcwd()}/{named}"
    parts = [part for part in named.split("/") if part not in ("", ".")]
    return Home(Path("/" + "/".join(parts)))


def load_settings(environ: Mapping[str, str]) -> Settings:
    """The settings of the home that `environ` names. Raises `BadSetting`."""
    home = home_of(environ)
    values = {
        name: _value(name, given.value, given.origin)
        for name, given in _given(home, environ).items()
    }
    settings = msgspec.convert({"home": home, **values}, Settings)
    _refuse_open_bind(settings)
    return settings


def origins(environ: Mapping[str, str]) -> dict[str, str]:
    """Where each setting's value comes from: a variable, a file, or `default`."""
    given = _given(home_of(environ), environ)
    return {name: given[name].origin if name in given else "default" for name in _TYPES}


def as_table(settings: Settings) -> dict[str, object]:
    """Every setting by its name, as plain values."""
    return {"home": str(settings.home.root)} | {name: getattr(settings, name) for name in _TYPES}


_TYPES: dict[str, object] = {
    field.name: field.type for field in msgspec.structs.fields(Settings) if field.name != "home"
}


class _Given(Struct, frozen=True):
    value: object
    origin: str


def _given(home: Home, environ: Mapping[str, str]) -> dict[str, _Given]:
    given = {
        name: _Given(value, str(home.config)) for name, value in _from_file(home.config).items()
    }
    for variable, text in environ.items():
        if variable.startswith("COUNSEL_") and variable not in NOT_SETTINGS:
            given[variable.removeprefix("COUNSEL_").lower()] = _Given(text, variable)
    return given


def _from_file(path: Path) -> dict[str, object]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"cannot read {path}: {error}.", advice="Mend or remove it.") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSetting(f"{path} is not TOML: {error}.", advice="Mend or remove it.") from error


def _value(name: str, given: object, where: str) -> object:
    if name not in _TYPES:
        raise BadSetting(
            f"unknown setting {name!r} in {where}.",
            advice=f"Known are: {', '.join(_TYPES)}.",
        )
    if _TYPES[name] == tuple[str, ...] and isinstance(given, str):
        given = [part.strip() for part in given.split(",") if part.strip()]
    try:
        return msgspec.convert(given, _TYPES[name], strict=not isinstance(given, str))
    except msgspec.ValidationError as error:
        raise BadSetting(
            f"setting {name!r} in {where} cannot be {given!r}: {error}.",
            advice="`counsel config show` lists all settings with their values.",
        ) from error


def _refuse_open_bind(settings: Settings) -> None:
    if not settings.loopback and not settings.behind_tls:
        raise BadSetting(
            f"host {settings.host!r} can be reached from other machines.",
            advice="Put a TLS terminator in front and set behind_tls = true, or use 127.0.0.1.",
        )


def _fnv1a(data: bytes) -> int:
    """FNV-1a, 64 bits: what the hook can compute without an import."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value

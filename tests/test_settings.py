"""``workplace.toml``: what is wrong is said with file, table and key, and a secret is never in it."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from tests.servers.postgres import ASKED, Postgres
from workplace_sdk import ConfigError, Settings, Workplace
from workplace_sdk.kernel.secrets import Secret

LDAP = "[connections.d]\nconnector = 'ldap'\nuri = 'ldaps://x'\nbase = 'dc=x'\n"
MAIN = "[connections.main]\nconnector = 'local'\n"
BAD = (
    ("x = 1\n", None, "x"),
    ("time_zone = 'Mars'\n", None, "time_zone"),
    ("language = 'fr'\n", None, "language"),
    ("time_limit = 0\n", None, "time_limit"),
    ("caller = ''\n", None, "caller"),
    ("file = 'x'\n", None, "file"),
    ("[connections.main]\n", "connections.main", "connector"),
    ("[connections.main]\nconnector = 'nope'\n", "connections.main", "connector"),
    (MAIN + "regio = 'NL'\n", "connections.main", "regio"),
    (MAIN + "acts_as = 'person'\n", "connections.main", "acts_as"),
    (MAIN + "acts_as = 'nobody'\n", "connections.main", "acts_as"),
    (LDAP + "bind_dn = 'cn=x'\npassword = 'hunter2'\n", "connections.d", "password"),
    (MAIN + "url = 'postgresql+psycopg://ana:hunter2@db/x'\n", "connections.main", "url"),
    (MAIN + "[connections.main.oauth]\nclient_secret = 'hunter2'\n", "connections.main.oauth", "client_secret"),
    ("[store]\nurl = 'postgresql+psycopg://ana:hunter2@db/x'\n", "store", "url"),
    ("[store]\npassword = 'hunter2'\n", "store", "password"),
    ("[store]\nurl = 'no url'\n" + MAIN, "store", "url"),
    (LDAP + "password = { env = 'A', file = 'b' }\n", "connections.d", "password"),
    (LDAP.replace("ldaps:", "http:"), "connections.d", "uri"),
    (MAIN + "[services]\nleave = 'mian'\n", "services", "leave"),
    (MAIN + "[services]\nleave = { read = ['main'], write = 'other' }\n", "services", "leave"),
    (MAIN + "[meetings]\nrooms = 'mian'\n", "meetings", "rooms"),
    (MAIN + "[meetings.orders.lunch]\nitems = ['Lunch']\nconnection = 'mian'\n", "meetings.orders.lunch", "connection"),
    (MAIN + "[services]\nlaeve = 'main'\n", "services", "laeve"),
    (MAIN + "[services]\nleave = []\n", "services.leave", "read"),
    ("[roles.hr]\npeople = ['ana@x.example']\n", "roles.hr", "rights"),
    ("[roles.hr]\npeople = 'ana@x.example'\nrights = []\n", "roles.hr", "people"),
    (
        "[[delegations]]\nperson = 'a@x'\ndeputy = 'b@x'\nrights = []\nsince = 2026-02-01\nuntil = 2026-01-01\n",
        "delegations",
        "0",
    ),
    ("[[delegations]]\nperson = 'a@x'\ndeputy = 'b@x'\nrights = []\nsince = 2026-02-01\n", "delegations.0", "until"),
)


@pytest.mark.parametrize(("content", "table", "key"), BAD)
def test_wrong_settings_name_file_table_and_key(tmp_path: Path, content: str, table: str | None, key: str) -> None:
    file = tmp_path / "workplace.toml"
    file.write_text(content)
    with pytest.raises(ConfigError) as error:
        work = Workplace.open(file)
        for name in work.connection_names():
            work.connection(name)
    assert error.value.file == str(file)
    assert (error.value.table, error.value.key) == (table, key)
    assert "hunter2" not in str(error.value)
    assert str(file) in str(error.value)


@pytest.mark.parametrize("content", [b"x = \n", b"\xff\xfe"])
def test_a_file_that_is_no_toml(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "workplace.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match="no valid TOML"):
        Settings.load(file)
    with pytest.raises(ConfigError, match="cannot be read"):
        Settings.load(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        LDAP + "password = 'hunter2'\n",
        MAIN + "url = 'postgresql://a:hunter2@b/c'\n",
        "[store]\nurl = 'postgresql://a:hunter2@b/c'\n",
    ],
)
def test_a_literal_secret_is_refused_with_what_to_write(tmp_path: Path, content: str) -> None:
    (tmp_path / "workplace.toml").write_text(content)
    with pytest.raises(ConfigError) as error:
        Settings.load(tmp_path / "workplace.toml")
    for way in ("env =", "file =", "keyring ="):
        assert way in str(error.value)


def test_what_is_no_secret_may_be_written(tmp_path: Path) -> None:
    settings = Settings.checked(
        {
            "connections": {
                "x": {"connector": "local", "token_url": "https://x.example/token", "base": "http://x.example:80/a@b"}
            }
        }
    )
    assert settings.connections["x"].own["token_url"] == "https://x.example/token"


def test_a_secret_is_a_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError, match="env"):
        Secret.model_validate("hunter2")
    with pytest.raises(ValidationError):
        Secret.model_validate({"env": "A", "file": "b"})
    with pytest.raises(ValidationError):
        Secret.model_validate({"keyring": "A"})
    monkeypatch.setenv("A_SECRET", "hunter2")
    secret = Secret(env="A_SECRET")
    assert secret.reveal() == "hunter2"
    assert "hunter2" not in repr(secret)
    (tmp_path / "s").write_text("from file\nsecond line\n")
    assert Secret(file=tmp_path / "s").reveal() == "from file"
    monkeypatch.delenv("A_SECRET")
    with pytest.raises(ConfigError, match="A_SECRET"):
        secret.reveal()
    with pytest.raises(ConfigError, match="nowhere"):
        Secret(file=tmp_path / "nowhere").reveal()


def test_a_secret_in_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.backend import KeyringBackend
    from keyring.errors import KeyringLocked

    class Ring(KeyringBackend):
        priority = 1  # type: ignore[assignment]

        def get_password(self, service: str, username: str) -> str | None:
            if service == "locked":
                raise KeyringLocked("is locked")
            return {("directory", "reader"): "hunter2"}.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            raise NotImplementedError

    monkeypatch.setattr(keyring.core, "_keyring_backend", Ring())
    assert Secret(keyring="directory", user="reader").reveal() == "hunter2"
    with pytest.raises(ConfigError, match="directory of nobody"):
        Secret(keyring="directory", user="nobody").reveal()
    with pytest.raises(ConfigError, match="cannot be read"):
        Secret(keyring="locked", user="reader").reveal()


def test_files_are_below_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "workplace.toml").write_text(
        "[store]\nurl = 'sqlite:///data/x.db'\npassword = { file = 'secret' }\n" + LDAP + "password = { file = 'secret' }\n"
    )
    (tmp_path / "secret").write_text("hunter2\n")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    settings = Settings.load()
    assert settings.store.password is not None
    assert settings.store.password.reveal() == "hunter2"
    assert Secret.model_validate(settings.connections["d"].own["password"]).reveal() == "hunter2"
    assert settings.database_url(settings.store.url) == f"sqlite:///{tmp_path / 'data' / 'x.db'}"
    assert settings.database_url("sqlite:////x.db") == "sqlite:////x.db"
    assert "hunter2" not in repr(settings)


def test_where_the_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    assert Settings.find() is None
    with pytest.raises(ConfigError, match="workplace init"):
        Settings.load()
    own = tmp_path / "config" / "workplace" / "workplace.toml"
    own.parent.mkdir(parents=True)
    own.write_text("language = 'nl'\n")
    assert Settings.load().language == "nl"
    (tmp_path / "workplace.toml").write_text("language = 'en'\n")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert Settings.load().language == "en"
    monkeypatch.setenv("WORKPLACE_SETTINGS", str(own))
    assert Settings.load().language == "nl"


def test_a_store_with_a_password(postgres_server: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    url = postgres_server.with_password(postgres_server.database(), "hunter2")
    content = {
        "caller": "login:x",
        "store": {"url": url, "password": {"env": "STORE_PASSWORD"}},
        "connections": {"main": {"connector": "local"}},
    }
    monkeypatch.setenv("STORE_PASSWORD", "hunter2")
    with Workplace(Settings.checked(content)) as work:
        assert [result.error for result in work.check()] == [None]
        with work.store.engine().connect() as connection:
            assert connection.execute(sa.text("SELECT current_user")).scalar() == ASKED
        assert "hunter2" not in repr(work.store.url)
    monkeypatch.setenv("STORE_PASSWORD", "wrong")
    with Workplace(Settings.checked(content)).within(1) as work:
        (result,) = work.check()
        assert result.error is not None
        assert "wrong" not in str(result.error)

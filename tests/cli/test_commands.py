"""All commands together: each has its help, each write asks, and everything that the services can do can be typed."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest

from tests.cli.command import environment, run, run_alone
from workplace_sdk.cli.root import COMMANDS, workplace
from workplace_sdk.kernel.operation import Write
from workplace_sdk.settings import SERVICES
from workplace_sdk.workplace import interface_of

NOT_TYPED = {
    "experts.manager": "the first of 'experts chain'",
    "experts.people": "for keeping an index: 'workplace sync'",
    "leave.sick_case": "'leave sick-list' shows all of it",
    "expenses.check": "the preview of every claim says the same",
    "expenses.update_line": "'expenses remove-line', then a claim --to the report",
    "expenses.amend": "'expenses remove-line', a claim --to the report that came back, 'expenses submit'",
    "leave.inbox": "'workplace inbox'",
    "rooms.inbox": "'workplace inbox'",
    "expenses.inbox": "'workplace inbox'",
    "incidents.inbox": "'workplace inbox'",
}


def commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(workplace)
    for name in COMMANDS:
        command = workplace.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from ((f"{name} {below}", one) for below, one in command.commands.items())
        else:
            yield name, command


ALL = dict(commands())
COMMON = {"settings", "caller", "connection", "time_limit", "as_json", "lang"}


@pytest.mark.parametrize("name", ALL)
def test_a_command_explains_itself(name: str) -> None:
    command = ALL[name]
    assert command.help, "what it does"
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{parameter.opts[0]}: what it is for"
    if name != "demo":
        assert {parameter.name for parameter in command.params} >= COMMON, "what every command takes"


@pytest.mark.parametrize("name", [*COMMANDS, *ALL])
def test_help(tmp_path: Path, name: str) -> None:
    done = run(tmp_path, *name.split(), "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: workplace {name}")
    assert "%Y" not in done.stdout


def test_the_whole(tmp_path: Path) -> None:
    told = run(tmp_path, "--help")
    assert told.returncode == 0
    for name, text in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(text)}$", told.stdout, re.MULTILINE)
    assert "130  interrupted" in told.stdout
    assert run(tmp_path, "--version").stdout.startswith("workplace 0.")


def trees() -> Iterator[ast.Module]:
    package = import_module("workplace_sdk.cli")
    for path in Path(package.__path__[0]).glob("*.py"):
        if path.name == "demo_command.py":  # asks nobody: it works in a store of its own
            continue
        yield ast.parse(path.read_text("utf-8"))


def used(node: ast.AST) -> set[str]:
    """Operations of services in some code: ``leave.submit`` for ``desk.work.leave.submit`` and for ``leave.submit``."""
    found: set[str] = set()
    for one in ast.walk(node):
        if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Attribute | ast.Name):
            owner = one.value.attr if isinstance(one.value, ast.Attribute) else one.value.id
            found.add(f"{owner}.{one.attr}")
    return found


def test_everything_that_the_services_can_do_can_be_typed() -> None:
    offered = {f"{service}.{name}" for service in SERVICES for name in interface_of(service).operations()}
    typed = set[str]().union(*(used(tree) for tree in trees()))
    assert offered >= NOT_TYPED.keys()
    assert sorted(offered - NOT_TYPED.keys() - typed) == []
    assert sorted(NOT_TYPED.keys() & typed) == []


def test_every_write_is_previewed_and_asked() -> None:
    """Nothing in the command calls a write but ``agreed``, which shows the preview and asks."""
    writes = {
        f"{service}.{name}"
        for service in SERVICES
        for name, one in interface_of(service).operations().items()
        if isinstance(one, Write)
    }
    assert len(writes) > 30
    called = [call.func for tree in trees() for call in ast.walk(tree) if isinstance(call, ast.Call)]
    outside = [used(function) & writes for function in called if isinstance(function, ast.Attribute)]
    assert [name for names in outside for name in names] == []
    for name, command in ALL.items():
        has_yes = "yes" in {parameter.name for parameter in command.params}
        source = inspect.getsource(inspect.unwrap(command.callback))  # type: ignore[arg-type]
        asks = any(f"{function}(" in source for function in ("agreed", "_claim", "_load"))
        assert has_yes == asks, name


def test_every_name_is_on_the_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "command.md").read_text("utf-8")
    assert [name for name in ALL if f"`{name}" not in page and f"workplace {name}" not in page] == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(home: Path, shell: str, tmp_path: Path) -> None:
    program = tmp_path / "workplace"
    program.write_text(f"#!{sys.executable}\nfrom workplace_sdk.cli import main\nmain()\n")
    program.chmod(0o755)
    script = run_alone(home, _WORKPLACE_COMPLETE=f"{shell}_source")
    assert script.returncode == 0
    assert f"_WORKPLACE_COMPLETE={shell}_complete" in script.stdout

    def completed(*words: str) -> list[str]:
        more = {"COMP_WORDS": " ".join(("workplace", *words)), "COMP_CWORD": str(len(words)) if shell != "fish" else words[-1]}
        done = run_alone(home, **more, _WORKPLACE_COMPLETE=f"{shell}_complete")
        assert done.returncode == 0, done.stderr
        return re.findall(r"[\w.-]+", done.stdout)

    assert "experts" in completed("ex")
    assert "balances" in completed("leave", "bal")
    assert "--connection" in completed("leave", "balances", "--con")
    assert "main" in completed("leave", "balances", "--connection", "m")
    if shell == "bash":
        lines = f'export PATH="{tmp_path}:$PATH"; eval "$(_WORKPLACE_COMPLETE=bash_source workplace)"; complete -p workplace'
        done = subprocess.run(["bash", "-c", lines], env=environment(), capture_output=True, text=True, check=True)
        assert "_workplace_completion" in done.stdout


def test_usage_counts_what_the_command_could_not_do(home: Path) -> None:
    assert run(home, "usage").returncode == 3
    settings = (home / "workplace.toml").read_text()
    (home / "workplace.toml").write_text(f"count_handoffs = true\n{settings}")
    assert run(home, "usage").stdout == "Nobody was sent elsewhere.\n"
    for _ in range(2):
        assert run(home, "experts", "members", "nurses", caller="sanne").returncode == 4
    (row,) = run(home, "usage", "--json").answer()["items"]
    assert (row["operation"], row["connection"], row["field"], row["times"]) == ("experts.members", "main", None, 2)
    assert "handeling" in run(home, "usage", "--lang", "nl").stdout
    assert run(home, "usage", "--since", "1-1-2100", "--json").answer()["items"] == []

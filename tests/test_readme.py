"""The README says what is so: its tables are the code's, its commands and snippets run, its links lead."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from IPython.utils.capture import capture_output
from traitlets.config import Config

import cellgraph
from cellgraph.cli import main
from cellgraph.magic.subcommands import COMMANDS
from cellgraph.rules import RULES
from cellgraph.session import Tracker
from cellgraph.session.config import CellGraph
from tests.kernels import running_kernel
from tests.test_notebooks import FOLDER, RUNS

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

ROOT = FOLDER.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
PROMOTED = (FOLDER / "promotion.ipynb").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Block:
    """A block of code: its language, and its lines."""

    language: str
    text: str

    @property
    def commands(self) -> list[str]:
        """The shell commands in it; in a console session they stand behind a prompt."""
        lines = self.text.splitlines()
        if self.language == "console":
            return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        return lines


def blocks(*languages: str) -> list[Block]:
    """The blocks in these languages, from top to bottom."""
    found = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)
    return [Block(language, text) for language, text in found if language in languages]


def rows(first: str) -> list[list[str]]:
    """The cells of all table rows whose first cell matches ``first``."""
    cells = [re.split(r"(?<!\\)\|", line.strip("|")) for line in TEXT.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in cells if re.match(first, row[0].strip())]


def commands() -> list[str]:
    """All shell commands, from top to bottom. A line may hold several."""
    lines = (line for block in blocks("bash", "console") for line in block.commands)
    return [command for line in lines for command in line.split(" && ")]


def test_the_table_of_codes_is_the_one_in_the_code() -> None:
    """Every code, its severity and its meaning, in order."""
    assert rows(r"CG\d+$") == [[rule.code, rule.severity, rule.meaning] for rule in RULES.values()]


def test_the_heading_that_each_code_refers_to_is_there() -> None:
    """The anchor of every rule is that of a heading of this page."""
    headings = re.findall(r"^#+ (.+)$", TEXT, flags=re.MULTILINE)
    assert {rule.anchor for rule in RULES.values()} <= {text.lower().replace(" ", "-") for text in headings}


def test_the_options_are_what_the_magic_prints(shell: InteractiveShell, tracker: Tracker) -> None:
    """The README refers to ``%cellgraph config``, which prints every option, its value and its help."""
    assert "`%cellgraph config` prints all of them" in TEXT
    with capture_output() as captured:
        shell.run_line_magic("cellgraph", "config")
    traits = CellGraph().traits(config=True)
    printed = [f"{name} = {trait.default()!r}  # {trait.help}" for name, trait in traits.items()]
    assert sorted(captured.stdout.splitlines()) == sorted(printed)


def test_it_is_short() -> None:
    """Nobody reads more than 250 lines."""
    assert len(TEXT.splitlines()) <= 250


def test_the_count_of_types_is_the_one_in_the_table_of_values() -> None:
    """The README names the totals, and the table has as many rows."""
    values = (ROOT / "tests" / "values" / "README.md").read_text(encoding="utf-8")
    found = re.search(r"(\d+) types from (\d+) libraries", values)
    assert found
    assert found[0] in " ".join(TEXT.split())
    shown = values.partition("<details><summary>All")[2].splitlines()
    assert sum(line.startswith("| ") for line in shown) - 2 == int(found[1])


def test_every_subcommand_of_the_magic_is_listed() -> None:
    """The table names all of them but ``graph``, which is the magic by itself, and none besides."""
    listed = " ".join(row[0] for row in rows(r"`%cellgraph"))
    words = set(re.findall(r"`(?:%cellgraph )?([a-z]+)", listed)) - {"cellgraph"}
    assert words == set(COMMANDS) - {"graph"}


def test_every_command_does_what_the_tests_of_the_notebooks_say() -> None:
    """Each ``cellgraph run`` is one of their cases, with its exit code; ``promote`` is in its notebook."""
    cases = {(case.notebook, case.order): case.exit for case in RUNS}
    told = [line for line in commands() if line.startswith("cellgraph ")]
    assert told
    for line in told:
        words = shlex.split(line, comments=True)
        if words[1] == "promote":
            assert line.removesuffix(" --yes") in PROMOTED
            continue
        order = words[words.index("--order") + 1] if "--order" in words else ""
        exits = re.search(r"# exits (\d)", line)
        assert words[:2] == ["cellgraph", "run"]
        assert cases[Path(words[2]).stem, order] == (int(exits[1]) if exits else 0), line


@pytest.mark.slow
def test_the_console_session_is_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What stands below a command is what it prints, but for the seconds and the paths."""
    for block in blocks("console"):
        (command,) = block.commands
        monkeypatch.chdir(ROOT)
        main([*shlex.split(command, comments=True)[1:], "--output-dir", str(tmp_path)])
        printed = _timeless(capsys.readouterr().out)
        assert [line for line in block.text.splitlines()[1:] if _timeless(line) not in printed] == []


def _timeless(text: str) -> str:
    return re.sub(r"in [\d.]+ s", "in … s", text)


def test_the_other_commands_are_those_that_ci_runs() -> None:
    """What people are told to install exists; the lines that set all up are those that ``.ci/run`` reads."""
    others = [command for command in commands() if not command.startswith("cellgraph ")]
    assert others == [
        *("pip install .", 'pip install ".[test]"', "pytest"),
        *('pip install ".[lab]"', "jupyter lab notebooks/tour.ipynb"),
    ]
    extras = PROJECT["project"]["optional-dependencies"]
    assert set(re.findall(r"(?:cellgraph|\.)\[(\w+)\]", TEXT)) <= set(extras)
    lines = [line for block in blocks("bash") for line in block.commands]
    assert lines[:2] == [
        "pip install . && cellgraph run notebooks/tour.ipynb",
        'pip install ".[test]" && pytest',
    ]


def test_the_python_snippets_run(shell: InteractiveShell) -> None:
    """Those for a notebook run in one, one after the other, and leave nothing loaded."""
    for block in blocks("python"):
        if not block.text.startswith("c."):
            assert shell.run_cell(block.text).success, block.text
    with pytest.raises(cellgraph.NotLoadedError):
        cellgraph.get_tracker()


def test_the_configuration_snippets_set_options(shell: InteractiveShell) -> None:
    """Those for ``ipython_config.py`` set what they say."""
    config = Config()
    for block in blocks("python"):
        if block.text.startswith("c."):
            exec(block.text, {"c": config})
    shell.config.merge(config)
    made = CellGraph(parent=shell)
    assert config.CellGraph
    assert {name: getattr(made, name) for name in config.CellGraph} == dict(config.CellGraph)


@pytest.mark.slow
def test_the_configuration_is_read_where_the_readme_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the file that IPython makes, in the folder that ``ipython locate profile`` prints."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    _ipython("profile", "create")
    file = Path(_ipython("locate", "profile")) / "ipython_config.py"
    assert file.exists()
    (block,) = (block.text for block in blocks("python") if block.text.startswith("c."))
    file.write_text(f"c = get_config()\n{block}")
    with running_kernel() as kernel:
        kernel.run("%load_ext cellgraph", "load")
        assert kernel.run("%cellgraph config budget_ms", "a").text.split() == ["budget_ms", "=", "100.0"]


def _ipython(*words: str) -> str:
    command = [sys.executable, "-m", "IPython", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_links_and_pictures_are_there() -> None:
    """Every address inside the repository is published and there; pictures are used, and told in words."""
    linked = [*re.findall(r"\]\(([^)#]+)\)", TEXT), *re.findall(r'(?:src|srcset)="([^"]+)"', TEXT)]
    inside = {Path(address) for address in linked if not address.startswith("https://")}
    published = PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert {path.parts[0] for path in inside} <= set(published)
    notebooks = {path for path in inside if path.parts[0] == "notebooks"}
    assert [path for path in notebooks if not (ROOT / path).is_file()] == []
    assert set((FOLDER / "images").iterdir()) == {ROOT / path for path in notebooks if "images" in path.parts}
    assert len(re.findall(r"<img [^>]*alt=\"[^\"]{40,}\"", TEXT)) == TEXT.count("<img ")

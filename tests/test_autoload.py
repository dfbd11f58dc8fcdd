"""``cellgraph enable`` and ``disable`` change one file of this environment; ``doctor`` says what is where."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from cellgraph.cli import autoload
from cellgraph.cli.command_line import main


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The configuration file of an environment that is made for the test."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    return autoload.config_file()


def extensions(path: Path) -> list[str]:
    """The extensions that IPython would load, with one of the user's."""
    loaded = PyFileConfigLoader(path.name, path=str(path.parent)).load_config()
    mine = Config()
    mine.InteractiveShellApp.extensions.append("mine")
    loaded.merge(mine)
    return list(loaded.InteractiveShellApp.extensions.get_value([]))


def test_enable_adds_to_the_extensions_and_disable_takes_it_back(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An extension that the user loads stays; both may be called twice; the file is named."""
    assert [main(["enable"]), main(["enable"])] == [0, 0]
    assert extensions(config) == ["cellgraph", "mine"]
    assert str(config) in capsys.readouterr().out
    assert [main(["disable"]), main(["disable"])] == [0, 0]
    assert not config.exists()


def test_what_else_is_in_the_file_stays(config: Path) -> None:
    """The lines of the user come back as they were."""
    config.parent.mkdir(parents=True)
    config.write_text("c.TerminalInteractiveShell.confirm_exit = False\n", encoding="utf-8")
    main(["enable"])
    assert "confirm_exit" in config.read_text(encoding="utf-8")
    main(["disable"])
    assert config.read_text(encoding="utf-8") == "c.TerminalInteractiveShell.confirm_exit = False\n"


def test_a_file_that_cannot_be_written_is_an_error_in_one_line(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Here a file stands where the folder would be made."""
    config.parent.parent.mkdir(parents=True)
    config.parent.write_text("", encoding="utf-8")
    assert main(["enable"]) == 2
    assert capsys.readouterr().err.startswith(f"cellgraph: {config} cannot be written")


def test_doctor_names_a_kernel_without_cellgraph_and_how_to_mend_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Kernels of other languages, and files that are no kernel, are passed over."""
    bare = tmp_path / "bare-python"
    bare.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    bare.chmod(0o755)
    for name, spec in (
        ("bare", {"argv": [str(bare), "-m", "ipykernel"], "language": "python", "display_name": "b"}),
        ("r", {"argv": ["R"], "language": "R", "display_name": "R"}),
        ("odd", {"argv": 5, "language": "python", "display_name": "o"}),
    ):
        place = tmp_path / "kernels" / name
        place.mkdir(parents=True)
        (place / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    assert main(["doctor"]) == 1
    shown = capsys.readouterr().out
    assert f"{bare}: no cellgraph" in shown
    assert f"→ {bare} -m pip install cellgraph" in shown
    assert "kernel r " not in shown
    assert "kernel odd" not in shown


@pytest.mark.slow
def test_a_shell_of_the_environment_has_cellgraph_once_that_is_enabled(tmp_path: Path) -> None:
    """In a real environment with the packages of this one, and not before or after."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    python = tmp_path / "env" / "bin" / "python"
    (packages,) = (tmp_path / "env" / "lib").glob("python*/site-packages")
    places = [place for place in sys.path if place and Path(place).is_dir()]
    (packages / "these.pth").write_text("\n".join(places), encoding="utf-8")
    environment = {**os.environ, "IPYTHONDIR": str(tmp_path / "ipython")}

    def ran(*words: str) -> str:
        done = subprocess.run(
            [python, "-m", *words], capture_output=True, text=True, env=environment, cwd=tmp_path, check=False
        )
        return done.stdout + done.stderr

    asks = ("IPython", "-c", "%cellgraph status")
    assert "not found" in ran(*asks)
    assert "enabled" in ran("cellgraph", "enable")
    assert "not found" not in ran(*asks)
    assert "disabled" in ran("cellgraph", "disable")
    assert "not found" in ran(*asks)

# SPDX-License-Identifier: Apache-2.0
"""The group of commands, Paddle's spelling of flags, and the one place where errors become exit codes."""

from __future__ import annotations

import errno
import importlib
import os
import pkgutil
import sys
import traceback
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import click

import lite
import lite.cli
from lite.errors import LiteError

FAILURE, BAD_USE = 1, 2
HELP_FLAGS = ["-h", "--help"]
_TRUE, _FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")
_STDOUT_ERRNOS = (errno.ENOSPC, errno.EBADF, errno.EIO, errno.EDQUOT, errno.EFBIG)


class PaddleCommand(click.Command):
    """A command whose flags may be spelled as Paddle Lite spells them.

    Underscores and dashes are alike, and a boolean flag may carry a value: ``--quant_model true``,
    ``--quant_model=true`` and ``--quant-model`` say the same.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, _normalised(args, self._switches()))

    def _switches(self) -> set[str]:
        return {
            name
            for parameter in self.params
            if isinstance(parameter, click.Option) and parameter.is_flag
            for name in parameter.opts
        }


def _normalised(args: list[str], switches: set[str]) -> list[str]:
    """Flags in our spelling; switches without values, left out where the value is false."""
    result: list[str] = []
    rest = list(args)
    while rest:
        argument = rest.pop(0)
        if argument == "--":
            return [*result, argument, *rest]
        if not argument.startswith("--"):
            result.append(argument)
            continue
        name, equals, value = argument.partition("=")
        name = name.replace("_", "-")
        if name not in switches:
            result.append(name + equals + value)
            continue
        if not equals and rest and rest[0].lower() in _TRUE + _FALSE:
            value = rest.pop(0)
        if value.lower() in _TRUE or not value:
            result.append(name)
        elif value.lower() not in _FALSE:
            context = click.get_current_context(silent=True)
            raise click.BadParameter(f"got {value!r}, expected true or false", context, param_hint=name)
    return result


class CommandFolder(click.Group):
    """Commands are the modules of lite/cli without a leading underscore; loaded when asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(m.name for m in pkgutil.iter_modules(lite.cli.__path__) if not m.name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command = importlib.import_module(f"lite.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command


@click.group(
    cls=CommandFolder, invoke_without_command=True, context_settings={"help_option_names": HELP_FLAGS}
)
@click.version_option(lite.__version__, prog_name="lite")
@click.pass_context
def app(context: click.Context) -> None:
    """Lite: converts trained models to .nb files and runs them.

    Example: lite opt model.onnx -o model.nb && lite run model.nb --input x.npy
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def run_app(command: str | None = None, args: list[str] | None = None) -> None:
    """Run `lite` (or one command under its own name) and exit."""
    arguments = sys.argv[1:] if args is None else args
    sys.exit(_guarded(command, arguments))


def _main(command: str | None, arguments: list[str]) -> int:
    chosen = app.get_command(click.Context(app), command) if command else app
    assert chosen is not None
    code = chosen.main(
        arguments, prog_name=command or "lite", standalone_mode=False, help_option_names=HELP_FLAGS
    )
    if sys.stdout is None:  # Python's way to say that the process was started without one
        raise OSError(errno.EBADF, "it is closed")
    sys.stdout.flush()
    return code if isinstance(code, int) else 0


def _guarded(command: str | None, arguments: list[str]) -> int:
    try:
        with warnings.catch_warnings():
            warnings.showwarning = partial(_show_warning, warnings.showwarning)
            return _main(command, arguments)
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else command or "lite"
        return _report(error.format_message(), f"try `{where} --help`", BAD_USE)
    except click.ClickException as error:
        return _report(error.format_message(), None, FAILURE)
    except (click.Abort, KeyboardInterrupt):
        return _report("interrupted", None, 130)
    except BrokenPipeError:
        _drop_stdout()
        return FAILURE
    except LiteError as error:
        where = f"{error.where}: " if error.where else ""
        return _report(f"{where}{error.message}", error.hint, FAILURE)
    except OSError as error:
        if error.filename is not None or error.errno not in _STDOUT_ERRNOS:
            return _defect(error)
        _drop_stdout()
        return _report(f"stdout cannot be written: {error.strerror}", None, FAILURE)
    except Exception as error:
        return _defect(error)


def _show_warning(usual: Callable[..., None], message: Warning | str, category: type[Warning],
                  *place: Any) -> None:
    """Ours in one line, without the place in the code."""
    if category.__module__.startswith("lite."):
        click.echo(f"warning: {message}", err=True)
    else:
        usual(message, category, *place)


def _drop_stdout() -> None:
    """Without this the interpreter flushes what is left at exit, and complains."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _defect(error: Exception) -> int:
    hint = "this is a defect of lite; LITE_DEBUG=1 shows the traceback, please report it"
    return _report(f"{type(error).__name__}: {error}", hint, FAILURE)


def _report(message: str, hint: str | None, code: int) -> int:
    if os.environ.get("LITE_DEBUG"):
        traceback.print_exc()
    click.echo(f"error: {message.strip()}", err=True)
    if hint:
        click.echo(f"hint: {' '.join(hint.split())}", err=True)
    return code

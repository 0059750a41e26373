# SPDX-License-Identifier: Apache-2.0
"""Predictors: a session with Paddle Lite's methods."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, overload

from lite.errors import InputError
from lite.paddle_api.config import TARGETS, CxxConfig, MobileConfig, PathLike
from lite.paddle_api.places import PowerMode as PaddlePowerMode
from lite.paddle_api.tensor import Tensor

if TYPE_CHECKING:
    from lite.session import PowerMode, Session

_EVERYWHERE = tuple(TARGETS.values())
_POWER_MODES: dict[PaddlePowerMode, PowerMode] = {
    PaddlePowerMode.LITE_POWER_HIGH: "high",
    PaddlePowerMode.LITE_POWER_LOW: "low",
    PaddlePowerMode.LITE_POWER_FULL: "full",
    PaddlePowerMode.LITE_POWER_NO_BIND: "no_bind",
    PaddlePowerMode.LITE_POWER_RAND_HIGH: "rand_high",
    PaddlePowerMode.LITE_POWER_RAND_LOW: "rand_low",
}


class PaddlePredictor:
    """Runs one model. For one thread at a time; each thread takes its own ``clone()``."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._inputs = [Tensor(info, is_input=True) for info in session.inputs]
        self._outputs = [Tensor(info, is_input=False) for info in session.outputs]

    def get_input(self, index: int) -> Tensor:
        """Input by position.

        Raises
        ------
        InputError
        """
        return _at(self._inputs, index, "input")

    def get_output(self, index: int) -> Tensor:
        """Output by position.

        Raises
        ------
        InputError
        """
        return _at(self._outputs, index, "output")

    def get_input_names(self) -> list[str]:
        return [tensor.name for tensor in self._inputs]

    def get_output_names(self) -> list[str]:
        return [tensor.name for tensor in self._outputs]

    def get_input_by_name(self, name: str) -> Tensor:
        """Input by name.

        Raises
        ------
        InputError
        """
        return _named(self._inputs, name, "input")

    def get_output_by_name(self, name: str) -> Tensor:
        """Output by name.

        Raises
        ------
        InputError
        """
        return _named(self._outputs, name, "output")

    def run(self) -> None:
        """Run once on what the inputs hold.

        Raises
        ------
        InputError, ShapeError
            If an input has no data, or the shapes do not fit.
        """
        feeds = {tensor.name: tensor.numpy() for tensor in self._inputs}
        for tensor, array in zip(self._outputs, self._session.run(None, feeds)):
            tensor.hold(array)

    def get_version(self) -> str:
        """Version of this engine."""
        from lite import __version__

        return __version__

    def clone(self) -> PaddlePredictor:
        """A predictor for another thread: it shares the weights and has inputs of its own."""
        return PaddlePredictor(self._session.clone())


class LightPredictor(PaddlePredictor):
    """Runs a .nb."""

    def clone(self) -> LightPredictor:
        """A predictor for another thread: it shares the weights and has inputs of its own."""
        return LightPredictor(self._session.clone())


class CxxPredictor(PaddlePredictor):
    """Runs a Paddle model that was converted in memory."""

    def __init__(self, session: Session, config: CxxConfig) -> None:
        super().__init__(session)
        self._config = config

    def clone(self) -> CxxPredictor:
        """A predictor for another thread: it shares the weights and has inputs of its own."""
        return CxxPredictor(self._session.clone(), self._config)

    def save_optimized_model(self, path: PathLike) -> None:
        """Write the .nb for the valid places; ".nb" is appended."""
        from lite.nb.writer import write_atomically

        write_atomically(Path(f"{os.fspath(path)}.nb"), self._config.convert(self._config.targets())[0])


@overload
def create_paddle_predictor(config: CxxConfig) -> CxxPredictor: ...
@overload
def create_paddle_predictor(config: MobileConfig) -> LightPredictor: ...


def create_paddle_predictor(config: CxxConfig | MobileConfig) -> CxxPredictor | LightPredictor:
    """A predictor for a configuration.

    Raises
    ------
    LiteError
        If the model cannot be read, converted or run here.
    """
    if isinstance(config, CxxConfig):
        return CxxPredictor(_session(config.convert(_EVERYWHERE)[0], config), config)
    return LightPredictor(_session(config.nb(), config))


def _session(nb: str | bytes, config: CxxConfig | MobileConfig) -> Session:
    from lite.session import Model

    return Model(nb).session(config.threads(), power_mode=_POWER_MODES[config.power_mode()])


def _at(tensors: Sequence[Tensor], index: int, what: str) -> Tensor:
    if not 0 <= index < len(tensors):
        raise InputError(f"there is no {what} {index}: the model has {len(tensors)}")
    return tensors[index]


def _named(tensors: Sequence[Tensor], name: str, what: str) -> Tensor:
    for tensor in tensors:
        if tensor.name == name:
            return tensor
    raise InputError(
        f"there is no {what} {name!r}", hint=f"there are {', '.join(each.name for each in tensors)}"
    )

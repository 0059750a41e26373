# SPDX-License-Identifier: Apache-2.0
"""What a compression is asked for: strategies, and in a file also model, data, evaluation and output."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, Union

from lite.errors import InputError
from lite.quant.settings import nearest
from lite.slim.act.places import Places, parse_yaml, read_yaml
from lite.slim.distillation.settings import Distillation
from lite.slim.qat.settings import QAT
from lite.slim.strategies import Form, classes, forms, sections
from lite.slim.strategies._rule import setting
from lite.slim.strategies._strategy import Settings
from lite.slim.strategies.prune_channels import PruneChannels
from lite.slim.strategies.prune_n_of_m import PruneNofM
from lite.slim.strategies.prune_weights import PruneWeights
from lite.slim.strategies.ptq import PTQ
from lite.slim.strategies.search import Search

S = TypeVar("S")
Config = Union[None, str, "os.PathLike[str]", Sequence[Any], "Job"]
REFUSED = {"MultiTeacherDistillation": "several teachers do not exist here; Distillation has one",
           "TransformerPrune": "heads of attention are not pruned here; ChannelPrune prunes convolutions"}
_ONE_OF = ((PruneChannels, PruneWeights, PruneNofM), (QAT, PTQ), (QAT, Search))


@dataclass(frozen=True)
class DataFile(Settings):
    """Data that lies in files.

    Attributes
    ----------
    path : str
        A folder of images, .npy or .npz, or one such file, as for ``lite opt --calib_data``.
    rows : str, optional
        The part that is used, "0:200" say.
    labels : str, optional
        A number for each sample: .npy, or text with a line for each, of which the last word counts; of images
        in a folder, the first word may be the name.
    """

    path: str = setting("word", "")
    rows: str | None = setting("word")
    labels: str | None = setting("word")

    paths = ("path", "labels")

    @property
    def part(self) -> slice:
        """The rows as Python says them."""
        if self.rows is None:
            return slice(None)
        first, _, last = self.rows.partition(":")
        return slice(int(first or 0), int(last) if last else None)

    def contradiction(self) -> str | None:
        if self.rows is not None and not re.fullmatch(r"\d*:\d*", self.rows):
            return f"rows is {self.rows!r}, expected \"FIRST:LAST\" in quotes; LAST is left out"
        if self.part.stop is not None and self.part.stop <= self.part.start:
            return f"rows is {self.rows!r}, which is none"
        return None if self.path else "path says nothing, expected a folder, .npy or .npz"


@dataclass(frozen=True)
class ImageRules(Settings):
    """How an image becomes the input, as ``lite.Preprocess`` has it."""

    resize: int | None = setting("whole", least=1, most=1 << 16)
    crop: int | None = setting("whole", least=1, most=1 << 16)
    mean: tuple[float, ...] = setting("numbers", (0.0, 0.0, 0.0))
    std: tuple[float, ...] = setting("numbers", (1.0, 1.0, 1.0))
    format: str = setting("word", "RGB", choices=("RGB", "BGR"))


@dataclass(frozen=True)
class Job(Settings):
    """All that a file says.

    Attributes
    ----------
    model : str, optional
    params : str, optional
        Where the model's parameters lie, if that is unusual.
    input_shape : mapping of str to shape
        Fixes extents of inputs.
    output : str, optional
        The .nb file to write.
    work : str, optional
        Folder for what is finished.
    data, evaluation : DataFile, optional
    image : ImageRules, optional
    strategies : tuple of settings
        Of the classes that ``lite.slim.strategies`` has.
    notes : tuple of str
        What was accepted, but means nothing here.
    """

    model: str | None = setting("word")
    params: str | None = setting("word")
    input_shape: Mapping[str, Sequence[int]] = setting("options", {})
    output: str | None = setting("word")
    work: str | None = setting("word")
    data: DataFile | None = None
    evaluation: DataFile | None = None
    image: ImageRules | None = None
    strategies: tuple[Any, ...] = ()
    notes: tuple[str, ...] = field(default=(), compare=False)

    def contradiction(self) -> str | None:
        for name, shape in self.input_shape.items():
            if not isinstance(shape, (list, tuple)) or not all(type(n) is int and n > 0 for n in shape):
                return f"input_shape of {name!r} is {shape!r}, expected whole numbers above 0"
        kinds = [type(strategy) for strategy in self.strategies]
        for kind in kinds:
            if kind not in classes().values():
                return f"{kind.__name__} is no strategy, expected some of {', '.join(classes())}"
            if kinds.count(kind) > 1:
                return f"{_named(kind)} is given more than once"
        for group in _ONE_OF:
            given = [_named(kind) for kind in group if kind in kinds]
            if len(given) > 1:
                return f"{' and '.join(given)} contradict each other: give one"
        return None

    def get(self, kind: type[S]) -> S:
        """The strategy of a class; with its usual settings if nothing was said."""
        return next((found for found in self.strategies if isinstance(found, kind)), kind())

    def has(self, *kinds: type[Any]) -> bool:
        """Whether one of these was asked for."""
        return any(isinstance(strategy, kinds) for strategy in self.strategies)

    def having(self, strategy: Any) -> Job:
        """The same with one more strategy."""
        return dataclasses.replace(self, strategies=(*self.strategies, strategy))

    @property
    def is_automatic(self) -> bool:
        """Whether nothing says what to do."""
        return not self.has(PruneChannels, PruneWeights, PruneNofM, Distillation, QAT, PTQ, Search)

    @property
    def trains(self) -> bool:
        return self.has(PruneChannels, PruneWeights, PruneNofM, Distillation, QAT)


def _named(kind: type[Any]) -> str:
    return f"{forms()[kind.__name__].sections[0]} ({kind.__name__})"


def job_of(config: Config) -> Job:
    """What is asked for: nothing in particular, a file, strategies, or a job.

    Raises
    ------
    InputError
    """
    if config is None:
        return Job()
    if isinstance(config, Job):
        return config
    if isinstance(config, (str, os.PathLike)):
        return read_job(config)
    if type(config) in classes().values():
        config = [config]
    if not isinstance(config, (list, tuple)):
        raise InputError(f"got a {type(config).__name__}, expected a path or a list of "
                         f"{', '.join(classes())}", where="config")
    return Job(strategies=tuple(config))


def read_job(path: str | os.PathLike[str]) -> Job:
    """A job from a YAML file. Paths in it are relative to it, and may have variables: ${DATA}/x.npy.

    Raises
    ------
    InputError
        If it cannot be read, has unknown keys, or values that are wrong or contradict each other, with their
        place in the file.
    MissingDependencyError
    """
    return _Parser(*read_yaml(path), Path(path).parent).job()


def parse_job(text: str, file: str = "config", folder: str | os.PathLike[str] = ".") -> Job:
    """As ``read_job``, of a text."""
    return _Parser(*parse_yaml(text, file), Path(folder)).job()


def to_yaml(job: Job) -> str:
    """A file that says the same."""
    import yaml

    found: dict[str, Any] = job.to_mapping()
    for name in ("data", "evaluation", "image"):
        part = getattr(job, name)
        if part is not None:
            found[name] = part.to_mapping()
    for strategy in job.strategies:
        form = forms()[type(strategy).__name__]
        found[form.sections[0]] = form.to_mapping(strategy)
    return str(yaml.safe_dump(found, sort_keys=False, allow_unicode=True))


class _Parser:
    def __init__(self, found: dict[Any, Any], places: Places, folder: Path) -> None:
        self._found, self._places, self._folder = found, places, folder
        self._notes: list[str] = []

    def job(self) -> Job:
        own = {"model", "params", "input_shape", "output", "work", "data", "evaluation", "image"}
        for key in self._found:
            if key in REFUSED:
                raise InputError(REFUSED[key], where=self._places.of(key))
            if key not in own and key not in sections():
                raise InputError(f"unknown key {key!r}", where=self._places.of(str(key)),
                                 hint=nearest(str(key), [*own, *sections()]) or "expected some of "
                                 + ", ".join([*sorted(own), *sections()]))
        given = {key: self._found[key] for key in Job.rules() if key in self._found}
        fields = self._fields(Form.of(Job), given, ())
        self._take_model(fields)
        for name, kind in (("data", DataFile), ("evaluation", DataFile), ("image", ImageRules)):
            if self._found.get(name) is not None:
                fields[name] = self._part(Form.of(kind), name)
        for name in ("model", "params", "work"):
            if fields.get(name) is not None:
                fields[name] = self._path(fields[name], name)
        strategies = tuple(self._part(form, key) for key, form in sections().items() if key in self._found)
        try:
            job = Job(**fields, strategies=strategies, notes=tuple(self._notes))
        except InputError as error:
            error.where = self._places.file
            raise
        return job

    def _take_model(self, fields: dict[str, Any]) -> None:
        """Global names the model in PaddleSlim's files."""
        given = self._found.get("Global")
        if not isinstance(given, dict):
            return
        folder = given.pop("model_dir", None)
        program, params = given.pop("model_filename", None), given.pop("params_filename", None)
        if folder is None and (program or params):
            raise InputError("there is no model_dir for it", where=self._places.of("Global"))
        if folder is None:
            return
        if fields.get("model") is not None:
            raise InputError("the model is named by `model` already", hint="keep one of them",
                             where=self._places.of("Global", "model_dir"))
        fields["model"] = f"{folder}/{program}" if program else str(folder)
        if params:
            fields["params"] = f"{folder}/{params}"

    def _part(self, form: Form, section: str) -> Any:
        given = self._found[section]
        if form.kind is DataFile and isinstance(given, str):
            given = {"path": given}
        given = {} if given is None else given
        if not isinstance(given, dict):
            raise InputError(f"it is {given!r}, expected keys with values", where=self._places.of(section))
        fields = self._fields(form, given, (section,))
        for name in form.paths:
            if fields.get(name) is not None:
                fields[name] = self._path(fields[name], section, name)
        try:
            return form.kind(**fields)
        except InputError as error:
            error.where = self._places.of(section)
            raise

    def _fields(self, form: Form, given: dict[str, Any], above: tuple[str, ...]) -> dict[str, Any]:
        """A section's settings by field, each of them checked, so that errors have a place."""
        known = form.keys
        for key in given:
            if key in form.unused:
                self._notes.append(f"{self._places.of(*above, key)} has no effect: {form.unused[key]}")
            elif key not in known and key not in form.folded:
                raise InputError(f"unknown key {key!r}", where=self._places.of(*above, str(key)),
                                 hint=nearest(str(key), [*known, *form.folded, *form.unused])
                                 or f"expected some of {', '.join(known)}")
        try:
            adapted = form.adapted({key: value for key, value in given.items() if key not in form.unused})
        except ValueError as error:
            key, _, words = str(error).partition(": ")
            raise InputError(words, where=self._places.of(*above, key)) from error
        fields: dict[str, Any] = {}
        for key, value in adapted.items():
            if known[key] in fields:
                raise InputError("two keys say this", where=self._places.of(*above, key), hint="keep one")
            try:
                fields[known[key]] = form.fitted(known[key], value)
            except ValueError as error:
                words = str(error) if str(error).startswith(key) else f"it is {value!r}, expected {error}"
                raise InputError(words, where=self._places.of(*above, key)) from error
        return fields

    def _path(self, text: str, *keys: str) -> str:
        expanded = os.path.expanduser(os.path.expandvars(text))
        missing = re.search(r"\$\{?(\w+)", expanded)
        if missing:
            raise InputError(f"the environment has no variable {missing[1]}", where=self._places.of(*keys),
                             hint=f"export {missing[1]}=...")
        return str(self._folder / expanded)

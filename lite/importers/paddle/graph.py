# SPDX-License-Identifier: Apache-2.0
"""From a program and its parameters to a Graph."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from lite import ops
from lite.errors import InputError, LiteError, ModelFormatError, UnsupportedOpError
from lite.importers import Source, begins_paddle_lite, read_bytes
from lite.importers._report import UnsupportedReport
from lite.importers.paddle import rules
from lite.importers.paddle.call import Call, Given, dtype_of
from lite.importers.paddle.files import PathLike, find_files
from lite.importers.paddle.nb import read_nb
from lite.importers.paddle.parameters import read_combined, read_separate
from lite.importers.paddle.pir import read_pir
from lite.importers.paddle.program import Operator, Program, Variable, read_program
from lite.importers.paddle.stored import Stored, stored
from lite.ir import Extent, Graph, Symbol, TensorType, Value
from lite.ir.contents import Contents
from lite.ir.dim import Dim
from lite.ops.dequantize import Dequantize

_NB_SUFFIX = ".nb"
_BUFFER = "the program's bytes"
_MOST_DEPTH, _MOST_ROUNDS = 16, 256  # of branches and loops that are decided when converting


def load(
    source: Source,
    *,
    param_file: PathLike | bytes | None = None,
    input_shapes: Mapping[str, Sequence[int]] | None = None,
    freeze_inputs: Mapping[str, np.ndarray] | None = None,
) -> Graph:
    """Import a Paddle model.

    Parameters
    ----------
    source : path or bytes
        A folder, a program, the bytes of a program, or a .nb of Paddle Lite itself.
    param_file : path or bytes, optional
        The combined parameter file; needed with bytes, else found beside the program.
    input_shapes : mapping of name to shape, optional
        Fixes extents of inputs.
    freeze_inputs : mapping of name to array, optional
        Inputs that become constants.

    Raises
    ------
    FileError, ModelFormatError, UnsupportedOpError
    """
    where, program, arrays = _opened(source, param_file)
    return _Importer(program, arrays, where, dict(input_shapes or {}), dict(freeze_inputs or {})).graph()


def _opened(
    source: Source, param_file: PathLike | bytes | None
) -> tuple[str, Program, Mapping[str, np.ndarray]]:
    """What errors call the model, the program, and its parameters."""
    where = _BUFFER if isinstance(source, bytes) else str(source)
    if begins_paddle_lite(source[:3]) if isinstance(source, bytes) else Path(source).suffix == _NB_SUFFIX:
        if param_file is not None:
            raise InputError("a .nb holds its parameters itself", where="param_file", hint="leave it out")
        return where, *read_nb(read_bytes(source), where)
    if isinstance(source, bytes):
        program = _read(source, where)
        return where, program, read_combined(program, read_bytes(param_file or b""))
    files = find_files(source, None if isinstance(param_file, bytes) else param_file)
    where = str(files.program)
    program = _read(read_bytes(files.program), where)
    combined = param_file if isinstance(param_file, bytes) else files.parameters
    if combined is None:
        return where, program, read_separate(program, files.folder)
    return where, program, read_combined(program, combined)


def _read(data: bytes, where: str) -> Program:
    """A program in either form."""
    return (read_pir if data.lstrip()[:1] == b"{" else read_program)(data, where)


class _Importer:
    """Walks the ops that the fetched variables need, and applies the rule of each."""

    def __init__(
        self,
        program: Program,
        arrays: Mapping[str, np.ndarray],
        where: str,
        input_shapes: Mapping[str, Sequence[int]],
        frozen: Mapping[str, np.ndarray],
    ) -> None:
        self.program = program
        self.where = where
        self.input_shapes = input_shapes
        self.frozen = frozen
        self.arrays = arrays
        self.result = Graph(_name_of(where))
        self.values: dict[str, Value] = {}
        self.contents = Contents()
        self.report = UnsupportedReport(where)
        self.rounds = 0  # of all bodies

    def graph(self) -> Graph:
        try:
            return self._import()
        except LiteError as error:
            error.where = (
                self.where
                if error.where is None
                else error.where
                if self.where in error.where
                else f"{self.where}: {error.where}"
            )
            raise

    def _import(self) -> Graph:
        fetched = _fetched(self.program)
        operators = _needed(self.program, fetched)
        table = rules.table()
        self._report_unsupported(operators, table)
        self._constants(operators)
        self._inputs()
        for operator in operators:
            self._follow(operator, table)
        self.report.raise_if_any()
        self._outputs(fetched)
        return self.result

    def _report_unsupported(self, operators: Sequence[Operator], table: Mapping[str, rules.Rule]) -> None:
        for operator in operators:
            refusal = rules.refusal(operator, table, self.program)
            if refusal is not None:
                self.report.add(operator.type, operator.title, *refusal)
        self.report.raise_if_any()

    def _constants(self, operators: Sequence[Operator]) -> None:
        read = {name for operator in operators for name in operator.reads}
        quantized = stored(operators, self.arrays)
        for name, array in self.arrays.items():
            wanted = dtype_of(self.program.variables[name].dtype)
            if name in read and name in quantized:
                self.values[name] = self._stored(quantized[name], name)
            elif name in read and wanted.is_float and array.dtype.kind != "f":
                self.report.add("parameter", name, *rules.WITHOUT_SCALE)
            elif name in read:
                self.values[name] = self.result.constant(array.astype(wanted.numpy, copy=False), name)
        self.report.raise_if_any()

    def _stored(self, weights: Stored, name: str) -> Value:
        """Weights that are integers: as they are, or as the reals they stand for."""
        integers = self.result.constant(weights.integers, name)
        if weights.scales is None:
            return integers
        scales = self.result.constant(weights.scales, f"{name}/scale")
        op = Dequantize(axis=weights.axis)
        return self.result.add(op, (integers, scales), name=f"{name}/dequantize")[0]

    def _inputs(self) -> None:
        feeds = _fed(self.program)
        unknown = (set(self.input_shapes) | set(self.frozen)) - {variable.name for variable in feeds}
        if unknown:
            raise InputError(
                f"there is no input {sorted(unknown)[0]!r}",
                hint=f"inputs are {', '.join(variable.name for variable in feeds)}",
            )
        for variable in feeds:
            if variable.lod_level:
                self.report.add(
                    "feed",
                    variable.name,
                    f"a LoD tensor (ragged batch, level {variable.lod_level})",
                    "save the model with padded dense inputs",
                )
            if variable.name in self.frozen:
                self.values[variable.name] = self._frozen(variable)
            else:
                self.values[variable.name] = self.result.add_input(variable.name, self._input_type(variable))
        self.report.raise_if_any()

    def _frozen(self, variable: Variable) -> Value:
        array = np.asarray(self.frozen[variable.name], dtype_of(variable.dtype).numpy)
        _check_shape(variable, array.shape)
        return self.result.constant(array, variable.name)

    def _input_type(self, variable: Variable) -> TensorType:
        dtype = dtype_of(variable.dtype)
        if variable.name in self.input_shapes:
            shape = tuple(int(extent) for extent in self.input_shapes[variable.name])
            _check_shape(variable, shape)
            return TensorType(
                tuple(self._extent(variable, axis, extent) for axis, extent in enumerate(shape)), dtype
            )
        return TensorType(
            tuple(self._extent(variable, axis, extent) for axis, extent in enumerate(variable.dims)), dtype
        )

    def _extent(self, variable: Variable, axis: int, extent: int) -> Extent:
        """A declared extent; -1 becomes a symbol, which all inputs share for their first axis, the batch."""
        if extent >= 0:
            return extent
        name = "batch" if axis == 0 else f"{re.sub(r'[^0-9A-Za-z_]', '_', variable.name)}_{axis}"
        self.result.symbols.setdefault(name, Symbol(name))
        return Dim.symbol(name)

    def _follow(self, operator: Operator, table: Mapping[str, rules.Rule], depth: int = 0) -> None:
        """Apply an op; of a branch or loop, the ops of its body as often as its condition says."""
        if operator.type not in rules.BODIES:
            self._apply(table[operator.type], operator)
            return
        body = rules.body(operator, self.program)
        while body is not None and depth < _MOST_DEPTH and self.rounds < _MOST_ROUNDS:
            condition = self._condition(operator)
            if condition is None:
                break
            if not condition:
                return
            self.rounds += 1
            for inner in body:
                refusal = rules.refusal(inner, table, self.program)
                if refusal is None:
                    self._follow(inner, table, depth + 1)
                else:
                    self.report.add(inner.type, inner.title, *refusal)
            if operator.type != "while":
                return
        self.report.add(operator.type, operator.title, *rules.CONTROL_FLOW)

    def _condition(self, operator: Operator) -> bool | None:
        """Whether a body is entered, if that is known."""
        names = operator.inputs.get("Condition" if operator.type == "while" else "Cond", ())
        value = self.values.get(names[0]) if len(names) == 1 else None
        content = None if value is None else self.contents.array(value)
        return bool(content.reshape(-1)[0]) if content is not None and content.size == 1 else None

    def _apply(self, rule: rules.Rule, operator: Operator) -> None:
        if self.report.rows and not operator.reads <= self.values.keys():
            return  # reads what an op that is in the report would have written
        try:
            before = len(self.result.nodes)
            given = rule(Call(self.program, operator, self.result, self.values, self.contents))
            self._bind(operator, given, before)
        except UnsupportedOpError as error:
            self.report.add(operator.type, operator.title, error.message, error.hint or "")
        except LiteError as error:
            error.where = operator.title if error.where is None else f"{operator.title}: {error.where}"
            raise
        except (ArithmeticError, LookupError, MemoryError, TypeError, ValueError) as error:
            raise ModelFormatError(
                f"its inputs and attributes do not fit together ({error})", where=operator.title
            ) from error

    def _bind(self, operator: Operator, given: Given, first_node: int) -> None:
        """Let the variables that the op writes hold what its rule made; new values take their names."""
        made_here = {value for node in self.result.nodes[first_node:] for value in node.outputs}
        by_slot = given if isinstance(given, Mapping) else {operator.main_slot: given}
        for slot, made in by_slot.items():
            values = [made] if isinstance(made, Value) else list(made)
            names = operator.outputs.get(slot, ())
            if names and len(names) != len(values):
                raise ModelFormatError(
                    f"output {slot!r} names {len(names)} variables, expected {len(values)}"
                )
            for name, value in zip(names, values):
                if value in made_here:
                    self._name(value, name)
                self.values[name] = value

    def _name(self, value: Value, name: str) -> None:
        """Name a value as its variable; the value that the variable held before gives the name up."""
        before = self.values.get(name)
        if before is not None and before.name == name and before not in self.result.inputs:
            before.name, value.name = value.name, before.name
        else:
            self.result.rename(value, name)

    def _outputs(self, fetched: Sequence[str]) -> None:
        if not fetched:
            raise ModelFormatError(
                "nothing is fetched: the program has no output",
                hint="save it with paddle.jit.save or save_inference_model",
            )
        for name in fetched:
            if name not in self.values:
                raise ModelFormatError(f"output {name!r} is fetched, but nothing writes it")
            value = self.values[name]
            if value.producer is None or value in self.result.outputs:
                value = self.result.add(ops.get("identity")(), (value,), name=name)[0]
            self._name(value, name)
            self.result.outputs.append(value)


def _name_of(where: str) -> str:
    """The model's name: that of its file, or of its folder if files of the format are all called so."""
    if where == _BUFFER:
        return "model"
    path = Path(where)
    return path.resolve().parent.name if path.stem in ("__model__", "inference", "model") else path.stem


def _column(operator: Operator) -> int:
    column = operator.attributes.get("col", 0)
    return column if isinstance(column, int) else 0


def _fetched(program: Program) -> list[str]:
    fetches = sorted((op for op in program.operators if op.type == "fetch"), key=_column)
    return [name for op in fetches for name in op.inputs.get("X", ())]


def _fed(program: Program) -> list[Variable]:
    feeds = sorted((op for op in program.operators if op.type == "feed"), key=_column)
    names = [name for op in feeds for name in op.outputs.get("Out", ())]
    for name in names:
        if name not in program.variables or program.variables[name].dtype is None:
            raise ModelFormatError(f"input {name!r} is fed, but the program does not declare it as a tensor")
    return [program.variables[name] for name in dict.fromkeys(names)]


def _needed(program: Program, fetched: Sequence[str]) -> list[Operator]:
    """Ops other than feed and fetch on which the fetched variables depend, in running order."""
    wanted, needed = set(fetched), []
    for operator in reversed(program.operators):
        written = {name for names in operator.outputs.values() for name in names}
        if operator.type not in ("feed", "fetch") and written & wanted:
            needed.append(operator)
            wanted |= operator.reads
    return needed[::-1]


def _check_shape(variable: Variable, shape: Sequence[int]) -> None:
    declared = variable.dims
    if len(shape) != len(declared) or any(
        want not in (-1, got) and got != -1 for want, got in zip(declared, shape)
    ):
        raise InputError(
            f"shape {list(shape)} does not fit the declared {list(declared)}",
            where=f"input {variable.name!r}",
            hint="-1 in a declared shape takes any extent",
        )

"""OpenQASM 3 as devices of Amazon Braket take it verbatim: physical qubits, native gates, measurements, inputs."""

import ast
import json
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tests.loopback.wire import Refusal

GATE_ANGLES = {"prx": 2, "cz": 0, "rx": 1, "rz": 1, "gpi": 1, "gpi2": 1, "zz": 1}
_GATE = re.compile(r"^(\w+)\s*(?:\((.*)\))?\s*((?:\$\d+)(?:\s*,\s*\$\d+)*)$")
_MEASURE = re.compile(r"^(?:\w+(?:\[(\d+)\])?\s*=\s*)?measure\s+\$(\d+)$")
_INPUT = re.compile(r"^input\s+(?:float|angle)(?:\[\d+\])?\s+(\w+)$")
_ARITHMETIC: dict[type[ast.AST], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


@dataclass(frozen=True)
class Executable:
    """One circuit: gates (name, qubits, angles in radians) inside the verbatim box, and the qubits read, in order."""

    gates: tuple[tuple[str, tuple[int, ...], tuple[float, ...]], ...]
    measured: tuple[int, ...]


@dataclass(frozen=True)
class Work:
    """An action: what it is, the executables of each program, and the programs as they were sent."""

    kind: str
    programs: tuple[tuple[Executable, ...], ...]
    sources: tuple[str, ...]

    @property
    def is_set(self) -> bool:
        """Whether it is a program set."""
        return self.kind.endswith("_set")

    @property
    def executables(self) -> int:
        """How many circuits run."""
        return sum(map(len, self.programs))


class Malformed(Exception):  # noqa: N818
    """What is wrong with one program."""


def invalid(message: str, failures: list[dict[str, Any]] | None = None) -> Refusal:
    """The ValidationException for a program, or for some programs of a set."""
    if failures is None:
        return Refusal("ValidationException", message)
    return Refusal(
        "ValidationException", message, reason="ProgramSetValidationFailed", programSetValidationFailures=failures
    )


@lru_cache(maxsize=64)
def parsed(action: str) -> Work:
    """The action of a QPU task. Raises Refusal with what Amazon Braket would not take."""
    document = document_of(action)
    kind = document["braketSchemaHeader"]["name"]
    if kind == "braket.ir.openqasm.program":
        try:
            return Work(kind, (_executables(document, False),), (json.dumps(document),))
        except Malformed as error:
            raise invalid(str(error)) from error
    programs, failures = [], []
    for number, program in enumerate(document.get("programs") or []):
        try:
            programs.append(_executables(program, True))
        except Malformed as error:
            failures.append({"programIndex": number, "errors": [str(error)]})
    if failures or not programs:
        raise invalid("program set validation failed", failures)
    return Work(kind, tuple(programs), tuple(map(json.dumps, document["programs"])))


def document_of(action: str) -> dict[str, Any]:
    """The action as JSON; ValidationException where it is neither a program nor a program set."""
    try:
        document = json.loads(action)
        name = document["braketSchemaHeader"]["name"]
    except (ValueError, KeyError, TypeError) as error:
        raise invalid("the action is not a JSON document with a braketSchemaHeader") from error
    if name not in ("braket.ir.openqasm.program", "braket.ir.openqasm.program_set"):
        raise invalid(f"action {name} is not supported; supported: OpenQASM programs and program sets")
    return document  # type: ignore[no-any-return]


def _executables(program: Mapping[str, Any], many: bool) -> tuple[Executable, ...]:
    source = program.get("source")
    if not isinstance(source, str):
        raise Malformed("the program has no source")
    inputs = program.get("inputs") or {}
    if not many:
        return (_executable(source, inputs),)
    if not inputs:
        return (_executable(source, {}),)
    lengths = {len(values) if isinstance(values, list) else -1 for values in inputs.values()}
    if lengths == {-1} or len(lengths) > 1 or -1 in lengths:
        raise Malformed("every input of a program set is a list, and all are of one length")
    rows = [{name: values[row] for name, values in inputs.items()} for row in range(lengths.pop())]
    return tuple(_executable(source, row) for row in rows)


def _statements(source: str) -> list[str]:
    """Statements without their semicolons; pragmas and box braces stand for themselves."""
    found: list[str] = []
    for line in re.sub(r"//.*", "", re.sub(r"/\*.*?\*/", "", source, flags=re.S)).splitlines():
        line = line.strip()
        if line.startswith("#pragma"):
            found.append(line)
            continue
        pieces = re.split(r"([;{}])", line)
        found += [piece.strip() for piece in pieces if piece.strip() and piece.strip() != ";"]
    return found


def _executable(source: str, inputs: Mapping[str, Any]) -> Executable:
    statements = _statements(source)
    if not statements or not re.match(r"^OPENQASM\s+3", statements[0]):
        raise Malformed("the program does not begin with OPENQASM 3")
    gates: list[tuple[str, tuple[int, ...], tuple[float, ...]]] = []
    bits: list[tuple[int, int]] = []
    names: dict[str, float] = {"pi": math.pi, "π": math.pi, "tau": math.tau, "euler": math.e}
    inside = verbatim = boxed = False
    for statement in statements[1:]:
        if statement == "#pragma braket verbatim":
            verbatim = True
        elif statement.startswith("#pragma"):
            raise Malformed(f"{statement!r} is not supported here: ask for measurements")
        elif statement == "box":
            if not verbatim:
                raise Malformed("a box needs '#pragma braket verbatim' before it")
        elif statement == "{":
            inside, boxed = True, True
        elif statement == "}":
            inside = verbatim = False
        elif match := _INPUT.match(statement):
            if match[1] not in inputs:
                raise Malformed(f"input {match[1]!r} has no value")
            names[match[1]] = float(inputs[match[1]])
        elif match := _MEASURE.match(statement):
            bits.append((int(match[1]) if match[1] else len(bits), int(match[2])))
        elif re.match(r"^(bit|qubit)\b", statement):
            if statement.startswith("qubit"):
                raise Malformed("a verbatim program names physical qubits ($n), not a qubit register")
        elif match := _GATE.match(statement):
            if not inside:
                raise Malformed(f"{statement!r} stands outside of the verbatim box")
            if bits:
                raise Malformed("a gate follows a measurement")
            gates.append(_gate(match, names))
        else:
            raise Malformed(f"{statement!r} is not understood")
    if not boxed:
        raise Malformed("a verbatim box is required: this service does not compile for a device")
    if len({bit for bit, _ in bits}) < len(bits) or len({qubit for _, qubit in bits}) < len(bits):
        raise Malformed("a qubit or a bit is measured twice")
    used = sorted({qubit for _, qubits, _ in gates for qubit in qubits})
    measured = tuple(qubit for _, qubit in sorted(bits)) or tuple(used)
    if not measured:
        raise Malformed("the program has neither gates nor measurements")
    return Executable(tuple(gates), measured)


def _gate(match: re.Match[str], names: Mapping[str, float]) -> tuple[str, tuple[int, ...], tuple[float, ...]]:
    name, arguments, qubits = match[1], match[2], match[3]
    if name not in GATE_ANGLES:
        raise Malformed(f"gate {name!r} is not native to any device here")
    angles = tuple(_number(text, names) for text in arguments.split(",")) if arguments else ()
    if len(angles) != GATE_ANGLES[name]:
        raise Malformed(f"{name} takes {GATE_ANGLES[name]} angles, {len(angles)} were given")
    return name, tuple(int(qubit.strip()[1:]) for qubit in qubits.split(",")), angles


def _number(text: str, names: Mapping[str, float]) -> float:
    try:
        value = float(text)
    except ValueError:
        try:
            value = _evaluate(ast.parse(text.strip(), mode="eval").body, names)
        except (SyntaxError, ArithmeticError) as error:
            raise Malformed(f"angle {text!r} is not understood") from error
    if not math.isfinite(value):
        raise Malformed(f"angle {text!r} is not finite")
    return value


def _evaluate(node: ast.AST, names: Mapping[str, float]) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.Name) and node.id in names:
        return names[node.id]
    if isinstance(node, ast.UnaryOp) and type(node.op) in _ARITHMETIC:
        return _ARITHMETIC[type(node.op)](_evaluate(node.operand, names))
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        return _ARITHMETIC[type(node.op)](_evaluate(node.left, names), _evaluate(node.right, names))
    raise Malformed(f"{ast.unparse(node)!r} is not understood")

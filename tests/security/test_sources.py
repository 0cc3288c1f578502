"""What no module of qpilot may do: run text as code, unpickle, start a shell, or skip a certificate."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SOURCES = sorted(path for package in ("gates", "qpilot", "tasks", "flows") for path in (ROOT / package).rglob("*.py"))
CALLS = {"eval", "exec", "compile", "__import__", "execfile"}
MODULES = {"pickle", "cloudpickle", "dill", "joblib.numpy_pickle", "shelve", "marshal", "runpy", "code"}
ATTRIBUTES = {
    ("os", "system"),
    ("os", "popen"),
    ("joblib", "load"),
    ("joblib", "dump"),
    ("pd", "read_pickle"),
    *(("yaml", name) for name in ("load", "load_all", "full_load", "unsafe_load")),
}
WORKERS = {"qpilot/prototype/search/runners.py": {"joblib.dump", "joblib.load"}}
"""What a process hands to the workers it has just started, through a folder that its user alone may enter."""

ARGUMENTS = {("shell", True), ("allow_pickle", True), ("verify", False)}


def faults(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of everything in the tree that is on a list."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names if name.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            yield node.lineno, str(node.module)
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in CALLS:
                yield node.lineno, node.func.id
            for argument in node.keywords:
                value = argument.value
                if isinstance(value, ast.Constant) and (argument.arg, value.value) in ARGUMENTS:
                    yield node.lineno, f"{argument.arg}={value.value}"
        elif isinstance(node, ast.Attribute) and (ast.unparse(node.value), node.attr) in ATTRIBUTES:
            yield node.lineno, ast.unparse(node)


def test_no_module_runs_text_unpickles_or_starts_a_shell() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{line}": name
        for path in SOURCES
        for line, name in faults(ast.parse(path.read_text(encoding="utf-8")))
        if name not in WORKERS.get(path.relative_to(ROOT).as_posix(), ())
    }
    assert found == {}


@pytest.mark.parametrize(
    "text",
    [
        "eval('1')",
        "import pickle",
        "from cloudpickle import loads",
        "subprocess.run('ls', shell=True)",
        "np.load(file, allow_pickle=True)",
        "httpx.get(url, verify=False)",
        "os.system('ls')",
        "pd.read_pickle(path)",
        "yaml.load(text, Loader)",
    ],
)
def test_the_look_finds_each_of_them(text: str) -> None:
    assert list(faults(ast.parse(text)))

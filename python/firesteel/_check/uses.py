"""What of PySpark a source names: imports, members of modules, and members of what PySpark's calls return.

Names are followed through aliases, assignments, annotations and the usual names of contexts and sessions,
each scope by itself and in the order of the lines. Invariant: a name that is followed wrongly costs a report
too many or too few, never an error.
"""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from firesteel._check.kinds import (
    BUILDER,
    CLASSES,
    CONF,
    CONTEXT,
    CONVENTIONS,
    FRAME,
    FRAME_ONLY,
    JVM,
    result_of,
)

_ROOTS = ("pyspark", "py4j")
MASTER = "master "
SETTING = "setting "
"""What begins the name of a use that is no name of PySpark's but a text."""

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Use(NamedTuple):
    """A full name, such as `pyspark.RDD.map`, its line, and whether it is only imported there."""

    name: str
    line: int
    is_import: bool = False


def uses(text: str) -> list[Use]:
    r"""Return what a source uses, by line.

    >>> source = "import pyspark as ps\nsc = ps.SparkContext()\nsc.textFile('x').foo()"
    >>> [use.name for use in uses(source)][-2:]
    ['pyspark.SparkContext.textFile', 'pyspark.RDD.foo']
    """
    tree = ast.parse(text)
    visitor = _Visitor(imports_pyspark(tree))
    visitor.visit(tree)
    return sorted(visitor.found, key=lambda use: use.line)


def imports_pyspark(tree: ast.Module) -> bool:
    """Tell whether a program says that it is one of PySpark's."""
    return any(_is_pyspark(name) for node in ast.walk(tree) for name in _imported(node))


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module


def _is_pyspark(name: str) -> bool:
    return name.split(".")[0] in _ROOTS


class _Visitor(ast.NodeVisitor):
    """Goes through a source; `_scopes` has, innermost last, what each name stands for: a kind, or None."""

    def __init__(self, is_pyspark: bool) -> None:
        self.found: list[Use] = []
        self._is_pyspark = is_pyspark
        self._scopes: list[dict[str, str | None]] = [{}]
        self._attributes: dict[str, str | None] = {}

    def _use(self, name: str, node: ast.expr | ast.stmt) -> None:
        self.found.append(Use(name, node.lineno, isinstance(node, ast.stmt)))

    # Imports.

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            if _is_pyspark(alias.name):
                self._use(alias.name, node)
                bound = alias.name if alias.asname else alias.name.split(".")[0]
                self._scopes[-1][alias.asname or bound] = bound
            else:
                self._scopes[-1][alias.asname or alias.name] = None

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.level or not node.module or not _is_pyspark(node.module):
            return
        for alias in node.names:
            if alias.name == "*":
                self._use(node.module, node)
                continue
            full = f"{node.module}.{alias.name}"
            self._use(full, node)
            self._scopes[-1][alias.asname or alias.name] = _canonical(full)

    # Names that are bound.

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self._bind(target, self._kind(node.value))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)
        self._bind(node.target, self._kind_of_annotation(node.annotation))

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self._bind(node.target, self._kind(node.value))

    def visit_For(self, node: ast.For) -> None:
        self._bind(node.target, None)
        self.generic_visit(node)

    def visit_With(self, node: ast.With) -> None:
        for item in node.items:
            self.visit(item.context_expr)
            if item.optional_vars is not None:
                self._bind(item.optional_vars, self._kind(item.context_expr))
        for statement in node.body:
            self.visit(statement)

    def _bind(self, target: ast.expr, kind: str | None) -> None:
        if isinstance(target, ast.Name):
            self._scopes[-1][target.id] = kind
        elif isinstance(target, ast.Attribute):
            self._attributes[target.attr] = kind
        else:
            for name in ast.walk(target):
                if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store):
                    self._scopes[-1][name.id] = None

    # Scopes.

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._function(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._scopes.append({})
        self.generic_visit(node)
        self._scopes.pop()

    def _function(self, node: _Function) -> None:
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        self._scopes.append({argument.arg: self._kind_of_argument(argument) for argument in arguments})
        self.generic_visit(node)
        self._scopes.pop()

    def _kind_of_argument(self, argument: ast.arg) -> str | None:
        if argument.annotation is not None:
            return self._kind_of_annotation(argument.annotation)
        return CONVENTIONS.get(argument.arg)

    def _kind_of_annotation(self, annotation: ast.expr) -> str | None:
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            return CLASSES.get(annotation.value.rpartition(".")[2])
        if isinstance(annotation, ast.Subscript):
            is_optional = ast.unparse(annotation.value).endswith("Optional")
            return self._kind_of_annotation(annotation.slice if is_optional else annotation.value)
        if isinstance(annotation, ast.BinOp):  # DataFrame | None
            return self._kind_of_annotation(annotation.left)
        return self._kind(annotation)

    # Names that are used.

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.visit(node.value)
        kind = self._kind(node.value)
        if kind is not None:
            self._use(_canonical(f"{kind}.{node.attr}"), node)
        elif self._is_pyspark and node.attr in FRAME_ONLY:
            self._use(f"{FRAME}.{node.attr}", node)

    def visit_Name(self, node: ast.Name) -> None:
        kind = self._lookup(node.id)
        is_instance = kind in _INSTANCES
        if kind is not None and isinstance(node.ctx, ast.Load) and _is_pyspark(kind) and not is_instance:
            self._use(kind, node)

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        given = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "master")]
        texts = [value.value for value in given if isinstance(value, ast.Constant)]
        if not texts or not isinstance(texts[0], str):
            return
        kind, member = self._kind_and_member(node.func)
        is_master = member in ("master", "setMaster") and kind in (BUILDER, CONF)
        if is_master or (member is None and kind == CONTEXT):
            self._use(MASTER + texts[0], node)
        elif member in ("config", "set", "setIfMissing") and kind in (BUILDER, CONF):
            self._use(SETTING + texts[0], node)

    def _kind_and_member(self, function: ast.expr) -> tuple[str | None, str | None]:
        if isinstance(function, ast.Attribute):
            kind = self._kind(function.value)
            if kind is not None and _canonical(f"{kind}.{function.attr}") == CONTEXT:
                return CONTEXT, None
            return kind, function.attr
        return self._kind(function), None

    def _kind(self, node: ast.expr) -> str | None:
        """Return what an expression is: a kind, a module or a class of PySpark's, or None for others."""
        if isinstance(node, ast.Name):
            return self._lookup(node.id)
        if isinstance(node, ast.Call):
            return self._kind_of_call(node)
        if isinstance(node, ast.Attribute):
            return self._kind_of_attribute(node)
        return self._kind(node.value) if isinstance(node, (ast.Await, ast.NamedExpr)) else None

    def _kind_of_call(self, node: ast.Call) -> str | None:
        kind = self._kind(node.func)
        # A class gives an instance of it, and a method has the kind of what it returns. A function has none.
        return kind if kind in _INSTANCES or (kind or "").startswith(JVM) else None

    def _kind_of_attribute(self, node: ast.Attribute) -> str | None:
        of = self._kind(node.value)
        if of is None:
            usual = CONVENTIONS.get(node.attr) if self._is_pyspark else None
            return self._attributes.get(node.attr, usual)
        if of in _INSTANCES or of.startswith(JVM):
            return result_of(of, node.attr)
        return _canonical(f"{of}.{node.attr}")

    def _lookup(self, name: str) -> str | None:
        for scope in reversed(self._scopes):
            if name in scope:
                return scope[name]
        return CONVENTIONS.get(name) if self._is_pyspark else None


_INSTANCES = frozenset([*CLASSES.values(), BUILDER])


def _canonical(name: str) -> str:
    """Return the one name of a class that programs import from several modules."""
    root, _, last = name.rpartition(".")
    if not root.startswith("pyspark") or root in _INSTANCES:
        return name
    return CLASSES.get(last, name)

"""The walk through calls: into the functions that the notebook defines, and what IPython's commands do."""

from __future__ import annotations

import ast

from cellgraph.code.commands import Effect, effect_of
from cellgraph.code.expression_names import callee_word, function_name
from cellgraph.code.ipython_syntax import PLACEHOLDER, IPythonCommand
from cellgraph.code.known_calls import changes_namespace, injected, pushed_names
from cellgraph.code.name_states import Binding, Class, Function, Instance, Scope, Status, joined
from cellgraph.code.name_walk import DEEPEST, Context, NameWalk
from cellgraph.code.source import parsed

_NOT_OPERATED = frozenset({"__new__", "__init__", "__post_init__", "__call__", "__del__"})


class CallWalk(NameWalk, ast.NodeVisitor):
    """Adds calls and commands to the walk."""

    def visit_Call(self, node: ast.Call) -> None:
        """Visit the callee and the arguments, then follow the call."""
        function = node.func
        if isinstance(function, ast.Name) and function.id == PLACEHOLDER:
            self._command(node)
            return
        awaited = self._awaited is node
        if self._special(node):
            return
        self.visit(function)
        for argument in node.args:
            self.visit(argument)
        for keyword in node.keywords:
            self.visit(keyword.value)
        self._run(node, awaited=awaited)
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            if type(argument) in (ast.Name, ast.Lambda, ast.Attribute):
                self._passed(argument)
            self._operated(argument)

    def visit_Await(self, node: ast.Await) -> None:
        """The call of an ``async def`` runs it only where it is awaited."""
        self._awaited = node.value
        self.visit(node.value)

    def _run(self, node: ast.Call, *, awaited: bool) -> None:
        value = self._value_of(node.func)
        if isinstance(value, Class):
            for name in ("__new__", "__init__", "__post_init__"):
                if (method := value.methods.get(name)) is not None:
                    self._enter(method, node, sure=self._at.sure and value.plain)
        elif isinstance(value, Instance):
            if (method := value.made_by.methods.get("__call__")) is not None:
                self._enter(method, node, sure=self._at.sure)
        elif isinstance(value, Function):
            runs = awaited or not isinstance(value.node, ast.AsyncFunctionDef)
            self._enter(value, node, sure=self._at.sure and runs and not value.lazy)

    def _passed(self, argument: ast.expr) -> None:
        """Follow a function that is passed as an argument: the call may call it."""
        if isinstance(argument, ast.Lambda):
            self._enter(self._lambda(argument), argument, sure=False)
        elif isinstance(value := self._value_of(argument), Function):
            self._enter(value, argument, sure=False)

    def _operated(self, node: ast.expr) -> None:
        """Follow the special methods of an instance, which an operator, a loop or a builtin may call."""
        held = self._value_of(node) if type(node) in (ast.Name, ast.Call) else None
        if isinstance(held, Instance):
            for name, method in held.made_by.methods.items():
                if name.startswith("__") and name not in _NOT_OPERATED:
                    self._enter(method, node, sure=False)

    def _enter(self, function: Function, site: ast.expr | None, *, sure: bool) -> None:  # noqa: PLR0915 - one case a kind
        """Walk through the body of a called function."""
        sure = sure and function.own
        first = not function.visited
        function.visited = True
        key = id(function.node) * 2 + sure
        if function in self._active or len(self._active) > DEEPEST or (key in self._walked and not first):
            return
        outer, cell, found = self._at, self._cell, len(self.found.missing)
        call = outer.call or (self._place(site) if site is not None else None)
        kind = "lambda" if isinstance(function.node, ast.Lambda) else "function"
        self._at = Context(
            sure, outer.caught, Scope("function", function.names, function.scope),
            outer.inside or kind, outer.holder or function.title, call, outer.conditions,
        )  # fmt: skip
        self._cell = function.cell
        start = self.state
        writes = function.writes
        if writes and not sure:
            self.state = dict(start)
        self._active.append(function)
        if isinstance(function.node, ast.Lambda):
            self.visit(function.node.body)
        else:
            self.block(function.node.body)
        self._active.pop()
        self._at, self._cell = outer, cell
        if writes and not sure:
            self.state = joined(start, self.state)
        if not writes and len(self.found.missing) == found:
            self._walked.add(key)

    def _special(self, node: ast.Call) -> bool:  # noqa: C901, PLR0912 - one case a kind
        """Handle calls that bind names (``exec``, ``globals().update``, magics).

        True if nothing is left to do.
        """
        code = _constant_code(node)
        if code is not None:
            tree = parsed(code)
            if tree is not None:
                self.block(tree.body)
            return True
        for name in injected(node):
            self._bind(name)
        pushed = pushed_names(node)
        if pushed is not None:
            for name in pushed:
                self._bind_global(name, None)
            for keyword in node.keywords:
                self.visit(keyword.value)
            for argument in node.args:
                self.visit(argument)
            return True
        command = _magic_call(node)
        if command is not None:
            self._apply(effect_of(command, self.world.script), command)
            return True
        if changes_namespace(node, at_top=not self._active):
            self._forget()
        return False

    def _command(self, node: ast.Call) -> None:
        number = node.args[0]
        assert isinstance(number, ast.Constant)
        assert isinstance(number.value, int)
        command = self._commands[self._cell][number.value]
        self._apply(effect_of(command, self.world.script), command)

    def _apply(self, effect: Effect, command: IPythonCommand) -> None:  # noqa: C901 - one case a kind
        for module in effect.stars:
            self._star(module, 0)
        for code in effect.runs:
            tree = parsed(code)
            if tree is not None:
                kept = self.state
                self.state = dict(kept)
                before = self._at.sure
                self._at.sure = (
                    False  # its columns are not the cell's, and its options may keep it from running
                )
                self.block(tree.body)
                self._at.sure = before
                self.state = kept
        for name in effect.binds:
            self._bind_global(name, None)
        for name in effect.deletes:
            if name in self.state:
                self.state[name] = Binding(Status.DELETED, self._cell, None, self._cell)
        if effect.clears:
            self.state = {name: Binding(Status.DELETED, self._cell, None, self._cell) for name in self.state}
        if effect.unknown:
            self._forget()

    def _star(self, module: str, level: int) -> None:
        exports = self.world.exports(module, level)
        if exports is None:
            self._forget()
            return
        for name in exports.names:
            self._bind(name, note=False)
        if not exports.complete:
            self._forget()

    def _forget(self) -> None:
        """Any name may be bound from here on, since the text does not tell."""
        self.found.unknown_from = self.found.unknown_from or self._cell


def _constant_code(node: ast.Call) -> str | None:
    """The constant text that ``exec("…")`` runs in the namespace."""
    if function_name(node) == "exec" and len(node.args) == 1 and not node.keywords:
        argument = node.args[0]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            return argument.value
    return None


def _magic_call(node: ast.Call) -> IPythonCommand | None:  # noqa: PLR0911 - one case a kind
    """``get_ipython().run_line_magic("matplotlib", "inline")`` as a command."""
    function = node.func
    if not (isinstance(function, ast.Attribute) and callee_word(function.value) == "get_ipython"):
        return None
    words = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
    texts = [word for word in words if isinstance(word, str)]
    if not texts or len(texts) != len(node.args):
        return None
    match function.attr:
        case "run_line_magic":
            return IPythonCommand("line", texts[0], texts[1] if len(texts) > 1 else "")
        case "magic":
            name, _, rest = texts[0].lstrip("%").partition(" ")
            return IPythonCommand("line", name, rest)
        case "run_cell_magic" if len(texts) == 3:
            return IPythonCommand("cell", texts[0], texts[1], texts[2])
        case "system" | "getoutput":
            return IPythonCommand("shell", "!", texts[0])
    return None

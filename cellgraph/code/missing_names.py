"""Which names a notebook uses where no cell above has bound them.

The cells are read from top to bottom, as a restart runs them. Nothing is executed. The walk keeps for each
name whether it is bound on all paths that lead here, on some of them, or deleted. It follows calls into the
functions that the notebook defines. A use is *sure* if every restart reaches it: not if it is behind a
condition, in a loop that may have no round, or in a function with no known call.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from cellgraph.code.commands import effect_of
from cellgraph.code.expression_names import callee_word
from cellgraph.code.expression_walk import ExpressionWalk
from cellgraph.code.ipython_syntax import Cell, without_options
from cellgraph.code.known_calls import guarded_names, is_nonempty, leaves, may_catch, truth
from cellgraph.code.name_states import Binding, State, Status, joined, negated
from cellgraph.code.name_walk import QUIET, Context, Findings, Loop
from cellgraph.code.source import parsed

_COMPOUND: dict[type, str] = {
    ast.For: "_for",
    ast.AsyncFor: "_for",
    ast.While: "_while",
    ast.With: "_with",
    ast.AsyncWith: "_with",
    ast.Try: "_try",
    ast.TryStar: "_try",
    ast.Match: "_match",
}
"""The method of each compound statement but ``if``, which is the most frequent one."""


class NotebookWalk(ExpressionWalk):
    """Reads one notebook. ``cell`` is called for each code cell in order, then ``finish``."""

    def cell(self, number: int, cell: Cell, *, may_fail: bool = False, may_skip: bool = False) -> None:
        """Read one cell.

        ``may_fail`` tells that an error in it is expected. ``may_skip`` tells that not every run executes it.
        """
        self._cell = number
        self._commands[number] = cell.commands
        self._at = Context(caught=QUIET if may_fail else 0, sure=not may_skip)
        before = self.state
        if may_skip:
            self.state = dict(before)
        if cell.automagic is not None and cell.automagic.name not in self.state:
            self._apply(effect_of(cell.automagic, self.world.script), cell.automagic)
        elif cell.tree is not None:
            self._body(cell, cell.tree)
        if may_skip:
            self.state = joined(before, self.state)

    def _body(self, cell: Cell, tree: ast.Module) -> None:
        timed = any(head.name == "timeit" for head in cell.heads)
        if any(head.name == "capture" for head in cell.heads):  # an error is captured with the rest
            self._at.sure = False
        kept, self._noting = self.state, not timed
        if timed:  # its body is a function: what it binds stays there
            self.state = dict(kept)
        for head in cell.heads:
            self._apply(effect_of(head, self.world.script), head)
            if head.name in ("timeit", "memit") and head.kind == "cell":
                self.block(getattr(parsed(without_options(head.rest)), "body", ()))
        self.block(tree.body)
        if timed:
            self.state, self._noting = kept, True

    def broken_cell(self, number: int, names: Iterable[str]) -> None:
        """Read a cell that does not parse. The names that it seems to bind count as unknown."""
        self._cell = number
        for name in names:
            self.state.setdefault(name, Binding(Status.DEFINED, number))
        self._doubt = True

    def finish(self) -> Findings:
        """Check the functions that no call led to, with all names that the notebook ever binds."""
        ever = {name: Binding(Status.DEFINED, cells[0]) for name, cells in self.found.bound.items()}
        self.state = {**self.state, **ever}
        while left := [function for function in self._functions if not function.visited]:
            for function in left:
                self._at = Context(sure=False)
                self._cell = function.cell
                self._enter(function, None, sure=False)
        return self.found

    def block(self, body: Sequence[ast.stmt]) -> bool:
        """Walk through statements. True if no path leads past their end."""
        ended = False
        for node in body:
            if ended:
                self._at.sure = False
            ended = self._statement(node) or ended
        return ended

    def _statement(self, node: ast.stmt) -> bool:
        kind = type(node)
        if kind is ast.Expr or kind is ast.Assign:
            self.visit(node)
            return kind is ast.Expr and leaves(node)
        if kind is ast.If:
            return self._if(node)  # type: ignore[arg-type]
        if kind in (ast.Return, ast.Raise, ast.Continue, ast.Break):
            self.generic_visit(node)
            if kind is ast.Break and self._at.loop is not None:
                self._at.loop.broken.append(self.state)
            elif kind is ast.Continue and self._at.loop is not None:
                self._at.loop.continued.append(self.state)
            return True
        special = _COMPOUND.get(kind)
        if special is not None:
            ended: bool = getattr(self, special)(node)
            return ended
        self.visit(node)
        return False

    def _if(self, node: ast.If) -> bool:
        self.visit(node.test)
        known = truth(node.test)
        if known is not None:
            return self.block(node.body if known else node.orelse)
        with_names, without = guarded_names(node.test)
        condition = ast.dump(node.test)
        start, sure = self.state, self._at.sure
        first, first_ended = self._branch(node.body, start, with_names, condition)
        second, second_ended = self._branch(node.orelse, start, without, negated(condition))
        self._at.sure = sure
        if first_ended or second_ended:
            self.state = second if first_ended else first
            # Behind a ``return`` or ``break`` it is not sure that one comes here; behind a ``raise`` a
            # restart has failed.
            left = node.body if first_ended else node.orelse
            self._at.sure = sure and isinstance(left[-1], ast.Raise) and not self._at.caught
            return first_ended and second_ended
        self.state = joined(first, second, condition)
        return False

    def _branch(
        self, body: Sequence[ast.stmt], start: State, names: Iterable[str], condition: str
    ) -> tuple[State, bool]:
        self.state = dict(start)
        for name in names:
            self.state[name] = Binding(Status.DEFINED, self._cell)
        self._at.sure = False
        outer = self._at.conditions
        self._at.conditions = (*outer, condition)
        self._at.forks += 1
        ended = self.block(body)
        self._at.forks -= 1
        self._at.conditions = outer
        return self.state, ended

    def _for(self, node: ast.For | ast.AsyncFor) -> bool:
        self.visit(node.iter)
        self._operated(node.iter)
        return self._loop(node, is_nonempty(node.iter, self._value_of), node.target)

    def _while(self, node: ast.While) -> bool:
        self.visit(node.test)
        known = truth(node.test)
        if known is False:
            return self.block(node.orelse)
        return self._loop(node, known is True, None, endless=known is True)

    def _loop(
        self,
        node: ast.For | ast.AsyncFor | ast.While,
        runs: bool,
        target: ast.expr | None,
        endless: bool = False,
    ) -> bool:
        start, context, sure = self.state, self._at, self._at.sure
        self.state = dict(start)
        context.sure = sure and runs
        if target is not None:
            self.visit(target)
        loop = context.loop = Loop(node.body, len(context.conditions), context.loop)
        context.forks += not runs
        ended = self.block(node.body)
        context.forks -= not runs
        context.loop, context.sure = loop.outer, sure
        rounds = (
            [*loop.continued] if ended and (loop.broken or loop.continued) else [self.state, *loop.continued]
        )
        rounds = rounds if runs else [start, *rounds]
        after = None if endless or not rounds else _all_joined(rounds)
        if after is not None and node.orelse:
            self.state = dict(after)
            context.sure = sure and not loop.broken
            self.block(node.orelse)
            context.sure, after = sure, self.state
        ways = ([after] if after is not None else []) + loop.broken
        self.state = _all_joined(ways) if ways else self.state
        return not ways

    def _with(self, node: ast.With | ast.AsyncWith) -> bool:
        caught = self._at.caught
        start = self.state
        for item in node.items:
            self.visit(item.context_expr)
            self._operated(item.context_expr)
            if item.optional_vars is not None:
                self.visit(item.optional_vars)
            caught = max(caught, _suppressed(item.context_expr))
        if caught == self._at.caught:
            return self.block(node.body)
        outer, self._at.caught = self._at.caught, caught
        self.state = dict(start)
        self.block(node.body)
        self._at.caught = outer
        self.state = joined(start, self.state)
        return False

    def _try(self, node: ast.Try | ast.TryStar) -> bool:
        if not node.handlers:
            ended = self.block([*node.body, *node.orelse])
            return self.block(node.finalbody) or ended
        start, context = self.state, self._at
        sure, caught = context.sure, context.caught
        context.caught = max(caught, *(may_catch(handler.type) for handler in node.handlers))
        tried_at, context.tried_at = context.tried_at, context.forks
        self.state = dict(start)
        ended = self.block(node.body[:1])
        context.sure = False
        ended = self.block(node.body[1:]) or ended
        tried = self.state
        context.caught, context.tried_at = caught, tried_at
        # A failed ``try`` may have come any way through its body.
        failed = joined(start, tried)
        ended = self.block(node.orelse) or ended
        ends = [] if ended else [self.state]
        for handler in node.handlers:
            self.state = dict(failed)
            if not self._handler(handler):
                ends.append(self.state)
        self.state = ends[0] if ends else tried
        for other in ends[1:]:
            self.state = joined(self.state, other)
        context.sure = sure
        return self.block(node.finalbody) or not ends

    def _handler(self, handler: ast.ExceptHandler) -> bool:
        self._at.sure = False
        if handler.type is not None:
            self.visit(handler.type)
        if handler.name:
            self._bind(handler.name, note=False)
        ended = self.block(handler.body)
        if handler.name and self._own_scope(handler.name) is None:
            self.state.pop(handler.name, None)
        return ended

    def _match(self, node: ast.Match) -> bool:
        self.visit(node.subject)
        start, sure = self.state, self._at.sure
        ends: list[State] = []
        last = node.cases[-1]
        complete = (
            last.guard is None and isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None
        )
        for case in node.cases:
            self.state = dict(start)
            self._at.sure = False
            self.visit(case.pattern)
            if case.guard is not None:
                self.visit(case.guard)
            if not self.block(case.body):
                ends.append(self.state)
        self._at.sure = sure
        if not complete:
            ends.append(start)
        self.state = ends[0] if ends else start
        for other in ends[1:]:
            self.state = joined(self.state, other)
        return not ends


def _suppressed(context: ast.expr) -> int:
    """How ``with suppress(…)`` or ``with raises(…)`` catches a NameError, as ``may_catch`` gives it."""
    if isinstance(context, ast.Call) and callee_word(context) in ("suppress", "raises", "assertRaises"):
        return max((may_catch(argument) for argument in context.args), default=0)
    return 0


def _all_joined(states: Sequence[State]) -> State:
    found = states[0]
    for state in states[1:]:
        found = joined(found, state)
    return found

"""Sessions that a user could tell apart if cellgraph touched anything: cells are parted by ``---``."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent


@dataclass(frozen=True)
class Case:
    """A session. ``needs`` is a library without which it is skipped."""

    name: str
    text: str
    needs: str = ""

    @property
    def cells(self) -> list[str]:
        """The session's cells, in the order in which they run."""
        return dedent(self.text).strip("\n").split("\n---\n")


VALUES = (
    Case(
        "the current folder is removed",
        """
        import os; os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')
        ---
        open('file')
        ---
        os.chdir('/'); os.path.exists('file')
        """,
    ),
    Case(
        "a metaclass whose methods raise",
        """

        calls = []
        def trap(name):
            def method(cls, *args, **keywords):
                calls.append(name)
                raise RuntimeError(name)
            return method
        NAMES = '__eq__ __hash__ __repr__ __len__ __iter__ __getattribute__ __instancecheck__'
        NAMES += ' __subclasscheck__ __dir__ __bool__'
        Meta = type('Meta', (type,), {name: trap(name) for name in NAMES.split()})
        Odd = type.__new__(Meta, 'Odd', (), {'x': 1})
        odd = object.__new__(Odd)

        ---
        many = [odd, Odd]; named = {'a': Odd}
        ---
        odd; Odd; print(calls)
        """,
    ),
    Case(
        "a hostile value is displayed",
        """
        class A:
            def __repr__(self): raise OSError('no')
        A()
        ---
        _; 1
        """,
    ),
    Case(
        "a list that holds itself",
        """
        a = [1]; a.append(a)
        ---
        a.append(2); print(a)
        ---
        b = a; b
        """,
    ),
    Case(
        "a dict that holds itself",
        """
        d = {}; d['d'] = d; d['k'] = [d]
        ---
        d['x'] = 1; print(d)
        ---
        len(d)
        """,
    ),
    Case(
        "two objects that hold each other",
        """
        class A: pass
        a, b = A(), A(); a.b, b.a = b, a
        ---
        a.n = 1; print(b.a.n)
        ---
        print(b.a.b.a.n)
        """,
    ),
    Case(
        "nested 10,000 deep",
        """
        a = []
        for _i in range(10_000): a = [a]
        ---
        d = {}
        for _i in range(10_000): d = {'d': d}
        ---
        len(a), len(d)
        """,
    ),
    Case(
        "linked 10,000 deep",
        """
        class Node:
            next = None
        ---
        head = None
        for _i in range(10_000):
            node = Node(); node.next = head; head = node
        ---
        head.next is not None
        ---
        while head is not None: head = head.next
        """,
    ),
    Case(
        "a million tiny objects",
        """
        class P:
            __slots__ = ('x',)
        ---
        many = [P() for _ in range(10**6)]
        ---
        many[5].x = 1; len(many)
        ---
        del many
        """,
    ),
    Case(
        "a module with a lazy __getattr__",
        """
        import types, sys
        lazy = types.ModuleType('lazy'); asked = []
        def missing(name):
            if name[:2] != '__': asked.append(name)
            raise AttributeError(name)
        lazy.__getattr__ = missing
        ---
        also = [lazy]; lazy.x = 1
        ---
        lazy.x; print(asked)
        """,
    ),
    Case(
        "iterators, generators and files are not consumed",
        r"""
        import io, itertools
        g = (i for i in range(5)); m = map(str, range(5)); c = itertools.count()
        f = io.StringIO('one\ntwo\n'); z = zip('ab', 'cd'); e = enumerate('ab'); r = reversed([1, 2])
        ---
        next(g), next(m), next(c), next(f), next(z), next(e), next(r)
        ---
        list(g), list(m), next(c), f.read(), list(z), list(e), list(r)
        """,
    ),
    Case(
        "weak containers and finalizers",
        """
        import weakref, gc
        class A:
            def __del__(self): print('gone')
        a = A(); w = weakref.ref(a)
        ---
        b = [a]; d = weakref.WeakValueDictionary(k=a)
        ---
        del a
        b.pop() is None, len(d)
        ---
        print(w())
        ---
        _ = None; print(w(), len(d))
        """,
    ),
    Case(
        "a value that a thread changes while it is looked at",
        """
        import threading
        stop = threading.Event(); shared = list(range(50_000)); table = dict.fromkeys(range(50_000))
        def churn():
            n = 0
            while not stop.is_set():
                n += 1; shared.append([n]); shared.pop(0); table[-n] = n; table.pop(1 - n, None)
        thread = threading.Thread(target=churn); thread.start()
        ---
        x = len(table); y = shared; print('ok')
        ---
        x = len(table); y = shared; print('ok')
        ---
        x = len(table); y = shared; print('ok')
        ---
        x = len(table); y = shared; print('ok')
        ---
        x = len(table); y = shared; print('ok')
        ---
        x = len(table); y = shared; print('ok')
        ---
        x = len(table); y = shared; print('ok')
        ---
        x = len(table); y = shared; print('ok')
        ---
        stop.set(); thread.join(); len(shared)
        """,
    ),
)

MACHINERY = (
    Case(
        "exec and eval",
        """
        exec('x = 1')
        ---
        eval('x + 1')
        ---
        exec('y = x', globals()); y
        ---
        exec('z = 2', {}); z
        """,
    ),
    Case(
        "a syntax error",
        """
        x = 1
        ---
        x = = 2
        ---
        x
        """,
    ),
    Case(
        "an error in the middle",
        """
        x = 1
        raise ValueError('here')
        y = 2
        ---
        x
        ---
        y
        """,
    ),
    Case(
        "an error in a function",
        """
        def f(n):
            return 1 / n
        ---
        f(0)
        ---
        f(1)
        """,
    ),
    Case(
        "an exception group",
        """
        raise ExceptionGroup('both', [ValueError(1), TypeError(2)])
        ---
        1
        """,
    ),
    Case(
        "SystemExit",
        """
        import warnings; warnings.simplefilter('ignore')
        ---
        import sys
        x = 1
        sys.exit(3)
        ---
        x
        """,
    ),
    Case(
        "KeyboardInterrupt",
        """
        x = 1
        raise KeyboardInterrupt
        ---
        x
        """,
    ),
    Case(
        "the recursion limit",
        """
        import sys
        limit = sys.getrecursionlimit()
        def f(n):
            return f(n + 1)
        ---
        sys.setrecursionlimit(500)  # IPython looks for the module of each frame among all that are loaded
        f(0)
        ---
        sys.setrecursionlimit(limit)
        1
        """,
    ),
    Case(
        "the recursion depth that is left",
        """
        import sys
        def depth(n=0):
            try:
                return depth(n + 1)
            except RecursionError:
                return n
        ---
        depth(); a = depth(); depth(); abs(depth() - a) < 5
        ---
        sys.setrecursionlimit(sys.getrecursionlimit())
        """,
    ),
    Case(
        "inspect.getsource",
        """
        def f(x):
            return x  # kept
        ---
        import inspect; print(inspect.getsource(f))
        """,
    ),
    Case(
        "inspect.currentframe",
        """
        import inspect
        frame = inspect.currentframe(); len(inspect.stack()) > 1
        ---
        del frame
        """,
    ),
    Case(
        "the stack is not deeper",
        """
        import traceback; print(len(traceback.extract_stack()) == len(traceback.extract_stack()))
        """,
    ),
    Case(
        "warnings once a line",
        """
        import warnings
        for _i in range(3): warnings.warn('w', UserWarning)
        ---
        1
        """,
    ),
    Case(
        "fork",
        """
        import os
        x = [1]
        ---
        pid = os.fork()
        if pid == 0:
            x.append(2); os._exit(len(x))
        os.waitpid(pid, 0)[1] >> 8
        ---
        x
        """,
    ),
    Case(
        "a forked child that goes on running cells",
        """
        import os
        x = 1; r, w = os.pipe()
        ip = get_ipython()
        ---
        pid = os.fork()
        if pid == 0:
            ip.run_cell('x = x + 1'); os.write(w, str(x).encode()); os._exit(0)
        os.waitpid(pid, 0)[1], os.read(r, 9)
        ---
        x
        """,
    ),
    Case(
        "multiprocessing by fork",
        """
        import multiprocessing as mp
        k = 10
        def f(x): return x + k
        ---
        with mp.get_context('fork').Pool(2) as pool: print(pool.map(f, range(4)))
        ---
        k = 20
        """,
    ),
    Case(
        "multiprocessing by spawn of an importable function",
        """
        import multiprocessing as mp, math
        ---
        with mp.get_context('spawn').Pool(1) as p: print(p.map(math.sqrt, [4, 9]))
        """,
    ),
    Case(
        "concurrent.futures threads",
        """
        from concurrent.futures import ThreadPoolExecutor
        k = 2
        def f(x): return x * k
        ---
        with ThreadPoolExecutor(3) as pool: print(list(pool.map(f, range(5))))
        """,
    ),
    Case(
        "sys.settrace in a cell",
        """
        import sys
        lines = []
        def tracer(frame, event, arg):
            if frame.f_code.co_name == 'f': lines.append((event, frame.f_lineno))
            return tracer
        def f(x):
            y = x
            return y
        ---
        sys.settrace(tracer)
        f(1)
        sys.settrace(None)
        ---
        lines
        """,
    ),
    Case(
        "sys.setprofile in a cell",
        """
        import sys
        seen = []
        def f(): return 1
        ---
        def profiler(frame, event, arg):
            if frame.f_code.co_name == 'f': seen.append((event, arg))
        sys.setprofile(profiler)
        f()
        sys.setprofile(None)
        ---
        seen
        """,
    ),
    Case(
        "cProfile in a cell",
        """
        import cProfile, pstats
        p = cProfile.Profile()
        def f(): return 1
        ---
        p.enable(); f(); f(); p.disable()
        ---
        p.getstats()[0].callcount
        """,
    ),
    Case(
        "doctest",
        '''
        def f():
            """
            >>> f()
            1
            """
            return 1
        ---
        import doctest; doctest.run_docstring_examples(f, {'f': f}, verbose=True)
        ''',
    ),
    Case(
        "numba",
        """
        import numba
        k = 3
        @numba.njit
        def f(n):
            s = 0
            for i in range(n): s += i * k
            return s
        ---
        f(10)
        ---
        f(10), f.signatures
        ---
        k = 4
        ---
        f(10)
        """,
        needs="numba",
    ),
    Case(
        "cloudpickle in another process",
        """
        import cloudpickle, subprocess, sys, base64
        k = 5
        def f(x): return x + k
        class A:
            def m(self): return f(1)
        ---
        data = base64.b64encode(cloudpickle.dumps((f, A))).decode()
        program = 'import pickle, base64, sys; f, A = pickle.loads(base64.b64decode(sys.argv[1]))'
        program += '; print(f(2), A().m())'
        print(subprocess.run([sys.executable, '-c', program, data], capture_output=True, text=True).stdout)
        """,
        needs="cloudpickle",
    ),
    Case(
        "pickle and copy",
        """
        import pickle, copy
        class A: pass
        a = A(); a.x = [1]
        ---
        copy.deepcopy(a).x, pickle.loads(pickle.dumps(a)).x
        ---
        a.x
        """,
    ),
    Case(
        "dataclasses and enums",
        """
        from dataclasses import dataclass
        import enum
        @dataclass
        class P:
            x: int = 1
        class E(enum.Enum):
            A = 1
        ---
        P(), E.A, P() == P()
        """,
    ),
    Case(
        "reference counts",
        """
        import sys
        x = object(); y = []
        ---
        sys.getrefcount(x), sys.getrefcount(y)
        ---
        sys.getrefcount(x), sys.getrefcount(y)
        """,
    ),
    Case(
        "what the garbage collector tracks",
        """
        import gc
        gc.collect(); x = []; gc.isenabled(), gc.get_threshold()
        ---
        gc.isenabled(), gc.get_debug(), len(gc.get_referrers(x))
        """,
    ),
    Case(
        "random numbers",
        """
        import random; random.seed(1); random.random()
        ---
        random.random()
        ---
        state = random.getstate(); random.random()
        """,
    ),
    Case(
        "numpy's random numbers",
        """
        import numpy as np; np.random.seed(1); r = np.random.default_rng(1)
        ---
        np.random.rand(), r.random()
        ---
        np.random.rand(), r.random()
        """,
    ),
    Case(
        "no variable of ours",
        """
        x = 1
        ---
        sorted(n for n in globals() if not n.startswith('_'))
        ---
        %who
        """,
    ),
    Case(
        "the hash seed and ids",
        """
        x = object(); i = id(x)
        ---
        id(x) == i
        """,
    ),
    Case(
        "the locale and the warnings filter",
        """
        import warnings, locale; len(warnings.filters), locale.getlocale()
        ---
        len(warnings.filters)
        """,
    ),
    Case(
        "context variables",
        """
        import contextvars; v = contextvars.ContextVar('v', default=0); t = v.set(1)
        ---
        v.get()
        """,
    ),
)

IPYTHON = (
    Case(
        "%time",
        """
        x = 1
        ---
        %%capture timed
        %time y = x
        ---
        y, timed.stdout[:9]
        """,
    ),
    Case(
        "%timeit keeps no names",
        """
        x = 1
        ---
        result = %timeit -o -q -n2 -r1 inner = x
        ---
        'inner' in globals(), type(result).__name__
        """,
    ),
    Case(
        "%%timeit",
        """
        x = 1
        ---
        %%timeit -q -n2 -r1 z = x
        z + 1
        ---
        'z' in globals()
        """,
    ),
    Case(
        "%prun",
        """
        def f(): return 1
        ---
        stats = %prun -q -r f()
        ---
        any(k[2] == 'f' for k in stats.stats)
        """,
    ),
    Case(
        "%%capture",
        """
        %%capture out
        print('hidden'); v = 1
        ---
        out.stdout, v
        """,
    ),
    Case(
        "%run",
        """
        %%writefile cellgraph_script_under_test.py
        run_made = 5
        ---
        %run cellgraph_script_under_test.py
        ---
        run_made
        ---
        !rm cellgraph_script_under_test.py
        """,
    ),
    Case(
        "%reset -f",
        """
        x = 1; y = [x]
        ---
        %reset -f
        ---
        x
        ---
        z = 2
        ---
        z
        """,
    ),
    Case(
        "%reset -f out",
        """
        [1]
        ---
        %reset -f out
        ---
        Out
        ---
        2
        """,
    ),
    Case(
        "%xdel",
        """
        x = [1]; y = x
        ---
        %xdel x
        ---
        x
        ---
        'y' in globals()
        """,
    ),
    Case(
        "%reset_selective",
        """
        a1 = 1; a2 = 2; b = 3
        ---
        %reset_selective -f a
        ---
        b
        ---
        a1
        """,
    ),
    Case(
        "del _",
        """
        41
        ---
        _ + 1
        ---
        del _
        ---
        1
        ---
        _
        """,
    ),
    Case(
        "user's own _",
        """
        _ = 5
        ---
        _ + 1
        ---
        _
        ---
        for _ in range(3): pass
        ---
        _
        """,
    ),
    Case(
        "user's own Out and In",
        """
        Out = 1; In = 2
        ---
        Out + In
        ---
        3
        ---
        del Out, In
        ---
        4
        """,
    ),
    Case(
        "user's own _oh and _ih",
        """
        _oh = 1
        ---
        2
        ---
        _ih = None
        ---
        3
        ---
        del _oh
        ---
        4
        ---
        x = 5
        """,
    ),
    Case(
        "user's own get_ipython",
        """
        get_ipython = None
        ---
        x = 1
        ---
        del get_ipython
        ---
        x
        """,
    ),
    Case(
        "user's own print, id, type, list, len and sys",
        """
        print = id = type = list = len = sys = dict = getattr = None
        ---
        x = 1
        ---
        x
        ---
        del print
        ---
        print(x)
        """,
    ),
    Case(
        "user's own __name__ and __builtins__",
        """
        __name__ = 5
        ---
        x = 1
        ---
        def f(): return x
        f()
        ---
        __name__ = '__main__'
        ---
        x
        """,
    ),
    Case(
        "builtins replaced",
        """
        import builtins
        kept = builtins.print
        builtins.print = lambda *a: None
        ---
        x = [1]; y = x; print(x)
        ---
        builtins.print = kept
        ---
        print(x)
        """,
    ),
    Case(
        "errors that name no text",
        """
        raise ModuleNotFoundError('x', name=['y'])
        ---
        raise FileNotFoundError(2, 'x', 7)
        ---
        raise FileNotFoundError(['y'])
        ---
        raise NameError('x', name=3)
        """,
    ),
    Case(
        "junk in sys.modules",
        """
        import sys
        kept = sys.modules.get('numpy')
        sys.modules['numpy'] = 'junk'; sys.modules['pandas_'] = None; sys.modules['odd'] = 5
        ---
        x = [1.5]; x
        ---
        sys.modules.pop('numpy') if kept is None else sys.modules.update(numpy=kept)
        del sys.modules['odd'], sys.modules['pandas_']
        ---
        x
        """,
    ),
    Case(
        "names that are no identifiers",
        """
        globals()['not a name'] = 1
        ---
        globals()['not a name']
        ---
        globals()[''] = 2
        ---
        x = 1
        """,
    ),
    Case(
        "keys of globals() that are no strings",
        """
        globals()[5] = 'five'
        ---
        x = globals()[5]; x
        ---
        y = x
        ---
        del globals()[5]
        ---
        y
        """,
    ),
    Case(
        "sys.displayhook replaced",
        """
        import sys; hook = sys.displayhook
        sys.displayhook = lambda v: print('mine', v)
        ---
        1
        ---
        sys.displayhook = hook
        ---
        2
        """,
    ),
    Case(
        "stdout closed, replaced and restored",
        """
        import sys, io
        kept = sys.stdout; sys.stdout = io.StringIO()
        ---
        print('lost')
        ---
        sys.stdout = kept
        ---
        print('back')
        """,
    ),
    Case(
        "await",
        """
        import asyncio
        async def f():
            await asyncio.sleep(0)
            return 1
        ---
        await f()
        ---
        x = await f(); x
        ---
        await asyncio.gather(f(), f())
        """,
    ),
    Case(
        "a run inside a cell",
        """
        ip = get_ipython()
        ---
        r = ip.run_cell('inner = 1'); inner
        ---
        ip.run_cell('1 / 0').success
        ---
        inner
        """,
    ),
    Case(
        "a shell with an alias and an assignment from it",
        """
        x = !echo one
        ---
        x
        ---
        y = 2
        !echo {y} $y
        ---
        %env CELLGRAPH_T={y}
        ---
        import os; os.environ['CELLGRAPH_T']
        """,
    ),
    Case(
        "help and ?",
        """
        def f():
            'says'
        f?
        ---
        x = 1
        ---
        f??
        """,
    ),
    Case(
        "%history and %recall",
        """
        x = 1
        ---
        %history
        ---
        y = 2
        ---
        print(In)
        """,
    ),
    Case(
        "%pdb on",
        """
        %pdb off
        ---
        1 / 0
        ---
        x = 1
        """,
    ),
    Case(
        "ast_node_interactivity of %config",
        """
        %config InteractiveShell.ast_node_interactivity = 'all'
        ---
        1
        2
        ---
        x = 3
        x
        """,
    ),
    Case(
        "cells with nothing but comments",
        """
        # nothing
        ---
        x = 1
        ---
        # x = 2

        # nor here
        ---
        x
        """,
    ),
    Case(
        "%%script",
        """
        %%bash
        echo from bash
        ---
        x = 1
        """,
    ),
    Case(
        "a cell magic of the user's",
        """
        from IPython.core.magic import register_cell_magic
        @register_cell_magic
        def mine(line, cell):
            exec(cell, get_ipython().user_ns)
        ---
        %%mine
        made = 7
        ---
        made
        """,
    ),
    Case(
        "a hook of the user's",
        """
        got = []
        get_ipython().events.register('post_run_cell', lambda r: got.append(r.success))
        ---
        1 / 0
        ---
        x = 1
        ---
        got
        """,
    ),
)

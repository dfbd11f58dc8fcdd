"""Sessions written for the soak. A line ``## name`` starts one, ``---`` parts its cells."""

from __future__ import annotations

from tests.cases.safety import Case

LANGUAGE = r"""
## a warning once a location, from a function that several cells call
import warnings
def old(): warnings.warn('old is old', DeprecationWarning, stacklevel=1)
---
old()
---
old()
---
old(); x = 1
## a warning of a library's line, again and again
import warnings, types
m = types.ModuleType('m'); exec(compile("import warnings\ndef f(): warnings.warn('of m')", 'm.py', 'exec'), m.__dict__)
---
m.f()
---
m.f()
---
m.f(), sorted(m.__dict__['__warningregistry__'], key=str)[:1]
## filters of warnings: once, error, ignore, and back
import warnings; warnings.simplefilter('once')
def f(): warnings.warn('w')
f(); f()
---
f()
---
warnings.simplefilter('error')
---
f()
---
warnings.resetwarnings(); f()
## catch_warnings across cells
import warnings
catcher = warnings.catch_warnings(record=True); caught = catcher.__enter__(); warnings.simplefilter('always')
---
warnings.warn('one')
---
x = 1; warnings.warn('two')
---
catcher.__exit__(None, None, None); [str(w.message) for w in caught]
## warnings of the compiler
x = 1
x is 1
---
print('\d')
---
'\d'
---
assert (x, 'always true')
---
x = 5 (3)
## the registry of warnings
import warnings; warnings.warn('here')
---
sorted(map(str, globals().get('__warningregistry__', {})))
---
warnings.warn('here'); x = 1
---
sorted(map(str, globals().get('__warningregistry__', {})))
## leave by exit, quit and SystemExit
exit
---
quit()
---
raise SystemExit
---
raise SystemExit('text')
---
import sys; sys.exit(2)
---
exit(0)
---
x = 1
## a chain of exceptions with notes
def f():
    try:
        1 / 0
    except ZeroDivisionError as e:
        e.add_note('a note')
        raise KeyError('k') from e
f()
---
try:
    f()
except KeyError as e:
    kept = e
kept.__cause__.__notes__
---
raise kept
## an exception whose text raises
class E(Exception):
    def __str__(self): raise ValueError('no text')
raise E
---
x = 1
## an exception that is no class of a module any more
class E(Exception): pass
e = E(1)
del E
raise e
---
type(e).__name__
## exceptions kept, with their frames and locals
def f(secret):
    raise RuntimeError(secret)
try: f('s')
except RuntimeError as e: kept = e
---
kept.__traceback__.tb_next.tb_frame.f_locals
---
import traceback; print(''.join(traceback.format_exception(kept)))
---
del kept; x = 1
## except* and nested groups
try:
    raise ExceptionGroup('g', [ValueError(1), ExceptionGroup('h', [TypeError(2), KeyError(3)])])
except* ValueError as v: print(v.exceptions)
except* TypeError as t: print(t)
---
x = 1
## an error in __del__
class A:
    def __del__(self): raise ValueError('in del')
a = A()
---
del a
---
A(); x = 1
## an unraisable error with a hook of the user's
import sys; seen = []
sys.unraisablehook = lambda u: seen.append(type(u.exc_value).__name__)
class A:
    def __del__(self): 1 / 0
---
A(); x = 1
---
seen
## finalizers run at their moment
class A:
    def __init__(self, n): self.n = n
    def __del__(self): print('freed', self.n)
a = A(1)
---
a = A(2); print('bound')
---
b = a; del a; print('deleted')
---
b = [b]; b.clear(); print('cleared')
---
_ = A(3)
---
A(4)
---
A(5); print('after')
---
x = 1
## weakref.finalize and callbacks
import weakref
class A: pass
a = A(); weakref.finalize(a, print, 'finalized'); r = weakref.ref(a, lambda _: print('called'))
---
b = a
---
del a
---
del b; print(r())
## context managers that are left open
import contextlib
@contextlib.contextmanager
def managed():
    print('in')
    try: yield 5
    finally: print('out')
c = managed(); v = c.__enter__()
---
v
---
c.__exit__(None, None, None)
---
with managed() as w: 1 / 0
## a generator that is closed by its deletion
def g():
    try:
        yield 1
        yield 2
    finally: print('closed')
it = g(); next(it)
---
next(it)
---
del it; print('deleted')
## send, throw and yield from
def inner():
    got = yield 1
    print('got', got)
    try: yield 2
    except ValueError: print('thrown')
    return 'r'
def outer():
    print((yield from inner()))
o = outer(); next(o)
---
o.send('s')
---
list([o.throw(ValueError)] if False else []); o.close()
---
o.gi_frame is None
## descriptors, properties and __set_name__
class D:
    def __set_name__(self, owner, name): print('named', name); self.name = name
    def __get__(self, obj, owner): print('got'); return 5
    def __set__(self, obj, value): print('set', value)
class A:
    d = D()
    @property
    def p(self): print('p'); return 1
a = A()
---
a.d
---
a.d = 7; a.p
---
x = a
## __getattr__, __getattribute__, __setattr__ and __delattr__ that count
calls = []
class A:
    def __getattribute__(self, n): calls.append(('get', n)); return object.__getattribute__(self, n)
    def __setattr__(self, n, v): calls.append(('set', n)); object.__setattr__(self, n, v)
    def __delattr__(self, n): calls.append(('del', n)); object.__delattr__(self, n)
a = A()
---
a.x = 1; a.x
---
b = [a]; c = a
---
del a.x; calls
## a metaclass with __call__, __prepare__ and __iter__
class M(type):
    def __prepare__(name, bases): print('prepared'); return {}
    def __call__(cls, *a): print('called'); return super().__call__(*a)
    def __iter__(cls): return iter([1, 2])
class A(metaclass=M): pass
---
a = A(); list(A)
---
A, type(A).__name__
## __init_subclass__, __class_getitem__ and generics
class A:
    def __init_subclass__(cls, **k): print('sub', cls.__name__, k)
    def __class_getitem__(cls, i): return ('item', i)
class B(A, k=1): pass
---
A[int], B[str]
---
from typing import Generic, TypeVar
T = TypeVar('T')
class G(Generic[T]): pass
G[int]
## type parameters and aliases
type Pair[T] = tuple[T, T]
def first[T](p: Pair[T]) -> T: return p[0]
---
first((1, 2)), Pair.__value__
## __slots__ and weak references to them
import weakref
class A:
    __slots__ = ('x', '__weakref__')
a = A(); a.x = [1]; r = weakref.ref(a)
---
a.x.append(2); r().x
---
del a; r()
## subclasses of the built-in containers
class L(list):
    def __iter__(self): print('iterated'); return super().__iter__()
    def __len__(self): print('measured'); return 3
class D(dict):
    def __missing__(self, k): print('missed', k); return k
    def keys(self): print('keys'); return super().keys()
l = L([1, 2]); d = D(a=1)
---
l.append(3); d['b']
---
x = l; y = d; len(l), list(l)
## named tuples, typed dicts and enums
from collections import namedtuple; import enum, typing
P = namedtuple('P', 'x y'); p = P(1, 2)
class F(enum.Flag):
    A = enum.auto(); B = enum.auto()
class T(typing.TypedDict): k: int
---
p, p._replace(x=5), F.A | F.B, T(k=1)
---
p.x, F(3), T.__annotations__
## deques, counters, chain maps, ordered and default dicts
from collections import deque, Counter, ChainMap, OrderedDict, defaultdict
d = deque([1, 2], maxlen=2); c = Counter('abca'); m = ChainMap({}, {'a': 1}); o = OrderedDict(a=1); f = defaultdict(list)
---
d.append(3); c.update('a'); m['b'] = 2; o.move_to_end('a'); f['k'].append(1)
---
d, c, m, o, f
---
f['new'], len(f)
## closures, nonlocal and late binding
def make():
    n = 0
    def add():
        nonlocal n
        n += 1
        return n
    return add
a, b = make(), make()
---
a(); a(); b()
---
fs = [lambda: i for i in range(3)]
[f() for f in fs]
---
a.__closure__[0].cell_contents
## defaults, keyword-only and positional-only arguments
def f(a, /, b=[], *c, d={}, **e): b.append(a); d[a] = b; return b, c, d, e
f(1)
---
f(2, k=1)
---
f.__defaults__, f.__kwdefaults__
---
f(a=1)
## decorators, wraps, partial, singledispatch and cached_property
import functools
def deco(fn):
    @functools.wraps(fn)
    def inner(*a): print('before'); return fn(*a)
    return inner
@deco
def f(x): return x
@functools.singledispatch
def s(x): return 'any'
@s.register
def _(x: int): return 'int'
class A:
    @functools.cached_property
    def p(self): print('worked out'); return [1]
a = A(); p = functools.partial(f, 3)
---
f(1), s(1), s('x'), a.p, p()
---
a.p.append(2); a.p
## lru_cache and its counters
from functools import lru_cache
@lru_cache(maxsize=2)
def f(n): print('computed', n); return [n]
f(1); f(1); f(2)
---
f.cache_info()
---
f(1).append(5); f(1)
---
f.cache_clear(); f.cache_info()
## pattern matching of classes and guards
class P:
    __match_args__ = ('x', 'y')
    def __init__(self, x, y): self.x = x; self.y = y
match P(1, [2, 3]):
    case P(1, [a, *b]) if a: print(a, b)
---
match {'k': 1, 'l': 2}:
    case {'k': k, **rest}: r = rest
k, r
## walrus, star targets, chained comparison and del of many
a, *b, (c, d) = 1, 2, 3, (4, 5)
---
[y := a, y ** 2, 1 < a <= y < 5]
---
del a, b, (c, d)
---
a
## class bodies see globals and not their own names in functions
x = 'global'
class A:
    x = 'class'
    y = [x for _ in range(1)]
    def m(self): return x
---
A.y, A().m()
---
x = 'new'; A().m()
## global statement in a function, and a name bound by exec, for, with, import, except, class, def
def f():
    global made
    made = 1
f(); made
---
exec('e = 2'); [n for n in ('made', 'e') if n in globals()]
---
import os.path as p, json
from math import pi as q
p.__name__, json.__name__, q
## star import, and a module of the user's that is written, imported, changed and reloaded
with open('mine.py', 'w') as f: f.write('v = 1\n_hidden = 2\ndef g(): return v\n')
import sys; sys.path.insert(0, '.')
from mine import *
import mine
---
v, g(), '_hidden' in globals()
---
with open('mine.py', 'w') as f: f.write('v = 22\ndef g(): return v + 1\n')
import importlib, os; os.utime('mine.py', (1, 1)); importlib.reload(mine).v
---
g(), mine.g()
## __main__ and pickles by reference
import pickle, __main__
class A:
    def __init__(self): self.x = [1]
a = A()
---
b = pickle.loads(pickle.dumps(a)); b.x, type(b) is A, __main__.a is a
---
__main__.new = 5; new
## copy, deepcopy and shared parts
import copy
a = [1]; b = {'a': a, 'b': a}; c = copy.deepcopy(b); d = copy.copy(b)
---
c['a'] is c['b'], d['a'] is a
---
a.append(2); c, d
## identity of constants and interned strings
a = 'word'; b = 'word'; c = 256; d = (1, 2)
---
a is b, c is 256 if False else c == 256, d == (1, 2)
---
import sys; sys.intern('x' * 50) is sys.intern('x' * 50)
## huge numbers, long strings and bytes
n = 10 ** 4000; s = 'x' * 10**6; b = bytes(10**6)
---
n % 97, len(s), len(b)
---
str(10 ** 5000)
---
n += 1; s += 'y'; b += b'z'; n % 97, len(s), len(b)
## nan, infinities, minus zero and complex
n = float('nan'); l = [n, -0.0, 1e308 * 10, complex('nan')]
---
n == n, n in l, l
---
l.remove(n); l
## surrogates, nulls and odd characters in texts and names
s = '\ud800 \x00 \u202e'; naïve = 1; 变量 = 2; ﬁ = 3
---
naïve + 变量 + fi, len(s)
---
print(repr(s))
---
s
## functions with annotations that are text
from __future__ import annotations
def f(x: not_there = 1) -> also_not: return x
f(), f.__annotations__
---
def g(x: not_there2): return x
g(1)
## assignment expressions to builtins' names
len = lambda x: 42
---
len([1])
---
del len; len([1])
---
sum = 0
for i in range(3): sum += i
sum
## operators in place on each kind of value
a = [1]; b = a; a += [2]; t = (1,); u = t; t += (2,); s = {1}; r = s; s |= {2}; d = {1: 1}; e = d; d |= {2: 2}
---
b, u, r, e
---
x = 5; x **= 2; x //= 3; x >>= 1; x ^= 7; x
"""

PROCESS = r"""
## signal handlers and an alarm
import signal, time; got = []
old = signal.signal(signal.SIGUSR1, lambda n, f: got.append(n))
import os; os.kill(os.getpid(), signal.SIGUSR1)
---
got, signal.getsignal(signal.SIGUSR1) is not old
---
signal.signal(signal.SIGUSR1, old); x = 1
## settings of the collector
import gc; gc.set_threshold(1234, 5, 6); gc.disable()
---
gc.get_threshold(), gc.isenabled()
---
gc.enable(); gc.callbacks.append(lambda phase, info: None); x = [1]
---
len(gc.callbacks), gc.isenabled()
## limits and intervals of the interpreter
import sys; sys.setswitchinterval(0.01); sys.setrecursionlimit(2000); sys.set_int_max_str_digits(5000)
---
sys.getswitchinterval(), sys.getrecursionlimit(), sys.get_int_max_str_digits()
## a context of decimal and a local one
import decimal; decimal.getcontext().prec = 5
---
decimal.Decimal(1) / 3
---
with decimal.localcontext() as c:
    c.prec = 2
    x = decimal.Decimal(1) / 3
x, decimal.getcontext().prec
## a locale
import locale; locale.setlocale(locale.LC_ALL, 'C')
---
locale.getlocale(), locale.localeconv()['decimal_point']
## the environment and the folder
import os; os.environ['SOAK'] = '1'; os.mkdir('sub'); os.chdir('sub')
---
os.path.basename(os.getcwd()), os.environ['SOAK']
---
%cd -q ..
del os.environ['SOAK']
---
os.environ.get('SOAK'), sorted(os.listdir())
## a folder that is removed while it is the current one
import os; os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')
---
x = 1
---
os.getcwd()
---
open('file')
---
os.chdir('/'); x
## the umask and files
import os; old = os.umask(0o077)
with open('f.txt', 'w') as f: print(f.write('text'))
---
oct(os.stat('f.txt').st_mode & 0o777), os.umask(old)
---
open('f.txt').read()
## files that stay open, and their positions
f = open('f.txt', 'w+'); f.write('one\ntwo\n'); f.seek(0); next(f)
---
f.tell() if False else f.readline()
---
g = f; f.close(); g.closed
---
f.read()
## descriptors, pipes and os-level writes
import os; r, w = os.pipe(); os.write(w, b'x')
---
os.read(r, 1); os.close(r); os.close(w)
---
os.write(w, b'x')
## temporary files and folders
import tempfile, os
t = tempfile.NamedTemporaryFile('w+'); t.write('x'); t.flush(); d = tempfile.TemporaryDirectory()
---
os.path.exists(t.name), os.path.isdir(d.name)
---
n = t.name; t.close(); d.cleanup(); os.path.exists(n)
## logging to a stream and its levels
import logging, sys; logging.basicConfig(stream=sys.stdout, level=logging.INFO, format='%(levelname)s %(message)s', force=True)
---
logging.info('said'); logging.getLogger('a.b').setLevel('DEBUG')
---
logging.getLogger('a.b').debug('deep'); logging.getLogger().handlers.__len__()
---
logging.shutdown(); logging.getLogger().handlers.clear()
## atexit, and what is registered twice
import atexit
@atexit.register
def bye(): print('bye')
---
atexit.unregister(bye); x = 1
## stdout replaced by redirect_stdout, and a write to the original
import contextlib, io, sys
buffer = io.StringIO()
with contextlib.redirect_stdout(buffer): print('into it')
---
buffer.getvalue(), sys.stdout is sys.__stdout__
---
sys.stderr.write('to err\n'); print('flushed', flush=True)
## sys.excepthook, displayhook and breakpointhook of the user's
import sys; calls = []
sys.excepthook = lambda *a: calls.append(a[0].__name__)
sys.breakpointhook = lambda *a: calls.append('break')
---
1 / 0
---
breakpoint(); calls
## sys.settrace that stays on over several cells
import sys; lines = []
def tracer(frame, event, arg):
    if frame.f_code.co_filename.find('ipy') >= 0 or '<cell' in frame.f_code.co_filename: lines.append((event, frame.f_code.co_name))
    return tracer
def f(): return 1
---
sys.settrace(tracer); f(); sys.settrace(None); sorted(set(e for e, n in lines if n == 'f'))
---
threading = __import__('threading'); threading.settrace(tracer)
t = threading.Thread(target=f); t.start(); t.join(); threading.settrace(None)
---
len([1 for e, n in lines if n == 'f'])
## a monitoring tool of the user's
import sys; m = sys.monitoring; seen = []
m.use_tool_id(3, 'mine'); m.register_callback(3, m.events.PY_START, lambda c, o: seen.append(c.co_name))
def f(): return 1
---
m.set_events(3, m.events.PY_START); f(); m.set_events(3, 0); 'f' in seen
---
m.free_tool_id(3); m.get_tool(3)
## tracemalloc
import tracemalloc; tracemalloc.start(2)
x = [object() for _ in range(10)]
---
tracemalloc.is_tracing(), tracemalloc.get_traceback_limit()
---
tracemalloc.stop(); tracemalloc.is_tracing()
## faulthandler and resource limits
import faulthandler, resource; before = faulthandler.is_enabled(); limits = resource.getrlimit(resource.RLIMIT_NOFILE)
---
faulthandler.is_enabled() == before, resource.getrlimit(resource.RLIMIT_NOFILE) == limits
## meta path finders and import hooks
import sys, importlib.abc, importlib.util, types; asked = []
class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.startswith('soaked'): asked.append(name)
        return None
sys.meta_path.insert(0, Finder())
---
try: import soaked_module
except ImportError as e: print(e)
---
x = 1
---
sys.meta_path.pop(0); asked
## __import__ replaced
import builtins; real = builtins.__import__; names = []
def mine(name, *a, **k): names.append(name); return real(name, *a, **k)
builtins.__import__ = mine
---
import json
---
x = [1]; y = x
---
builtins.__import__ = real; names
## builtins replaced to log: len, isinstance, sorted, id, open
import builtins; log = []; kept = {n: getattr(builtins, n) for n in ('len', 'isinstance', 'sorted', 'id', 'hasattr')}
def wrap(n): return lambda *a, **k: (log.append(n), kept[n](*a, **k))[1]
for n in kept: setattr(builtins, n, wrap(n))
---
x = [1, 2]; y = {'k': x}; z = len(x)
---
for n in kept: setattr(builtins, n, kept[n])
---
sorted(set(log)) if 'len' in log else log
## threads, locks, events, locals and queues
import threading, queue; q = queue.Queue(); l = threading.local(); l.x = 1; lock = threading.RLock()
def work(n):
    with lock: q.put(n * n)
ts = [threading.Thread(target=work, args=(i,)) for i in range(4)]
for t in ts: t.start()
for t in ts: t.join()
---
sorted(q.get() for _ in range(4)), l.x
---
lock.acquire(); x = 1
---
lock.release(); threading.active_count()
## an error in a thread
import threading, sys; seen = []
threading.excepthook = lambda a: seen.append(a.exc_type.__name__)
t = threading.Thread(target=lambda: 1 / 0); t.start(); t.join()
---
seen
---
threading.excepthook = threading.__excepthook__; x = 1
## a thread that binds globals while cells run
import threading
go, done = threading.Event(), threading.Event()
def work():
    global made
    go.wait(5); made = [1]; done.set()
t = threading.Thread(target=work); t.start()
---
go.set(); done.wait(5); t.join(); made
---
made.append(2); made
## timers, barriers and executors
import threading, concurrent.futures as cf
with cf.ThreadPoolExecutor(2) as pool: r = [f.result() for f in [pool.submit(pow, 2, n) for n in range(4)]]
r
---
f = cf.Future(); f.add_done_callback(lambda f: print('done', f.result())); f.set_result(5)
## asyncio: tasks, queues, timeouts and cancellation
import asyncio
async def work(n):
    await asyncio.sleep(0); return n * n
---
await asyncio.gather(*(work(n) for n in range(3)))
---
async def cancelled():
    t = asyncio.ensure_future(asyncio.sleep(100)); await asyncio.sleep(0); t.cancel()
    try: await t
    except asyncio.CancelledError: return 'cancelled'
await cancelled()
---
try: await asyncio.wait_for(asyncio.sleep(100), 0.01)
except TimeoutError: print('timeout')
---
raise asyncio.CancelledError
---
async for x in not_there: pass
## async generators, comprehensions and context managers
import contextlib
async def gen():
    for i in range(3): yield i
@contextlib.asynccontextmanager
async def managed():
    print('in'); yield 1; print('out')
---
[x async for x in gen()]
---
async with managed() as v: print(v)
---
r = {x: x async for x in gen()}; r
## a coroutine that is never awaited
async def f(): return 1
c = f()
---
c.close()
---
g = f(); del g
---
x = 1
## context variables and their tokens
import contextvars; v = contextvars.ContextVar('soak', default=0); t = v.set(5); c = contextvars.copy_context()
---
v.get(), c[v]
---
c.run(v.set, 7); v.get(), c[v]
## subprocesses
import subprocess, sys
subprocess.run([sys.executable, '-c', 'print(6 * 7)'], capture_output=True, text=True).stdout
---
p = subprocess.Popen([sys.executable, '-c', 'import sys; sys.exit(3)']); p.wait()
---
p.returncode
## random generators of every kind
import random; random.seed(5); r = random.Random(3); s = random.SystemRandom()
---
random.random(), r.random(), random.choice('abc')
---
st = random.getstate(); random.random()
---
random.setstate(st); random.random(), type(s).__name__
## mmap, memoryview and array
import mmap, array; m = mmap.mmap(-1, 16); m[:3] = b'abc'; v = memoryview(m); a = array.array('i', [1, 2])
---
m[0], v[:3].tobytes(), a.tolist()
---
a.append(3); m[0] = 120
---
v.release(); m.close(); a
---
m[0]
## ctypes and a buffer that it owns
import ctypes; b = ctypes.create_string_buffer(b'abc', 8); n = ctypes.c_int(5)
class P(ctypes.Structure): _fields_ = [('x', ctypes.c_int), ('y', ctypes.POINTER(ctypes.c_int))]
p = P(1, ctypes.pointer(n))
---
b.value, p.x, p.y.contents.value
---
b[0] = b'z'; n.value = 6; b.value, p.y.contents.value
## sqlite and its connections
import sqlite3; c = sqlite3.connect(':memory:'); c.execute('create table t (a)'); c.execute('insert into t values (1)').rowcount
---
cur = c.execute('select * from t'); cur.fetchall()
---
c.close(); c.execute('select 1')
"""

SHELL = r"""
## %xmode and %tb
def f(n): return 1 / n
---
%xmode Plain
f(0)
---
%xmode Minimal
f(0)
---
%xmode Verbose
f(0)
---
%xmode Context
---
%tb
## a custom exception handler
def handle(self, etype, value, tb, tb_offset=None): print('handled', etype.__name__)
get_ipython().set_custom_exc((ValueError,), handle)
---
raise ValueError(1)
---
1 / 0
---
x = 1
## a custom exception handler that fails
def handle(self, etype, value, tb, tb_offset=None): raise KeyError('in it')
get_ipython().set_custom_exc((ValueError,), handle)
---
raise ValueError(1)
---
x = 1
## AST transformers of the user's
import ast
class Double(ast.NodeTransformer):
    def visit_Constant(self, n): return ast.copy_location(ast.Constant(n.value * 2), n) if type(n.value) is int else n
double = Double(); get_ipython().ast_transformers.append(double)
---
3
---
x = 4; x
---
get_ipython().ast_transformers.remove(double)
---
3, x
## an AST transformer that raises, and one that refuses
from IPython.core.error import InputRejected
class No:
    def visit(self, tree): raise InputRejected('no')
class Bad:
    def visit(self, tree): raise ValueError('bad')
no = No(); get_ipython().ast_transformers.append(no)
---
x = 1
---
get_ipython().ast_transformers[:] = [Bad()] if False else []
---
x
## input transformers of the user's
def shout(lines): return [l.replace('LOUD', "'loud'") for l in lines]
get_ipython().input_transformers_cleanup.append(shout)
---
x = LOUD; x
---
get_ipython().input_transformers_cleanup.clear()
---
LOUD
## events: pre_run_cell, post_run_cell, pre_execute and post_execute
log = []
for e in ('pre_run_cell', 'post_run_cell'): get_ipython().events.register(e, lambda i, e=e: log.append((e, bool(i))))
for e in ('pre_execute', 'post_execute'): get_ipython().events.register(e, lambda e=e: log.append(e))
---
x = 1
---
1 / 0
---
log
## an event callback that raises
def bad(i): raise ValueError('in a callback')
get_ipython().events.register('post_run_cell', bad)
---
x = 1
---
get_ipython().events.unregister('post_run_cell', bad)
---
x
## formatters, _repr_html_, _repr_mimebundle_ and _ipython_display_
class A:
    def _repr_html_(self): return '<b>a</b>'
    def __repr__(self): return 'a'
class B:
    def _repr_mimebundle_(self, include=None, exclude=None): return {'text/plain': 'b', 'x/y': 1}
class C:
    def _ipython_display_(self): print('c')
A()
---
B()
---
C()
---
from IPython.display import display; display(A(), B(), C())
---
get_ipython().display_formatter.formatters['text/plain'].for_type(int, lambda n, p, c: p.text(f'int {n}'))
5
---
6
## display handles and updates
from IPython.display import display, HTML, Markdown
h = display('first', display_id='one')
---
h.update('second')
---
display(HTML('<i>x</i>'), Markdown('*y*')); h.display_id
## %macro, %alias and %rehashx's like
x = 1
---
%macro -q m 1
---
m
x
---
%alias say echo said
---
say it
---
%unalias say
## %%writefile, %run, %run -i and %load
%%writefile script.py
print('script', __name__); made = 1
try: seen = x
except NameError: seen = None
---
x = 5
%run script.py
---
seen, made
---
%run -i script.py
---
seen
---
%run -n script.py
---
%run not_there.py
## %run of a script that fails, exits, and of a notebook
%%writefile fails.py
a = 1
1 / 0
---
%run fails.py
---
a
---
%%writefile exits.py
import sys
b = 2
sys.exit(3)
---
%run exits.py
---
%run -e exits.py
---
b
## %%capture, %%time, %%prun and nested cell magics
%%capture c
print('out'); import sys; print('err', file=sys.stderr); 5
---
c.stdout, c.stderr
---
%%capture d
%%time
x = 7
---
x
---
%%prun -q -T prof.txt
y = 8
---
y
## %timeit with set-up, and what it leaves
n = 5
---
%timeit -n1 -r1 -q m = n
---
%%timeit -n1 -r1 -q q = n
q + 1
---
'm' in globals(), 'q' in globals()
## %env, %set_env, %cd, %pwd, %bookmark's folder stack
%env SOAKED=1
---
x = %env SOAKED
x
---
import os; os.makedirs('d')
%pushd d
---
%popd
---
%set_env SOAKED 2
---
os.environ['SOAKED']
## !, !!, %sx, and variables in them
n = 3
!echo {n} $n {n + 1}
---
x = !echo one; echo two
x.n, x.s, x.l
---
!!echo three
---
!exit 4
---
_exit_code
---
%sx echo {n}
## %history, %recall, In, _i, _ii and _ih
1 + 1
---
2 + 2
---
_i, _ii, In[1], _ih[2]
---
%history 1-2
---
_, __, _1, _2, Out
## Out is emptied, and results with semicolons
1
---
2;
---
'three'
---
Out
---
Out.clear(); _oh
---
_3
## the shell's own methods: push, ev, ex, run_cell, run_line_magic, user_ns
ip = get_ipython(); ip.push({'a': 1}); ip.ex('b = a + 1'); ip.ev('b')
---
ip.user_ns['c'] = [3]; ip.run_line_magic('who', '')
---
r = ip.run_cell('d = c; d'); r.result, r.success
---
r = ip.run_cell('1 / 0', silent=True); type(r.error_in_exec).__name__
---
ip.run_cell_magic('capture', 'e', 'print(5)'); e.stdout
---
ip.del_var('a'); 'a' in globals()
## cells run inside cells, three deep
ip = get_ipython()
ip.run_cell("x = 1; ip.run_cell('y = 2; ip.run_cell(\"z = 3\")')")
x, y, z
---
ip.run_cell('raise SystemExit')
---
x
## interactivity: all, last_expr_or_assign, none
%config InteractiveShell.ast_node_interactivity = 'last_expr_or_assign'
---
x = 5
---
%config InteractiveShell.ast_node_interactivity = 'none'
---
x
---
%config InteractiveShell.ast_node_interactivity = 'all'
---
x; x + 1
## autocall, automagic and autoawait
%autocall 2
---
len 'abc'
---
%autocall 0
---
%automagic off
---
who
---
%autoawait
## object inspection
def f(x):
    'the docstring'
    return x
f?
---
f??
---
not_there?
---
%pinfo f
---
%pdoc f
---
%psource f
---
*len*?
## %reset in all its forms
x = 1; y = 2
---
%reset -s -f
---
x
---
get_ipython().reset()
---
y = 3; y
## magics of the user's: line, cell, and both
from IPython.core.magic import register_line_magic, register_line_cell_magic
@register_line_magic
def twice(line): return line * 2
@register_line_cell_magic
def both(line, cell=None): get_ipython().user_ns['got'] = (line, cell); return 'both'
---
%twice ab
---
%%both a
the cell
---
got
---
x = %twice c
x
## completions and inspections between cells
x = {'key': 1}
---
get_ipython().complete('x.ke')[1]
---
get_ipython().object_inspect('x')['type_name']
---
y = x['key']
## source of functions and classes of cells
def f():
    # a comment
    return 1
class A:
    def m(self): pass
---
import inspect; print(inspect.getsource(f)); print(inspect.getsource(A.m))
---
inspect.getsourcelines(f)[1], f.__code__.co_firstlineno
---
import linecache; len(linecache.getlines(f.__code__.co_filename))
## the debugger's post mortem and a run under pdb, with typed commands
import pdb, io
def f(x):
    y = x + 1
    return y / 0
---
f(1)
---
import sys
out = io.StringIO(); p = pdb.Pdb(stdin=io.StringIO('p y\nw\nq\n'), stdout=out, readrc=False)
p.reset(); p.interaction(None, sys.last_value.__traceback__); '2' in out.getvalue()
---
out = io.StringIO(); p = pdb.Pdb(stdin=io.StringIO('s\nn\nn\nc\n'), stdout=out, readrc=False)
try: p.runcall(f, 5)
except ZeroDivisionError: print('raised')
---
x = 1
## cells that are empty, blank, odd or huge
 
---
# only a comment
---
;
---
x = 1;;
---
"""+"""
\t
---
x = [
  1,

  2]
---
x
## line endings, tabs and form feeds
x = 1\r\ny = 2
---
if x:
	y = 3
---
y
## decorators and classes split by magics
%time x = 1
class A:
    %time y = 2
---
A.y
---
for i in range(2):
    %time z = i
---
z
## results that are None, NotImplemented, Ellipsis, and displays of them
None
---
...
---
NotImplemented
---
_, Out
"""

LIBRARY = r"""
## numpy arrays: views, in place, objects, structured, read-only
import numpy as np
a = np.arange(6.0); v = a[1:3]; o = np.array([a, None], object); s = np.zeros(2, [('x', int)]); a.flags.writeable = True
---
v[0] = 99; a, o[0][1]
---
s['x'] = 5; s, s.dtype.names
---
a.flags.writeable = False
a[0] = 1
---
a.flags.writeable, v.base is a
## numpy options, errors and warnings
import numpy as np; np.set_printoptions(precision=2); np.seterr(divide='raise')
---
np.array([1 / 3])
---
np.array([1.0]) / 0
---
np.seterr(divide='warn'); np.array([1.0]) / 0
---
np.array([1.0]) / 0
## numpy subclasses that log
import numpy as np; log = []
class A(np.ndarray):
    def __array_finalize__(self, o): log.append('finalize')
    def __array_ufunc__(self, *a, **k): log.append('ufunc'); return NotImplemented
a = np.zeros(3).view(A)
---
b = a; c = [a]
---
a[0] = 1; log
## pandas: frames, views, options and copies
import pandas as pd
df = pd.DataFrame({'a': [1, 2], 'b': ['x', 'y']}); col = df['a']
---
df['c'] = df['a'] * 2; df
---
df.loc[0, 'a'] = 9; col.tolist(), df.attrs
---
pd.set_option('display.max_rows', 1)
---
df
---
df.iloc[5]
## pandas extension by the user: accessors and subclasses
import pandas as pd
class Mine(pd.DataFrame):
    @property
    def _constructor(self): return Mine
m = Mine({'a': [1]})
@pd.api.extensions.register_dataframe_accessor('soak')
class Soak:
    def __init__(self, df): print('made')
---
m.soak, type(m[['a']]).__name__
---
n = m; m['b'] = 2; n
## matplotlib: a figure that is drawn, changed and closed
import matplotlib; matplotlib.use('agg')
import matplotlib.pyplot as plt
fig, ax = plt.subplots(); ax.plot([1, 2])
---
ax.set_title('t'); len(ax.lines)
---
plt.close(fig); plt.get_fignums()
"""


def _cases(text: str, needs: str = "") -> tuple[Case, ...]:
    found = []
    for block in text.strip("\n").split("## ")[1:]:
        name, _, body = block.partition("\n")
        if "\\r\\n" in body:
            body = body.replace("\\r\\n", "\r\n")
        found.append(Case(name, body.rstrip("\n"), needs))
    return tuple(found)


WRITTEN: tuple[Case, ...] = (
    *_cases(LANGUAGE),
    *_cases(PROCESS),
    *_cases(SHELL),
    *(case for text in LIBRARY.split("\n## ")[1:] for case in _cases("## " + text, text.split(maxsplit=1)[0].rstrip(":"))),
)
"""All of them."""

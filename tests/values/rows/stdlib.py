"""Values of the standard library: numbers, dates, texts, trees, settings."""

from __future__ import annotations

from typing import Any

from tests.values.row import Row

_LOOKS = "repr(v), str(v), v == v, type(v), bool(v)"


def _row(module: str, kind: str, make: str, change: str = "", **rest: Any) -> Row:
    given = {"looks": _LOOKS, "setup": f"import {module}", **rest}
    return Row(module.partition(".")[0], kind, f"v = {make}", change, **given)


_DATES = f"{_LOOKS}, hash(v)"
_XML = "'<a k=\"1\"><b>text</b>tail<c/></a>'"

ROWS = (
    _row(
        "decimal",
        "Decimal",
        "decimal.Decimal('1.10')",
        looks=f"{_LOOKS}, v + 1, hash(v)",
        large="v = [decimal.Decimal(n) for n in range(100_000)]",
        extent="10^5 elements",
    ),
    _row(
        "decimal", "Context", "decimal.Context(prec=5)", "v.prec = 9", looks="repr(v), v.prec, v.divide(1, 4)"
    ),
    _row("fractions", "Fraction", "fractions.Fraction(1, 3)", looks=f"{_LOOKS}, v + 1, hash(v)"),
    _row("datetime", "date", "datetime.date(2024, 2, 29)", looks=_DATES),
    _row(
        "datetime",
        "datetime",
        "datetime.datetime(2024, 2, 29, 12, fold=1)",
        looks=f"{_DATES}, v.isoformat()",
        large="v = [datetime.datetime(2024, 1, 1) + datetime.timedelta(n) for n in range(100_000)]",
        extent="10^5 elements",
    ),
    _row(
        "datetime",
        "datetime with a zone",
        "datetime.datetime(2024, 2, 29, tzinfo=zoneinfo.ZoneInfo('UTC'))",
        looks=f"{_DATES}, v.utcoffset()",
        setup="import datetime, zoneinfo",
    ),
    _row("datetime", "time", "datetime.time(1, 2, 3)", looks=_DATES),
    _row(
        "datetime", "timedelta", "datetime.timedelta(days=1, seconds=2)", looks=f"{_DATES}, v.total_seconds()"
    ),
    _row("datetime", "timezone", "datetime.timezone(datetime.timedelta(hours=2), 'X')", looks=_DATES),
    _row("zoneinfo", "ZoneInfo", "zoneinfo.ZoneInfo('UTC')", looks=f"{_DATES}, v.key"),
    _row("time", "struct_time", "time.gmtime(0)", looks=f"{_LOOKS}, v.tm_year"),
    _row(
        "calendar",
        "Calendar",
        "calendar.Calendar(0)",
        "v.firstweekday = 3",
        looks="repr(v), v.monthdayscalendar(2024, 1)",
    ),
    _row(
        "pathlib",
        "Path",
        "pathlib.Path('data') / 'a.csv'",
        looks=f"{_LOOKS}, hash(v), v.exists(), v.parts, v.name, v.parent, v.suffix, v.resolve(), v < v",
    ),
    _row(
        "pathlib",
        "PurePosixPath",
        "pathlib.PurePosixPath('/a/b')",
        looks=f"{_LOOKS}, hash(v), v.parts, v.parents",
    ),
    _row(
        "pathlib", "PureWindowsPath", "pathlib.PureWindowsPath('C:/a')", looks=f"{_LOOKS}, hash(v), v.drive"
    ),
    _row("re", "Pattern", "re.compile('a(b+)', re.I)", looks=f"{_LOOKS}, v.findall('abab'), v.groups"),
    _row(
        "re",
        "Match",
        "re.search('a(b+)', 'xabb')",
        looks=f"{_LOOKS}, v.group(1), v.groups(), v.span(), v.lastindex",
    ),
    _row("uuid", "UUID", "uuid.UUID(int=5)", looks=f"{_DATES}, v.hex"),
    _row(
        "string",
        "Template",
        "string.Template('$a b')",
        "v.template = '$c'",
        looks="repr(v), v.substitute(a=1)",
    ),
    _row("struct", "Struct", "struct.Struct('>id')", looks="repr(v), v.format, v.size, v.pack(1, 2)"),
    _row("ipaddress", "IPv4Address", "ipaddress.ip_address('10.0.0.1')", looks=f"{_DATES}, v.is_private"),
    _row(
        "ipaddress",
        "IPv4Network",
        "ipaddress.ip_network('10.0.0.0/29')",
        looks=f"{_DATES}, v.num_addresses, list(v.hosts()), v.broadcast_address, v.is_private",
    ),
    _row("ipaddress", "IPv6Address", "ipaddress.ip_address('::1')", looks=_DATES),
    _row(
        "statistics",
        "NormalDist",
        "statistics.NormalDist(1, 2)",
        looks=f"{_LOOKS}, v.mean, v.cdf(1), hash(v)",
    ),
    _row("random", "Random", "random.Random(3)", "v.random()", looks="repr(v), v.getstate()"),
    _row(
        "random",
        "Random, one of two gauss",
        "random.Random(3)",
        "v.gauss(0, 1)",
        looks="repr(v), v.getstate()",
    ),
    _row("random", "SystemRandom", "random.SystemRandom()", looks="repr(v), v.random()"),
    _row(
        "hashlib",
        "sha256",
        "hashlib.sha256(b'a')",
        looks="repr(v), v.hexdigest(), v.name",
        change="v.update(b'b')",
        quality="opaque",
    ),
    _row("zlib", "compressobj", "zlib.compressobj()", looks="repr(v)", quality="opaque"),
    _row("secrets", "token", "secrets.compare_digest", looks="repr(v), v('a', 'a')"),
    _row(
        "contextvars",
        "ContextVar",
        "contextvars.ContextVar('user', default=[1])",
        "v.get().append(2)",
        looks="repr(v), v.name, v.get()",
        alias="w = v.get()",
    ),
    _row(
        "weakref",
        "ref",
        "weakref.ref(a)",
        "a.x = 2",
        alias="w = a",
        looks="repr(v), v(), hash(v)",
        setup="import weakref\nclass A: x = 1\na = A()",
    ),
    _row(
        "weakref",
        "ref that dies",
        "weakref.ref(a)",
        "a = A(); a.x = 2",
        alias="",
        looks="repr(v), v() is None",
        setup="import weakref\nclass A: x = 1\na = A()",
    ),
    _row(
        "argparse",
        "Namespace",
        "argparse.Namespace(lr=0.1)",
        "v.lr = 0.2",
        looks="repr(v), v.lr, vars(v), 'lr' in v",
    ),
    _row(
        "argparse",
        "ArgumentParser",
        "parser()",
        "v.add_argument('--b')",
        setup=(
            "import argparse\ndef parser():\n    p = argparse.ArgumentParser('p')\n    "
            "p.add_argument('--a', type=int, default=1)\n    return p"
        ),
        looks="repr(v), v.parse_args([]), v.parse_args(['--a', '2']), v.format_help()",
    ),
    _row(
        "configparser",
        "ConfigParser",
        "parser()",
        "v['a']['k'] = '2'",
        setup=(
            "import configparser\ndef parser():\n    p = configparser.ConfigParser()\n    "
            "p.read_string('[a]\\nk=1')\n    return p"
        ),
        looks="repr(v), v.sections(), v['a']['k'], v.get('a', 'k'), dict(v['a']), 'a' in v",
    ),
    _row("json", "JSONDecoder", "json.JSONDecoder()", looks="repr(v), v.decode('[1, {\"a\": 2}]')"),
    _row("json", "JSONEncoder", "json.JSONEncoder(indent=2)", "v.indent = 4", looks="repr(v), v.encode([1])"),
    _row(
        "json",
        "loaded document",
        'json.loads(\'{"a": [1, {"b": null}]}\')',
        "v['a'][1]['b'] = 2",
        alias="w = v['a']",
        looks=f"{_LOOKS}, json.dumps(v), v['a'][0]",
    ),
    _row(
        "ast",
        "tree",
        "ast.parse('x = 1\\ny = [x]')",
        "v.body[0].value.value = 2",
        alias="w = v.body[0]",
        looks="repr(v), ast.dump(v), ast.unparse(v), list(ast.walk(v)), v.body[0].lineno",
    ),
    _row(
        "xml.etree.ElementTree",
        "Element",
        f"xml.etree.ElementTree.fromstring({_XML})",
        "v[0].text = 'other'",
        alias="w = v[0]",
        looks=(
            "repr(v), v.tag, v.attrib, v[0].text, len(v), v.find('b'), v.findall('c'), "
            "list(v.iter()), v.get('k'), "
            "v[1].attrib, xml.etree.ElementTree.tostring(v)"
        ),
        large="v = xml.etree.ElementTree.fromstring('<a>' + '<b>1</b>' * 10_000 + '</a>')",
        extent="10^4 elements",
    ),
    _row(
        "xml.etree.ElementTree",
        "Element, an attribute",
        f"xml.etree.ElementTree.fromstring({_XML})",
        "v.set('k', '2')",
        alias="w = v.attrib",
        looks="repr(v), v.items(), v.keys()",
    ),
    _row(
        "xml.etree.ElementTree",
        "ElementTree",
        f"xml.etree.ElementTree.ElementTree(xml.etree.ElementTree.fromstring({_XML}))",
        "v.getroot().append(v.getroot()[1])",
        looks="repr(v), v.getroot(), v.find('b'), list(v.iter())",
    ),
    _row(
        "xml.dom.minidom",
        "Document",
        f"xml.dom.minidom.parseString({_XML})",
        "v.documentElement.setAttribute('k', '2')",
        looks="repr(v), v.documentElement, v.getElementsByTagName('b')",
    ),
    _row(
        "email.message",
        "EmailMessage",
        "mail()",
        "v['To'] = 'b@x.org'",
        looks="repr(v), v['Subject'], v.get_content(), v.items(), str(v)",
        setup=(
            "import email.message\ndef mail():\n    m = email.message.EmailMessage()\n    "
            "m['Subject'] = 'Hi'\n    m.set_content('text')\n    return m"
        ),
    ),
    _row(
        "urllib.parse",
        "ParseResult",
        "urllib.parse.urlparse('http://a.org/b?c=1')",
        looks=f"{_LOOKS}, v.netloc, v.geturl(), v.hostname",
    ),
    _row(
        "urllib.request",
        "Request",
        "urllib.request.Request('http://a.org')",
        "v.add_header('k', 'x')",
        looks="repr(v), v.full_url, v.get_method(), v.header_items()",
    ),
    _row(
        "http.cookiejar",
        "CookieJar",
        "http.cookiejar.CookieJar()",
        "",
        looks="repr(v), len(v), list(v)",
        quality="opaque",
    ),
    _row("http", "HTTPStatus", "http.HTTPStatus.OK", looks=f"{_LOOKS}, v.phrase, v.value"),
    _row(
        "html.parser", "HTMLParser", "html.parser.HTMLParser()", "v.feed('<a>x')", looks="repr(v), v.getpos()"
    ),
    _row(
        "textwrap",
        "TextWrapper",
        "textwrap.TextWrapper(width=40)",
        "v.width = 20",
        looks="repr(v), v.fill('a b')",
    ),
    _row(
        "difflib",
        "SequenceMatcher",
        "difflib.SequenceMatcher(None, 'abc', 'abd')",
        "v.set_seq1('xyz')",
        looks="repr(v), v.a",
    ),
    _row(
        "graphlib",
        "TopologicalSorter",
        "graphlib.TopologicalSorter({'a': ['b']})",
        "v.add('c', 'a')",
        looks="repr(v)",
    ),
    _row("types", "Traceback of an error", "sys.exc_info()", "", setup="import sys", looks="repr(v)"),
    _row(
        "traceback",
        "TracebackException",
        "made()",
        "",
        looks="str(v), list(v.format())",
        setup=(
            "import traceback\ndef made():\n    try:\n        1 / 0\n    except Exception as e:\n "
            "       return traceback.TracebackException.from_exception(e)"
        ),
    ),
    _row(
        "locale",
        "environment",
        "dict(os.environ)",
        "v['A'] = 'b'",
        setup="import os",
        looks="len(v), v.get('HOME')",
    ),
    _row(
        "os",
        "environ",
        "os.environ",
        "v['CELLGRAPH_ROW'] = str(len(v)) + v.get('CELLGRAPH_ROW', '')",
        looks="len(v), v.get('HOME'), 'PATH' in v, dict(v), list(v)",
    ),
    _row("os", "stat_result", "os.stat('/')", looks="repr(v), v.st_mode, v[0]"),
    _row("platform", "uname", "platform.uname()", looks="repr(v), v.system, v.machine, list(v)"),
)

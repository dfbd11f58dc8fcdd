"""scipy, statsmodels, scikit-image, networkx, sympy, shapely."""

from __future__ import annotations

from typing import Any

from tests.values.row import Row

_SPARSE_LOOKS = "repr(v), v.shape, v.nnz, v.sum(), v.toarray(), v.T, v @ v, v.tocsr(), abs(v).max()"


def _sparse(kind: str, make: str, change: str, **rest: Any) -> Row:
    setup = "import numpy as np, scipy.sparse as sp"
    given = {"looks": _SPARSE_LOOKS, "setup": setup, "needs": ("scipy",), **rest}
    return Row("scipy", f"sparse {kind}", f"v = {make}", change, **given)


def _scipy(kind: str, make: str, change: str = "", **rest: Any) -> Row:
    setup = (
        "import numpy as np\nfrom scipy import stats, spatial, interpolate, optimize, signal\n"
        "points = np.random.default_rng(0).random((20, 2))"
    )
    given = {"looks": "repr(v)", "setup": setup, "needs": ("scipy",), **rest}
    return Row("scipy", kind, f"v = {make}", change, **given)


def _networkx(kind: str, make: str, change: str = "v.add_edge(0, 9, weight=2)", **rest: Any) -> Row:
    looks = (
        "repr(v), v.nodes(data=True), v.edges(), v.degree(), v.adj, len(v), list(v.nodes),"
        " list(v.edges(data=True)), 0 in v, dict(v.adjacency()), v[0], nx.density(v), nx.to_dict_of_lists(v)"
    )
    given = {"looks": looks, "setup": "import networkx as nx", "needs": ("networkx",), **rest}
    return Row("networkx", kind, f"v = {make}", change, **given)


def _sympy(kind: str, make: str, change: str = "", **rest: Any) -> Row:
    looks = "repr(v), hash(v), v == v, v.free_symbols, sympy.latex(v), {v: 1}"
    setup = "import sympy\nx, y = sympy.symbols('x y')"
    return Row(
        "sympy", kind, f"v = {make}", change, **{"looks": looks, "setup": setup, "needs": ("sympy",), **rest}
    )


def _shapely(kind: str, make: str, **rest: Any) -> Row:
    looks = "repr(v), v.area, v.bounds, v.is_valid, v.buffer(1), shapely.prepare(v), v.contains(v), hash(v)"
    given = {"looks": looks, "setup": "import shapely", "needs": ("shapely",), **rest}
    return Row("shapely", kind, f"v = {make}", **given)


def _statsmodels(kind: str, make: str, **rest: Any) -> Row:
    setup = (
        "import numpy as np, pandas as pd\nimport statsmodels.formula.api as smf\n"
        "data = pd.DataFrame({'y': [1.0, 2, 3, 5, 4, 7, 6, 9], 'x': [1.0, 3, 2, 5, 7, 6, 8, 9]})"
    )
    given = {"setup": setup, "needs": ("statsmodels", "pandas"), **rest}
    return Row("statsmodels", kind, f"v = {make}", **given)


_RESULT = "repr(v), v.params, v.pvalues, v.summary(), v.predict(), v.fittedvalues, v.conf_int(), v.aic"

ROWS: tuple[Row, ...] = (
    _sparse(
        "csr_array",
        "sp.csr_array(np.eye(4))",
        "v.data[0] = 5",
        alias="w = v.data",
        large="n = np.arange(8_000_001)\nv = sp.csr_array((n[1:] / 2, n[:-1] % 1000, n[::1000]))",
        extent="100 MB",
    ),
    _sparse("csc_matrix", "sp.csc_matrix(np.eye(4))", "v[1, 1] = 5"),
    _sparse("coo_array", "sp.coo_array(np.eye(4))", "v.data[0] = 5"),
    _sparse("lil_matrix", "sp.lil_matrix(np.eye(4))", "v[0, 3] = 5"),
    _sparse("dok_array", "sp.dok_array(np.eye(4))", "v[0, 3] = 5"),
    _sparse(
        "dia_array",
        "sp.dia_array(np.eye(4))",
        "v.data[0, 0] = 5",
        looks="repr(v), v.shape, v.nnz, v.toarray(), v.T, v @ v",
    ),
    _sparse("bsr_array", "sp.bsr_array(np.eye(4))", "v.data[0] = 5"),
    _scipy("frozen distribution", "stats.norm(0, 1)", looks="repr(v), v.pdf(0), v.mean(), v.interval(0.9)"),
    _scipy("multivariate normal", "stats.multivariate_normal([0, 0])", looks="repr(v), v.pdf([0, 0])"),
    _scipy(
        "gaussian_kde", "stats.gaussian_kde(points.T)", "v.set_bandwidth(0.5)", looks="repr(v), v([[0], [0]])"
    ),
    _scipy(
        "KDTree",
        "spatial.KDTree(points)",
        looks="repr(v), v.query([0, 0]), v.n, v.data, v.tree, v.query_pairs(0.1)",
    ),
    _scipy(
        "Delaunay",
        "spatial.Delaunay(points)",
        looks="repr(v), v.simplices, v.find_simplex([0.5, 0.5]), v.convex_hull",
    ),
    _scipy("ConvexHull", "spatial.ConvexHull(points)", looks="repr(v), v.area, v.vertices"),
    _scipy(
        "Rotation", "spatial.transform.Rotation.from_euler('x', 1)", looks="repr(v), v.as_matrix(), v.inv()"
    ),
    _scipy(
        "CubicSpline",
        "interpolate.CubicSpline([1, 2, 3], [1, 4, 9])",
        "v.c[0, 0] = 7",
        looks="repr(v), v(1.5), v.derivative()",
    ),
    _scipy("interp1d", "interpolate.interp1d([1, 2], [1, 4])", looks="repr(v), v(1.5), v.x, v.y"),
    _scipy(
        "RegularGridInterpolator",
        "interpolate.RegularGridInterpolator(([1.0, 2.0],), [1.0, 2.0])",
        looks="repr(v), v([1.5])",
    ),
    _scipy(
        "OptimizeResult",
        "optimize.minimize(np.sum, [1.0], method='BFGS', options={'maxiter': 2})",
        "v.x[0] = 9",
        looks="repr(v), v.x, v.success, v['fun']",
    ),
    _scipy(
        "TtestResult",
        "stats.ttest_ind([1, 2, 3], [2, 3, 5])",
        looks="repr(v), v.pvalue, v.confidence_interval()",
    ),
    _scipy(
        "TransferFunction",
        "signal.TransferFunction([1], [1, 2])",
        looks="repr(v), v.poles, v.to_ss(), v.step()",
    ),
    _networkx(
        "Graph",
        "nx.path_graph(4)",
        alias="w = v.nodes",
        large="v = nx.path_graph(100_000)",
        extent="10^5 nodes",
    ),
    _networkx("DiGraph", "nx.DiGraph([(0, 1), (1, 2)])", "v.remove_edge(0, 1)"),
    _networkx("MultiGraph", "nx.MultiGraph([(0, 1), (0, 1)])"),
    _networkx("MultiDiGraph", "nx.MultiDiGraph([(0, 1), (0, 1)])", "v.nodes[0]['colour'] = 'red'"),
    _networkx("graph attribute", "nx.path_graph(3)", "v.graph['name'] = 'a path'"),
    _networkx(
        "subgraph view",
        "base.subgraph([0, 1])",
        "base[0][1]['weight'] = 3",
        setup="import networkx as nx\nbase = nx.path_graph(3)",
        alias="w = base",
    ),
    _sympy(
        "expression",
        "x**2 + sympy.sin(y) / 3",
        looks="repr(v), hash(v), v.is_positive, v.diff(x), v.subs(x, 2), v.evalf(), {v: 1}",
    ),
    _sympy(
        "Symbol", "sympy.Symbol('n', integer=True)", looks="repr(v), hash(v), v.is_real, v.is_positive, v + 1"
    ),
    _sympy("Eq", "sympy.Eq(x, 2 * y)", looks="repr(v), v.lhs, sympy.solve(v, x)"),
    _sympy(
        "Matrix",
        "sympy.Matrix([[1, x], [y, 2]])",
        "v[0, 0] = 5",
        looks="repr(v), v.det(), v.inv(), v.T, v.shape, v[0, 1]",
    ),
    _sympy("lambdify", "sympy.lambdify(x, x**2)", looks="repr(v), v(2)"),
    _shapely("Point", "shapely.Point(1, 2)"),
    _shapely(
        "Polygon",
        "shapely.box(0, 0, 1, 1)",
        looks="repr(v), v.area, v.exterior, v.is_valid, v.centroid, shapely.prepare(v), v.intersects(v)",
    ),
    _shapely(
        "LineString",
        "shapely.LineString([(0, 0), (1, 1)])",
        looks="repr(v), v.length, list(v.coords), v.interpolate(0.5)",
    ),
    _shapely(
        "MultiPolygon",
        "shapely.MultiPolygon([shapely.box(0, 0, 1, 1)])",
        looks="repr(v), list(v.geoms), v.area",
    ),
    _shapely(
        "array of geometries",
        "shapely.points([[0, 0], [1, 1]])",
        looks="repr(v), shapely.area(v)",
        change="v[0] = shapely.Point(5, 5)",
    ),
    _shapely(
        "STRtree",
        "shapely.STRtree([shapely.Point(0, 0)])",
        looks="repr(v), v.query(shapely.box(0, 0, 1, 1))",
        quality="opaque",
    ),
    _statsmodels(
        "results of a formula",
        "smf.ols('y ~ x', data).fit()",
        change="v._results.params[0] = 9",
        looks=_RESULT,
    ),
    Row(
        "scikit-image",
        "RegionProperties",
        "v = measure.regionprops(np.eye(3, dtype=int))[0]",
        looks="repr(v), v.area, v.centroid, v.bbox",
        setup="import numpy as np\nfrom skimage import measure",
        needs=("skimage",),
    ),
    Row(
        "scikit-image",
        "AffineTransform",
        "v = transform.AffineTransform(scale=2)",
        "v.params[0, 0] = 5",
        looks="repr(v), v.scale, v([[1, 1]]), v.inverse",
        setup="from skimage import transform",
        needs=("skimage",),
    ),
)

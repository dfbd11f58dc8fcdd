"""Images: Pillow's, arrays of pixels, and what IPython shows."""

from __future__ import annotations

from tests.values.row import Row

_PIL = "import io\nfrom PIL import Image, ImageDraw"
_SHOW = (
    "v.save(io.BytesIO(), 'png'); v.getpixel((0, 0)); v.resize((3, 3)); v.tobytes(); v._repr_png_(); repr(v)"
)

ROWS: tuple[Row, ...] = (
    Row(
        "Pillow",
        "Image",
        "v = Image.new('RGB', (9, 9))",
        "v.putpixel((1, 1), (1, 2, 3))",
        looks=_SHOW,
        setup=_PIL,
        needs=("PIL",),
        large="v = Image.new('RGBA', (5000, 5000))",
        extent="100 MB",
    ),
    Row(
        "Pillow",
        "Image, pasted",
        "v = Image.new('L', (9, 9))",
        "v.paste(7, (0, 0, 3, 3))",
        looks=_SHOW,
        setup=_PIL,
        needs=("PIL",),
    ),
    Row(
        "Pillow",
        "Image, drawn on",
        "v = Image.new('RGB', (9, 9))",
        "ImageDraw.Draw(v).line((0, 0, 5, 5), fill='red')",
        looks=_SHOW,
        setup=_PIL,
        needs=("PIL",),
    ),
    Row(
        "Pillow",
        "Image with palette",
        "v = Image.new('P', (9, 9))\nv.putpalette([1, 2, 3] * 256)",
        "v.putpalette([3, 2, 1] * 256)",
        looks=_SHOW,
        setup=_PIL,
        needs=("PIL",),
    ),
    Row(
        "Pillow",
        "ImageDraw",
        "im = Image.new('RGB', (9, 9))\nv = ImageDraw.Draw(im)",
        "v.rectangle((0, 0, 4, 4), fill='red')",
        looks="im.tobytes(); repr(v)",
        alias="w = im",
        setup=_PIL,
        needs=("PIL",),
    ),
    Row(
        "Pillow",
        "Image from a file",
        "f = io.BytesIO()\nImage.new('RGB', (3, 3)).save(f, 'png')\nv = Image.open(f)",
        looks="v.size; v.tobytes()",
        setup=_PIL,
        needs=("PIL",),
        quality="opaque",
    ),
    Row(
        "scikit-image",
        "image",
        "from skimage import data\nv = data.camera()",
        "v[0, 0] = 7",
        looks="v.mean(); v[0]",
        alias="w = v[:1]",
        needs=("skimage",),
    ),
    Row(
        "imageio",
        "image",
        "v = iio.imread(png)",
        "v[0, 0] = 7",
        looks="v.mean()",
        alias="w = v[:1]",
        setup="import io\nimport imageio.v3 as iio\nimport numpy as np\n"
        "png = iio.imwrite('<bytes>', np.zeros((4, 4, 3), 'u1'), extension='.png')",
        needs=("imageio", "PIL"),
    ),
    Row(
        "IPython",
        "HTML",
        "from IPython.display import HTML\nv = HTML('<b>x</b>')",
        "v.data = 'y'",
        looks="v._repr_html_()",
    ),
    Row(
        "IPython",
        "Markdown",
        "from IPython.display import Markdown\nv = Markdown('x')",
        "v.data = 'y'",
        looks="v._repr_markdown_()",
    ),
    Row(
        "IPython",
        "Image",
        "from IPython.display import Image\nv = Image(data=b'\\x89PNG', format='png')",
        "v.width = 3",
        looks="v._repr_png_()",
    ),
    Row(
        "IPython",
        "DisplayHandle",
        "from IPython.display import DisplayHandle\nv = DisplayHandle()",
    ),
)

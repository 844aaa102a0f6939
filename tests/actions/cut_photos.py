"""Twenty grey pictures of 64 × 64 pixels out of the photographs that the scikit-image wheel ships.

Runs in TensorFlow's Python: ``cut_photos.py FOLDER``. The first is a face, the others are whatever else there is.
"""

import importlib.metadata
import sys
from pathlib import Path

from PIL import Image

CUTS = (
    ("astronaut.png", (165, 60, 285, 180)),
    ("astronaut.png", (300, 300, 500, 500)),
    ("chelsea.png", (110, 20, 330, 240)),
    ("coffee.png", (150, 50, 450, 350)),
    ("camera.png", (150, 50, 350, 250)),
    ("coins.png", (0, 0, 150, 150)),
    *(("astronaut.png", (60 * k, 50 * k, 60 * k + 200, 50 * k + 200)) for k in range(5)),
    *(("chelsea.png", (40 * k, 10 * k, 40 * k + 200, 10 * k + 200)) for k in range(5)),
    *(("coffee.png", (60 * k, 20 * k, 60 * k + 250, 20 * k + 250)) for k in range(4)),
)

folder = Path(sys.argv[1])
folder.mkdir(parents=True)
photos = {file.name: file.locate() for file in importlib.metadata.files("scikit-image") if file.suffix == ".png"}
for index, (name, box) in enumerate(CUTS):
    picture = Image.open(photos[name]).convert("L").crop(box).resize((64, 64), Image.Resampling.LANCZOS)
    picture.save(folder / f"photo-{index:02}.png")

"""Tables of labels as people have them: every one labels the same eight pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from nn_blender.core.errors import UserError
from nn_blender.core.recording import Sample, SampleValue
from nn_blender.core.samples.label_tables import Labels, read_labels

CLASSES = ("disc", "square, filled", "croix é")
TRUE = [0, 2, 1, 0, 1, 2, 2, 0]
FILES = [f"img_{number:04}.png" for number in range(8)]
LABELS = [CLASSES[number] for number in TRUE]
SAMPLES = [Sample(file, (SampleValue(f"/images/{file}"),)) for file in FILES]


def quoted(text: str) -> str:
    return f'"{text}"' if "," in text else text


def rows(form: str) -> str:
    """A line per picture: f is its file, s that without extension, l its label, q the label in quotes where needed."""
    return "".join(
        form.format(f=file, s=file[:-4], l=label, q=quoted(label), k=k, n=k + 1, v=TRUE[k], u=file.upper()) + "\n"
        for k, (file, label) in enumerate(zip(FILES, LABELS, strict=True))
    )


TABLES = {
    "semicolons after a byte order mark": ("\ufefffile;label\n" + rows("{f};{l}"), "utf-8"),
    "spaces before quotes": ("file, label\n" + rows("{f}, {q}"), "utf-8"),
    "an index as pandas writes it": (",filename,label\n" + rows("{k},{f},{q}"), "utf-8"),
    "an index from 1": ("index,filename,label\n" + rows("{n},{f},{q}"), "utf-8"),
    "label first": ("label,filename\n" + rows("{q},{f}"), "utf-8"),
    "ids without extension": ("id,label\n" + rows("{s},{q}"), "utf-8"),
    "boxes": ("filename,width,height,class,xmin,ymin,xmax,ymax\n" + rows("{f},32,32,{q},1,1,20,20"), "utf-8"),
    "Latin-1": ("file,label\n" + rows("{f},{q}"), "latin-1"),
    "UTF-16 with tabs": ("file\tlabel\n" + rows("{f}\t{l}"), "utf-16"),
    "Windows paths": ("file,label\n" + rows("C:\\Users\\someone\\data\\test\\{f},{q}"), "utf-8"),
    "URLs": ("url,label\n" + rows("https://somewhere/data/{f},{q}"), "utf-8"),
    "upper case": ("file,label\n" + rows("{u},{q}"), "utf-8"),
    "further columns": ("file,split,label,size\n" + rows("{f},test,{q},12.5"), "utf-8"),
    "no heading": (rows("{f},{q}"), "utf-8"),
    "pipes": ("file|label\n" + rows("{f}|{l}"), "utf-8"),
    "reversed rows": ("file,label\n" + "".join(reversed(rows("{f},{q}").splitlines(keepends=True))), "utf-8"),
}  # fmt: skip

NUMBERED = {
    "numbers": "file,label\n" + rows("{f},{v}"),
    "numbers with a fraction": "file,label\n" + rows("{f},{v}.0"),
    "one column per class": "filename,disc,square,cross\n"
    + "".join(f"{file},{int(v == 0)},{int(v == 1)},{int(v == 2)}\n" for file, v in zip(FILES, TRUE, strict=True)),
}


@pytest.fixture
def read(tmp_path: Path):
    def read(text: str, encoding: str = "utf-8", samples: list[Sample] = SAMPLES) -> Labels:
        (tmp_path / "table.csv").write_bytes(text.encode(encoding))
        return read_labels(tmp_path / "table.csv", samples, CLASSES)

    return read


@pytest.mark.parametrize("table", TABLES)
def test_a_table_labels_every_picture(read, table):
    assert read(*TABLES[table]) == Labels(tuple(LABELS))


@pytest.mark.parametrize("table", NUMBERED)
def test_labels_may_be_numbers_of_classes(read, table):
    assert read(NUMBERED[table]) == Labels(tuple(map(str, TRUE)))


def test_columns_that_are_named_as_the_classes_give_their_names(read):
    head = "filename," + ",".join(map(quoted, reversed(CLASSES)))
    lines = [f"{file}," + ",".join(str(int(v == c)) for c in (2, 1, 0)) for file, v in zip(FILES, TRUE, strict=True)]
    assert read("\n".join([head, *lines])) == Labels(tuple(LABELS))


def test_rows_with_several_labels_are_in_the_order_of_the_classes(read):
    head = "filename," + ",".join(map(quoted, reversed(CLASSES)))
    assert read(f"{head}\n{FILES[0]},1,1,0\n{FILES[1]},0,0,0\n").of_samples[:2] == ("0;1;1", "0;0;0")


def test_rows_with_several_labels_of_other_names_keep_the_order_of_the_columns(read):
    assert read(f"id,dog,cat\n{FILES[0][:-4]},1,0\n{FILES[1][:-4]},1.0,1.0\n").of_samples[:2] == ("1;0", "1;1")


@pytest.mark.parametrize("heading", ["id,xmin,ymin,xmax,ymax", "name,x1,y1,x2,y2", ""])
def test_as_many_columns_of_numbers_as_a_network_gives_are_one_label(tmp_path, heading):
    (tmp_path / "table.csv").write_text(f"{heading}\n{FILES[0]},1,2,30.5,-4\n{FILES[1]},0,1,1,1e-3\n")
    found = [read_labels(tmp_path / "table.csv", SAMPLES, (), widths).of_samples[:2] for widths in ({2, 4}, {1, 4})]
    assert found == [("1;2;30.5;-4", "0;1;1;1e-3")] * 2


@pytest.mark.parametrize(("heading", "label"), [("id,x,y", "1;2"), ("id,label,age", "1"), ("id,age,class", "2")])
def test_a_column_that_is_called_one_of_labels_comes_before_columns_of_numbers(tmp_path, heading, label):
    (tmp_path / "table.csv").write_text(f"{heading}\n{FILES[0]},1,2\n{FILES[1]},0,4\n")
    assert read_labels(tmp_path / "table.csv", SAMPLES, (), {2}).of_samples[0] == label


@pytest.mark.parametrize(
    ("heading", "form"),
    [
        (",file,label", "{k},{n}.png,{v}"),
        (",id,label", "{k},{n},{v}"),
        ("label,file", "{v},{n}.png"),
        ("label,id", "{v},{n}"),
        ("", "{n},{v}"),
    ],
)
def test_pictures_that_are_called_by_numbers_are_not_told_by_counts_and_classes(read, heading, form):
    files = [3, 0, 7, 5, 1, 4, 2, 6]
    pictures = [Sample(f"{k}.png", (SampleValue(f"/images/{k}.png"),)) for k in range(8)]
    lines = [form.format(k=k, n=number, v=TRUE[k]) for k, number in enumerate(files)]
    expected = [str(TRUE[files.index(number)]) for number in range(8)]
    assert list(read("\n".join([heading, *lines]), samples=pictures).of_samples) == expected


def test_what_fits_no_sample_is_said_with_an_example(read):
    labels = read("file,label\nimg_0000.png,disc\nimg_0009.png,disc\nother.png,disc\n")
    assert labels.of_samples == ("disc", *[""] * 7)
    assert labels.notes("table.csv") == [
        "table.csv: 2 rows fit no sample, such as 'img_0009.png'.",
        "table.csv: 7 samples without a label, such as 'img_0001.png'.",
    ]


def test_a_name_that_two_samples_have_labels_neither(read):
    twins = [
        Sample("cat/1.png", (SampleValue("/cat/1.png"),), "cat"),
        Sample("dog/1.png", (SampleValue("/dog/1.png"),), "dog"),
    ]
    assert read("file,label\ncat/1.png,lion\n1.png,wolf\n", samples=twins).of_samples == ("lion", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cat\ndog\ncow\n", ["cat", "dog", "cow"]),
        ("label\ncat\ndog\ncow\n", ["cat", "dog", "cow"]),
        ("0,cat\n2,cow\n1,dog\n", ["cat", "dog", "cow"]),
        ("index;label\n0;cat\n1;dog\n2;cow\n", ["cat", "dog", "cow"]),
        ("image,label\na.npy 0,cat\na.npy 1,dog\na.npy 2,cow\n", ["cat", "dog", "cow"]),
        (",label\n0,7.0\n1,3.0\n2,1.0\n", ["7", "3", "1"]),
        ("7\n3\n1\n", ["7", "3", "1"]),
    ],
)
def test_entries_of_an_array_are_labelled_by_number_or_in_their_order(read, text, expected):
    entries = [Sample(f"a.npy {k}", (SampleValue("/a.npy", k),)) for k in range(3)]
    assert list(read(text, samples=entries).of_samples) == expected


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("file,label\nwolf.png,disc\n", "utf-8"), ("", "utf-8"), ("one column\nonly\n", "utf-8"), ("a\0b", "utf-8")],
)
def test_a_table_that_labels_nothing_is_refused(read, text, encoding):
    with pytest.raises(UserError, match=r"table\.csv") as caught:
        read(text, encoding)
    assert caught.value.code == "labels.unreadable"

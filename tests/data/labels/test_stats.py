import json

from neucocore.data.labels.label_file import read_label_file
from neucocore.data.labels.stats import label_stats


def stats_of(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    stats = label_stats(read_label_file(path))
    json.dumps(stats, allow_nan=False)
    return stats


def test_values_and_missing_rows_are_counted(tmp_path):
    stats = stats_of(tmp_path, "t__regr.csv", "id,label\na,1\nb,\nc,3\nd,0\ne,0\n")

    assert (stats["count"], stats["missing"]) == (4, 1)
    summary = stats["distribution"]
    assert summary["mean"] == 1.0
    assert summary["std"] == 1.5**0.5
    assert (summary["min"], summary["median"], summary["max"]) == (0.0, 0.5, 3.0)
    assert (summary["zeros"], summary["distinct"]) == (2, 3)


def test_classes_are_counted_by_name(tmp_path):
    stats = stats_of(tmp_path, "t__cls.csv", "id,label\na,no\nb,yes\nc,no\n")

    assert stats["distribution"] == {"no": 2, "yes": 1}


def test_several_outputs_are_described_separately(tmp_path):
    stats = stats_of(tmp_path, "t__regr.csv", "id,label:row,label:col\na,1,\nb,3,5\n")

    assert stats["distribution"]["row"]["mean"] == 2.0
    assert stats["distribution"]["col"]["count"] == 1


def test_ids_in_several_phases_are_counted_and_other_columns_are_not_phases(tmp_path):
    text = "id,label,dev,eval,place\na,1,True,False,x\nb,2,True,True,x\nc,3,False,True,y\n"
    stats = stats_of(tmp_path, "t__regr.csv", text)

    assert stats["phases"] == {"dev": 2, "eval": 2}
    assert stats["in_several_phases"] == 1

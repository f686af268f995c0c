"""The checker must see every kind of breach, else its silence means nothing."""
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from check_architecture import check  # noqa: E402


class CheckArchitecture(unittest.TestCase):
    def problems(self, files):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name, text in files.items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return check(root)

    def assertBreach(self, files, word):
        found = self.problems(files)
        self.assertEqual(len(found), 1, found)
        self.assertIn(word, found[0])

    def test_allowed_edges_pass(self):
        self.assertEqual(self.problems({
            "core/video/a.h": '#include "core/base/time.h"\n',
            "core/media/a.cpp": '#include <libavcodec/avcodec.h>\n#include "core/video/a.h"\n',
            "core/models/a.cpp": '#include <ATen/ATen.h>\n#include "core/tensor/a.h"\n',
            "core/runner/a.cpp": '#include "core/media/a.h"\n#include "core/models/a.h"\n',
            "ui/viewer/a.cpp": '#include <QWidget>\n#include "core/media/a.h"\n',
        }), [])

    def test_upward_edge(self):
        self.assertBreach({"core/base/a.h": '#include "core/video/frame.h"\n'}, "may not include core/video")

    def test_across_columns(self):
        self.assertBreach({"core/models/a.h": '#include "core/media/probe.h"\n'}, "may not include core/media")

    def test_ui_sees_no_engine(self):
        self.assertBreach({"ui/tasks/a.h": '#include "core/models/lite.h"\n'}, "may not include core/models")

    def test_no_qt_in_core(self):
        self.assertBreach({"core/jobs/a.cpp": "#include <QString>\n"}, "Qt headers")

    def test_no_torch_in_studio(self):
        self.assertBreach({"core/classical/a.cpp": "#include <torch/torch.h>\n"}, "LibTorch headers")

    def test_no_torch_for_nvcc_through_a_header(self):
        self.assertBreach({
            "core/tensor/cuda/a.cu": '#include "core/tensor/b.h"\n',
            "core/tensor/b.h": "#include <ATen/ATen.h>\n",
        }, "shows a LibTorch header to nvcc")

    def test_long_file(self):
        self.assertBreach({"core/base/a.cpp": "\n" * 801}, "801 lines")

    def test_unknown_folder(self):
        self.assertBreach({"core/misc/a.cpp": ""}, "not in the table")


if __name__ == "__main__":
    unittest.main()

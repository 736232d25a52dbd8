#include "minitape/run/csv.hpp"

#include <sys/stat.h>

#include <cmath>
#include <fstream>

#include "minitape/text/numbers.hpp"
#include "temporary_folder.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

TEST_CASE("csv: what is written comes back, also what is no number") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "table.csv";
  CsvWriter writer(path, "step,loss");
  for (const double loss : {0.1, 1.0 / 3, kInfinity, -kInfinity, kNaN}) {
    writer.row({"7", number_text(loss)});
  }
  writer.row({"8", ""});

  // Every row is in the file while the writer lives: a killed run loses none.
  const CsvTable table = read_csv(path);
  CHECK(table.columns == std::vector<std::string>{"step", "loss"});
  const std::vector<double> loss = table.numbers("loss");
  REQUIRE(loss.size() == 6);
  CHECK(loss[0] == 0.1);
  CHECK(loss[1] == 1.0 / 3);
  CHECK(loss[2] == kInfinity);
  CHECK(loss[3] == -kInfinity);
  CHECK(std::isnan(loss[4]));
  CHECK(std::isnan(loss[5]));
  CHECK(table.numbers("step")[0] == 7);
  CHECK(file_text(path).starts_with("step,loss\n7,0.1\n7,0.3333"));
}

TEST_CASE("read_csv: a last line that was cut off is left out, with Windows line ends as well") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "table.csv";
  // Cut within a cell: as a whole line it would read as the wrong number 1.
  write_text(path, "step,loss\r\n1,0.5\r\n2,1");
  const CsvTable table = read_csv(path);
  REQUIRE(table.rows.size() == 1);
  CHECK(table.columns[1] == "loss");
  CHECK(table.numbers("loss")[0] == 0.5);

  write_text(path, "step,loss\n1,0.5\n2");
  CHECK(read_csv(path).rows.size() == 1);
}

TEST_CASE("read_csv: names the file and the line that is wrong") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "table.csv";
  CHECK(error_lacks({"[csv]", "table.csv", "it is missing"}, [&] { read_csv(path); }) == "");
  write_text(path, "step,loss\n1,2\n3\n4,5\n");
  CHECK(error_lacks({"table.csv", "line 3", "should have 2 cells: got 1"},
                    [&] { read_csv(path); }) == "");
  write_text(path, "step,loss\n");
  CHECK(error_lacks({"[csv]", "table.csv\" must have a column \"accuracy\""},
                    [&] { read_csv(path).texts("accuracy"); }) == "");
  write_text(path, "step,loss\n1,no\n");
  CHECK(read_csv(path).texts("loss") == std::vector<std::string>{"no"});
  CHECK(error_lacks({"table.csv\" column \"loss\" must hold numbers: found \"no\""},
                    [&] { read_csv(path).numbers("loss"); }) == "");
}

TEST_CASE("a pipe or a folder in place of a table is refused, not waited for") {
  const TemporaryFolder folder;
  const auto pipe = folder.path() / "pipe.csv", deeper = folder.path() / "folder.csv";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  std::filesystem::create_directory(deeper);
  for (const auto& path : {pipe, deeper}) {
    const std::string name = path.filename().string();
    CHECK(error_lacks({"[csv]", name, "must be a file"}, [&] { read_csv(path); }) == "");
    CHECK(error_lacks({"[csv]", name, "must be a file"}, [&] { CsvWriter(path, "a", 1); }) == "");
  }
}

TEST_CASE("CsvTable: a cell that is no number is not taken for 0") {
  for (const char* cell : {"abc", "1.5x", " 1", "1e999"}) {
    CAPTURE(cell);
    const CsvTable table{"t.csv", {"loss"}, {{"1"}, {cell}}};
    CHECK(error_lacks({"[csv] \"t.csv\" column \"loss\" must hold numbers: found \"", cell},
                      [&] { table.numbers("loss"); }) == "");
  }
}

TEST_CASE("CsvWriter: a row of another length is refused, a disk that is full is no bad input") {
  const TemporaryFolder folder;
  CsvWriter writer(folder.path() / "table.csv", "a,b");
  CHECK(error_lacks({"has 2 columns: got a row of 3"}, [&] { writer.row({"1", "2", "3"}); }) == "");
  if (!std::filesystem::exists("/dev/full")) return;
  try {
    CsvWriter full("/dev/full", "a");
    FAIL("no Error was thrown");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::run_failed);
    CHECK(std::string(error.what()).find("/dev/full") != std::string::npos);
  }
}

}  // namespace
}  // namespace minitape

#include "minitape/run/csv.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <limits>
#include <utility>

#include "minitape/core/check.hpp"

namespace minitape {
namespace {

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> cells(1);
  for (const char letter : line) {
    if (letter == ',') {
      cells.emplace_back();
    } else if (letter != '\r') {
      cells.back() += letter;
    }
  }
  return cells;
}

std::string joined(const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) line += (i > 0 ? "," : "") + cells[i];
  return line;
}

// A pipe in place of a file would be waited for.
std::ifstream open_file(const std::filesystem::path& path) {
  std::error_code unknown;  // what cannot be looked at cannot be opened either
  MINITAPE_CHECK(
      !std::filesystem::exists(path, unknown) || std::filesystem::is_regular_file(path, unknown),
      "[csv] ", path, " must be a file: it is a folder, a pipe or a device");
  return std::ifstream(path, std::ios::binary);
}

// Leaves the header and `rows` rows of a file.
void cut_behind(const std::filesystem::path& path, const std::string& header, Index rows) {
  std::ifstream file = open_file(path);
  if (!file && errno != ENOENT) {
    throw Error(concat("[csv] cannot read ", path, ": ", std::strerror(errno)), Fault::run_failed);
  }
  MINITAPE_CHECK(file.good(), "[csv] ", path, " must be there: it is missing");
  std::string line;
  std::getline(file, line);
  MINITAPE_CHECK(line == header, "[csv] ", path, " must begin with \"", header, "\": found \"",
                 line, "\"");
  for (Index row = 0; row < rows; ++row) {
    std::getline(file, line);
    MINITAPE_CHECK(!file.eof(), "[csv] ", path, " must have ", rows, " whole rows: it ends in row ",
                   row + 1);
  }
  const auto end = static_cast<std::uintmax_t>(file.tellg());
  file.close();
  std::error_code error;
  std::filesystem::resize_file(path, end, error);
  if (error) {
    throw Error(concat("[csv] cannot write ", path, ": ", error.message()), Fault::run_failed);
  }
}

}  // namespace

std::size_t CsvTable::column(const std::string& name) const {
  const auto found = std::find(columns.begin(), columns.end(), name);
  MINITAPE_CHECK(found != columns.end(), "[csv] there is no column \"", name, "\"");
  return static_cast<std::size_t>(found - columns.begin());
}

std::vector<double> CsvTable::numbers(const std::string& name) const {
  const std::size_t index = column(name);
  std::vector<double> values;
  for (const auto& row : rows) {
    const std::string& cell = row[index];
    const char* end = cell.data() + cell.size();
    double value = std::numeric_limits<double>::quiet_NaN();
    if (!cell.empty()) {
      const auto [parsed, error] = std::from_chars(cell.data(), end, value);
      MINITAPE_CHECK(error == std::errc() && parsed == end, "[csv] column \"", name,
                     "\" must hold numbers: found \"", cell, "\"");
    }
    values.push_back(value);
  }
  return values;
}

CsvTable read_csv(const std::filesystem::path& path) {
  std::ifstream file = open_file(path);
  MINITAPE_CHECK(file.good(), "[csv] cannot read ", path);
  CsvTable table;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const bool cut_off = file.eof();  // a whole line ends in a newline
    auto cells = split(line);
    if (number == 1) {
      table.columns = std::move(cells);
    } else if (!cut_off) {
      MINITAPE_CHECK(cells.size() == table.columns.size(), "[csv] ", path, " line ", number,
                     " should have ", table.columns.size(), " cells: got ", cells.size());
      table.rows.push_back(std::move(cells));
    }
  }
  return table;
}

CsvWriter::CsvWriter(std::filesystem::path path, const std::vector<std::string>& columns,
                     Index keep)
    : path_(std::move(path)), columns_(columns.size()) {
  if (keep > 0) {
    cut_behind(path_, joined(columns), keep);
    file_.open(path_, std::ios::app);
  } else {
    file_.open(path_);
    row(columns);
  }
}

void CsvWriter::row(const std::vector<std::string>& cells) {
  MINITAPE_CHECK(cells.size() == columns_, "[csv] ", path_, " has ", columns_,
                 " columns: got a row of ", cells.size());
  file_ << joined(cells) << "\n" << std::flush;
  if (!file_) {
    throw Error(concat("[csv] cannot write ", path_, ": ", std::strerror(errno)),
                Fault::run_failed);
  }
}

void CsvWriter::sync() {
  const int file = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);  // the rows are the system's by now
  const bool done = file >= 0 && ::fsync(file) == 0;
  const int reason = errno;
  if (file >= 0) ::close(file);
  if (!done) {
    throw Error(concat("[csv] cannot write ", path_, ": ", std::strerror(reason)),
                Fault::run_failed);
  }
}

}  // namespace minitape

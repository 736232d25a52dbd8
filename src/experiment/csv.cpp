#include "minitape/experiment/csv.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
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
  std::ifstream file(path);
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

CsvWriter::CsvWriter(std::filesystem::path path, const std::vector<std::string>& columns)
    : path_(std::move(path)), file_(path_), columns_(columns.size()) {
  row(columns);
}

void CsvWriter::row(const std::vector<std::string>& cells) {
  MINITAPE_CHECK(cells.size() == columns_, "[csv] ", path_, " has ", columns_,
                 " columns: got a row of ", cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) file_ << (i > 0 ? "," : "") << cells[i];
  file_ << "\n" << std::flush;
  if (!file_) {
    throw Error(concat("[csv] cannot write ", path_, ": ", std::strerror(errno)),
                Fault::run_failed);
  }
}

std::string number_text(double value) {
  if (std::isnan(value)) return "nan";  // which may have a sign otherwise
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

}  // namespace minitape

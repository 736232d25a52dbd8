#include "minitape/run/csv.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <limits>
#include <sstream>
#include <utility>

#include "minitape/core/check.hpp"
#include "minitape/text/files.hpp"
#include "minitape/text/words.hpp"

namespace minitape {
namespace {

Error failed(const char* what, const std::filesystem::path& path) {
  return Error(concat("[csv] cannot ", what, " ", path, ": ", std::strerror(errno)),
               Fault::run_failed);
}

// The whole file. To open a pipe in its place would wait for a writer.
std::string read_text(const std::filesystem::path& path) {
  using std::filesystem::file_type;
  std::error_code ignored;  // what cannot be looked at cannot be read either
  const file_type type = std::filesystem::status(path, ignored).type();
  MINITAPE_CHECK(type == file_type::regular || type == file_type::none, "[csv] ", path,
                 " must be a file: it is ",
                 type == file_type::not_found ? "missing" : "a folder, a pipe or a device");
  std::optional<std::string> text = file_contents(path);
  if (!text) throw failed("read", path);
  return *std::move(text);
}

std::vector<std::string> split(std::string line) {
  std::erase(line, '\r');
  std::istringstream rest(line + ",");  // so that a comma ends every cell, an empty last one too
  std::vector<std::string> cells;
  for (std::string cell; std::getline(rest, cell, ',');) cells.push_back(cell);
  return cells;
}

// Cuts off all but the header and the first `rows` rows of a file.
void cut_behind(const std::filesystem::path& path, const std::string& header, Index rows) {
  const std::string text = read_text(path);
  MINITAPE_CHECK(text.starts_with(header + "\n"), "[csv] ", path, " must begin with \"", header,
                 "\" and a line end");
  std::size_t end = header.size() + 1;
  for (Index row = 1; row <= rows; ++row) {
    end = text.find('\n', end) + 1;
    MINITAPE_CHECK(end > 0, "[csv] ", path, " must have ", rows, " whole rows: it ends in row ",
                   row);
  }
  if (::truncate(path.c_str(), static_cast<off_t>(end)) != 0) throw failed("write", path);
}

}  // namespace

std::vector<std::string> CsvTable::texts(const std::string& name) const {
  const auto column = std::ranges::find(columns, name);
  MINITAPE_CHECK(column != columns.end(), "[csv] ", file, " must have a column \"", name, "\"");
  const auto place = static_cast<std::size_t>(column - columns.begin());
  std::vector<std::string> cells;
  for (const auto& row : rows) cells.push_back(row[place]);
  return cells;
}

std::vector<double> CsvTable::numbers(const std::string& name) const {
  std::vector<double> values;
  for (const std::string& cell : texts(name)) {
    const char* end = cell.data() + cell.size();
    double value = std::numeric_limits<double>::quiet_NaN();
    if (!cell.empty()) {
      const auto [parsed, error] = std::from_chars(cell.data(), end, value);
      MINITAPE_CHECK(error == std::errc() && parsed == end, "[csv] ", file, " column \"", name,
                     "\" must hold numbers: found \"", cell, "\"");
    }
    values.push_back(value);
  }
  return values;
}

CsvTable read_csv(const std::filesystem::path& path) {
  std::istringstream lines(read_text(path));
  CsvTable table{.file = path};
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    const bool cut_off = lines.eof();  // a whole line ends in a newline
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

CsvWriter::CsvWriter(std::filesystem::path path, const std::string& header, Index keep)
    : path_(std::move(path)), columns_(split(header).size()) {
  if (keep > 0) cut_behind(path_, header, keep);
  file_.reset(std::fopen(path_.c_str(), keep > 0 ? "a" : "w"));
  if (!file_) throw failed("write", path_);
  if (keep == 0) row(split(header));
}

void CsvWriter::row(const std::vector<std::string>& cells) {
  MINITAPE_CHECK(cells.size() == columns_, "[csv] ", path_, " has ", columns_,
                 " columns: got a row of ", cells.size());
  const std::string line = joined(cells, ",") + "\n";
  const bool written = std::fputs(line.c_str(), file_.get()) >= 0 && std::fflush(file_.get()) == 0;
  if (!written) throw failed("write", path_);
}

void CsvWriter::sync() {
  if (::fsync(::fileno(file_.get())) != 0) throw failed("write", path_);
}

}  // namespace minitape

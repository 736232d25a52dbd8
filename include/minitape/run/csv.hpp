// Tables of numbers with a header line, as the run folder keeps them.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "minitape/core/tensor.hpp"

namespace minitape {

/// A CSV file read back: every cell as text, because "nan" and empty cells are legitimate.
struct CsvTable {
  std::filesystem::path file;  // for messages
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;

  /// A column. Throws when there is none of that name.
  std::vector<std::string> texts(const std::string& name) const;
  /// A column as numbers; "nan", "inf" and "-inf" are read as what they say, empty cells as nan.
  /// Throws for any other text as well.
  std::vector<double> numbers(const std::string& name) const;
};

/// Reads a file that this program wrote. Throws when it cannot be read or a row has another number
/// of cells than the header; a last row that was cut off in the middle is left out.
CsvTable read_csv(const std::filesystem::path& path);

/// Writes a table row by row. Every row is handed to the system at once, so that a run that is
/// killed leaves all its rows behind.
class CsvWriter {
 public:
  /// Keeps the first `keep` rows of the file, cuts off the rest and appends to them. 0: creates the
  /// file, or empties it, and writes the header: the columns' names with commas in between. Throws
  /// when the file has fewer rows or another header.
  CsvWriter(std::filesystem::path path, const std::string& header, Index keep = 0);
  /// Throws (Fault::run_failed) when the row cannot be written.
  void row(const std::vector<std::string>& cells);
  /// Returns when all rows are on the disk, safe from a power cut.
  void sync();

 private:
  std::filesystem::path path_;
  std::size_t columns_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_{nullptr, std::fclose};
};

}  // namespace minitape

// From a parsed TOML document to the fields of a Config. Private to the config's sources.
#pragma once

#include <toml++/toml.h>

#include <string>

#include "minitape/config/config.hpp"

namespace minitape {

/// Where a document comes from, for messages: a file, or one `--set`.
struct Source {
  std::string name;
  bool has_lines;  // false: a --set, of which line and column would say nothing

  /// "digits.toml:12:5", or the name alone.
  std::string at(const toml::source_region& region) const;
};

/// Sets the fields whose keys are in the document and leaves the others as they are. Throws Error
/// at the first key that does not exist, is missing in a layer, or has a value that does not fit.
void read_table(const Source& source, const toml::table& document, Config& config);

}  // namespace minitape

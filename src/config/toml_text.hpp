// Fields as TOML, so that they read back equal; and for messages, what was found and where.
#pragma once

#include <toml++/toml.h>

#include <optional>
#include <string>
#include <vector>

#include "minitape/config/config.hpp"

namespace minitape {

std::string toml_text(bool field);
std::string toml_text(Index field);
std::string toml_text(std::uint64_t field);
std::string toml_text(double field);
std::string toml_text(const std::string& field);
std::string toml_text(const std::vector<std::string>& field);
std::string toml_text(const Shape& field);
std::string toml_text(const Padding& field);
std::string toml_text(const std::vector<LayerConfig>& field);  // in write_keys.cpp
/// "" if it is unset.
template <class T>
std::string toml_text(const std::optional<T>& field) {
  return field ? toml_text(*field) : "";
}

/// `"a", "b", "c"`
std::string toml_texts(const std::vector<std::string>& names);

/// A TOML value in words, for "found …": `the string "ten"`, `the integer 3`, `a table`.
std::string found(const toml::node& node);

/// What the source of a `--set` begins with: "--set train.epochs=…".
inline const std::string kSetPrefix = "--set ";

/// "digits.toml:12:5"; for a `--set` its source alone, since it is one line.
std::string place(const toml::source_region& region);

}  // namespace minitape

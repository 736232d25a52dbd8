// The kinds of value a key can have. For each kind, three functions side by side:
//
//   accept(node, field, rule)    fills the field from a TOML value; false if it does not fit
//   expected(field, rule)        says in words which values fit: "an integer from 1 to 1000"
//   toml_text(field)             writes the field as a TOML value that reads back equal
#pragma once

#include <toml++/toml.h>

#include <optional>
#include <string>
#include <vector>

#include "config/config_keys.hpp"

namespace minitape {

bool accept(const toml::node& node, bool& field, Anything);
std::string expected(bool, Anything);
std::string toml_text(bool field);

bool accept(const toml::node& node, Index& field, Integers rule);
std::string expected(Index, Integers rule);
std::string toml_text(Index field);

bool accept(const toml::node& node, std::uint64_t& field, Integers rule);
std::string expected(std::uint64_t, Integers rule);
std::string toml_text(std::uint64_t field);

bool accept(const toml::node& node, double& field, Numbers rule);  // an integer will do
std::string expected(double, Numbers rule);
std::string toml_text(double field);

bool accept(const toml::node& node, std::string& field, Anything);
std::string expected(const std::string&, Anything);
bool accept(const toml::node& node, std::string& field, const Choices& rule);
std::string expected(const std::string&, const Choices& rule);
std::string toml_text(const std::string& field);

/// A list, each of whose entries is one of the choices.
bool accept(const toml::node& node, std::vector<std::string>& field, const Choices& rule);
std::string expected(const std::vector<std::string>&, const Choices& rule);
std::string toml_text(const std::vector<std::string>& field);

/// The shape of an example: [30] or [100, 200, 3]; [] is ().
bool accept(const toml::node& node, Shape& field, Integers rule);
std::string expected(const Shape&, Integers rule);
std::string toml_text(const Shape& field);

/// "valid", "same" or a number of pixels.
bool accept(const toml::node& node, Padding& field, Integers rule);
std::string expected(const Padding&, Integers rule);
std::string toml_text(const Padding& field);

/// A key that may be left unset takes what the key takes that is set.
template <class T, class Rule>
bool accept(const toml::node& node, std::optional<T>& field, const Rule& rule) {
  return accept(node, field.emplace(), rule);
}
template <class T, class Rule>
std::string expected(const std::optional<T>&, const Rule& rule) {
  return expected(T{}, rule);
}

/// A list of layers. They are tables, so there is more to accept than a value: see config_read.cpp.
std::string expected(const std::vector<LayerConfig>&, Anything);
std::string toml_text(const std::vector<LayerConfig>& field);

/// A TOML value in words, for "found …": `the string "ten"`, `the integer 3`, `a table`.
std::string found(const toml::node& node);

}  // namespace minitape

// Which values a key takes. Each rule says it in words, for messages, and finds the value of a TOML
// node, or nothing if it does not fit.
#pragma once

#include <toml++/toml.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "config/toml_text.hpp"
#include "minitape/core/check.hpp"
#include "minitape/text/numbers.hpp"

namespace minitape {

struct Flag {
  std::string expected() const { return "true or false"; }
  std::optional<bool> value_of(const toml::node& node) const { return node.value_exact<bool>(); }
};

struct Text {
  std::string expected() const { return "a string"; }
  std::optional<std::string> value_of(const toml::node& node) const {
    return node.value_exact<std::string>();
  }
};

/// least … most
struct Integers {
  Index least, most;

  std::string expected() const { return concat("an integer from ", least, " to ", most); }
  std::optional<Index> value_of(const toml::node& node) const {
    const auto value = node.value_exact<Index>();
    return value && *value >= least && *value <= most ? value : std::nullopt;
  }
};

/// least … most, without most itself when `below_most`. An integer will do.
struct Numbers {
  double least, most;
  bool below_most = false;

  std::string expected() const {
    return concat("a number from ", number_text(least), below_most ? " to below " : " to ",
                  number_text(most));
  }
  std::optional<double> value_of(const toml::node& node) const {
    const auto value = node.value<double>();  // NaN fits no bounds: every comparison is false
    const bool fits = value && *value >= least && (below_most ? *value < most : *value <= most);
    return fits ? value : std::nullopt;
  }
};

struct OneOf {
  std::vector<std::string> names;

  std::string expected() const { return "one of " + toml_texts(names); }
  std::optional<std::string> value_of(const toml::node& node) const {
    const auto value = node.value_exact<std::string>();
    const bool fits = value && std::find(names.begin(), names.end(), *value) != names.end();
    return fits ? value : std::nullopt;
  }
};

/// A list whose entries fit the rule.
template <class Value, class Rule>
std::optional<std::vector<Value>> list_of(const toml::node& node, const Rule& rule) {
  if (!node.is_array()) return std::nullopt;
  std::vector<Value> values;
  for (const toml::node& entry : *node.as_array()) {
    const std::optional<Value> value = rule.value_of(entry);
    if (!value) return std::nullopt;
    values.push_back(*value);
  }
  return values;
}

/// A list of some of the names.
struct SomeOf {
  std::vector<std::string> names;

  std::string expected() const { return "a list with entries from " + toml_texts(names); }
  std::optional<std::vector<std::string>> value_of(const toml::node& node) const {
    return list_of<std::string>(node, OneOf{names});
  }
};

/// The shape of one example: [30] or [100, 200, 3]; [] is ().
struct ExampleShape {
  Index max_extent, max_size;

  std::string expected() const {
    return concat("a list such as [30] or [100, 200, 3], up to three integers from 1 to ",
                  max_extent, " with a product of at most ", max_size);
  }
  std::optional<Shape> value_of(const toml::node& node) const {
    constexpr std::size_t kMaxAxes = Shape::kMaxRank - 1;  // the batch comes first
    const auto extents = list_of<Index>(node, Integers{1, max_extent});
    if (!extents || extents->size() > kMaxAxes) return std::nullopt;
    const Shape shape{std::span<const Index>(*extents)};
    return shape.size() <= max_size ? std::optional(shape) : std::nullopt;
  }
};

/// "valid", "same" or a number of pixels.
struct WindowPadding {
  Integers pixels;

  std::string expected() const { return "\"valid\", \"same\" or " + pixels.expected(); }
  std::optional<Padding> value_of(const toml::node& node) const {
    if (node.value_exact<std::string>() == "valid") return Padding::valid();
    if (node.value_exact<std::string>() == "same") return Padding::same();
    const std::optional<Index> amount = pixels.value_of(node);
    return amount ? std::optional(Padding::of(*amount)) : std::nullopt;
  }
};

}  // namespace minitape

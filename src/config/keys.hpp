// What a key is: its field as TOML, the rule for its values, and the list of all keys (made from
// the table in keys.cpp) that reading, suggesting, writing and comparing go through.
#pragma once

#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "minitape/config/config.hpp"
#include "minitape/core/check.hpp"
#include "minitape/text/numbers.hpp"

namespace minitape {

// ---- Fields as TOML ----

/// An integer, true or false.
std::string toml_text(std::integral auto field) { return concat(std::boolalpha, field); }
std::string toml_text(double field);
std::string toml_text(const std::string& field);
std::string toml_text(const std::vector<std::string>& field);
std::string toml_text(const Shape& field);
std::string toml_text(const Padding& field);
std::string toml_text(const std::vector<LayerConfig>& field);
/// "" if it is unset.
template <class T>
std::string toml_text(const std::optional<T>& field) {
  return field ? toml_text(*field) : "";
}

/// `"a", "b", "c"`
std::string toml_texts(std::vector<std::string> names);

/// A value that was read, for messages: `the string "ten"`, `the integer 3`, `a table`.
std::string found(const toml::node& node);

// ---- Rules ----

template <class Value>
struct Rule {
  std::string expected;                                             // in words, for messages
  std::function<std::optional<Value>(const toml::node&)> value_of;  // nothing if it does not fit
  std::vector<std::string> choices = {};                            // the names, where it is names
};

inline Rule<bool> flag() {
  return {"true or false", [](const toml::node& node) { return node.value_exact<bool>(); }};
}

inline Rule<std::string> any_text() {
  return {"a string", [](const toml::node& node) { return node.value_exact<std::string>(); }};
}

inline Rule<Index> integers(Index least, Index most) {
  return {concat("an integer from ", least, " to ", most), [=](const toml::node& node) {
            const auto value = node.value_exact<Index>();
            return value && *value >= least && *value <= most ? value : std::nullopt;
          }};
}

/// An integer will do. NaN will not: it fits no bounds.
inline Rule<double> numbers(double least, double most) {
  return {concat("a number from ", number_text(least), " to ", number_text(most)),
          [=](const toml::node& node) {
            const auto value = node.value<double>();
            return value && *value >= least && *value <= most ? value : std::nullopt;
          }};
}

inline Rule<double> below_one() {
  return {"a number from 0 to below 1", numbers(0, std::nextafter(1.0, 0.0)).value_of};
}

inline Rule<std::string> one_of(const std::vector<std::string>& names) {
  const auto value_of = [names](const toml::node& node) {
    const auto value = node.value_exact<std::string>();
    return value && std::ranges::count(names, *value) > 0 ? value : std::nullopt;
  };
  return {"one of " + toml_texts(names), value_of, names};
}

/// A list whose entries fit the rule.
template <class Value>
std::optional<std::vector<Value>> list_of(const toml::node& node, const Rule<Value>& rule) {
  if (!node.is_array()) return std::nullopt;
  std::vector<Value> values;
  for (const toml::node& entry : *node.as_array()) {
    const std::optional<Value> value = rule.value_of(entry);
    if (!value) return std::nullopt;
    values.push_back(*value);
  }
  return values;
}

inline Rule<std::vector<std::string>> some_of(const std::vector<std::string>& names) {
  return {"a list with entries from " + toml_texts(names),
          [names](const toml::node& node) { return list_of(node, one_of(names)); }, names};
}

/// The shape of one example: [30] or [100, 200, 3]; [] is ().
inline Rule<Shape> example_shape(Index max_extent, Index max_size) {
  const auto value_of = [=](const toml::node& node) -> std::optional<Shape> {
    constexpr std::size_t kMaxAxes = Shape::kMaxRank - 1;  // the batch comes first
    const auto extents = list_of(node, integers(1, max_extent));
    if (!extents || extents->size() > kMaxAxes) return std::nullopt;
    const Shape shape{std::span<const Index>(*extents)};
    return shape.size() <= max_size ? std::optional(shape) : std::nullopt;
  };
  return {concat("a list such as [30] or [100, 200, 3], up to three integers from 1 to ",
                 max_extent, " with a product of at most ", max_size),
          value_of};
}

/// "valid", "same" or a number of pixels.
inline Rule<Padding> padding_up_to(Index most) {
  const auto value_of = [=](const toml::node& node) -> std::optional<Padding> {
    const auto name = node.value_exact<std::string>();
    if (name == "valid") return Padding::valid();
    if (name == "same") return Padding::same();
    const auto amount = integers(0, most).value_of(node);
    return amount ? std::optional(Padding::of(*amount)) : std::nullopt;
  };
  return {"\"valid\", \"same\" or " + integers(0, most).expected, value_of};
}

// ---- Keys ----

struct KeyList;

/// A key of one Config: its functions read and change the field that it was made from.
struct Key {
  std::string name, help;
  bool required = false;

  // Of a key with a value.
  std::string expected;                           // in words: "an integer from 1 to 1000"
  std::vector<std::string> choices;               // the names that it takes, if it takes names
  std::function<bool(const toml::node&)> accept;  // fills the field; false if nothing fits
  std::function<std::string()> text;              // the field as TOML; "" if it is unset

  // Of a key with a table of keys.
  std::function<void(const toml::table&)> prepare;  // makes the fields ready for this table
  std::function<KeyList()> keys;                    // none if the table is unset

  // Of a key with a list of layers, which has a text as well.
  std::vector<LayerConfig>* layers = nullptr;
};

/// The keys of one table.
struct KeyList {
  std::string subject;  // for "… takes these keys": "a dense layer"; "" for a section
  std::vector<Key> keys;

  std::vector<std::string> names() const;
  /// These keys and those of the tables within, by their full names: "init", "init.type", …
  std::vector<Key> flattened(const std::string& prefix = "") const;

  /// A key with a value. An optional field is unset until it is read.
  template <class Field, class Value>
  Key& add(const std::string& name, Field& field, const Rule<Value>& rule,
           const std::string& help = "") {
    const auto accept = [&field, rule](const toml::node& node) {
      const std::optional<Value> value = rule.value_of(node);
      if (value) field = static_cast<Field>(*value);
      return value.has_value();
    };
    return keys.emplace_back(Key{.name = name,
                                 .help = help,
                                 .expected = rule.expected,
                                 .choices = rule.choices,
                                 .accept = accept,
                                 .text = [&field] { return toml_text(field); }});
  }

  Key& add_layers(const std::string& name, std::vector<LayerConfig>& field);

  /// A table of keys. If it says a type, it forgets what belongs to another type.
  template <class Fields>
  void add_section(const std::string& name, Fields& fields) {
    const auto prepare = [&fields](const toml::table& table) {
      if (table.contains("type")) fields = Fields{};
    };
    keys.push_back(
        {.name = name, .prepare = prepare, .keys = [&fields] { return list_keys(fields); }});
  }
  void add_section(const std::string& name, std::optional<InitConfig>& init);
};

void add_keys(Config& config, KeyList& keys);
void add_keys(LayerConfig& layer, KeyList& keys);
template <class Fields>
KeyList list_keys(Fields& fields) {
  KeyList keys;
  add_keys(fields, keys);
  return keys;
}

/// Reads a table, whose name begins the names of its keys. `list` tells the keys that it takes; it
/// is asked again once the first has been read. Throws as read_config does.
void read_keys(const toml::table& table, const std::string& name,
               const std::function<KeyList()>& list);

/// Throws only Error, whatever the bytes.
toml::table parse_toml(std::string_view text, const std::string& source);

/// The value that belongs to a name. Configs from files are checked; one made in code is not.
template <class Value>
Value choose(const std::string& key, const std::string& name,
             std::initializer_list<std::pair<const char*, Value>> choices) {
  for (const auto& [choice, value] : choices) {
    if (name == choice) return value;
  }
  throw Error(concat("[config] ", key, " cannot be \"", name, "\""));
}

inline const std::vector<std::string> kActivations{"relu", "leaky_relu", "sigmoid", "tanh", "gelu"};

inline const std::vector<std::string> kLayerTypes{
    "conv2d",  "dense",   "batch_norm", "activation", "relu",     "leaky_relu",
    "sigmoid", "tanh",    "gelu",       "max_pool",   "avg_pool", "global_avg_pool",
    "flatten", "dropout", "scale",      "residual",   "repeat"};

}  // namespace minitape

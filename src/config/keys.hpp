// The keys of a config as a list, made from the table of all keys in keys.cpp.
//
// Reading, checking, suggesting, writing and comparing all go through this list. It belongs to the
// fields that it was made from: its functions read and change them.
#pragma once

#include <toml++/toml.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/toml_text.hpp"
#include "minitape/config/config.hpp"

namespace minitape {

struct KeyList;

struct Key {
  std::string name, help;
  bool required = false;

  // Of a key with a value.
  std::string expected;              // in words: "an integer from 1 to 1000"
  std::vector<std::string> choices;  // the names that it takes, if it takes names
  std::function<bool(const toml::node&)>
      accept;                         // fills the field; false if the value does not fit
  std::function<std::string()> text;  // the field as TOML; "" if it is unset

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

  /// A key whose values fit a rule, one of rules.hpp. An optional field is unset until it is read.
  template <class Field, class Rule>
  Key& add(const std::string& name, Field& field, const Rule& rule, const std::string& help = "") {
    Key& key = keys.emplace_back();
    key = {.name = name, .help = help, .expected = rule.expected()};
    if constexpr (requires { rule.names; }) key.choices = rule.names;
    key.accept = [&field, rule](const toml::node& node) {
      const auto value = rule.value_of(node);
      if (value) field = static_cast<Field>(*value);
      return value.has_value();
    };
    key.text = [&field] { return toml_text(field); };
    return key;
  }

  Key& add_layers(const std::string& name, std::vector<LayerConfig>& field);

  /// A table of keys. If it says a type, it forgets what belongs to another type.
  template <class Fields>
  void add_section(const std::string& name, Fields& fields) {
    Key& key = keys.emplace_back();
    key.name = name;
    key.prepare = [&fields](const toml::table& table) {
      if (table.contains("type")) fields = Fields{};
    };
    key.keys = [&fields] { return list_keys(fields); };
  }
  void add_section(const std::string& name, std::optional<InitConfig>& init);
};

KeyList list_keys(Config& config);
KeyList list_keys(LayerConfig& layer);

const std::vector<std::string>& layer_types();

/// Sets the fields whose keys are in the document and leaves the others as they are. Throws Error
/// at the first key that does not exist, is missing in a layer, or has a value that does not fit.
void read_keys(const toml::table& document, Config& config);

}  // namespace minitape

// The keys of a config as a list, made from the table of all keys in keys.cpp. Reading, checking,
// suggesting, writing and comparing all go through this list.
#pragma once

#include "config/rules.hpp"

namespace minitape {

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

inline const std::vector<std::string> kLayerTypes{
    "conv2d",   "dense",    "batch_norm",      "relu",    "leaky_relu", "sigmoid", "tanh",
    "max_pool", "avg_pool", "global_avg_pool", "flatten", "dropout",    "residual"};

}  // namespace minitape

// The keys of a config as a list, made from the table of all keys in keys.cpp.
//
// Reading, checking, suggesting, writing and comparing all go through this list. It belongs to the
// fields that it was made from: its functions read and change them.
#pragma once

#include <toml++/toml.h>

#include <functional>
#include <string>
#include <vector>

#include "minitape/config/config.hpp"

namespace minitape {

struct Key;

/// The keys of one table.
struct KeyList {
  std::string subject;  // for "… takes these keys": "a dense layer"; "" for a section
  std::vector<Key> keys;

  std::vector<std::string> names() const;
};

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

KeyList list_keys(Config& config);
KeyList list_keys(LayerConfig& layer);

const std::vector<std::string>& layer_types();

/// Sets the fields whose keys are in the document and leaves the others as they are. Throws Error
/// at the first key that does not exist, is missing in a layer, or has a value that does not fit.
void read_keys(const toml::table& document, Config& config);

}  // namespace minitape

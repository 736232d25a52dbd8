// From a Config to TOML, and to the list of keys in which two Configs differ.
#include <map>

#include "config/keys.hpp"
#include "config/toml_text.hpp"

namespace minitape {
namespace {

// The help, and the names to choose from: "  # of training images: flip | crop".
std::string comment(const Key& key) {
  std::string choices;
  for (const std::string& name : key.choices) choices += (choices.empty() ? ": " : " | ") + name;
  const std::string text = key.help + choices;
  return text.empty() ? "" : "  # " + text;
}

// A line for each key, those of tables within as "init.type = …".
std::string lines(const KeyList& list, const std::string& prefix) {
  std::string text;
  for (const Key& key : list.keys) {
    text += key.keys ? lines(key.keys(), prefix + key.name + ".")
                     : prefix + key.name + " = " + key.text() + comment(key) + "\n";
  }
  return text;
}

// `{ type = "dense", units = 10 }`, without the keys that are unset; "" if all are.
std::string inline_table(const KeyList& list) {
  std::string text;
  for (const Key& key : list.keys) {
    const std::string value = key.keys ? inline_table(key.keys()) : key.text();
    if (!value.empty()) text += (text.empty() ? "{ " : ", ") + key.name + " = " + value;
  }
  return text.empty() ? "" : text + " }";
}

using Values = std::map<std::string, std::string>;  // as TOML, by the full name of their key

void add_values(const KeyList& list, const std::string& prefix, Values& values) {
  for (const Key& key : list.keys) {
    if (key.keys) {
      add_values(key.keys(), prefix + key.name + ".", values);
    } else {
      values[prefix + key.name] = key.text();
    }
  }
}

Values values_of(Config config) {  // by value, as a list of keys could change its fields
  Values values;
  add_values(list_keys(config), "", values);
  return values;
}

}  // namespace

// One layer a line; the layers of a residual layer are indented by two more.
std::string toml_text(const std::vector<LayerConfig>& field) {
  std::string text = "[";
  for (LayerConfig layer : field) {
    text += "\n  ";
    for (const char letter : inline_table(list_keys(layer))) {
      text += letter;
      if (letter == '\n') text += "  ";
    }
    text += ",";
  }
  return text + (field.empty() ? "]" : "\n]");
}

std::string to_toml(const Config& config) {
  Config copy = config;
  std::string text;
  for (const Key& key : list_keys(copy).keys) {
    text += key.keys ? "\n[" + key.name + "]\n" + lines(key.keys(), "") : lines({"", {key}}, "");
  }
  return text;
}

std::vector<std::string> differing_keys(const Config& a, const Config& b) {
  const Values values_a = values_of(a), values_b = values_of(b);
  std::vector<std::string> keys;
  for (const auto& [key, value] : values_a) {
    const auto other = values_b.find(key);
    if (other == values_b.end() || other->second != value) keys.push_back(key);
  }
  for (const auto& [key, value] : values_b) {
    if (!values_a.contains(key)) keys.push_back(key);
  }
  return keys;
}

}  // namespace minitape

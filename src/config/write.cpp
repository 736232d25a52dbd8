// From a Config to TOML, and to the keys in which two Configs differ; TOML values in words.
#include <map>

#include "config/keys.hpp"
#include "minitape/text/words.hpp"

namespace minitape {
namespace {

// `{ type = "dense", units = 10 }`, without the keys that are unset; "" if all are.
std::string inline_table(const KeyList& list) {
  std::vector<std::string> assignments;
  for (const Key& key : list.keys) {
    const std::string value = key.keys ? inline_table(key.keys()) : key.text();
    if (!value.empty()) assignments.push_back(key.name + " = " + value);
  }
  return assignments.empty() ? "" : "{ " + joined(assignments) + " }";
}

// `augment = []  # of training images: flip | crop`
std::string line(const Key& key) {
  const std::string choices = key.choices.empty() ? "" : ": " + joined(key.choices, " | ");
  const std::string comment = key.help + choices;
  return key.name + " = " + key.text() + (comment.empty() ? "" : "  # " + comment) + "\n";
}

// As TOML, by the full name of their key. The config is a copy because keys can change it.
std::map<std::string, std::string> values_of(Config config) {
  std::map<std::string, std::string> values;
  for (const Key& key : list_keys(config).flattened()) {
    if (!key.keys) values[key.name] = key.text();
  }
  return values;
}

// The value of a node without its kind; what holds others is only hinted at.
std::string value_text(const toml::node& node) {
  if (const auto* value = node.as_string()) return toml_text(value->get());
  if (const auto* value = node.as_integer()) return toml_text(value->get());
  if (const auto* value = node.as_floating_point()) return number_text(value->get());
  if (const auto* value = node.as_boolean()) return toml_text(value->get());
  if (node.is_array()) return "[...]";
  if (node.is_table()) return "{...}";
  return "a date or a time";
}

}  // namespace

// ---- Values ----

std::string toml_text(double field) {
  const std::string text = number_text(field);
  return text.find_first_of(".e") == text.npos ? text + ".0" : text;  // 1 would be an integer
}

std::string toml_text(const std::string& field) {
  std::string text = "\"";
  for (const char letter : field) {
    const auto code = static_cast<unsigned char>(letter);
    if (code < 0x20 || code == 0x7f) {
      text += concat("\\u00", "0123456789abcdef"[code / 16], "0123456789abcdef"[code % 16]);
    } else {
      if (letter == '"' || letter == '\\') text += '\\';
      text += letter;
    }
  }
  return text + '"';
}

std::string toml_texts(std::vector<std::string> names) {
  for (std::string& name : names) name = toml_text(name);
  return joined(names);
}

std::string toml_text(const std::vector<std::string>& field) {
  return "[" + toml_texts(field) + "]";
}

std::string toml_text(const Shape& field) {
  std::string text = field.to_string();  // "(100, 200, 3)"
  text.front() = '[';
  text.back() = ']';
  return text;
}

std::string toml_text(const Padding& field) {
  if (field.kind == Padding::Kind::explicit_amount) return std::to_string(field.amount);
  return field.kind == Padding::Kind::same ? "\"same\"" : "\"valid\"";
}

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

// ---- What was found ----

std::string found(const toml::node& node) {
  if (node.is_table()) return "a table";
  if (const toml::array* list = node.as_array()) {
    std::vector<std::string> entries;
    for (const toml::node& entry : *list) entries.push_back(value_text(entry));
    return "the list [" + joined(entries) + "]";
  }
  const char* const kind = node.is_string()           ? "the string "
                           : node.is_integer()        ? "the integer "
                           : node.is_floating_point() ? "the number "
                                                      : "";
  return kind + value_text(node);
}

// ---- Configs ----

std::string to_toml(const Config& config) {
  Config copy = config;
  std::string text;
  for (const Key& key : list_keys(copy).keys) {
    if (!key.keys) {
      text += line(key);
      continue;
    }
    text += "\n[" + key.name + "]\n";
    for (const Key& inner : key.keys().flattened()) {
      if (!inner.keys) text += line(inner);
    }
  }
  return text;
}

std::vector<std::string> differing_keys(const Config& a, const Config& b) {
  auto only_in_b = values_of(b);
  std::vector<std::string> keys;
  for (const auto& [key, value] : values_of(a)) {
    const auto other = only_in_b.extract(key);
    if (!other || other.mapped() != value) keys.push_back(key);
  }
  for (const auto& [key, value] : only_in_b) keys.push_back(key);
  return keys;
}

}  // namespace minitape

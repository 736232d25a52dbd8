// From a Config to TOML, and to the list of keys in which two Configs differ.
#include <map>

#include "config/config_keys.hpp"
#include "config/config_values.hpp"

namespace minitape {
namespace {

struct Entry {
  std::string key;      // "optimizer.momentum"; of a layer only "filters"
  std::string value;    // as TOML
  std::string comment;  // without #
};

// Key and value of each entry: `{ type = "dense", units = 10 }`.
std::string inline_table(const std::vector<Entry>& entries) {
  std::string text;
  for (const Entry& entry : entries) {
    text += concat(text.empty() ? "{ " : ", ", entry.key, " = ", entry.value);
  }
  return text + " }";
}

// What the rule adds to a comment.
template <class Rule>
std::string choices_text(const Rule&) {
  return "";
}
std::string choices_text(const Choices& rule) {
  std::string text;
  for (const std::string& name : rule.names) text += (text.empty() ? ": " : " | ") + name;
  return text;
}

/// The visitor that writes every key down. Keys that are unset are left out.
struct EntryCollector {
  std::vector<Entry> entries;
  std::string prefix;  // of the section being visited: "optimizer."

  template <class Field, class Rule>
  void key(const std::string& name, Field& field, const Rule& rule, const std::string& help = "") {
    add(name, field, help + choices_text(rule));
  }
  template <class Field, class Rule>
  void required(const std::string& name, Field& field, const Rule&) {
    add(name, field, "");
  }
  template <class Fields>
  void section(const std::string& name, Fields& fields) {
    const std::string outer = prefix;
    prefix += name + ".";
    visit_keys(fields, *this);
    prefix = outer;
  }
  void section(const std::string& name, std::optional<InitConfig>& init) {
    if (!init) return;
    EntryCollector inner;
    visit_keys(*init, inner);
    entries.push_back({prefix + name, inline_table(inner.entries), ""});
  }

 private:
  template <class Field>
  void add(const std::string& name, const Field& field, const std::string& comment) {
    entries.push_back({prefix + name, toml_text(field), comment});
  }
  template <class Field>
  void add(const std::string& name, const std::optional<Field>& field, const std::string& comment) {
    if (field) add(name, *field, comment);
  }
};

template <class Fields>
std::vector<Entry> entries_of(Fields fields) {  // by value: visitors may write, this one does not
  EntryCollector collector;
  visit_keys(fields, collector);
  return collector.entries;
}

std::map<std::string, std::string> values_by_key(const Config& config) {
  std::map<std::string, std::string> values;
  for (const Entry& entry : entries_of(config)) values[entry.key] = entry.value;
  return values;
}

}  // namespace

// One layer a line; the layers of a residual layer are indented by two more.
std::string toml_text(const std::vector<LayerConfig>& field) {
  std::string text = "[";
  for (const LayerConfig& layer : field) {
    text += "\n  ";
    for (const char letter : inline_table(entries_of(layer))) {
      text += letter;
      if (letter == '\n') text += "  ";
    }
    text += ",";
  }
  return text + (field.empty() ? "]" : "\n]");
}

std::string to_toml(const Config& config) {
  std::string text, section;
  for (const Entry& entry : entries_of(config)) {
    // What is before the first dot goes into the section's header, the rest before the value.
    const std::size_t dot = entry.key.find('.');
    if (dot != std::string::npos && entry.key.substr(0, dot) != section) {
      section = entry.key.substr(0, dot);
      text += concat("\n[", section, "]\n");
    }
    text += concat(entry.key.substr(dot + 1), " = ", entry.value);  // npos + 1 is 0: all of it
    if (!entry.comment.empty()) text += concat("  # ", entry.comment);
    text += "\n";
  }
  return text;
}

std::vector<std::string> differing_keys(const Config& a, const Config& b) {
  const auto values_a = values_by_key(a), values_b = values_by_key(b);
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

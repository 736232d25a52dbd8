// From a parsed TOML document to the fields of a Config, key by key.
#include <algorithm>

#include "config/keys.hpp"
#include "minitape/core/check.hpp"
#include "minitape/text/words.hpp"

namespace minitape {
namespace {

constexpr int kMaxResidualDepth = 8;

// A table that is being read.
struct Table {
  const toml::table& toml;
  std::string name;               // in full: "train", "model.layers[3]"; "" for the whole config
  std::function<KeyList()> list;  // the keys that it takes
  int residual_depth = 0;         // how many residual layers are around it
  bool is_layer = false;

  std::string full_name(std::string_view key) const {
    return name.empty() ? std::string(key) : concat(name, ".", key);
  }
};

// ---- What was found ----

std::string value_text(const toml::node& node) {
  if (const auto* value = node.as_string()) return toml_text(value->get());
  if (const auto* value = node.as_integer()) return toml_text(value->get());
  if (const auto* value = node.as_floating_point()) return number_text(value->get());
  if (const auto* value = node.as_boolean()) return toml_text(value->get());
  if (node.is_array()) return "[...]";
  if (node.is_table()) return "{...}";
  return "a date or a time";
}

// `the string "ten"`, `the integer 3`, `a table`
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

// ---- Keys that a table does not take ----

std::vector<std::string> layer_types_with(std::string_view key) {
  std::vector<std::string> types;
  for (const std::string& type : layer_types()) {
    LayerConfig layer{.type = type};
    if (std::ranges::count(list_keys(layer).names(), key) > 0) types.push_back(type);
  }
  return types;
}

[[noreturn]] void refuse(const toml::key& key, const Table& table, const KeyList& known) {
  const std::string name = table.full_name(key.str());
  const std::string subject = !known.subject.empty() ? known.subject
                              : table.name.empty()   ? "a config"
                                                     : "[" + table.name + "]";
  const std::string what_it_takes = subject + " takes " + joined(known.names());
  const auto owners = table.is_layer ? layer_types_with(key.str()) : std::vector<std::string>{};
  if (!owners.empty()) {
    fail(key.source(), "key \"", name, "\" belongs to ", joined(owners), ": ", what_it_takes);
  }
  if (key == "momentum" && (subject == "[batch_norm]" || subject == "a batch_norm layer")) {
    fail(key.source(), "batch norm has no key \"", name,
         "\", because the word means opposite things: PyTorch's momentum 0.1 is the weight of "
         "the new value, Keras's momentum 0.9 that of the old one. Both are ema_decay = 0.9, the "
         "weight of the old value: write ema_decay = 1 - PyTorch's or = Keras's");
  }
  // Look for a similar name in this table first, then among all keys and sections.
  std::vector<std::string> candidates;
  for (const std::string& other : known.names()) candidates.push_back(table.full_name(other));
  Config config;
  for (const Key& other : list_keys(config).flattened()) candidates.push_back(other.name);
  const std::string near = nearest(name, candidates);
  fail(key.source(), "unknown key ", toml_text(name), ": ",
       near.empty() ? what_it_takes : "did you mean \"" + near + "\"?");
}

// ---- Keys that it takes ----

void read_table(const Table& table);

void read_layers(const toml::node& node, const std::string& name, std::vector<LayerConfig>& layers,
                 int residual_depth) {
  const toml::array* list = node.as_array();
  if (!list) fail(node.source(), name, " must be a list of layers: found ", found(node));
  if (residual_depth > kMaxResidualDepth) {
    fail(node.source(), "residual layers must not be nested more than ", kMaxResidualDepth,
         " deep: found one more");
  }
  layers.assign(list->size(), LayerConfig{});
  for (std::size_t i = 0; i < layers.size(); ++i) {
    LayerConfig& layer = layers[i];
    const toml::node& entry = *list->get(i);
    const std::string entry_name = concat(name, "[", i, "]");
    const toml::table* table = entry.as_table();
    if (!table || !table->contains("type")) {
      fail(entry.source(), entry_name, " must be a layer such as { type = \"relu\" }: found ",
           found(entry), table ? " without a type" : "");
    }
    read_table(
        {*table, entry_name, [&layer] { return list_keys(layer); }, residual_depth + 1, true});
    // Pools do not overlap unless they are told to.
    if (layer.size > 0 && !table->contains("stride")) layer.stride = layer.size;
  }
}

void read_key(const Key& key, const Table& table) {
  const toml::node* node = table.toml.get(key.name);
  if (!node) return;
  const std::string name = table.full_name(key.name);
  if (key.keys) {
    const toml::table* inner = node->as_table();
    if (!inner) fail(node->source(), name, " must be a table of keys: found ", found(*node));
    key.prepare(*inner);
    read_table({*inner, name, key.keys, table.residual_depth});
  } else if (key.layers) {
    read_layers(*node, name, *key.layers, table.residual_depth);
  } else if (!key.accept(*node)) {
    const std::string near = nearest(node->value_or(std::string()), key.choices);
    fail(node->source(), name, " must be ", key.expected, ": found ", found(*node),
         near.empty() ? "" : "; did you mean \"" + near + "\"?");
  }
}

void read_table(const Table& table) {
  // Which keys a table takes may depend on its type, the first key: read that, and list them anew.
  read_key(table.list().keys.front(), table);
  const KeyList known = table.list();
  for (const Key& key : known.keys) read_key(key, table);

  for (const auto& [key, value] : table.toml) {
    if (std::ranges::count(known.keys, key.str(), &Key::name) == 0) refuse(key, table, known);
  }
  for (const Key& key : known.keys) {
    if (!key.required || table.toml.contains(key.name)) continue;
    fail(table.toml.source(), table.full_name(key.name), " must be ", key.expected,
         ": found nothing");
  }
}

}  // namespace

void read_keys(const toml::table& document, Config& config) {
  read_table({document, "", [&config] { return list_keys(config); }});
}

}  // namespace minitape

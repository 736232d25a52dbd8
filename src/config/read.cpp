// From text to a Config: a file and `--set` assignments, parsed as TOML, then read key by key.
#include <algorithm>

#include "config/keys.hpp"
#include "minitape/text/files.hpp"
#include "minitape/text/words.hpp"

namespace minitape {
namespace {

constexpr int kMaxResidualDepth = 8;
constexpr std::size_t kMaxLayers = 2000;           // written to a file, they fit the next two
constexpr std::size_t kMaxBytes = 1 << 20;         // a larger file is no config
constexpr std::ptrdiff_t kMaxDots = 5000;          // see parse_toml
constexpr std::string_view kSetPrefix = "--set ";  // begins the source of a `--set`

// The place comes first: "[config] digits.toml:12:5: …". Of a `--set` it is the source alone, since
// that is one line.
template <class... Parts>
[[noreturn]] void fail(const toml::source_region& where, const Parts&... parts) {
  const std::string source = where.path ? *where.path : "";  // toml++ keeps no empty name
  const std::string position = concat(":", where.begin.line, ":", where.begin.column);
  throw Error(
      concat("[config] ", source, source.starts_with(kSetPrefix) ? "" : position, ": ", parts...));
}

// A table that is being read.
struct Table {
  const toml::table& toml;
  std::string name;               // in full: "train", "model.layers[3]"; "" for the whole config
  std::function<KeyList()> list;  // the keys that it takes
  int residual_depth = 0;         // how many residual layers are around it

  std::string full_name(std::string_view key) const {
    return name.empty() ? std::string(key) : concat(name, ".", key);
  }
};

// ---- Keys that a table does not take ----

std::vector<std::string> layer_types_with(std::string_view key) {
  std::vector<std::string> types;
  for (const std::string& type : kLayerTypes) {
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
  const bool is_layer = subject.ends_with(" layer");
  const auto owners = is_layer ? layer_types_with(key.str()) : std::vector<std::string>{};
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

// With those inside of others.
std::size_t count(const std::vector<LayerConfig>& layers) {
  std::size_t total = layers.size();
  for (const LayerConfig& layer : layers) total += count(layer.layers);
  return total;
}

void read_layers(const toml::node& node, const std::string& name, std::vector<LayerConfig>& layers,
                 int residual_depth) {
  const toml::array* list = node.as_array();
  if (!list) fail(node.source(), name, " must be a list of layers: found ", found(node));
  if (residual_depth > kMaxResidualDepth) {
    fail(node.source(), "residual and repeat layers must not be nested more than ",
         kMaxResidualDepth, " deep: found one more");
  }
  std::size_t total = 0;
  layers.clear();
  for (std::size_t i = 0; i < list->size(); ++i) {
    LayerConfig layer;
    const toml::node& entry = *list->get(i);
    const std::string entry_name = concat(name, "[", i, "]");
    const toml::table* table = entry.as_table();
    if (!table || !table->contains("type")) {
      fail(entry.source(), entry_name, " must be a layer such as { type = \"relu\" }: found ",
           found(entry), table ? " without a type" : "");
    }
    read_table({*table, entry_name, [&layer] { return list_keys(layer); }, residual_depth + 1});
    // Pools do not overlap unless they are told to.
    if (layer.size > 0 && !table->contains("stride")) layer.stride = layer.size;
    const bool repeats = layer.type == "repeat";
    const std::size_t within = count(layer.layers);
    total += repeats ? static_cast<std::size_t>(layer.times) * within : within + 1;
    if (total > kMaxLayers) {
      fail(entry.source(), "a model must have at most ", kMaxLayers, " layers: with ", entry_name,
           " it has ", total);
    }
    if (!repeats) layers.push_back(std::move(layer));
    for (Index time = 0; repeats && time < layer.times; ++time) {
      layers.insert(layers.end(), layer.layers.begin(), layer.layers.end());
    }
  }
}

void read_key(const Key& key, const Table& table) {
  const std::string name = table.full_name(key.name);
  const toml::node* node = table.toml.get(key.name);
  if (!node) {
    if (!key.required) return;
    fail(table.toml.source(), name, " must be ", key.expected, ": found nothing");
  }
  if (key.keys) {
    const toml::table* inner = node->as_table();
    if (!inner) fail(node->source(), name, " must be a table of keys: found ", found(*node));
    key.prepare(*inner);
    read_table({*inner, name, key.keys, table.residual_depth});
  } else if (key.layers) {
    read_layers(*node, name, *key.layers, table.residual_depth);
  } else if (!key.accept(*node)) {
    const auto text = node->value_or(std::string());
    const std::string near = nearest(text, key.choices);  // text itself where a list is wanted
    fail(node->source(), name, " must be ", key.expected, ": found ", found(*node),
         near.empty() || near == text ? "" : "; did you mean \"" + near + "\"?");
  }
}

void read_table(const Table& table) {
  // Which keys a table takes may depend on its type, the first key: read that, and list them anew.
  read_key(table.list().keys.front(), table);
  const KeyList known = table.list();
  for (const auto& [key, value] : table.toml) {
    if (std::ranges::count(known.keys, key.str(), &Key::name) == 0) refuse(key, table, known);
  }
  for (const Key& key : known.keys) read_key(key, table);
}

}  // namespace

void read_keys(const toml::table& table, const std::string& name,
               const std::function<KeyList()>& list) {
  read_table({table, name, list});
}

// ---- Text ----

toml::table parse_toml(std::string_view text, const std::string& source) {
  MINITAPE_CHECK(text.size() <= kMaxBytes, "[config] ", source, ": a config must have at most ",
                 kMaxBytes, " bytes: found more, so this may be another file");
  // The parser limits how deep values nest, but not how deep keys do: a.a.a.a = 1. Each level takes
  // a dot, and ten thousand of them would use up the stack.
  const auto dots = std::ranges::count(text, '.');
  MINITAPE_CHECK(dots <= kMaxDots, "[config] ", source, ": a config must have at most ", kMaxDots,
                 " dots: found ", dots);
  try {
    return toml::parse(text, std::string_view(source));
  } catch (const toml::parse_error& error) {
    fail(error.source(), "must be TOML: ", error.description());
  }
}

namespace {

// The value of an assignment as TOML: as it is if it can be parsed, else as a quoted bare word.
toml::table parse_assignment(const std::string& key, const std::string& value) {
  const std::string source = concat(kSetPrefix, key, "=…");
  const bool bare_word = value.find_first_of("\"'[{") != 0 && !value.empty();
  try {
    return parse_toml(key + " = " + value, source);
  } catch (const Error&) {
    if (!bare_word) throw;
    return parse_toml(key + " = " + toml_text(value), source);
  }
}

void assign(const std::string& assignment, Config& config) {
  constexpr std::string_view kKeyLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  const std::size_t equals = assignment.find('=');
  const std::string key = assignment.substr(0, equals);
  MINITAPE_CHECK(equals != std::string::npos &&
                     key.find_first_not_of(kKeyLetters) == std::string::npos &&
                     assignment.find('\n') == std::string::npos,
                 "[config] --set must be one line key=value, such as train.epochs=3: found ",
                 toml_text(assignment));
  read_keys(parse_assignment(key, assignment.substr(equals + 1)), "",
            [&config] { return list_keys(config); });
}

// Checks that need more than one key.
void check_together(const DataConfig& data, const std::string& source) {
  const bool has_input = data.input != Shape{};
  MINITAPE_CHECK((data.name == "none") == has_input, "[config] ", source,
                 ": data.input must be given if data.name is \"none\", and else be []: found "
                 "data.name = ",
                 toml_text(data.name), " with data.input = ", toml_text(data.input));
  MINITAPE_CHECK(data.channels != 2, "[config] ", source,
                 ": data.channels must be 1 (grey) or 3 (colour): found 2");
}

}  // namespace

Config parse_config(std::string_view toml, const std::string& source_name,
                    const std::vector<std::string>& assignments) {
  Config config;
  toml::table document = parse_toml(toml, source_name);
  document.erase("lab");  // an experiment's: lab/experiment.hpp
  read_keys(document, "", [&config] { return list_keys(config); });
  for (const std::string& assignment : assignments) assign(assignment, config);
  check_together(config.data, source_name);
  return config;
}

Config read_config(const std::filesystem::path& file, const std::vector<std::string>& assignments) {
  // Read one byte more than a config may have, so that the parser sees that it is too long.
  const std::optional<std::string> text = file_contents(file, kMaxBytes + 1);
  std::error_code ignored;
  MINITAPE_CHECK(text, "[config] ", file.string(), " must be a TOML file that can be read: found ",
                 std::filesystem::is_directory(file, ignored) ? "a folder"
                 : std::filesystem::exists(file, ignored)     ? "one that this user cannot read"
                                                              : "no such file",
                 "; examples are in apps/configs");
  return parse_config(*text, file.string(), assignments);
}

}  // namespace minitape

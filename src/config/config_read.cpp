#include "config/config_read.hpp"

#include <algorithm>

#include "config/config_keys.hpp"
#include "config/config_values.hpp"
#include "minitape/text/nearest.hpp"

namespace minitape {
namespace {

constexpr int kMaxResidualDepth = 8;

/// The visitor that lists the names of all keys and sections.
struct NameCollector {
  std::string prefix;
  std::vector<std::string> names;

  template <class Field, class Rule>
  void key(const std::string& name, Field&, const Rule&, std::string_view = "") {
    names.push_back(prefix + name);
  }
  template <class Field, class Rule>
  void required(const std::string& name, Field&, const Rule&) {
    names.push_back(prefix + name);
  }
  template <class Fields>
  void section(const std::string& name, Fields& fields) {
    names.push_back(prefix + name);
    NameCollector inner{prefix + name + ".", {}};
    visit_keys(fields, inner);
    names.insert(names.end(), inner.names.begin(), inner.names.end());
  }
  void section(const std::string& name, std::optional<InitConfig>&) {
    names.push_back(prefix + name);
  }
};

std::vector<std::string> keys_of_config() {
  Config config;
  NameCollector collector;
  visit_keys(config, collector);
  return collector.names;
}

std::vector<std::string> keys_of_layer(const std::string& type) {
  LayerConfig layer;
  layer.type = type;
  NameCollector collector;
  visit_keys(layer, collector);
  return collector.names;
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += concat(text.empty() ? "" : ", ", name);
  return text;
}

// What a table describes, for "… takes these keys".
template <class Fields>
std::string subject(const Fields&, const std::string& key) {
  return key.empty() ? "a config" : "[" + key + "]";
}
std::string subject(const LayerConfig& layer, const std::string&) {
  return "a " + layer.type + " layer";
}
std::string subject(const InitConfig& init, const std::string&) {
  return "an init of type " + init.type;
}

// What to add when a value is not one of the choices.
template <class Rule>
std::string suggestion(const toml::node&, const Rule&) {
  return "";
}
std::string suggestion(const toml::node& node, const Choices& choices) {
  const auto* value = node.as_string();
  const std::string near = value ? nearest(value->get(), choices.names) : "";
  return near.empty() ? "" : concat("; did you mean \"", near, "\"?");
}

/// The visitor that fills the fields from one TOML table.
class TableReader {
 public:
  TableReader(const Source& source, const toml::table& table, std::string key, int depth)
      : source_(source), table_(table), key_(std::move(key)), depth_(depth) {}

  template <class Field, class Rule>
  void key(const std::string& name, Field& field, const Rule& rule, std::string_view = "") {
    if (const toml::node* node = find(name)) read(*node, full(name), field, rule);
  }

  template <class Field, class Rule>
  void required(const std::string& name, Field& field, const Rule& rule) {
    key(name, field, rule);
    if (!table_.contains(name) && missing_.empty()) {
      missing_ = concat(full(name), " must be ", expected(field, rule), ": found nothing");
    }
  }

  template <class Fields>
  void section(const std::string& name, Fields& fields) {
    if (const toml::node* node = find(name)) read_section(*node, full(name), fields);
  }
  void section(const std::string& name, InitConfig& init) {
    const toml::node* node = find(name);
    if (!node) return;
    // Forget what belongs to another type of init when the type is given anew.
    if (node->is_table() && node->as_table()->contains("type")) init = InitConfig{};
    read_section(*node, full(name), init);
  }
  void section(const std::string& name, std::optional<InitConfig>& init) {
    if (find(name)) section(name, init.emplace());
  }

  /// Call after the visit: refuses what the visit did not ask for and what it asked for in vain.
  void finish(const std::string& what) const {
    for (const auto& [key, node] : table_) {
      if (!contains(known_, key.str())) refuse_unknown(key, what);
    }
    if (!missing_.empty()) fail(table_.source(), missing_);
  }

 private:
  std::string full(std::string_view name) const {
    return key_.empty() ? std::string(name) : key_ + "." + std::string(name);
  }

  const toml::node* find(const std::string& name) {
    if (!contains(known_, name)) known_.push_back(name);
    return table_.get(name);
  }

  template <class... Parts>
  [[noreturn]] void fail(const toml::source_region& region, const Parts&... parts) const {
    throw Error(concat("[config] ", source_.at(region), ": ", parts...));
  }

  template <class Field, class Rule>
  void read(const toml::node& node, const std::string& key, Field& field, const Rule& rule) const {
    if (accept(node, field, rule)) return;
    fail(node.source(), key, " must be ", expected(field, rule), ": found ", found(node),
         suggestion(node, rule));
  }

  template <class Fields>
  void read_section(const toml::node& node, const std::string& key, Fields& fields) const {
    const toml::table* table = node.as_table();
    if (!table) fail(node.source(), key, " must be a table of keys: found ", found(node));
    TableReader inner(source_, *table, key, depth_);
    visit_keys(fields, inner);
    inner.finish(subject(fields, key));
  }

  void read(const toml::node& node, const std::string& key, std::vector<LayerConfig>& layers,
            Anything) const {
    const toml::array* list = node.as_array();
    if (!list) fail(node.source(), key, " must be a list of layers: found ", found(node));
    if (depth_ > kMaxResidualDepth) {
      fail(node.source(), "residual layers must not be nested more than ", kMaxResidualDepth,
           " deep: found one more");
    }
    layers.assign(list->size(), LayerConfig{});
    for (std::size_t i = 0; i < layers.size(); ++i) {
      read_layer(*list->get(i), concat(key, "[", i, "]"), layers[i]);
    }
  }

  void read_layer(const toml::node& node, const std::string& key, LayerConfig& layer) const {
    const toml::table* table = node.as_table();
    if (!table || !table->contains("type")) {
      fail(node.source(), key, " must be a layer such as { type = \"relu\" }: found ", found(node),
           table ? " without a type" : "");
    }
    TableReader inner(source_, *table, key, depth_ + 1);
    visit_keys(layer, inner);
    inner.refuse_keys_of_other_types(layer.type);
    inner.finish(subject(layer, key));
    // Pools do not overlap unless they are told to.
    const bool is_pool = layer.type == "max_pool" || layer.type == "avg_pool";
    if (is_pool && !table->contains("stride")) layer.stride = layer.size;
  }

  void refuse_keys_of_other_types(const std::string& type) const {
    for (const auto& [key, node] : table_) {
      if (contains(known_, key.str())) continue;
      std::vector<std::string> owners;
      for (const std::string& other : kLayerTypes.names) {
        if (contains(keys_of_layer(other), key.str())) owners.push_back(other);
      }
      if (owners.empty()) continue;
      fail(key.source(), "key \"", full(key.str()), "\" belongs to ", joined(owners), ": a ", type,
           " layer takes ", joined(known_));
    }
  }

  [[noreturn]] void refuse_unknown(const toml::key& key, const std::string& what) const {
    if (key == "momentum" && (what == "[batch_norm]" || what == "a batch_norm layer")) {
      fail(key.source(), "batch norm has no key \"", full(key.str()),
           "\", because the word means opposite things: PyTorch's momentum 0.1 is the weight of "
           "the new value, Keras's momentum 0.9 that of the old one. Both are ema_decay = 0.9, the "
           "weight of the old value: write ema_decay = 1 - PyTorch's or = Keras's");
    }
    std::vector<std::string> candidates;
    for (const std::string& name : known_) candidates.push_back(full(name));
    const auto everywhere = keys_of_config();
    candidates.insert(candidates.end(), everywhere.begin(), everywhere.end());
    const std::string name = full(key.str());
    const std::string near = nearest(name, candidates);
    fail(key.source(), "unknown key ", toml_text(name), ": ",
         near.empty() ? concat(what, " takes ", joined(known_))
                      : concat("did you mean \"", near, "\"?"));
  }

  const Source& source_;
  const toml::table& table_;
  std::string key_;                 // the table's own full name, "" for the document
  int depth_;                       // in how many residual layers the table lies
  std::vector<std::string> known_;  // the names that the visit asked for
  std::string missing_;             // the first required key that is not there, as a sentence
};

}  // namespace

std::string Source::at(const toml::source_region& region) const {
  return has_lines ? concat(name, ":", region.begin.line, ":", region.begin.column) : name;
}

void read_table(const Source& source, const toml::table& document, Config& config) {
  TableReader reader(source, document, "", 0);
  visit_keys(config, reader);
  reader.finish(subject(config, ""));
}

}  // namespace minitape

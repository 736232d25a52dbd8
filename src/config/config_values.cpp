#include "config/config_values.hpp"

#include <algorithm>
#include <cstdio>

#include "minitape/text/numbers.hpp"

namespace minitape {
namespace {

// `"a", "b", "c"`
std::string quoted_list(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += concat(list.empty() ? "" : ", ", toml_text(name));
  return list;
}

bool contains(const Choices& choices, const std::string& name) {
  return std::find(choices.names.begin(), choices.names.end(), name) != choices.names.end();
}

}  // namespace

// true or false

bool accept(const toml::node& node, bool& field, Anything) {
  const auto* value = node.as_boolean();
  if (value) field = value->get();
  return value != nullptr;
}

std::string expected(bool, Anything) {
  return "true or false";
}

std::string toml_text(bool field) {
  return field ? "true" : "false";
}

// Integers

bool accept(const toml::node& node, Index& field, Integers rule) {
  const auto* value = node.as_integer();
  if (!value || value->get() < rule.least || value->get() > rule.most) return false;
  field = value->get();
  return true;
}

std::string expected(Index, Integers rule) {
  return concat("an integer from ", rule.least, " to ", rule.most);
}

std::string toml_text(Index field) {
  return std::to_string(field);
}

bool accept(const toml::node& node, std::uint64_t& field, Integers rule) {
  Index value = 0;
  if (!accept(node, value, rule)) return false;
  field = static_cast<std::uint64_t>(value);
  return true;
}

std::string expected(std::uint64_t, Integers rule) {
  return expected(Index{}, rule);
}

std::string toml_text(std::uint64_t field) {
  return std::to_string(field);
}

// Numbers

bool accept(const toml::node& node, double& field, Numbers rule) {
  const std::optional<double> value = node.value<double>();
  if (!value) return false;
  // Written so that NaN, for which every comparison is false, does not fit.
  const bool fits = *value >= rule.least && *value <= rule.most;
  if (!fits || (rule.below_most && *value == rule.most)) return false;
  field = *value;
  return true;
}

std::string expected(double, Numbers rule) {
  return concat("a number from ", number_text(rule.least), rule.below_most ? " to below " : " to ",
                number_text(rule.most));
}

std::string toml_text(double field) {
  const std::string text = number_text(field);
  const bool looks_like_integer = text.find_first_of(".e") == std::string::npos;
  return looks_like_integer ? text + ".0" : text;
}

// Strings

bool accept(const toml::node& node, std::string& field, Anything) {
  const auto* value = node.as_string();
  if (value) field = value->get();
  return value != nullptr;
}

std::string expected(const std::string&, Anything) {
  return "a string";
}

bool accept(const toml::node& node, std::string& field, const Choices& rule) {
  const auto* value = node.as_string();
  if (!value || !contains(rule, value->get())) return false;
  field = value->get();
  return true;
}

std::string expected(const std::string&, const Choices& rule) {
  return concat("one of ", quoted_list(rule.names));
}

std::string toml_text(const std::string& field) {
  std::string text = "\"";
  for (const char letter : field) {
    const auto code = static_cast<unsigned char>(letter);
    if (letter == '"' || letter == '\\') {
      text += '\\';
      text += letter;
    } else if (code < 0x20 || code == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(code));
      text += escape;
    } else {
      text += letter;
    }
  }
  return text + '"';
}

// Lists of strings

bool accept(const toml::node& node, std::vector<std::string>& field, const Choices& rule) {
  const toml::array* list = node.as_array();
  if (!list) return false;
  std::vector<std::string> names(list->size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!accept(*list->get(i), names[i], rule)) return false;
  }
  field = std::move(names);
  return true;
}

std::string expected(const std::vector<std::string>&, const Choices& rule) {
  return concat("a list with entries from ", quoted_list(rule.names));
}

std::string toml_text(const std::vector<std::string>& field) {
  return concat("[", quoted_list(field), "]");
}

// Shapes

bool accept(const toml::node& node, Shape& field, Integers rule) {
  constexpr std::size_t kMaxAxes = Shape::kMaxRank - 1;  // the batch comes first
  const toml::array* list = node.as_array();
  if (!list || list->size() > kMaxAxes) return false;
  std::vector<Index> extents(list->size());
  for (std::size_t i = 0; i < extents.size(); ++i) {
    if (!accept(*list->get(i), extents[i], rule)) return false;
  }
  const Shape shape{std::span<const Index>(extents)};
  if (shape.size() > kMaxInput) return false;
  field = shape;
  return true;
}

std::string expected(const Shape&, Integers rule) {
  return concat("a list such as [30] or [100, 200, 3], up to three integers from ", rule.least,
                " to ", rule.most, " with a product of at most ", kMaxInput);
}

std::string toml_text(const Shape& field) {
  std::string text;
  for (int axis = 0; axis < field.rank(); ++axis) {
    text += concat(axis > 0 ? ", " : "", field[axis]);
  }
  return concat("[", text, "]");
}

// Padding

bool accept(const toml::node& node, Padding& field, Integers rule) {
  std::string kind;
  if (accept(node, kind, Choices{{"valid", "same"}})) {
    field = kind == "same" ? Padding::same() : Padding::valid();
    return true;
  }
  Index amount = 0;
  if (!accept(node, amount, rule)) return false;
  field = Padding::of(amount);
  return true;
}

std::string expected(const Padding&, Integers rule) {
  return concat("\"valid\", \"same\" or ", expected(Index{}, rule));
}

std::string toml_text(const Padding& field) {
  if (field.kind == Padding::Kind::explicit_amount) return std::to_string(field.amount);
  return field.kind == Padding::Kind::same ? "\"same\"" : "\"valid\"";
}

// Layers; toml_text is with the other writers of tables, in config_write.cpp

std::string expected(const std::vector<LayerConfig>&, Anything) {
  return "a list of layers";
}

// Any value, for messages

namespace {

std::string raw_text(const toml::node& node) {
  if (const auto* value = node.as_string()) return toml_text(value->get());
  if (const auto* value = node.as_integer()) return toml_text(value->get());
  if (const auto* value = node.as_floating_point()) return number_text(value->get());
  if (const auto* value = node.as_boolean()) return toml_text(value->get());
  if (node.is_array()) return "[...]";
  if (node.is_table()) return "{...}";
  return "a date or a time";
}

}  // namespace

std::string found(const toml::node& node) {
  if (node.is_string()) return concat("the string ", raw_text(node));
  if (node.is_integer()) return concat("the integer ", raw_text(node));
  if (node.is_floating_point()) return concat("the number ", raw_text(node));
  if (node.is_table()) return "a table";
  const toml::array* list = node.as_array();
  if (!list) return raw_text(node);
  std::string entries;
  for (const toml::node& entry : *list)
    entries += concat(entries.empty() ? "" : ", ", raw_text(entry));
  return concat("the list [", entries, "]");
}

}  // namespace minitape

#include "config/toml_text.hpp"

#include <cstdio>

#include "minitape/core/check.hpp"
#include "minitape/text/numbers.hpp"

namespace minitape {

std::string toml_text(bool field) { return field ? "true" : "false"; }

std::string toml_text(Index field) { return std::to_string(field); }

std::string toml_text(std::uint64_t field) { return std::to_string(field); }

std::string toml_text(double field) {
  const std::string text = number_text(field);
  const bool looks_like_integer = text.find_first_of(".e") == std::string::npos;
  return looks_like_integer ? text + ".0" : text;
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

std::string toml_text(const std::vector<std::string>& field) {
  return "[" + toml_texts(field) + "]";
}

std::string toml_text(const Shape& field) {
  std::string text;
  for (int axis = 0; axis < field.rank(); ++axis) {
    text += concat(axis > 0 ? ", " : "", field[axis]);
  }
  return "[" + text + "]";
}

std::string toml_text(const Padding& field) {
  if (field.kind == Padding::Kind::explicit_amount) return std::to_string(field.amount);
  return field.kind == Padding::Kind::same ? "\"same\"" : "\"valid\"";
}

std::string toml_texts(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + toml_text(name);
  return list;
}

// ---- What was found ----

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
  if (node.is_string()) return "the string " + raw_text(node);
  if (node.is_integer()) return "the integer " + raw_text(node);
  if (node.is_floating_point()) return "the number " + raw_text(node);
  if (node.is_table()) return "a table";
  const toml::array* list = node.as_array();
  if (!list) return raw_text(node);
  std::string entries;
  for (const toml::node& entry : *list) entries += (entries.empty() ? "" : ", ") + raw_text(entry);
  return "the list [" + entries + "]";
}

std::string place(const toml::source_region& region) {
  const std::string source = region.path ? *region.path : "";  // toml++ keeps no empty name
  if (source.starts_with(kSetPrefix)) return source;
  return concat(source, ":", region.begin.line, ":", region.begin.column);
}

}  // namespace minitape

// The JSON header of a safetensors file. Private to safetensors.cpp.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "minitape/core/tensor.hpp"

namespace minitape {

/// What the header says about one tensor. Nothing in it has been compared with the data yet.
struct HeaderEntry {
  std::string name;
  std::string dtype;
  std::vector<Index> shape;
  std::vector<Index> data_offsets;  // two numbers: begin and end
};

struct SafetensorsHeader {
  std::vector<HeaderEntry> entries;  // in the order of the text
  std::map<std::string, std::string> metadata;
};

/// Throws, with `where` in the message, for anything but the JSON that the format describes.
SafetensorsHeader parse_safetensors_header(std::string_view text, const std::string& where);
std::string format_safetensors_header(const SafetensorsHeader& header);

/// A string from a file, made safe to print: quoted, escaped and not too long.
std::string printable(const std::string& text);

}  // namespace minitape

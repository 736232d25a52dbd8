// From a name in a config to the value that it stands for.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>

#include "minitape/core/check.hpp"

namespace minitape {

/// The value that belongs to a name. Configs from files have been checked; one made in code may
/// hold anything.
template <class Value>
Value choose(const std::string& key, const std::string& name,
             std::initializer_list<std::pair<const char*, Value>> choices) {
  for (const auto& [choice, value] : choices) {
    if (name == choice) return value;
  }
  throw Error(concat("[config] ", key, " cannot be \"", name, "\""));
}

}  // namespace minitape

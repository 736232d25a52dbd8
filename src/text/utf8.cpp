#include "text/utf8.hpp"

#include <nlohmann/json.hpp>

namespace minitape {

std::string valid_utf8(const std::string& text) {
  using nlohmann::json;  // whose writer replaces, if asked to
  return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace));
}

}  // namespace minitape

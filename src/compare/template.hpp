// Texts with {{names}} in place of what changes: report.html and curves.gp, compiled into the
// program. https://mustache.github.io tells the few rules.
#pragma once

#include <functional>
#include <kainjow/mustache.hpp>
#include <string>

#include "compare/templates.hpp"  // made by CMake: kReportTemplate, kCurvesTemplate
#include "minitape/core/check.hpp"

namespace minitape {

using TemplateData = kainjow::mustache::data;

/// The template with the data in place of their names: {{name}} through `escape`, {{{name}}} as it
/// is, {{#list}} … {{/list}} once for each item.
inline std::string filled_template(const char* text, const TemplateData& data,
                                   const std::function<std::string(const std::string&)>& escape) {
  kainjow::mustache::mustache form{text};
  MINITAPE_CHECK(form.is_valid(), "[template] ", form.error_message());
  form.set_custom_escape(escape);
  return form.render(data);
}

}  // namespace minitape

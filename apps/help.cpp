#include "help.hpp"

#include <sstream>

namespace minitape {
namespace {

constexpr std::size_t kColumns = 100;
constexpr std::size_t kNameColumns = 22;  // what comes before the help of an option

// The paragraphs as lines of words, all but the first indented.
std::string wrapped(const std::string& text, std::size_t indent) {
  const std::string margin(indent, ' ');
  std::string result;
  std::istringstream paragraphs(text);
  for (std::string paragraph; std::getline(paragraphs, paragraph);) {
    if (!result.empty()) result += "\n" + (paragraph.empty() ? "" : margin);
    std::size_t column = indent;
    std::istringstream words(paragraph);
    for (std::string word; words >> word;) {
      if (column > indent && column + 1 + word.size() > kColumns) {
        result += "\n" + margin;
        column = indent;
      }
      if (column > indent) {
        result += " ";
        ++column;
      }
      result += word;
      column += word.size();
    }
  }
  return result;
}

// The first line is the purpose, the rest the description: see set_page.
std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

// A name in its column and the text beside it, or below it where the name is too long.
std::string entry(const std::string& name, const std::string& text) {
  const bool fits = name.size() + 2 < kNameColumns;
  const std::string gap = fits ? "" : "\n" + std::string(kNameColumns, ' ');
  std::string start = "  " + name;
  if (fits) start.resize(kNameColumns, ' ');
  return start + gap + wrapped(text, kNameColumns) + "\n";
}

std::string usage_name(const CLI::Option& option) {
  return option.get_name(true) + (option.get_items_expected_max() > 1 ? "..." : "");
}

std::string entry(const CLI::Option& option) {
  const bool is_flag = option.get_items_expected_max() == 0;
  std::string name = option.get_positional() ? usage_name(option) : option.get_name(false, true);
  if (!option.get_positional() && !is_flag) name += " " + option.get_type_name();
  std::string text = option.get_description();
  if (option.get_required()) text += " (required)";
  if (!option.get_default_str().empty()) text += " (default: " + option.get_default_str() + ")";
  return entry(name, text);
}

}  // namespace

void set_page(CLI::App& app, const ManualPage& page) {
  app.description(page.purpose + "\n\n" + page.description);
  std::string footer = "Examples:\n";
  for (const std::string& example : page.examples) footer += "  " + example + "\n";
  footer += "\nExit codes:\n" + entry("0", "Done.") + entry("1", page.failure) +
            entry("2",
                  "Bad input: the call, the config or a file that it names. The message says "
                  "what to do.");
  app.footer(footer);
}

std::string ManualFormatter::make_help(const CLI::App* app, std::string name,
                                       CLI::AppFormatMode) const {
  const std::string& description = app->get_description();
  const std::string purpose = first_line(description);
  const auto positionals =
      app->get_options([](const CLI::Option* o) { return o->get_positional(); });
  const auto options = app->get_options([](const CLI::Option* o) { return o->nonpositional(); });
  const auto subcommands = app->get_subcommands({});

  std::string text = name + ": " + purpose + "\n\nUsage: " + name;
  text += subcommands.empty() ? "" : " SUBCOMMAND";
  for (const CLI::Option* option : positionals) text += " " + usage_name(*option);
  text += " [OPTIONS]\n\n" + wrapped(description.substr(purpose.size() + 2), 0) + "\n\n";
  for (const CLI::App* sub : subcommands) {
    text += entry(sub->get_name(), first_line(sub->get_description()));
  }
  for (const CLI::Option* option : positionals) text += entry(*option);
  text += "\nOptions:\n";
  for (const CLI::Option* option : options) text += entry(*option);
  return text + "\n" + app->get_footer();
}

}  // namespace minitape

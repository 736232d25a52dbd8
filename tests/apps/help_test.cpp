// `--help` of the command and of every subcommand: complete, narrow enough, with examples that
// work.
#include <doctest/doctest.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <sstream>

#include "apps/command_line.hpp"

namespace minitape {
namespace {

// What a call prints to stdout, and what it asks for.
struct Printed {
  std::string text;
  Call call;
};

Printed parse(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  std::ostringstream captured;
  std::streambuf* const before = std::cout.rdbuf(captured.rdbuf());
  const Call call = parse_command_line(static_cast<int>(arguments.size()), arguments.data());
  std::cout.rdbuf(before);
  return {captured.str(), call};
}

Printed help(const std::string& subcommand) {
  if (subcommand.empty()) return parse({"minitape", "--help"});
  return parse({"minitape", subcommand, "--help"});
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream(line);
  return {std::istream_iterator<std::string>(stream), {}};
}

// The entry of an option: its line and the lines below that are further to the right.
std::string entry(const std::string& page, const std::string& name) {
  std::string text;
  for (const std::string& line : lines_of(page)) {
    const bool starts = line.starts_with("  " + name + " ") ||
                        line.starts_with("  " + name + ",") || line == "  " + name;
    if (starts || (!text.empty() && line.starts_with("      "))) {
      text += line + "\n";
    } else if (!text.empty()) {
      break;
    }
  }
  return text;
}

// The parser's own list of subcommands; "" is the command itself.
struct Parser {
  Call call;
  CLI::App app;
  std::vector<std::pair<std::string, CLI::App*>> pages{{"", &app}};

  Parser() {
    add_subcommands(app, call);
    for (CLI::App* sub : app.get_subcommands({})) pages.emplace_back(sub->get_name(), sub);
  }
};

}  // namespace

TEST_CASE("--help prints a page to stdout and ends with 0") {
  Parser parser;
  REQUIRE(parser.pages.size() >= 6);
  for (const auto& [name, app] : parser.pages) {
    CAPTURE(name);
    const Printed page = help(name);
    CHECK(page.call.exit_code == 0);
    CHECK(page.call.subcommand == "");
    CHECK(page.text.starts_with(name.empty() ? "minitape: " : "minitape " + name + ": "));
    for (const char* heading : {"\nUsage: minitape", "\nOptions:\n", "\nExamples:\n",
                                "\nExit codes:\n", "\n  1 ", "\n  2 "}) {
      CHECK_MESSAGE(page.text.find(heading) != std::string::npos, heading);
    }
    for (const std::string& line : lines_of(page.text)) {
      CHECK_MESSAGE(line.size() <= 100, line);
      CHECK_MESSAGE(!line.ends_with(' '), line);
    }
  }
}

TEST_CASE("--help lists every option with its default, or as required") {
  Parser parser;
  for (const auto& [name, app] : parser.pages) {
    const std::string page = help(name).text;
    for (const CLI::Option* option : app->get_options()) {
      const std::string option_name =
          option->get_positional() ? option->get_name(true) : option->get_name(false, true);
      CAPTURE(name);
      CAPTURE(option_name);
      const std::string text = entry(page, option_name);
      CHECK(text != "");
      CHECK(option->get_description() != "");
      if (option->get_items_expected_max() == 0) continue;  // a flag: off
      const bool told = text.find("(default: ") != std::string::npos ||
                        text.find("(required)") != std::string::npos;
      CHECK_MESSAGE(told, text);
    }
  }
}

TEST_CASE("--help lists every subcommand with its purpose") {
  Parser parser;
  const std::string page = help("").text;
  for (const CLI::App* sub : parser.app.get_subcommands({})) {
    CHECK_MESSAGE(entry(page, sub->get_name()).size() > 30, sub->get_name());
  }
}

TEST_CASE("the examples of a page parse, and are of that subcommand") {
  Parser parser;
  for (const auto& [name, app] : parser.pages) {
    CAPTURE(name);
    int examples = 0;
    bool listed = false;
    for (const std::string& line : lines_of(help(name).text)) {
      if (line == "Examples:") listed = true;
      if (line == "Exit codes:") listed = false;
      if (!listed || !line.starts_with("  ")) continue;
      CAPTURE(line);
      ++examples;
      const Printed result = parse(words_of(line));
      CHECK(result.call.exit_code == 0);
      CHECK(result.call.subcommand != "");
      if (!name.empty()) CHECK(result.call.subcommand == name);
    }
    CHECK(examples >= 1);
  }
}

TEST_CASE("--version prints the version alone") {
  const Printed version = parse({"minitape", "--version"});
  CHECK(version.call.exit_code == 0);
  CHECK(version.text == "minitape 0.1.0\n");
}

}  // namespace minitape

// What `--help` shows: a manual page for the command and for each subcommand.
//
// A subcommand hands in its page's texts; its options come from the parser, each with its help and
// its default, so that none can be forgotten. All text is cut into lines of at most 100 columns.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace minitape {

struct ManualPage {
  std::string purpose;                // in one line, which `minitape --help` lists
  std::string description;            // what it does, reads and writes; "\n\n" between paragraphs
  std::vector<std::string> examples;  // whole command lines, which must parse
  std::string failure;                // when it ends with exit code 1
};

void set_page(CLI::App& app, const ManualPage& page);

/// Lays the pages out. An option's help is what it is for, then its default: default_str(), or
/// "required". Subcommands inherit it from the app that it is set for.
class ManualFormatter : public CLI::FormatterBase {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override;
};

}  // namespace minitape

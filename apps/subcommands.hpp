// What subcommands share: how one is added, and the options that several take.
//
// Each subcommand is a function add_NAME that adds it with its manual page and its options.
#pragma once

#include "command_line.hpp"
#include "help.hpp"

namespace minitape {

/// A subcommand with its manual page, without options yet.
CLI::App& add_subcommand(CLI::App& app, Call& call, const std::string& name,
                         const ManualPage& page);

/// CONFIG and --set, which replaces keys of it.
void add_config(CLI::App& sub, Arguments& arguments);
void add_threads(CLI::App& sub, Arguments& arguments);
/// --out; `otherwise` says where the results go without it.
void add_out(CLI::App& sub, Arguments& arguments, const std::string& help,
             const std::string& otherwise);

/// --name N: a whole number in a range, which is told with the help.
template <class Number>
CLI::Option* add_number(CLI::App& sub, const std::string& name, Number& field, Number least,
                        Number most, const std::string& help) {
  return sub.add_option(name, field, concat(help, ", from ", least, " to ", most))
      ->type_name("N")
      ->check(CLI::Range(least, most).description(""))
      ->capture_default_str();
}

// Those that look at a model without training it (inspect.cpp).
void add_summary(CLI::App& app, Call& call);
void add_gradcheck(CLI::App& app, Call& call);
void add_bench(CLI::App& app, Call& call);

}  // namespace minitape

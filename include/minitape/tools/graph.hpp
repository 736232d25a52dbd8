// Graph: the tape of one training step as a picture, in DOT, the language of graphviz.
//
//   rounded   an operation with the shape of its result, in the frame of its layer
//   ellipse   a parameter        square box   a constant        hexagon   a variable
//   filled    kept: the value is still there after backward
//   white     released, as backward passes it on its way from the last node to the first
//   thick     an edge along which a gradient flows back, against the arrow
//   broken    an edge that carries a value alone
//
// What is kept and what carries a gradient is not predicted: backward runs, and its tape is asked.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "minitape/autodiff/tape.hpp"
#include "minitape/config/config.hpp"

namespace minitape {

/// Runs backward from `loss` and draws the whole tape. layers[i] is the layer of node i; nodes
/// beyond its end have the one that the tape knows. Takes the tape's observer away.
std::string tape_graph(Tape& tape, Var loss, const std::string& title,
                       std::vector<std::string> layers = {});

/// The training step of a config's model with one batch of blank images: shapes and edges do not
/// depend on the numbers. Layer by layer, as the source reads, also where the program would compute
/// neighbours at once (src/kernels/neighbours.cpp).
std::string step_graph(const Config& config, const std::string& title);

/// Writes the text, or a picture if the name ends in .svg: by graphviz's program dot, without which
/// it throws (Fault::run_failed). Makes the folder, and replaces what was there.
void write_graph(const std::filesystem::path& file, const std::string& dot);

}  // namespace minitape

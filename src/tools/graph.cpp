#include "minitape/tools/graph.hpp"

#include <sys/wait.h>

#include <cstdlib>
#include <set>

#include "minitape/config/build.hpp"
#include "minitape/recipe/label_smoothing.hpp"
#include "minitape/run/layer_by_layer.hpp"
#include "minitape/text/files.hpp"
#include "minitape/text/terminal_text.hpp"
#include "minitape/text/words.hpp"

namespace fs = std::filesystem;

namespace minitape {
namespace {

constexpr char kLegend[] =
    "Numbers: the place on the tape. Backward goes from the last to the first.\n"
    "Ellipse: parameter. Square box: constant. Hexagon: variable. Rounded box: operation.\n"
    "Filled: kept. White: released when backward has passed.\n"
    "Thick line: the value goes forward, its gradient comes back. Broken line: the value alone.\n";

constexpr char kGradientEdge[] = " [class=gradient, dir=both, penwidth=2.5, color=\"#0072b2\"";
constexpr char kValueEdge[] = " [class=value, style=dashed, color=\"#555555\"";

// Text between double quotes; graphviz knows \, " and &amp;.
std::string dot_text(const std::string& text, const std::string& line_end = "\\n") {
  std::string quoted;
  for (const char c : terminal_lines(text)) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c == '\n' ? line_end : c == '&' ? "&amp;" : std::string(1, c);
  }
  return '"' + quoted + '"';
}

std::string dot_node(std::size_t i, const Tape::Node& node, const Shape& shape) {
  std::string name = node.operation, colour = "#e4e4e4";
  std::string look = "box, width=2.4, style=\"rounded,filled\"";
  if (node.parameter) {
    name = node.parameter->name.substr(node.parameter->name.rfind('.') + 1);
    look = "ellipse, height=0.2, margin=0.02, style=filled", colour = "#fbdfb5";
  } else if (node.inputs.empty()) {
    look = node.needs_gradient ? "hexagon, style=filled" : "box, style=filled";
  }
  if (node.current_value().empty()) colour = "#ffffff";
  return concat("n", i, " [label=", dot_text(concat(i, "  ", name, "\n", shape)), ", shape=", look,
                ", fillcolor=\"", colour, "\"];");
}

// "3.residual.0.conv2d" has its frame inside of that of "3.residual".
std::string in_frames(const std::string& layer, const std::string& node) {
  std::string opened, closed;
  for (std::size_t end = 1; end <= layer.size(); ++end) {
    const bool next_number = layer[end] == '.' && layer[end + 1] >= '0' && layer[end + 1] <= '9';
    if (end < layer.size() && !next_number) continue;
    const std::string name = layer.substr(0, end);
    opened += concat("subgraph ", dot_text("cluster " + name), " { label=", dot_text(name), "; ");
    closed += " }";
  }
  return opened + node + closed;
}

}  // namespace

std::string tape_graph(Tape& tape, Var loss, const std::string& title,
                       std::vector<std::string> layers) {
  std::vector<Shape> shapes;  // while all values are there
  for (const Tape::Node& node : tape.nodes()) {
    shapes.push_back(node.current_value().shape());
    if (layers.size() < shapes.size()) layers.push_back(node.layer);
  }
  std::set<const Tape::Node*> carried;  // a gradient, back to their inputs
  tape.set_observer([&](const Tape::Node& node, bool) { carried.insert(&node); });
  if (loss.needs_gradient()) tape.backward(loss);
  tape.set_observer({});

  std::string nodes, edges;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const Tape::Node& node = tape.nodes()[i];
    nodes += "  " + in_frames(layers[i], dot_node(i, node, shapes[i])) + "\n";
    for (const Index index : node.inputs) {
      const auto from = static_cast<std::size_t>(index);
      const Tape::Node& input = tape.nodes()[from];
      const bool gradient = carried.contains(&node) && input.needs_gradient;
      // A layer's own leaves stand beside its operation, the others above it.
      const bool beside = input.inputs.empty() && layers[from] == layers[i] && !layers[i].empty();
      edges += concat("  n", from, " -> n", i, gradient ? kGradientEdge : kValueEdge,
                      beside ? ", constraint=false];\n" : ", weight=100];\n");
    }
  }
  return concat("digraph tape {\n  graph [bgcolor=white, nodesep=0.4, ranksep=0.35, labelloc=t,\n",
                "    labeljust=l, color=\"#999999\", fontname=\"DejaVu Sans\", fontsize=11];\n",
                "  node [fontname=\"DejaVu Sans\", fontsize=12];\n",
                "  edge [arrowtail=vee, arrowhead=normal];\n", nodes, edges,
                "  labelloc=b;\n  label=", dot_text(title + "\n" + kLegend, "\\l"), ";\n}\n");
}

std::string step_graph(const Config& config, const std::string& title) {
  const Shape input = input_shape(config);
  Sequential model = build_model(config, input);
  const Index batch = std::max<Index>(2, config.train.batch_size);
  Tape tape;
  std::vector<std::string> layers{"images"};
  const Var images = tape.constant(Tensor::zeros(input.with_batch(batch)));
  const LayerVisitor visit = [&](const std::string& name, Layer&, Var, Var) {
    layers.resize(tape.nodes().size(), name);
  };
  const Var logits = walk(model, images, Mode::training, visit);
  const std::vector<int> labels(static_cast<std::size_t>(batch));
  const Var loss = smoothed_cross_entropy(logits, labels, config.train.label_smoothing);
  layers.resize(tape.nodes().size(), "loss");
  return tape_graph(tape, loss, concat(title, ": one training step with ", batch, " images"),
                    layers);
}

void write_graph(const fs::path& file, const std::string& dot) {
  std::error_code ignored;  // writing says what is wrong
  if (file.has_parent_path()) fs::create_directories(file.parent_path(), ignored);
  if (file.extension() != ".svg") {
    write_atomically(file, dot);
    return;
  }
  // By way of files: the picture of a large model is longer than a command may be.
  const fs::path source = file.string() + ".dot.tmp", drawn = file.string() + ".svg.tmp";
  write_atomically(source, dot);
  const std::string call = shell_line(
      {"dot", "-Tsvg", "-o", fs::absolute(drawn).string(), fs::absolute(source).string()});
  const int status = std::system((call + " </dev/null >/dev/null 2>&1").c_str());
  const std::string svg = file_contents(drawn).value_or("");
  fs::remove(source, ignored);
  fs::remove(drawn, ignored);
  const bool missing = WIFEXITED(status) && WEXITSTATUS(status) == 127;  // says the shell
  if (status != 0 || svg.find("</svg>") == svg.npos) {
    throw Error(concat("[graph] a FILE.svg is drawn by graphviz's program dot, which ",
                       missing ? "is not installed: install the package graphviz" : "failed",
                       ", or ask for a FILE.dot"),
                Fault::run_failed);
  }
  write_atomically(file, svg);
}

}  // namespace minitape

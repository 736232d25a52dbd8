// The picture of a tape: every node once, in its layer's frame; edges from inputs to results; along
// which of them gradients flow; which values are kept.
#include "minitape/tools/graph.hpp"

#include <map>
#include <regex>

#include "minitape/nn/simple_layers.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "minitape/text/files.hpp"
#include "temporary_folder.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

// What a DOT text says, one line for a node and one for an edge.
struct Drawn {
  std::map<int, std::string> nodes;  // "label, frames/of/its/layer, shape, kept"
  std::vector<std::string> edges;    // "0 -> 2", "2 -> 5 gradient"

  explicit Drawn(const std::string& dot) {
    // A text between quotes: no bare quote or line end in it.
    const std::string quoted = R"re("((?:[^"\\]|\\.)*)")re";
    const std::regex node("^  (subgraph .*)?n(\\d+) \\[label=" + quoted +
                          R"re(, shape=(\w+),.*fillcolor="(#\w+)"\];[ }]*$)re");
    const std::regex frame("subgraph \"cluster " + quoted.substr(1) + " \\{ label=" + quoted +
                           "; ");
    const std::regex edge(R"re(^  n(\d+) -> n(\d+) \[class=(\w+),.*\];$)re");
    std::istringstream lines(dot);
    for (std::string line; std::getline(lines, line);) {
      std::smatch m;
      if (std::regex_search(line, m, node)) {
        const std::string opened = m[1];
        std::string frames;
        for (std::sregex_iterator f(opened.begin(), opened.end(), frame), end; f != end; ++f) {
          frames += "/" + (*f)[1].str();
        }
        const auto closed = std::count(line.begin(), line.end(), '}');
        CHECK_MESSAGE(closed == std::count(opened.begin(), opened.end(), '{'), line);
        const std::string text = m[3].str() + ", " + frames + ", " + m[4].str() +
                                 (m[5] == "#ffffff" ? ", released" : ", kept");
        CHECK_MESSAGE(nodes.emplace(std::stoi(m[2]), text).second, "drawn twice: ", line);
      } else if (std::regex_search(line, m, edge)) {
        const bool gradient = line.find("dir=both, penwidth=2.5") != line.npos;
        CHECK_MESSAGE(gradient == (m[3] == "gradient"), line);
        edges.push_back(m[1].str() + " -> " + m[2].str() + (gradient ? " gradient" : ""));
      }
    }
  }
};

Drawn drawn_step(const std::string& config) {
  return Drawn(step_graph(parse_config(config, "test.toml"), "title"));
}

using Edges = std::vector<std::string>;

}  // namespace

TEST_CASE("the step of a small model: every node once, in its layer, with shape, kind and fate") {
  const Drawn step = drawn_step(R"(
      data = { name = "none", input = [6] }
      train.batch_size = 5
      [model]
      layers = [ { type = "dense", units = 4 }, { type = "batch_norm" }, { type = "relu" },
                 { type = "dense", units = 3 } ])");
  CHECK(step.nodes ==
        std::map<int, std::string>{{0, R"(0  constant\n(5, 6), /images, box, kept)"},
                                   {1, R"(1  kernel\n(6, 4), /0.dense, ellipse, kept)"},
                                   {2, R"(2  dense\n(5, 4), /0.dense, box, released)"},
                                   {3, R"(3  gamma\n(4), /1.batch_norm, ellipse, kept)"},
                                   {4, R"(4  beta\n(4), /1.batch_norm, ellipse, kept)"},
                                   {5, R"(5  batch_norm\n(5, 4), /1.batch_norm, box, released)"},
                                   {6, R"(6  relu\n(5, 4), /2.relu, box, released)"},
                                   {7, R"(7  kernel\n(4, 3), /3.dense, ellipse, kept)"},
                                   {8, R"(8  bias\n(3), /3.dense, ellipse, kept)"},
                                   {9, R"(9  dense\n(5, 3), /3.dense, box, released)"},
                                   {10, R"(10  softmax_cross_entropy\n(), /loss, box, kept)"}});
  // The input image alone gets no gradient.
  CHECK(step.edges == Edges{"0 -> 2", "1 -> 2 gradient", "2 -> 5 gradient", "3 -> 5 gradient",
                            "4 -> 5 gradient", "5 -> 6 gradient", "6 -> 9 gradient",
                            "7 -> 9 gradient", "8 -> 9 gradient", "9 -> 10 gradient"});
}

TEST_CASE("what the optimizer leaves out gets no gradient, nor does what stands before it") {
  const Drawn step = drawn_step(R"(
      data = { name = "none", input = [6] }
      optimizer.train = ["bias"]
      model.layers = [ { type = "dense", units = 4, bias = false },
                       { type = "dense", units = 3 } ])");
  CHECK(step.edges ==
        Edges{"0 -> 2", "1 -> 2", "2 -> 5", "3 -> 5", "4 -> 5 gradient", "5 -> 6 gradient"});
}

TEST_CASE("smoothed labels are a part of the loss") {
  const Drawn step = drawn_step(R"(
      data = { name = "none", input = [6] }
      train.label_smoothing = 0.1
      model.layers = [ { type = "dense", units = 3 } ])");
  CHECK(step.nodes.size() == 9);
  CHECK(step.nodes.at(4) == R"(4  softmax_cross_entropy\n(), /loss, box, released)");
  CHECK(step.nodes.at(8) == R"(8  add\n(), /loss, box, kept)");
}

TEST_CASE("a residual block: its layers' frames stand in its own, its input goes two ways") {
  const Drawn step = drawn_step(R"(
      data = { name = "none", input = [3] }
      train.batch_size = 5
      [model]
      layers = [ { type = "relu" },
                 { type = "residual", layers = [ { type = "dense", units = 3, bias = false } ] } ])");
  CHECK(step.nodes.at(3) == R"(3  dense\n(5, 3), /1.residual/1.residual.0.dense, box, released)");
  CHECK(step.nodes.at(4) == R"(4  add\n(5, 3), /1.residual, box, released)");
  CHECK(step.edges == Edges{"0 -> 1", "1 -> 3", "2 -> 3 gradient", "1 -> 4", "3 -> 4 gradient",
                            "4 -> 5 gradient"});
}

TEST_CASE("any tape: variables, values used twice, kept or unused, no layers") {
  Tape tape;
  const Var a = tape.variable(Tensor::scalar(3)), b = tape.variable(Tensor::scalar(4));
  const Var product = a * b;
  product.keep_gradient();
  a + b;  // leads nowhere
  const Drawn graph(tape_graph(tape, product * product + a, "title"));
  CHECK(graph.nodes == std::map<int, std::string>{{0, R"(0  variable\n(), , hexagon, kept)"},
                                                  {1, R"(1  variable\n(), , hexagon, kept)"},
                                                  {2, R"(2  multiply\n(), , box, kept)"},
                                                  {3, R"(3  add\n(), , box, released)"},
                                                  {4, R"(4  multiply\n(), , box, released)"},
                                                  {5, R"(5  add\n(), , box, kept)"}});
  CHECK(graph.edges == Edges{"0 -> 2 gradient", "1 -> 2 gradient", "0 -> 3", "1 -> 3",
                             "2 -> 4 gradient", "2 -> 4 gradient", "4 -> 5 gradient",
                             "0 -> 5 gradient"});
  CHECK(a.gradient().item() == 97);  // backward has run: 2·12·4 + 1
  CHECK(product.gradient().item() == 24);
}

TEST_CASE("layers are the tape's own unless given, and names are escaped") {
  Tape tape;
  const Var a = tape.variable(Tensor::scalar(3));
  tape.enter_layer(R"(my "\n" layer)");
  const Var b = tape.record("<b> \"&\\\n\x01\xff", {a}, Tensor::scalar(1),
                            [=](const Tensor&, Tensor dy) { a.add_gradient(dy); });
  const std::string dot = tape_graph(tape, b, "\"title\" \\", {"first"});
  const Drawn graph(dot);
  CHECK(graph.nodes.at(0) == R"(0  variable\n(), /first, hexagon, kept)");
  CHECK(graph.nodes.at(1) == R"(1  <b> \"&amp;\\\n??\n(), /my \"\\n\" layer, box, kept)");
  CHECK(dot.find(R"(label="\"title\" \\\l)") != dot.npos);
}

TEST_CASE("a FILE.dot is written as it is, in a new folder, in place of what was there") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "new" / "graph.dot";
  write_graph(file, "digraph {}\n");
  CHECK(file_contents(file) == "digraph {}\n");
  write_graph(file, "digraph { n0 }\n");
  CHECK(file_contents(file) == "digraph { n0 }\n");
}

}  // namespace minitape

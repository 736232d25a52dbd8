#include "minitape/tools/benchmark.hpp"

#include "minitape/config/build.hpp"
#include "testing.hpp"
#include "tiny_experiment.hpp"

namespace minitape {
namespace {

const ProfileRow* find(const Profile& profile, const std::string& layer, bool backward) {
  for (const ProfileRow& row : profile.rows) {
    if (row.layer == layer && row.backward == backward) return &row;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("profile: every layer forward and backward, with its operations and bytes") {
  const UseThreads use(1);
  const Config config = config_with(R"(
      { type = "conv2d", filters = 8, kernel = 3 },
      { type = "batch_norm" },
      { type = "sigmoid" },
      { type = "flatten" },
      { type = "dense", units = 10 })",
                                    "[train]\nbatch_size = 4");
  const Profile result = profile(config, "tiny.toml", 3);
  CHECK(result.title.find("tiny.toml, batch 4, 1 thread, ") == 0);
  CHECK(result.gflops > 0.1);
  CHECK(result.gbytes > 0.1);
  CHECK(result.rows.front().layer == "wait for the batch");
  CHECK(result.rows.back().layer == "update");
  double sum = 0;
  for (const ProfileRow& row : result.rows) sum += row.ms;
  CHECK(sum < 3 * result.step_ms);  // medians of parts need not add up to that of the whole

  // A batch of 4 images of 4 × 4: 2 × 2 outputs each for 8 filters, 9 products an output.
  const Shape image = input_shape(config);
  const double outputs =
      4.0 * static_cast<double>(image[0] - 2) * static_cast<double>(image[1] - 2) * 8;
  const double products = 9.0 * static_cast<double>(image[2]);
  const ProfileRow* conv = find(result, "0.conv2d", false);
  REQUIRE(conv);
  CHECK(conv->operation == "conv2d");
  CHECK(conv->gigaflop == doctest::Approx(2e-9 * outputs * products).scale(0));
  CHECK(conv->gigabyte ==
        doctest::Approx(sizeof(Real) * 1e-9 *
                        (outputs + 4 * static_cast<double>(image.size()) + products * 8))
            .scale(0));
  // Backward: the kernel's gradient alone, for the images need none.
  const ProfileRow* back = find(result, "0.conv2d", true);
  REQUIRE(back);
  CHECK(back->gigaflop == doctest::Approx(conv->gigaflop).scale(0));
  // Of the dense layer both gradients.
  const ProfileRow* dense = find(result, "4.dense", false);
  const ProfileRow* dense_back = find(result, "4.dense", true);
  REQUIRE(dense);
  REQUIRE(dense_back);
  CHECK(dense->gigaflop == doctest::Approx(2e-9 * outputs * 10).scale(0));
  CHECK(dense_back->gigaflop == doctest::Approx(2 * dense->gigaflop).scale(0));
  // Batch norm counts bytes alone.
  const ProfileRow* norm = find(result, "1.batch_norm", false);
  REQUIRE(norm);
  CHECK(norm->gigaflop == 0);
  CHECK(norm->gigabyte == doctest::Approx(sizeof(Real) * 1e-9 * (2 * outputs + 16)).scale(0));
}

TEST_CASE("profile: the nearer ceiling and the share of it, by hand") {
  // At 100 GFLOP/s and 10 GB/s, 1 GFLOP takes 10 ms at best and 0.05 GB takes 5 ms: bound by
  // arithmetic, and half as fast.
  const ProfileRow heavy{.ms = 20, .gigaflop = 1, .gigabyte = 0.05};
  const ProfileRow light{.ms = 20, .gigaflop = 0.1, .gigabyte = 0.05};
  const ProfileRow bytes_alone{.ms = 10, .gigabyte = 0.09};
  const Profile table{.title = "t",
                      .gflops = 100,
                      .gbytes = 10,
                      .rows = {heavy, light, bytes_alone},
                      .step_ms = 60};
  const std::string text = table.to_text();
  CHECK(text.find("100 GFLOP/s in a product of large matrices, 10.0 GB/s from memory") !=
        std::string::npos);
  CHECK(text.find("50 %   arithmetic") != std::string::npos);
  CHECK(text.find("25 %   memory") != std::string::npos);
  CHECK(text.find("90 %   memory") != std::string::npos);
  CHECK(text.find("everything else" + std::string(18, ' ') + "10.000\n") != std::string::npos);
}

TEST_CASE("profile: refuses what cannot be measured") {
  CHECK(error_lacks({"[bench] needs at least one step: got 0"},
                    [&] { profile(config_with(kTinyLayers), "tiny.toml", 0); }) == "");
  CHECK(error_lacks({"[bench] a profile needs a model from images"},
                    [&] { profile(config_with(R"({ type = "relu" })"), "tiny.toml", 1); }) == "");
}

}  // namespace minitape

#include "minitape/recipe/identity.hpp"

#include "testing.hpp"

namespace minitape {
namespace {

Tensor identity(const Shape& shape) {
  Parameter kernel("0.conv2d.kernel", Role::kernel, shape);
  kernel.value.fill(7);
  set_identity(kernel);
  return kernel.value;
}

}  // namespace

TEST_CASE("identity: the first outputs are the inputs, the others stay") {
  const Tensor kernel = identity({3, 1, 2, 4});  // rows: a pixel of the window and its channel
  CHECK(different_bits(kernel.reshaped({6, 4}), Tensor({6, 4}, {0, 0, 7, 7, 0, 0, 7, 7,  //
                                                                1, 0, 7, 7, 0, 1, 7, 7,  //
                                                                0, 0, 7, 7, 0, 0, 7, 7})) == "");
  CHECK(different_bits(identity({2, 2}), Tensor({2, 2}, {1, 0, 0, 1})) == "");
}

TEST_CASE("identity refuses fewer outputs than inputs, and a window without a middle") {
  const std::string rule =
      "[init] identity needs at least as many outputs as inputs and a window with a middle: "
      "0.conv2d.kernel "
      "is ";
  CHECK(error_lacks({rule + "(3, 2). Give its layer an init of its own"}, [] {
          identity({3, 2});
        }) == "");
  CHECK(error_lacks({rule + "(3, 2, 1, 4)"}, [] { identity({3, 2, 1, 4}); }) == "");
}

}  // namespace minitape

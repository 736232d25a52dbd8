#include "minitape/recipe/identity.hpp"

namespace minitape {

void set_identity(Parameter& kernel) {
  const Shape& shape = kernel.value.shape();
  const Index inputs = shape[shape.rank() - 2], outputs = shape.channels();
  const Index kh = shape.rank() == 4 ? shape[0] : 1, kw = shape.rank() == 4 ? shape[1] : 1;
  MINITAPE_CHECK(
      inputs <= outputs && kh % 2 == 1 && kw % 2 == 1,
      "[init] identity needs at least as many outputs as inputs and a window with a middle: ",
      kernel.name, " is ", shape, ". Give its layer an init of its own");
  const Index middle = (kh / 2 * kw + kw / 2) * inputs;
  for (Index i = 0; i < kernel.value.rows(); ++i) {  // one channel at one pixel
    for (Index c = 0; c < inputs; ++c) kernel.value[i * outputs + c] = i == middle + c ? 1 : 0;
  }
}

}  // namespace minitape

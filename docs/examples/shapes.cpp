// Where the numbers of a tensor lie, and how every tensor is read as rows and channels.
#include <iostream>

#include "minitape/ops/arithmetic.hpp"

using namespace minitape;

// Prints the tensor as its [rows, channels] matrix, and the sum of each column.
void print(const Tensor& x) {
  std::cout << "shape " << x.shape() << ": " << x.rows() << " rows, " << x.channels()
            << " channels\n";
  std::vector<Real> sums(static_cast<std::size_t>(x.channels()));
  for (Index row = 0; row < x.rows(); ++row) {
    std::cout << "  row " << row << ":";
    for (Index c = 0; c < x.channels(); ++c) {
      const Real value = x[row * x.channels() + c];
      std::cout << " " << value;
      sums[static_cast<std::size_t>(c)] += value;
    }
    std::cout << "\n";
  }
  std::cout << "  sums:";
  for (const Real value : sums) std::cout << " " << value;
  std::cout << "\n";
}

int main() {
  // Two images of 1 x 3 pixels with 2 channels: the same 12 numbers as 6 examples of 2 numbers.
  const Tensor images({2, 1, 3, 2}, {1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60});
  print(images);
  print(images.reshaped({6, 2}));
  // Element (n, h, w, c) = (1, 0, 2, 1): the second image's last pixel, channel 1.
  const Index n = 1, h = 0, w = 2, c = 1, H = 1, W = 3, C = 2;
  const Index at = ((n * H + h) * W + w) * C + c;
  std::cout << "element (1, 0, 2, 1) lies at " << at << ": " << images[at] << "\n";

  // A copy has numbers of its own.
  Tensor copy = images;
  copy[0] = 7;
  std::cout << "after copy[0] = 7: " << images[0] << " and " << copy[0] << "\n";

  // Twenty million ones, added one after the other, and by the operation.
  const Tensor ones = Tensor::full({20'000'000}, 1);
  Real total = 0;
  for (const Real one : ones.values()) total += one;
  Tape tape;
  std::cout << "loop: " << static_cast<Index>(total)
            << ", sum(): " << static_cast<Index>(sum(tape.constant(ones)).value().item()) << "\n";
}

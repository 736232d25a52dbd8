#include "minitape/tools/memory.hpp"

#include "minitape/text/numbers.hpp"
#include "minitape/text/terminal_text.hpp"

namespace minitape {

MemoryEstimate estimate_memory(const Summary& summary, const Config& config) {
  constexpr double kBytes = sizeof(Real);
  const double trainable = kBytes * static_cast<double>(summary.trainable());
  double per_image = static_cast<double>(summary.input.size());
  for (const SummaryRow& row : summary.rows) per_image += static_cast<double>(row.output.size());
  return {.batch_size = config.train.batch_size,
          .parameters = trainable + kBytes * static_cast<double>(summary.not_trainable()),
          .gradients = trainable,
          .optimizer = config.optimizer.momentum > 0 ? trainable : 0,
          .activations = kBytes * static_cast<double>(config.train.batch_size) * per_image};
}

std::string MemoryEstimate::to_text() const {
  const auto megabytes = [](double bytes) { return fixed(bytes / 1e6, 1); };
  return concat("Memory of a training step with batches of ", batch_size,
                ", in MB (10^6 bytes):\n") +
         aligned({{"parameters", megabytes(parameters)},
                  {"gradients", megabytes(gradients)},
                  {"optimizer", megabytes(optimizer)},
                  {"activations", megabytes(activations)},
                  {"together", megabytes(total())}});
}

}  // namespace minitape

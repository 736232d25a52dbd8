#include "minitape/tools/memory.hpp"

#include <iomanip>
#include <sstream>

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
  std::ostringstream text;
  const auto line = [&](const char* name, double bytes) {
    text << "  " << std::left << std::setw(14) << name << std::right << std::fixed
         << std::setprecision(1) << std::setw(9) << bytes / 1e6 << "\n";
  };
  text << "Memory of a training step with batches of " << batch_size << ", in MB (10^6 bytes):\n";
  line("parameters", parameters);
  line("gradients", gradients);
  line("optimizer", optimizer);
  line("activations", activations);
  line("together", total());
  return text.str();
}

}  // namespace minitape

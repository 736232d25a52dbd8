// Trains a network from a config for two steps, on digits that the library draws.
#include <iostream>

#include "minitape/config/build.hpp"
#include "minitape/run/trainer.hpp"

int main(int, char** argv) {
  using namespace minitape;
  const Config config = read_config(argv[1], {"data.train_limit=200", "data.test_limit=100",
                                              "train.max_steps=2", "train.batch_size=50"});
  const TrainOutcome outcome = train(config, load_data(build_source(config)), argv[2], {});
  std::cout << "test loss " << outcome.last.test.loss << "\n";
}

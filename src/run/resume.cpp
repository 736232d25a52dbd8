// Checkpoints of a training run: writing one, and going on from the last one.
#include "run/training_run.hpp"

namespace minitape {

void TrainingRun::write_checkpoint() {
  at_.seconds = seconds();
  SafetensorsFile file = save_checkpoint(at_, model_, sgd_);
  file.metadata.merge(data_metadata());
  folder_.write_checkpoint(file);
  checkpoint_written_ = Clock::now();
}

void TrainingRun::resume() {
  try {
    if (auto checkpoint = folder_.read_checkpoint()) {
      check_same_data(*checkpoint);
      at_ = load_checkpoint(std::move(*checkpoint), model_, sgd_);
    }
    seconds_before_ = at_.seconds;
    check_standing();
    folder_.continue_after(at_.steps, at_.epochs);
    outcome_.last = RunFolder::last_epoch(folder_.path()).value_or(EpochRecord{});
  } catch (const Error& error) {
    // A disk that cannot be read is no reason to remove anything.
    const bool damaged = error.fault() == Fault::bad_input;
    throw Error(concat("[run] the run in ", folder_.path(), " cannot go on: ", error.what(),
                       damaged ? ". Remove this folder to start again" : ""),
                error.fault());
  }
}

// What a checkpoint tells of the images. Where they are standardized, a changed pixel shows in the
// mean.
std::map<std::string, std::string> TrainingRun::data_metadata() const {
  auto metadata = save_data_facts(facts_);
  metadata["images"] = concat("[", data_.train.size(), ", ", data_.test.size(), "]");
  return metadata;
}

void TrainingRun::check_same_data(const SafetensorsFile& checkpoint) const {
  for (const auto& [key, now] : data_metadata()) {
    const auto before = checkpoint.metadata.find(key);
    const bool is_known = before != checkpoint.metadata.end();
    MINITAPE_CHECK(is_known && before->second == now,
                   "[checkpoint] the data must be those that the run began with: ", key, " was ",
                   is_known ? before->second : "not saved", " and is ", now);
  }
}

void TrainingRun::check_standing() const {
  const Index done = at_.steps - at_.epochs * batches_.batches_per_epoch();  // in this epoch
  const bool at_the_end = at_.epochs == total_epochs_ && at_.steps == total_steps_;
  const bool on_the_way = at_.epochs < total_epochs_ && at_.steps <= total_steps_ && done >= 0 &&
                          done <= batches_.batches_per_epoch();
  MINITAPE_CHECK(at_the_end || on_the_way, "[checkpoint] must be of this run of ", total_epochs_,
                 " epochs and ", total_steps_, " steps: it stands at step ", at_.steps, " after ",
                 at_.epochs, " epochs");
}

}  // namespace minitape

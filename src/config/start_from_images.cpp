// The part of a model's start that depends on the training images.
#include <algorithm>

#include "minitape/config/build.hpp"
#include "minitape/recipe/whitening.hpp"

namespace minitape {
namespace {

bool wants_whitening(const InitConfig& init) { return init.type == "whitening"; }

// Throws for a layer that cannot get it, of the given list and of those within.
void refuse_whitening(const std::vector<LayerConfig>& layers, std::size_t first) {
  for (std::size_t i = first; i < layers.size(); ++i) {
    MINITAPE_CHECK(!layers[i].init || !wants_whitening(*layers[i].init),
                   "[model] only the first layer, a conv2d, sees the images and can have an init "
                   "of type whitening: here a ",
                   layers[i].type, " layer has one");
    refuse_whitening(layers[i].layers, 0);
  }
}

}  // namespace

void start_from_images(Sequential& model, const Config& config, const Dataset& train,
                       const Standardization& standardization) {
  const std::vector<LayerConfig>& layers = config.model.layers;
  MINITAPE_CHECK(!wants_whitening(config.model.init),
                 "[model] model.init is of all layers, and only the first can have an init of type "
                 "whitening: give it to that layer");
  const bool whitens = !layers.empty() && layers.front().type == "conv2d" && layers.front().init &&
                       wants_whitening(*layers.front().init);
  refuse_whitening(layers, whitens ? 1 : 0);
  if (!whitens) return;
  const LayerConfig& layer = layers.front();
  const Index filters = 2 * layer.kernel * layer.kernel * train.image_shape.channels();
  MINITAPE_CHECK(layer.filters == filters, "[model] ", model.name(0),
                 ": an init of type whitening ", "needs two filters for each of the ", filters / 2,
                 " numbers of a window, ", filters, ": there are ", layer.filters);
  const Index count = std::min(kWhiteningImages, train.size());
  const Batch batch = make_batch(train, standardization, 0, count);
  model.layer(0).state().parameters.front()->value = whitening_kernel(batch.images, layer.kernel);
}

}  // namespace minitape

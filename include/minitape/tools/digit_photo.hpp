// A photo of a handwritten digit becomes an image like those of MNIST.
//
// MNIST's digits are white on black. Each was scaled to fit into 20×20 pixels, its proportions kept,
// and laid on 28×28 pixels with its centre of mass in the middle (Y. LeCun, C. Cortes, C. Burges,
// "The MNIST database of handwritten digits"). A network that has seen nothing else must be asked
// in the same form. These are the steps from a photo to there:
//
//   1. paper     the light falls unevenly: a smooth surface through the paper's brightness is
//                taken away, so that paper is 0 everywhere
//   2. ink       darker or lighter than the paper, whichever stands out more
//   3. contrast  what is near to the paper becomes 0, what is near to the ink 1
//   4. specks    dots and crumbs go, the digit's own strokes stay
//   5. pen       strokes of a thin pen are made as thick as MNIST's are
//   6. size      the digit is scaled to fit into 20×20
//   7. place     its centre of mass goes to the middle
//
// The photo should show one digit on plain paper that fills the picture.
#pragma once

#include "minitape/data/image.hpp"

namespace minitape {

/// (H, W, 1) -> (28, 28, 1). An image that has this form already (28×28, and most of its border is
/// nearly black) stays as it is, bit for bit. Throws when nothing stands out from the paper.
Image digit_from_photo(const Image& photo);

}  // namespace minitape

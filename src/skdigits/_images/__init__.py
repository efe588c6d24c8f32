"""Images of digits: shapes, segmentation, and the transformer to MNIST's format."""

"""Images of digits: shapes, segmentation, and conversion to MNIST's format."""

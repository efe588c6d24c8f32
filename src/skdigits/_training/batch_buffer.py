"""Batch buffers: host memory for the samples of several batches, shared with TensorFlow."""

import numpy as np

# Samples per call of the compiled loop: enough to make the cost of a call negligible, few enough
# to keep the buffer in host memory small.
BUFFER_SAMPLES = 4096


class BatchBuffer:
    """Host memory for the samples of several batches, and arrays that are views of it."""

    def __init__(self, batch_size, n_features, dtype):
        self.batch_size = batch_size
        self.n_batches = -(-BUFFER_SAMPLES // batch_size)
        self.n_samples = self.n_batches * batch_size
        self._x = _aligned_zeros((self.n_samples, n_features), dtype)
        self._y = _aligned_zeros((self.n_samples,), np.int32)
        self._weight = _aligned_zeros((self.n_samples,), np.float32)
        self.arrays = [
            array.reshape(-1, batch_size, *array.shape[1:])
            for array in (self._x, self._y, self._weight)
        ]

    def fill(self, dataset, indices):
        """Copy samples into the buffer.

        The last batch is padded with samples of weight zero, which have no effect.

        Parameters
        ----------
        dataset : Dataset
        indices : ndarray of int
            Rows of the dataset, `n_samples` at most.

        Returns
        -------
        n_steps : int
            Number of batches that the samples fill.
        sizes : ndarray of float32, of shape (n_batches,)
            Number of samples in each batch.
        """
        n_samples, batch_size = len(indices), self.batch_size
        n_steps = -(-n_samples // batch_size)
        if dataset.X.dtype == self._x.dtype:
            np.take(dataset.X, indices, axis=0, out=self._x[:n_samples], mode="clip")
        else:
            self._x[:n_samples] = dataset.X[indices]
        self._y[:n_samples] = dataset.y[indices]
        self._weight[:n_samples] = dataset.weight[indices]
        padding = slice(n_samples, n_steps * batch_size)
        self._x[padding] = self._y[padding] = self._weight[padding] = 0
        sizes = np.full(self.n_batches, batch_size, np.float32)
        sizes[n_steps - 1] = n_samples - (n_steps - 1) * batch_size
        return n_steps, sizes


def _aligned_zeros(shape, dtype):
    """Return zeros aligned to a cache line; TensorFlow copies arrays that are not."""
    n_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.zeros(n_bytes + 64, np.uint8)
    offset = -memory.ctypes.data % 64
    return memory[offset : offset + n_bytes].view(dtype).reshape(shape)

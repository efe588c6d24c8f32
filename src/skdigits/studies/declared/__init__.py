"""The declared studies, by name."""

from skdigits.studies.declared import (
    cnn,
    data_size,
    depth_width,
    neuron_sweep,
    postal_digits,
    sigmoid_chains,
    split_study,
)

STUDIES = {
    module.STUDY.name: module.STUDY
    for module in (
        postal_digits,
        neuron_sweep,
        depth_width,
        sigmoid_chains,
        cnn,
        split_study,
        data_size,
    )
}

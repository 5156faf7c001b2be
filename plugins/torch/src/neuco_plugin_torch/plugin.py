"""Encoders and a reducer that need torch; listing them does not import it."""

from __future__ import annotations

from neucocore.plugin import EncoderSpec, Param, ReducerSpec, hookimpl

NEUCO_API = 1

_PACKAGE = "neuco_plugin_torch"
_ALL = ("s1", "s2l1c", "s2l2a")
_DEVICE_HELP = "device to compute on; auto uses a GPU if there is one. Not part of cache keys"
_DEVICES = ("auto", "cpu", "cuda")
_DEVICE = Param("device", "str", "auto", _DEVICE_HELP, choices=_DEVICES)

_CHECKPOINT = (
    Param("weights", "str", "random", "a checkpoint FILE, hub:OWNER/NAME/FILE@COMMIT, or random"),
    Param(
        "allow_download", "bool", False, "download a hub: checkpoint that is not in the local cache"
    ),
)
_IMAGES = (
    Param(
        "bands",
        "list",
        ("s2l1c",),
        "modalities, or bands such as s2l2a:B04, in the order of training",
    ),
    Param(
        "scaling",
        "str",
        "reflectance",
        "values / 10,000, or standardised with statistics of the challenge or of SSL4EO-S12",
        choices=("reflectance", "challenge", "ssl4eo"),
    ),
    Param(
        "resize", "int", 256, "pixels along y and x before the crop; none: unchanged", nullable=True
    ),
    Param(
        "crop",
        "int",
        224,
        "pixels along y and x of the central part that is kept; none: all",
        nullable=True,
    ),
    Param(
        "seasons",
        "str",
        "mean",
        "how the vectors of the seasons are combined",
        choices=("mean", "max", "concatenate"),
    ),
    Param("seed", "int", 42, "random seed of the weights"),
    _DEVICE,
)
_COMPRESSOR = (
    Param(
        "dimension",
        "int",
        1024,
        "maximum number of dimensions, rounded down to a multiple of (side / 16)**2",
    ),
    Param("side", "int", 32, "pixels along y and x of the averaged images, a multiple of 16"),
    Param(
        "rate_weight", "float", 0.02, "weight of 1000 bits per cube relative to the squared error"
    ),
    Param("epochs", "int", 20, "passes over all training cubes"),
    Param("batch", "int", 8, "cubes per training step"),
    Param("learning_rate", "float", 1e-3, "maximum learning rate of Adam"),
    Param(
        "quantisation",
        "str",
        "straight-through",
        "how rounding is replaced in training",
        choices=("straight-through", "noise"),
    ),
    Param("seed", "int", 42, "random seed of weights, order and noise"),
    _DEVICE,
)
_MOSAIKS = (
    Param("features", "int", 4096, "number of features before the reduction, even"),
    Param("kernel", "int", 3, "pixels along y and x of a convolution kernel"),
    Param("bias", "float", -1.0, "added to every convolution before the rectification"),
    Param(
        "mode",
        "str",
        "empirical",
        "kernels are whitened patches of cubes, or normal noise",
        choices=("empirical", "gaussian"),
    ),
    Param("seed", "int", 10012023, "random seed of kernels and patches"),
    Param(
        "stride", "int", 1, "evaluate every n-th row and column; values above 1 are approximations"
    ),
    Param("modalities", "list", None, "modalities to encode; none: all", nullable=True),
    Param(
        "dates",
        "str",
        "each",
        "mean of the features of each date, or features of the images averaged over the dates",
        choices=("each", "mean"),
    ),
    Param("device", "str", "cuda", _DEVICE_HELP, choices=_DEVICES),
)
_AUTOENCODER = (
    Param("sources", "list", (), "number of columns of each source; empty: all are one source"),
    Param("weights", "list", (), "weight of each source; empty: equal weights"),
    Param("hidden", "int", 2048, "width of the hidden layer"),
    Param("dropout", "float", 0.1, "dropout rate before both layers of the encoder"),
    Param("epochs", "int", 160, "passes over all rows"),
    Param("batch", "int", 32, "rows per training step"),
    Param(
        "learning_rate",
        "float",
        1e-4,
        "learning rate of AdamW; divided by 10 after 60 % and 90 % of the epochs",
    ),
    Param("weight_decay", "float", 0.05, "weight decay of AdamW"),
    Param("target_weight", "float", 1.0, "weight of the error of auxiliary targets"),
    Param("seed", "int", 42, "random seed of weights, order and dropout"),
    _DEVICE,
)


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    """Return the backbones, both variants of the compressor, and random features on a GPU."""
    return [
        EncoderSpec(
            name="vit",
            summary="vision transformer applied to each season; random weights by default",
            factory=f"{_PACKAGE}.backbones:vit_encoder",
            params=(
                *_CHECKPOINT,
                Param(
                    "architecture",
                    "str",
                    "tiny",
                    "architecture for random weights; a checkpoint determines its own",
                    choices=("tiny", "small", "base"),
                ),
                *_IMAGES,
                Param(
                    "pooling",
                    "str",
                    "class",
                    "the class token, the mean of the patches, or both",
                    choices=("class", "mean", "both"),
                ),
                Param(
                    "heads",
                    "int",
                    None,
                    "number of attention heads; none: width / 64",
                    nullable=True,
                ),
            ),
            reads="bands",
            license="Apache-2.0",
            citation="Dosovitskiy et al. 2021, An image is worth 16 x 16 words; weights: their own",
            url="https://doi.org/10.48550/arXiv.2010.11929",
        ),
        EncoderSpec(
            name="resnet",
            summary="residual network applied to each season; random weights by default",
            factory=f"{_PACKAGE}.backbones:resnet_encoder",
            params=(
                *_CHECKPOINT,
                Param(
                    "architecture",
                    "str",
                    "resnet18",
                    "architecture for random weights; a checkpoint determines its own",
                    choices=("resnet18", "resnet34", "resnet50"),
                ),
                *_IMAGES,
            ),
            reads="bands",
            license="Apache-2.0",
            citation="He et al. 2016, Deep residual learning; weights: their own",
            url="https://doi.org/10.48550/arXiv.1512.03385",
        ),
        EncoderSpec(
            name="neural-compressor",
            summary="quantised latents of a neural compressor trained on the encoded cubes",
            fit="transductive",
            **_compressor(),
        ),
        EncoderSpec(
            name="neural-compressor-train",
            summary="neural-compressor trained on training cubes",
            fit="train",
            **_compressor(),
        ),
        EncoderSpec(
            name="rcf-gpu",
            summary="temporal-mosaiks computed on a GPU, PCA on the encoded cubes",
            factory=f"{_PACKAGE}.rcf:GpuMosaiks",
            params=_MOSAIKS,
            fit="transductive",
            reducer="pca",
            dimension=1024,
            license="Apache-2.0",
            citation=(
                "Rolf et al. 2021, A generalizable and accessible approach to machine learning "
                "with global satellite imagery"
            ),
            url="https://doi.org/10.1038/s41467-021-24638-z",
        ),
    ]


@hookimpl
def neuco_reducers() -> list[ReducerSpec]:
    """Return the autoencoder for embeddings."""
    return [
        ReducerSpec(
            name="kth-autoencoder",
            summary="bottleneck of an autoencoder that is trained on the embeddings",
            factory=f"{_PACKAGE}.autoencoder:KthAutoencoder",
            params=_AUTOENCODER,
            license="Apache-2.0",
            citation=(
                "KTH and Friends, entry to the 2025 CVPR EarthVision data challenge; auxiliary "
                "targets: 404 Embedding Not Found, arXiv 2509.06993"
            ),
        )
    ]


def _compressor() -> dict[str, object]:
    return {
        "factory": f"{_PACKAGE}.compressor.encoder:NeuralCompressor",
        "params": _COMPRESSOR,
        "modalities": _ALL,
        "license": "Apache-2.0",
        "citation": "after Balle et al. 2017, End-to-end optimized image compression",
        "url": "https://doi.org/10.48550/arXiv.1611.01704",
    }

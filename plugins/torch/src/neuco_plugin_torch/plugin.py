"""What the plugin offers. Listing it imports no torch."""

from __future__ import annotations

from neucocore.plugin import EncoderSpec, Param, ReducerSpec, hookimpl

NEUCO_API = 1

_PACKAGE = "neuco_plugin_torch"
_ALL = ("s1", "s2l1c", "s2l2a")
_DEVICE_HELP = "where to compute; auto takes a GPU if there is one. Changes no key"
_DEVICES = ("auto", "cpu", "cuda")
_DEVICE = Param("device", "str", "auto", _DEVICE_HELP, choices=_DEVICES)

_CHECKPOINT = (
    Param("weights", "str", "random", "a checkpoint FILE, hub:OWNER/NAME/FILE@COMMIT, or random"),
    Param("allow_download", "bool", False, "fetch a hub: checkpoint that is not here yet"),
)
_IMAGES = (
    Param("bands", "list", ("s2l1c",), "modalities, or bands as s2l2a:B04, in the trained order"),
    Param(
        "scaling",
        "str",
        "reflectance",
        "values / 10,000, or standardised with the challenge's or SSL4EO-S12's statistics",
        choices=("reflectance", "challenge", "ssl4eo"),
    ),
    Param("resize", "int", 256, "pixels along each side before the crop", nullable=True),
    Param("crop", "int", 224, "pixels along each side of the centre that is kept", nullable=True),
    Param(
        "seasons",
        "str",
        "mean",
        "how the seasons' vectors become one",
        choices=("mean", "max", "concatenate"),
    ),
    Param("seed", "int", 42, "of random weights"),
    _DEVICE,
)
_COMPRESSOR = (
    Param(
        "dimension", "int", 1024, "the most numbers a cube; a multiple of (side / 16)**2 is used"
    ),
    Param("side", "int", 32, "pixels along each side of the averaged pictures, a multiple of 16"),
    Param("rate_weight", "float", 0.02, "squared error that 1000 bits a cube are worth"),
    Param("epochs", "int", 20, "times every training cube is seen"),
    Param("batch", "int", 8, "cubes a training step"),
    Param("learning_rate", "float", 1e-3, "peak of Adam's learning rate"),
    Param(
        "quantisation",
        "str",
        "straight-through",
        "what stands for rounding in training",
        choices=("straight-through", "noise"),
    ),
    Param("seed", "int", 42, "of weights, order and noise"),
    _DEVICE,
)
_MOSAIKS = (
    Param("features", "int", 4096, "features before the reduction, an even number"),
    Param("kernel", "int", 3, "pixels along each side of a convolution kernel"),
    Param("bias", "float", -1.0, "added to every convolution before the rectifier"),
    Param(
        "mode",
        "str",
        "empirical",
        "kernels: whitened patches of cubes, or normal noise",
        choices=("empirical", "gaussian"),
    ),
    Param("seed", "int", 10012023, "seed of kernels and patches"),
    Param("stride", "int", 1, "evaluate every n-th row and column: an approximation"),
    Param("device", "str", "cuda", _DEVICE_HELP, choices=_DEVICES),
)
_AUTOENCODER = (
    Param("sources", "list", (), "columns of each source; none for one source of all columns"),
    Param("weights", "list", (), "weight of each source; none for equal weights"),
    Param("hidden", "int", 2048, "width of the hidden layer"),
    Param("dropout", "float", 0.1, "share of numbers dropped before each layer"),
    Param("epochs", "int", 160, "times every row is seen"),
    Param("batch", "int", 32, "rows a training step"),
    Param("learning_rate", "float", 1e-4, "of AdamW; a tenth after 60 % and 90 % of the epochs"),
    Param("weight_decay", "float", 0.05, "of AdamW"),
    Param("target_weight", "float", 1.0, "weight of auxiliary targets, if there are any"),
    Param("seed", "int", 42, "of weights, order and dropout"),
    _DEVICE,
)


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    """Return the backbones, the compressor in both fits, and the GPU's random features."""
    return [
        EncoderSpec(
            name="vit",
            summary="a vision transformer's vectors of each season; random until weights= is set",
            factory=f"{_PACKAGE}.backbones:vit_encoder",
            params=(
                *_CHECKPOINT,
                Param(
                    "architecture",
                    "str",
                    "tiny",
                    "what random weights are for; a checkpoint decides itself",
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
                Param("heads", "int", None, "attention heads; none: width / 64", nullable=True),
            ),
            license="Apache-2.0",
            citation="Dosovitskiy et al. 2021, An image is worth 16 x 16 words; weights: their own",
            url="https://doi.org/10.48550/arXiv.2010.11929",
        ),
        EncoderSpec(
            name="resnet",
            summary="a residual network's vectors of each season; random until weights= is set",
            factory=f"{_PACKAGE}.backbones:resnet_encoder",
            params=(
                *_CHECKPOINT,
                Param(
                    "architecture",
                    "str",
                    "resnet18",
                    "what random weights are for; a checkpoint decides itself",
                    choices=("resnet18", "resnet34", "resnet50"),
                ),
                *_IMAGES,
            ),
            license="Apache-2.0",
            citation="He et al. 2016, Deep residual learning; weights: their own",
            url="https://doi.org/10.48550/arXiv.1512.03385",
        ),
        EncoderSpec(
            name="neural-compressor",
            summary="quantised latents of a compressor trained on the encoded cubes, entropy coded",
            fit="transductive",
            **_compressor(),
        ),
        EncoderSpec(
            name="neural-compressor-train",
            summary="neural-compressor trained on training cubes only",
            fit="train",
            **_compressor(),
        ),
        EncoderSpec(
            name="rcf-gpu",
            summary="temporal-mosaiks with its convolutions on a GPU; PCA on the encoded cubes",
            factory=f"{_PACKAGE}.rcf:GpuMosaiks",
            params=_MOSAIKS,
            fit="transductive",
            reducer="pca",
            dimension=1024,
            modalities=_ALL,
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
    """Return the autoencoder over cached embeddings."""
    return [
        ReducerSpec(
            name="kth-autoencoder",
            summary="the bottleneck of an autoencoder trained on the rows",
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

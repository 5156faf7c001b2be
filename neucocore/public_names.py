"""The names of the public Python API, and the modules that they are imported from on first use."""

from __future__ import annotations

PUBLIC_NAMES = {
    "Cube": "neucocore.data.cubes.cube",
    "Embeddings": "neucocore.data.embeddings.embeddings",
    "Labels": "neucocore.data.labels.labels",
    "NeucoError": "neucocore.errors",
    "OutputFile": "neucocore.files.outputs",
    "compare": "neucocore.api",
    "create": "neucocore.components.factory",
    "cube_digest": "neucocore.data.cubes.file",
    "dequantise": "neucocore.data.embeddings.product_codes",
    "encode": "neucocore.api",
    "evaluate": "neucocore.api",
    "find": "neucocore.components.lookup",
    "generate": "neucocore.api",
    "installation": "neucocore.components.discovery",
    "leaderboard": "neucocore.api",
    "load_embeddings": "neucocore.data.embeddings.formats",
    "load_probe": "neucocore.results.probes",
    "log": "neucocore.cli.terminal",
    "print_data": "neucocore.cli.terminal",
    "print_json": "neucocore.cli.terminal",
    "print_table": "neucocore.cli.terminal",
    "read_label_file": "neucocore.data.labels.label_file",
    "read_label_folder": "neucocore.data.labels.label_folder",
    "read_modality": "neucocore.data.cubes.file",
    "read_table": "neucocore.files.text_table",
    "run_command": "neucocore.cli.app",
    "save_embeddings": "neucocore.data.embeddings.formats",
    "write_modality": "neucocore.data.cubes.writing",
}

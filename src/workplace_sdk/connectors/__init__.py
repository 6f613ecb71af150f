"""One package per system; built-ins are found as third-party ones are, by the entry point ``workplace_sdk.connectors``."""

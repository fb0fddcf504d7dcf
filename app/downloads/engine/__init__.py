"""What carries a transfer: connections, blocks, the partial file and its sidecar, the hash that follows behind."""

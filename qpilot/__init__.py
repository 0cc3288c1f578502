"""Does: the domain, one module or folder a stage. Nothing here imports Prefect."""

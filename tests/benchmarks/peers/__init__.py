"""The peers: the same work in other frameworks, each as its own documentation has it written."""

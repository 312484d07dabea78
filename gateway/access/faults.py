"""What can go wrong with workspaces, accounts and keys."""

from typing import ClassVar

from gateway import errors


class PermissionDenied(errors.PermissionDenied):
    """The same, where the scope alone does not tell why."""

    message = "{problem}"
    wording: ClassVar = {"problem": "Only the workspace's owners may do this."}

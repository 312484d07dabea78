"""What a user writes into a file beside which the gateway is run."""

SECTION = '''
from typing import Any, NamedTuple

from marshmallow import Schema, fields

from gateway import NO_KEY, Action, Context, Section
from schemas.base import Shape


class Nothing(NamedTuple):
    pass


class NothingShape(Shape[Nothing]):
    makes = Nothing


class Size(NamedTuple):
    size: int


class SizeShape(Shape[Size]):
    makes = Size

    size = fields.Integer()


class GetSize(Action[Nothing, Size]):
    """Tell the size that was set."""

    scope = NO_KEY
    takes = NothingShape()
    gives = SizeShape()

    async def run(self, params: Nothing, context: Context) -> Size:
        return Size(context.started)


class MineSettings(Schema):
    size = fields.Integer(load_default=3)


async def start(settings: Any) -> int:
    return settings["size"]


section = Section("mine", "Mine", actions=(GetSize,), settings=MineSettings, on_start=start)
'''

LINGERING = '''
import asyncio
import os
import sys
from pathlib import Path

from sqlalchemy import Column, MetaData, Table, Text, insert, select

from gateway import Action, Context, Effect, Migrations, Section
from gateway.store.statements import Statement
from schemas.base import Shape
from mine import Nothing, NothingShape, Size, SizeShape

metadata = MetaData()
marks = Table("marks", metadata, Column("name", Text, primary_key=True), sqlite_strict=True)
ADD, ALL = Statement(insert(marks)), Statement(select(marks.c.name))


class Leave(Action[Nothing, Size]):
    """Leave a mark, take a while, and tell how many there are."""

    scope = "marks:write"
    takes = NothingShape()
    gives = SizeShape()
    effect = Effect.CREATES

    async def run(self, params: Nothing, context: Context) -> Size:
        await context.db.run(ADD, name=context.new_id())
        print("leaving a mark", file=sys.stderr, flush=True)
        await asyncio.sleep(0.3)
        return Size(len(await context.db.all(ALL)))


class Count(Action[Nothing, Size]):
    """Tell how many marks there are."""

    scope = "marks:read"
    takes = NothingShape()
    gives = SizeShape()

    async def run(self, params: Nothing, context: Context) -> Size:
        return Size(len(await context.db.all(ALL)))


folder = Path(__file__).parent / "mark_migrations"
migrations = Migrations("marks", folder, "0001", metadata)
section = Section("marks", "Marks", actions=(Leave, Count), migrations=migrations)
'''

MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table("marks", sa.Column("name", sa.Text, primary_key=True), sqlite_strict=True)
"""

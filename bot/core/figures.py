"""Figures of security: how often something happened since the installation began, counted in the database over all processes.

A figure is a fixed word of the code: it says nothing of anybody.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, String, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.database import Table
from bot.core.upsert import upsert


class SecurityFigure(Table):
    """How often one thing happened."""

    __tablename__ = "security_figures"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    total: Mapped[int] = mapped_column(BigInteger)


async def count_figure(session: AsyncSession, name: str, by: int = 1) -> None:
    """Add to a figure in the caller's writing transaction."""
    table = SecurityFigure.__table__
    row = upsert(session, table).values(name=name, total=by)
    await session.execute(row.on_conflict_do_update(index_elements=["name"], set_={"total": table.c.total + by}))


async def read_figures(session: AsyncSession) -> dict[str, int]:
    """Return every figure by its name."""
    return {row.name: row.total for row in await session.execute(select(SecurityFigure.name, SecurityFigure.total))}

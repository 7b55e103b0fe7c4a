"""Statements that are built once and run with other values: for the few paths that every agent takes.

Building a queryset and compiling it costs Django five to twenty times what the database takes to answer,
and on one worker thread that is the rate of the whole portal. Here a queryset is built and compiled once for
each connection and shape, then only executed; what comes back are the same model instances. The rule that a
query states (who sees what) stays where it is: `build` calls the same functions, with placeholders in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, Generic, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import (
    BooleanField,
    CharField,
    DateTimeField,
    Field,
    ForeignKey,
    IntegerField,
    JSONField,
    Model,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.query import get_related_populators
from django.db.models.sql import UpdateQuery

from events.statements import find_connection, run_statement

R = TypeVar("R")
Key = tuple[Any, ...]
# Where a connection keeps its plans.
PLANS = "countersign_plans"


# Begins every placeholder; no text of ours holds a NUL.
MARK = "\0slot "


@dataclass(frozen=True, slots=True)
class Slot:
    """Stands in the parameters where a value goes; `index` is the place in a list of values."""

    name: str
    index: int | None = None

    @property
    def text(self) -> str:
        """Passes through every text column of Django's unchanged."""
        return f"{MARK}{self.name}" if self.index is None else f"{MARK}{self.name} {self.index}"


@dataclass(frozen=True, slots=True)
class Plan(Generic[R]):
    """A compiled queryset; `read` makes results of fetched rows."""

    sql: str
    parameters: tuple[Any, ...]
    read: Callable[[Sequence[Any]], list[R]]


class Prepared(Generic[R]):
    """A queryset of one shape.

    `build(*shape, **values)` is called with a placeholder for each value, or a list of them for a list; what
    the query's form depends on comes in `shape`. Values are text and times, compared as they are. Results are
    model instances, or tuples for `values_list`.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]]) -> None:
        self.build = build

    def first(self, *shape: Any, **values: Any) -> R | None:
        """The first result; the queryset should be cut to one."""
        return next(iter(self.all(*shape, **values)), None)

    def all(self, *shape: Any, **values: Any) -> list[R]:
        wrapper = find_connection()
        plan = self.find_plan(wrapper, shape, values)
        if plan is None:
            return []
        parameters = [fill(parameter, values) for parameter in plan.parameters]
        rows, _ = run_statement(wrapper, plan.sql, parameters, is_reading=True)
        return plan.read(rows)

    def find_plan(self, wrapper: BaseDatabaseWrapper, shape: Key, values: dict[str, Any]) -> Plan[R] | None:
        """None for a query that can have no result."""
        # A plan refers to its connection, and so goes with it.
        plans: dict[Key, Plan[R] | None] = wrapper.__dict__.setdefault(PLANS, {})
        key = (self, shape, *(len(value) for value in values.values() if isinstance(value, list)))
        if key not in plans:
            plans[key] = self.make_plan(wrapper, shape, values)
        return plans[key]

    def make_plan(self, wrapper: BaseDatabaseWrapper, shape: Key, values: dict[str, Any]) -> Plan[R] | None:
        queryset = self.build(*shape, **{name: make_slots(name, value) for name, value in values.items()})
        compiler = queryset.query.get_compiler(using=wrapper.alias)
        try:
            sql, parameters = compiler.as_sql()
        except EmptyResultSet:
            return None
        converters = compiler.get_converters([column for column, _, _ in compiler.select])
        read = build_model_reader(compiler) if queryset.query.default_cols else list

        def convert(rows: Sequence[Any]) -> list[R]:
            if converters:
                rows = [tuple(row) for row in compiler.apply_converters(rows, converters)]
            return read(rows)

        return Plan(sql, find_slots(parameters), convert)


def make_slots(name: str, value: Any) -> Any:
    """What stands for a value while the queryset is built."""
    if isinstance(value, list):
        return [Slot(name, index).text for index in range(len(value))]
    return Slot(name).text if isinstance(value, str) else Value(Slot(name))


def find_slots(parameters: Iterable[Any]) -> tuple[Any, ...]:
    """The parameters with placeholders for their texts; ValueError when one has become something else."""
    return tuple(
        find_slot(parameter) if isinstance(parameter, str) and MARK in parameter else parameter
        for parameter in parameters
    )


def find_slot(text: str) -> Slot:
    name, _, index = text.removeprefix(MARK).partition(" ")
    slot = Slot(name, int(index) if index.isdigit() else None)
    if slot.text != text:
        raise ValueError("a prepared value must be compared as it is")
    return slot


def fill(parameter: Any, values: dict[str, Any]) -> Any:
    if not isinstance(parameter, Slot):
        return parameter
    value = values[parameter.name]
    if parameter.index is not None:
        value = value[parameter.index]
    return find_connection().ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def build_model_reader(compiler: Any) -> Callable[[Sequence[Any]], list[Any]]:
    """What Django's own ModelIterable does with each row, set up once."""
    select, klass_info, alias = compiler.select, compiler.klass_info, compiler.using
    model, places = klass_info["model"], klass_info["select_fields"]
    start, end = places[0], places[-1] + 1
    names = [column[0].target.attname for column in select[start:end]]
    populators = get_related_populators(klass_info, select, alias)  # type: ignore[call-arg]  # of Django 5.2
    annotations = tuple((compiler.annotation_col_map or {}).items())

    def read(rows: Sequence[Any]) -> list[Any]:
        instances = []
        for row in rows:
            instance = model.from_db(alias, names, row[start:end])
            for populator in populators:
                populator.populate(row, instance)
            for name, place in annotations:
                setattr(instance, name, row[place])
            instances.append(instance)
        return instances

    return read


class PreparedUpdate:
    """A conditional UPDATE of one shape.

    `build(*shape, **values)` returns the rows and what to set on them, with a placeholder for each value.
    Texts go to the database as they are.
    """

    def __init__(self, build: Callable[..., tuple[QuerySet[Any, Any], dict[str, Any]]]) -> None:
        self.build = build

    def run(self, *shape: Any, **values: Any) -> int:
        """How many rows were changed."""
        wrapper = find_connection()
        sql, parameters = self.find_statement(wrapper, shape, values)
        filled = [fill(parameter, values) for parameter in parameters]
        return run_statement(wrapper, sql, filled, is_reading=False)[1]

    def find_statement(
        self, wrapper: BaseDatabaseWrapper, shape: Key, values: dict[str, Any]
    ) -> tuple[str, tuple[Any, ...]]:
        statements: dict[Key, Any] = wrapper.__dict__.setdefault(PLANS, {})
        key = (self, shape)
        if key not in statements:
            rows, assignments = self.build(
                *shape, **{name: make_slots(name, values[name]) for name in values}
            )
            query: Any = rows.query.chain(UpdateQuery)
            query.add_update_values(assignments)
            sql, parameters = query.get_compiler(using=wrapper.alias).as_sql()
            statements[key] = (sql, find_slots(parameters))
        statement: tuple[str, tuple[Any, ...]] = statements[key]
        return statement


# Inserts -----------------------------------------------------------------------------------------------

# Columns whose plain values go to the database as they are.
PLAIN_FIELDS = (CharField, TextField, ForeignKey, IntegerField, BooleanField)
PLAIN_VALUES = frozenset({str, int, bool, type(None)})
JSON_VALUES = frozenset({dict, list})

Adapter = Callable[[BaseDatabaseWrapper, Any], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """How one column's value is read off an instance and handed to the database, as Django's `save` does."""

    field: Field[Any, Any]
    attribute: str
    adapt: Adapter
    # Whether the field makes its value itself (`auto_now_add`).
    is_made: bool
    # Whether most of its values need no adapting.
    is_plain: bool

    def read(self, instance: Model, wrapper: BaseDatabaseWrapper) -> Any:
        if self.is_made:
            return self.field.get_db_prep_save(self.field.pre_save(instance, add=True), wrapper)
        return self.adapt(wrapper, getattr(instance, self.attribute))


def build_adapter(field: Field[Any, Any]) -> Adapter:
    """The shortest way for the values that our columns hold; Django's own for everything else."""

    def adapt(wrapper: BaseDatabaseWrapper, value: Any) -> Any:
        return field.get_db_prep_save(value, wrapper)

    def adapt_plain(wrapper: BaseDatabaseWrapper, value: Any) -> Any:
        return value if type(value) in PLAIN_VALUES else adapt(wrapper, value)

    def adapt_moment(wrapper: BaseDatabaseWrapper, value: Any) -> Any:
        is_moment = type(value) is datetime
        return wrapper.ops.adapt_datetimefield_value(value) if is_moment else adapt(wrapper, value)

    def adapt_json(wrapper: BaseDatabaseWrapper, value: Any) -> Any:
        is_plain = type(value) in JSON_VALUES
        return wrapper.ops.adapt_json_value(value, field.encoder) if is_plain else adapt(wrapper, value)  # type: ignore[attr-defined]

    if isinstance(field, PLAIN_FIELDS):
        return adapt_plain
    if type(field) is DateTimeField:
        return adapt_moment
    return adapt_json if type(field) is JSONField else adapt


def makes_its_value(field: Field[Any, Any]) -> bool:
    return type(field).pre_save is not Field.pre_save and not (
        type(field) is DateTimeField and not field.auto_now and not field.auto_now_add
    )


@dataclass(frozen=True, slots=True)
class InsertPlan:
    """Of one model: `INSERT … VALUES` without its rows, and one row's placeholders."""

    head: str
    row: str
    columns: tuple[Column, ...]
    read_attributes: Callable[[Model], tuple[Any, ...]]

    def read(self, instance: Model, wrapper: BaseDatabaseWrapper) -> list[Any]:
        """One row's parameters."""
        return [
            value if column.is_plain and type(value) in PLAIN_VALUES else column.read(instance, wrapper)
            for column, value in zip(self.columns, self.read_attributes(instance), strict=True)
        ]

    def run(self, wrapper: BaseDatabaseWrapper, parameters: list[Any], *, tail: str = "") -> int:
        """How many rows were inserted."""
        count = len(parameters) // len(self.columns)
        sql = self.head + ", ".join([self.row] * count) + tail
        return run_statement(wrapper, sql, parameters, is_reading=False)[1]


def insert_rows(instances: Sequence[Model], *, unless_there: bool = False) -> int:
    """Insert rows that have their keys, all of one model; returns how many were inserted.

    As `bulk_create` does, in one statement that is built once. With `unless_there` rows that break a unique
    constraint are left out instead of raising IntegrityError; every other constraint and trigger still holds.
    The limit on parameters of a statement is the caller's to keep.
    """
    if not instances:
        return 0
    wrapper = find_connection()
    plan = find_insert_plan(type(instances[0]), wrapper)
    parameters = [value for instance in instances for value in plan.read(instance, wrapper)]
    inserted = plan.run(wrapper, parameters, tail=" ON CONFLICT DO NOTHING" if unless_there else "")
    for instance in instances:
        instance._state.adding = False
        instance._state.db = wrapper.alias
    return inserted


def insert_values(model: type[Model], rows: Sequence[dict[str, Any]]) -> int:
    """The same for rows of which nobody needs an instance: {attribute: value}, every column named."""
    if not rows:
        return 0
    wrapper = find_connection()
    plan = find_insert_plan(model, wrapper)
    parameters = [column.adapt(wrapper, row[column.attribute]) for row in rows for column in plan.columns]
    return plan.run(wrapper, parameters)


def find_insert_plan(model: type[Model], wrapper: BaseDatabaseWrapper) -> InsertPlan:
    plans: dict[Any, InsertPlan] = wrapper.__dict__.setdefault(PLANS, {})
    plan = plans.get(model)
    if plan is None:
        quote = wrapper.ops.quote_name
        columns = tuple(
            Column(field, field.attname, build_adapter(field), is_made, is_plain)
            for field in model._meta.local_concrete_fields
            for is_made in [makes_its_value(field)]
            for is_plain in [isinstance(field, PLAIN_FIELDS) and not is_made]
        )
        names = ", ".join(quote(str(column.field.column)) for column in columns)
        marks = ", ".join(["%s"] * len(columns))
        head = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES "  # noqa: S608 - our own names
        read = attrgetter(*(column.attribute for column in columns))
        plan = plans[model] = InsertPlan(head, f"({marks})", columns, read)
    return plan

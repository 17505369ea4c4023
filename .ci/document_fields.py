"""A plugin of mypy: it knows the fields of documents in filters, updates, projections and orders.

Those are MongoDB's notation, which no type describes. Here the literal names in calls of a `Collection[T]` are looked up in T,
dotted paths part by part, as far as the types go. Variables are not followed.
"""

from collections.abc import Callable, Iterator

from mypy.errorcodes import ErrorCode
from mypy.maptype import map_instance_to_supertype
from mypy.nodes import ConditionalExpr, DictExpr, Expression, ListComprehension, ListExpr, OpExpr, StrExpr, TupleExpr
from mypy.plugin import MethodContext, Plugin
from mypy.types import Instance, Type, TypedDictType, UnionType, get_proper_type

_DOOR = "core.documents.collection."
_CLASSES = ("Documents", "ScopedDocuments", "PlainCollection")
_FIELD = ErrorCode("document-field", "A field that the documents of a collection do not have", "Leadmesh")
_LISTS = ("builtins.list", "builtins.tuple", "typing.Sequence")


class _Fields:
    """Looks up the names in one call; the public methods are called as the parameters that they check."""

    def __init__(self, context: MethodContext, document: TypedDictType) -> None:
        self._context, self._document = context, document

    def query(self, given: Expression, shape: Type | None = None) -> None:
        """Check a filter: its fields, those of the filters in $and and the like, and those below $elemMatch."""
        for name, value in _members(given):
            if name.value in ("$and", "$or", "$nor"):
                self.query(value, shape)
            elif not name.value.startswith("$"):
                below = self._path(name, shape or self._document)
                for operator, condition in _members(value):
                    if operator.value == "$elemMatch":
                        self.query(condition, below)

    def update(self, given: Expression) -> None:
        """Check the fields that an update's operators name, and those of the documents that they store."""
        for operator, changes in _members(given):
            if not operator.value.startswith("$"):
                self._context.api.fail(f'"{operator.value}" is no operator of an update', operator, code=_FIELD)
            self._values(changes, self._document)

    def changes(self, given: Expression) -> None:
        """Check filters with the updates beside them."""
        for pair in _parts(given):
            if isinstance(pair, TupleExpr) and len(pair.items) == 2:
                self.query(pair.items[0])
                self.update(pair.items[1])

    def computed(self, given: Expression) -> None:
        """Check keys with the members beside them that are computed for each; expressions may see any member."""
        for pair in _parts(given):
            if isinstance(pair, TupleExpr) and len(pair.items) == 2:
                self.query(pair.items[0])
                for name, _ in _members(pair.items[1]):
                    self._path(name, self._document)

    def projection(self, given: Expression) -> None:
        """Check a projection, an order or a single path."""
        for name in [given, *_parts(given), *(name for name, _ in _members(given))]:
            if isinstance(name, StrExpr):
                self._path(name, self._document)
            elif isinstance(name, TupleExpr) and name is not given:
                self.projection(name)

    def pipeline(self, given: Expression) -> None:
        """Check the $match at the beginning of a pipeline; later stages may see other members."""
        for name, value in (member for stage in _parts(given)[:1] for member in _members(stage)):
            if name.value == "$match":
                self.query(value)

    queries, sort, key = query, projection, projection

    def _values(self, given: Expression, shape: Type) -> None:
        for name, value in _members(given):
            # $each and $position stand where elements are added to an array.
            self._values(value, shape if name.value.startswith("$") else self._path(name, shape))

    def _path(self, name: StrExpr, shape: Type) -> Type:
        """Return the type at the end of a dotted path; tell the first part that a typed document does not have."""
        for part in name.value.split("."):
            documents = [kind for kind in _kinds(shape) if isinstance(kind, TypedDictType)]
            if not documents or part.isdecimal() or part.startswith("$"):
                continue
            found = [document.items[part] for document in documents if part in document.items]
            if not found:
                known = documents[0].fallback.type.name
                self._context.api.fail(f'{known} has no field "{part}" ("{name.value}")', name, code=_FIELD)
            shape = UnionType.make_union(found)
        return shape


def _kinds(shape: Type) -> Iterator[Type]:
    """What a value may be; of an array its elements, as paths step into them without saying so."""
    proper = get_proper_type(shape)
    for one in proper.items if isinstance(proper, UnionType) else [proper]:
        kind = get_proper_type(one)
        if isinstance(kind, Instance) and kind.type.fullname in _LISTS:
            yield from _kinds(kind.args[0])
        else:
            yield kind


def _parts(given: Expression) -> list[Expression]:
    """What a value is made of: elements of a list, sides of |, branches of a condition, what ** spreads."""
    if isinstance(given, DictExpr):
        return [value for key, value in given.items if key is None]
    if isinstance(given, OpExpr):
        return [given.left, given.right]
    if isinstance(given, ConditionalExpr):
        return [given.if_expr, given.else_expr]
    if isinstance(given, ListComprehension):
        return [given.generator.left_expr]
    return given.items if isinstance(given, ListExpr | TupleExpr) else []


def _members(given: Expression) -> Iterator[tuple[StrExpr, Expression]]:
    """The literal names, with their values, in the dict displays that a value is made of."""
    for key, value in given.items if isinstance(given, DictExpr) else ():
        if isinstance(key, StrExpr):
            yield key, value
    for part in _parts(given):
        yield from _members(part)


def _look_up(context: MethodContext) -> Type:
    opened = get_proper_type(context.type)
    assert isinstance(opened, Instance)
    door = next(one for one in opened.type.mro if one.fullname == f"{_DOOR}Documents")
    document = get_proper_type(map_instance_to_supertype(opened, door).args[0])
    if isinstance(document, TypedDictType):
        fields = _Fields(context, document)
        for name, given in zip(context.callee_arg_names, context.args, strict=True):
            for argument in given:
                getattr(fields, name or "", lambda _: None)(argument)
    return context.default_return_type


class _DocumentFields(Plugin):
    def get_method_hook(self, fullname: str) -> Callable[[MethodContext], Type] | None:
        where = fullname.removeprefix(_DOOR).rpartition(".")[0]
        return _look_up if fullname.startswith(_DOOR) and where in _CLASSES else None


def plugin(version: str) -> type[Plugin]:
    """Return the plugin, as mypy wants it."""
    return _DocumentFields

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Finds calls whose result nobody looks at.

usage: dropped.py CLANG OPTION... -- FILE...

Reads the syntax tree that clang tells of each file. A call that is a statement of its own and returns something is a
result that was dropped, be it an lfm_status, a bool or a front-end's error: a call that fails unseen leaves an object
that is not what its user thinks. What is to be dropped is cast to void, for all to see. Left out is what tells nothing:
the copy that memcpy() returns, the old value of an atomic addition, and POSIX calls that cannot fail as they are called.

Ends with 1 and a line for each, as "file: function: callee"."""

import json
import subprocess
import sys

TELL_NOTHING = {
    "memcpy", "memset", "memmove", "__builtin___memcpy_chk", "__builtin___memset_chk",
    "lfm_list_push",  # says what it left, which few need
    # the monotonic clock is there, and a wake or a wait that fails is one for nothing
    "clock_gettime", "syscall",
}  # fmt: skip
# A mutex and a condition variable with default attributes: there is nothing to refuse.
TELL_NOTHING_PREFIX = "pthread_"
BODIES = {"CompoundStmt", "IfStmt", "ForStmt", "WhileStmt", "DoStmt", "SwitchStmt", "CaseStmt", "DefaultStmt", "LabelStmt"}


def inner(node):
    return [part for part in node.get("inner", []) if part.get("kind")]


def callee(node):
    while inner(node):
        node = inner(node)[0]
        if "referencedDecl" in node:
            return node["referencedDecl"]["name"]
    return "a function pointer"


def statements(node):
    """What a body does, one after the other: the parts of a loop's head and conditions are not among them."""
    parts = node.get("inner", [])
    kind = node["kind"]
    if kind == "ForStmt":
        parts = [parts[0], parts[3], parts[4]]
    elif kind in ("IfStmt", "WhileStmt", "SwitchStmt"):
        first = 1 + node.get("hasInit", False) + node.get("hasVar", False)
        parts = parts[first:]
    elif kind == "DoStmt":
        parts = parts[:1]
    return [part for part in parts if part.get("kind")]


def bare(node):
    while node["kind"] in ("ParenExpr", "ExprWithCleanups", "StmtExpr", "ConstantExpr", "ImplicitCastExpr") and inner(node):
        node = inner(node)[-1]
    return node


def drops(node):
    """The calls that are dropped by a statement. A comma drops what is on its left, `?:` either side."""
    node = bare(node)
    if node["kind"] == "BinaryOperator" and node.get("opcode") == ",":
        return drops(inner(node)[0]) + drops(inner(node)[1])
    if node["kind"] == "ConditionalOperator":
        return drops(inner(node)[1]) + drops(inner(node)[2])
    if node["kind"] == "CallExpr" and node["type"]["qualType"] != "void":
        name = callee(node)
        return [] if name in TELL_NOTHING or name.startswith(TELL_NOTHING_PREFIX) else [name]
    # of the atomic operations a compare-and-exchange says whether it was done
    if node["kind"] == "AtomicExpr" and node["type"]["qualType"] in ("_Bool", "bool"):
        return ["an atomic compare-and-exchange"]
    return []


def search(node, function, found):
    if node["kind"] == "FunctionDecl":
        function = node.get("name", "?")
    if node["kind"] in BODIES:
        for statement in statements(node):
            found += [(function, name) for name in drops(statement)]
    for part in inner(node):
        search(part, function, found)


def main(arguments):
    end = arguments.index("--")
    clang, options, files = arguments[0], arguments[1:end], arguments[end + 1 :]
    functions, dropped = set(), set()
    for file in files:
        command = [clang, "-fsyntax-only", "-w", "-Xclang", "-ast-dump=json", *options, file]
        tree = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        functions |= {part.get("name") for part in inner(tree) if part["kind"] == "FunctionDecl" and inner(part)}
        found = []
        search(tree, "", found)
        for function, name in found:
            if (function, name) not in dropped:  # else it is in a header, and met again
                print(f"{file}: {function}: {name}")
        dropped |= set(found)
    print(f"{len(dropped)} kinds of results dropped in {len(functions)} functions of {len(files)} files")
    return len(dropped) > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# SPDX-License-Identifier: Apache-2.0
"""A SQLite database with a rollback journal that is deleted at each commit.

The same transactions go to a database in a local folder; both files must be equal byte for byte.
"""

import os
import sqlite3
import tempfile

from writer import expect, expect_equal, run, sha256_of_file

NAME = "catalog/models.db"
TRANSACTIONS = 200


def connect(path):
    connection = sqlite3.connect(path, isolation_level=None, timeout=10)
    mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    expect_equal("delete", mode, "journal mode")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


class Twins:
    """A database on the mount and its twin on a local disk, told the same."""

    def __init__(self, writer, path, twin):
        self.writer, self.path, self.twin = writer, path, twin
        self.connections = [connect(path), connect(twin)]

    def execute(self, statement, *parameters):
        for connection in self.connections:
            connection.execute(statement, *parameters)

    def close(self):
        for connection in self.connections:
            connection.close()

    def sha256(self):
        return sha256_of_file(self.twin)


def transactions(writer, twins):
    choice = writer.random("rows")
    twins.execute("CREATE TABLE model (id INTEGER PRIMARY KEY, name TEXT, weights BLOB)")
    twins.execute("CREATE INDEX by_name ON model (name)")
    for i in range(TRANSACTIONS):
        writer.step(f"transaction {i}")
        twins.execute("BEGIN IMMEDIATE")
        for j in range(3):
            blob = choice.randbytes(choice.randrange(1, 9000))
            twins.execute(
                "INSERT INTO model (name, weights) VALUES (?, ?)", (f"model-{i}-{j}", blob)
            )
        if i % 3 == 0:
            twins.execute("UPDATE model SET weights = ? WHERE id = ?", (b"small", i + 1))
        if i % 5 == 0:
            twins.execute("DELETE FROM model WHERE id = ?", (choice.randrange(1, 3 * i + 2),))
        twins.execute("ROLLBACK" if i % 7 == 6 else "COMMIT")
        if i == TRANSACTIONS // 2:
            expect(not os.path.exists(twins.path + "-journal"), "the journal is still there")
            # Committed means synced, so this is what the store must have.
            writer.mark({NAME: twins.sha256()})


def check(writer, path, twin):
    writer.step("opening the database again")
    rows = []
    for name in (path, twin):
        connection = sqlite3.connect(f"file:{name}?mode=ro", uri=True)
        expect_equal(
            "ok", connection.execute("PRAGMA integrity_check").fetchone()[0], "integrity check"
        )
        rows.append(connection.execute("SELECT * FROM model ORDER BY id").fetchall())
        connection.close()
    expect(rows[0] == rows[1], "the rows differ from those of the local database")


def write(writer):
    path = writer.path(NAME)
    with tempfile.TemporaryDirectory() as local:
        twin = os.path.join(local, "twin.db")
        if writer.again:
            connection = sqlite3.connect(path, timeout=10)
            integrity = connection.execute("PRAGMA integrity_check").fetchone()[0]
            expect_equal("ok", integrity, "integrity check")
            connection.close()
            writer.done({NAME: sha256_of_file(path)})
            return
        os.makedirs(os.path.dirname(path))
        twins = Twins(writer, path, twin)
        transactions(writer, twins)
        writer.step("vacuuming")
        twins.execute("VACUUM")
        writer.step("closing the database")
        twins.close()
        check(writer, path, twin)
        expected = sha256_of_file(twin)
        expect_equal(expected, sha256_of_file(path), "hash of the database, compared with local")
        writer.done({NAME: expected})


run(write)

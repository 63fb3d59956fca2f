"""The ledger's schema as a list that only grows: step N brings a ledger from version N to N + 1."""

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE artifact (
        id TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL,
        digest TEXT NOT NULL, finished_at TEXT NOT NULL, seconds REAL NOT NULL, cpu_seconds REAL NOT NULL,
        bytes INTEGER NOT NULL, config TEXT NOT NULL, stats TEXT NOT NULL
    ) STRICT;
    CREATE INDEX artifact_by_name ON artifact (kind, name);
    CREATE TABLE edge (
        child TEXT NOT NULL REFERENCES artifact (id), role TEXT NOT NULL, parent TEXT NOT NULL,
        PRIMARY KEY (child, role)
    ) STRICT;
    CREATE INDEX edge_by_parent ON edge (parent);
    CREATE TABLE decision_total (
        corpus TEXT NOT NULL REFERENCES artifact (id), reason TEXT NOT NULL, kept INTEGER NOT NULL,
        documents INTEGER NOT NULL, PRIMARY KEY (corpus, reason, kept)
    ) STRICT;
    CREATE TABLE run (
        id INTEGER PRIMARY KEY, command TEXT NOT NULL, code TEXT NOT NULL, pid INTEGER NOT NULL,
        started_at TEXT NOT NULL, finished_at TEXT, status TEXT NOT NULL, seconds REAL, cpu_seconds REAL,
        message TEXT
    ) STRICT;
    """,
    """
    CREATE TABLE exposure (
        model TEXT PRIMARY KEY, basis TEXT NOT NULL, documents INTEGER NOT NULL, tokens INTEGER NOT NULL,
        seen INTEGER NOT NULL, certain INTEGER NOT NULL, reserved INTEGER NOT NULL
    ) STRICT;
    """,
    """
    CREATE TABLE manifest (
        path TEXT NOT NULL, id TEXT NOT NULL, digest TEXT NOT NULL, recipe TEXT NOT NULL, code TEXT NOT NULL,
        PRIMARY KEY (path, id)
    ) STRICT;
    """,
    """
    CREATE TABLE departure (
        model TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, way TEXT NOT NULL, place TEXT NOT NULL,
        at TEXT NOT NULL
    ) STRICT;
    """,
)

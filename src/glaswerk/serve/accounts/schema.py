"""The tables of the accounts, for SQLite and for Postgres. Statements end with `;;`."""

from __future__ import annotations

SCHEMA_VERSION = 1
_TABLES = f"""
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;;
INSERT INTO meta VALUES ('schema', {SCHEMA_VERSION}) ON CONFLICT DO NOTHING;;
INSERT INTO meta VALUES ('keys', 0) ON CONFLICT DO NOTHING;;
CREATE TABLE IF NOT EXISTS api_key (
    id TEXT PRIMARY KEY, digest TEXT NOT NULL, project TEXT NOT NULL, name TEXT NOT NULL,
    created INTEGER NOT NULL, models TEXT NOT NULL, endpoints TEXT NOT NULL, limits TEXT NOT NULL,
    expires INTEGER NOT NULL, revoked INTEGER NOT NULL
) STRICT;;
CREATE TABLE IF NOT EXISTS bucket (
    key TEXT NOT NULL, model TEXT NOT NULL, kind TEXT NOT NULL, level INTEGER NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (key, model, kind)
) STRICT;;
CREATE TABLE IF NOT EXISTS lease (
    id TEXT PRIMARY KEY, key TEXT NOT NULL, model TEXT NOT NULL, spend INTEGER NOT NULL,
    once TEXT, until INTEGER NOT NULL
) STRICT;;
CREATE INDEX IF NOT EXISTS lease_by_key ON lease (key);;
CREATE TABLE IF NOT EXISTS spent (
    key TEXT NOT NULL, model TEXT NOT NULL, month INTEGER NOT NULL, spend INTEGER NOT NULL,
    PRIMARY KEY (key, month, model)
) STRICT;;
CREATE TABLE IF NOT EXISTS usage (
    response TEXT PRIMARY KEY, once TEXT, at INTEGER NOT NULL, project TEXT NOT NULL, key TEXT NOT NULL,
    model TEXT NOT NULL, endpoint TEXT NOT NULL, prompt INTEGER NOT NULL, cached INTEGER NOT NULL,
    completion INTEGER NOT NULL, spend INTEGER NOT NULL, finish TEXT NOT NULL
) STRICT;;
CREATE INDEX IF NOT EXISTS usage_by_time ON usage (at);;
CREATE UNIQUE INDEX IF NOT EXISTS usage_once ON usage (key, once)
    WHERE once IS NOT NULL AND finish NOT IN ('repeat', 'cut')
"""
_APPEND_ONLY_SQLITE = """;;
CREATE TRIGGER IF NOT EXISTS usage_update BEFORE UPDATE ON usage
    BEGIN SELECT RAISE(ABORT, 'the ledger of usage only grows'); END;;
CREATE TRIGGER IF NOT EXISTS usage_delete BEFORE DELETE ON usage
    BEGIN SELECT RAISE(ABORT, 'the ledger of usage only grows'); END
"""
_APPEND_ONLY_POSTGRES = """;;
CREATE OR REPLACE FUNCTION usage_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the ledger of usage only grows'; END $$;;
CREATE OR REPLACE TRIGGER usage_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON usage
    FOR EACH STATEMENT EXECUTE FUNCTION usage_only_grows()
"""


def sqlite_schema() -> str:
    """Statements that make what is missing."""
    return _TABLES + _APPEND_ONLY_SQLITE


def postgres_schema() -> str:
    """The same for Postgres (14 or newer), whose INTEGER has 32 bits only."""
    return _TABLES.replace(" STRICT", "").replace("INTEGER", "BIGINT") + _APPEND_ONLY_POSTGRES

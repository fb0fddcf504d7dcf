"""What studios of older schemas made of an empty SQLite database, as they were released."""

from __future__ import annotations

_REST = """
CREATE TABLE character_references (id VARCHAR(36) NOT NULL, "key" VARCHAR(255) NOT NULL, content_type
    VARCHAR(32) NOT NULL, size_bytes BIGINT NOT NULL, sha256 VARCHAR(64) NOT NULL, character_description TEXT
    NOT NULL, model_used VARCHAR(64) NOT NULL, seed BIGINT NOT NULL, place INTEGER NOT NULL, created_at DATETIME
    NOT NULL, PRIMARY KEY (id));
CREATE INDEX ix_character_references_created_at ON character_references (created_at);
CREATE TABLE model_files (id VARCHAR(32) NOT NULL, kind VARCHAR(16) NOT NULL, folder VARCHAR NOT NULL, file_name
    VARCHAR NOT NULL, name VARCHAR NOT NULL, sought VARCHAR NOT NULL, size_bytes BIGINT NOT NULL, mtime_ns
    BIGINT NOT NULL, sha256 VARCHAR(64) NOT NULL, autov2 VARCHAR(10) NOT NULL, autov3 VARCHAR(12), added_at
    DATETIME NOT NULL, PRIMARY KEY (id), UNIQUE (kind, folder, file_name));
CREATE INDEX ix_model_files_autov3 ON model_files (autov3);
CREATE INDEX ix_model_files_autov2 ON model_files (autov2);
CREATE INDEX ix_model_files_sha256 ON model_files (sha256);
CREATE TABLE recipes (id VARCHAR(32) NOT NULL, name VARCHAR(200) NOT NULL, folded_name TEXT NOT NULL,
    search_text TEXT NOT NULL, tags JSON NOT NULL, settings JSON NOT NULL, loras JSON NOT NULL, fingerprint TEXT
    NOT NULL, format VARCHAR(32), confidence DOUBLE NOT NULL, picture VARCHAR(64) NOT NULL, content_type
    VARCHAR(32) NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL, size_bytes BIGINT NOT NULL, sha256
    VARCHAR(64) NOT NULL, version INTEGER NOT NULL, created_at DATETIME NOT NULL, PRIMARY KEY (id));
CREATE INDEX ix_recipes_created_at ON recipes (created_at);
CREATE INDEX ix_recipes_folded_name ON recipes (folded_name);
"""
_DOWNLOADS = """
CREATE TABLE downloads (id VARCHAR(32) NOT NULL, turn INTEGER NOT NULL, url VARCHAR NOT NULL, model_version_id
    INTEGER, name VARCHAR, kind VARCHAR(16), sha256 VARCHAR(64), state VARCHAR(16) NOT NULL, attempt INTEGER NOT
    NULL, bytes_done BIGINT NOT NULL, bytes_total BIGINT, waiting_until DATETIME, error_code VARCHAR(32),
    error_message VARCHAR, created_at DATETIME NOT NULL, PRIMARY KEY (id));
CREATE INDEX ix_downloads_state ON downloads (state);
CREATE INDEX ix_downloads_turn ON downloads (turn);
"""
_JOBS = """
CREATE TABLE generation_jobs (id VARCHAR(36) NOT NULL, turn INTEGER NOT NULL, urgency INTEGER NOT NULL, kind
    VARCHAR(16) NOT NULL, state VARCHAR(16) NOT NULL, request JSON NOT NULL, reference_keys JSON NOT NULL, asked
    JSON NOT NULL, output JSON NOT NULL, previews BOOLEAN NOT NULL, backend VARCHAR(16) NOT NULL, attempts
    INTEGER NOT NULL, attempt_id VARCHAR(36), attempt_open BOOLEAN NOT NULL, place TEXT, holder VARCHAR(36),
    lease_until DATETIME, waiting_until DATETIME, painted JSON, kept BOOLEAN NOT NULL, error JSON, created_at
    DATETIME NOT NULL, started_at DATETIME, ended_at DATETIME, seconds FLOAT, PRIMARY KEY (id));
CREATE INDEX ix_generation_jobs_newest ON generation_jobs (turn, kind);
CREATE INDEX ix_generation_jobs_kept ON generation_jobs (ended_at) WHERE kept = 1;
CREATE INDEX ix_generation_jobs_state ON generation_jobs (state, turn, kind);
"""
_DOWNLOADS_3 = """
CREATE TABLE downloads (id VARCHAR(64) NOT NULL, turn INTEGER NOT NULL, source VARCHAR(16), asked TEXT, identity
    TEXT, url TEXT NOT NULL, model_id BIGINT, model_version_id BIGINT, name TEXT, kind VARCHAR(16),
    relative_path TEXT, sha256 VARCHAR(64), state VARCHAR(16) NOT NULL, attempt INTEGER NOT NULL, bytes_done
    BIGINT NOT NULL, bytes_total BIGINT, waiting_until DATETIME, error_code VARCHAR(32), error_message TEXT,
    created_at DATETIME NOT NULL, ended_at DATETIME, files TEXT, partial TEXT, proof TEXT, PRIMARY KEY (id));
CREATE INDEX ix_downloads_queue ON downloads (state, turn);
CREATE INDEX ix_downloads_identity ON downloads (identity, ended_at);
CREATE INDEX ix_downloads_turn ON downloads (turn);
CREATE INDEX ix_downloads_ended_at ON downloads (ended_at, turn);
CREATE INDEX ix_downloads_waiting_until ON downloads (waiting_until);
"""
OLDER_SCHEMAS = {
    1: f"{_REST}{_DOWNLOADS}PRAGMA user_version = 1;",
    2: f"{_REST}{_DOWNLOADS}{_JOBS}PRAGMA user_version = 2;",
    3: f"{_REST}{_DOWNLOADS_3}{_JOBS}PRAGMA user_version = 3;",
}
"""The statements that make a database of that schema."""

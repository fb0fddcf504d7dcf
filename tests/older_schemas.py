"""What studios of older schemas made of an empty SQLite database, as they were released."""

from __future__ import annotations

_CHARACTERS = """
CREATE TABLE character_references (id VARCHAR(36) NOT NULL, "key" VARCHAR(255) NOT NULL, content_type
    VARCHAR(32) NOT NULL, size_bytes BIGINT NOT NULL, sha256 VARCHAR(64) NOT NULL, character_description TEXT
    NOT NULL, model_used VARCHAR(64) NOT NULL, seed BIGINT NOT NULL, place INTEGER NOT NULL, created_at DATETIME
    NOT NULL, PRIMARY KEY (id));
CREATE INDEX ix_character_references_created_at ON character_references (created_at);
"""
_REST = """
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
_WORDS_4 = r"""
CREATE VIRTUAL TABLE recipe_words USING fts5(
    title, tags, loras, prompt, facts, detail=column, columnsize=0, prefix='1 2 3 4',
    tokenize="ascii tokenchars '!""#$%&''()*+,-./:;<=>?@[\]^_`{|}~'");
"""
_REST_4 = """
CREATE TABLE model_files (id VARCHAR(32) NOT NULL, library VARCHAR(64) DEFAULT 'default' NOT NULL, kind
    VARCHAR(16) NOT NULL, root VARCHAR DEFAULT '' NOT NULL, folder VARCHAR NOT NULL, file_name VARCHAR NOT NULL,
    name VARCHAR NOT NULL, sought VARCHAR NOT NULL, size_bytes BIGINT NOT NULL, mtime_ns BIGINT NOT NULL, sha256
    VARCHAR(64) NOT NULL, autov2 VARCHAR(10) NOT NULL, autov3 VARCHAR(12), base_model VARCHAR DEFAULT 'Unknown' NOT
    NULL, tags JSON DEFAULT '[]' NOT NULL, trained_words JSON DEFAULT '[]' NOT NULL, favorite BOOLEAN DEFAULT 0 NOT
    NULL, notes VARCHAR DEFAULT '' NOT NULL, model_id BIGINT, model_version_id BIGINT, mature BOOLEAN DEFAULT 0 NOT
    NULL, excluded BOOLEAN DEFAULT 0 NOT NULL, preview VARCHAR, sidecar_stamp VARCHAR DEFAULT '' NOT NULL,
    sidecar_fault VARCHAR, added_at DATETIME NOT NULL, modified_at DATETIME, PRIMARY KEY (id),
    UNIQUE (library, kind, root, folder, file_name));
CREATE INDEX ix_model_files_autov2 ON model_files (autov2);
CREATE INDEX ix_model_files_autov3 ON model_files (autov3);
CREATE INDEX ix_model_files_sha256 ON model_files (sha256);
CREATE TABLE recipe_deletions (id VARCHAR(32) NOT NULL, undo_until DATETIME NOT NULL, undone BOOLEAN DEFAULT 0
    NOT NULL, PRIMARY KEY (id));
CREATE INDEX ix_recipe_deletions_undo_until ON recipe_deletions (undo_until);
CREATE TABLE recipes (number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, id VARCHAR(32) NOT NULL, name TEXT NOT
    NULL, folded_name TEXT NOT NULL, tags JSON NOT NULL, settings JSON NOT NULL, loras JSON NOT NULL, lora_count
    INTEGER NOT NULL, fingerprint TEXT NOT NULL, format VARCHAR(32), confidence FLOAT NOT NULL, base_model TEXT,
    checkpoint_version_id BIGINT, source TEXT, folder TEXT NOT NULL, favorite BOOLEAN NOT NULL, rating INTEGER,
    mature BOOLEAN NOT NULL, picture VARCHAR(96) NOT NULL, content_type VARCHAR(32) NOT NULL, width INTEGER NOT
    NULL, height INTEGER NOT NULL, size_bytes BIGINT NOT NULL, sha256 VARCHAR(64) NOT NULL, original_sha256
    VARCHAR(64) NOT NULL, embedded_version BIGINT NOT NULL, version BIGINT NOT NULL, created_at DATETIME NOT NULL,
    modified_at DATETIME NOT NULL, opened_at BIGINT NOT NULL, deleted_at DATETIME, batch VARCHAR(32), UNIQUE (id));
CREATE INDEX ix_recipes_batch ON recipes (batch) WHERE deleted_at IS NOT NULL;
CREATE INDEX ix_recipes_behind ON recipes (number) WHERE embedded_version < version;
CREATE INDEX ix_recipes_fingerprint ON recipes (fingerprint, number) WHERE deleted_at IS NULL;
CREATE INDEX ix_recipes_lora_count ON recipes (lora_count, number) WHERE deleted_at IS NULL;
CREATE INDEX ix_recipes_name ON recipes (folded_name, number) WHERE deleted_at IS NULL;
CREATE INDEX ix_recipes_number ON recipes (number) WHERE deleted_at IS NULL;
CREATE INDEX ix_recipes_opened_at ON recipes (opened_at, number) WHERE deleted_at IS NULL;
CREATE INDEX ix_recipes_original_sha256 ON recipes (original_sha256) WHERE deleted_at IS NULL;
CREATE INDEX ix_recipes_source ON recipes (source, number) WHERE deleted_at IS NULL;
"""
_MARK_4 = """
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
INSERT INTO alembic_version VALUES ('4');
"""
OLDER_SCHEMAS = {
    1: f"{_CHARACTERS}{_REST}{_DOWNLOADS}PRAGMA user_version = 1;",
    2: f"{_CHARACTERS}{_REST}{_DOWNLOADS}{_JOBS}PRAGMA user_version = 2;",
    3: f"{_CHARACTERS}{_REST}{_DOWNLOADS_3}{_JOBS}PRAGMA user_version = 3;",
    4: f"{_CHARACTERS}{_REST_4}{_WORDS_4}{_DOWNLOADS_3}{_JOBS}{_MARK_4}PRAGMA user_version = 4;",
}
"""The statements that make a database of that schema."""

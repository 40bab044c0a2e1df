-- What was really written, seen by the database itself: triggers on every table note each row in
-- the transaction that writes it, so a rollback takes the note along. Notes are plain inserts into
-- a table without keys, on which no two writers wait for each other.

CREATE SCHEMA audit;

CREATE TABLE audit.tables (name text PRIMARY KEY);

CREATE UNLOGGED TABLE audit.notes (
  table_name text    NOT NULL,
  action     text    NOT NULL,
  txid       bigint  NOT NULL DEFAULT txid_current(),
  -- A second note on the same row: a foreign key's action wrote it, not a statement of the client.
  by_cascade boolean NOT NULL
);

CREATE FUNCTION audit.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit.notes (table_name, action, by_cascade)
  VALUES (TG_ARGV[0], lower(TG_OP), TG_ARGV[1]::boolean);
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$;

DO $$
DECLARE
  audited    regclass;
  table_name text;
BEGIN
  FOR audited, table_name IN
    SELECT c.oid, CASE n.nspname WHEN 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p')
      AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'audit')
      AND c.relname <> '_prisma_migrations'
  LOOP
    INSERT INTO audit.tables VALUES (table_name);
    EXECUTE format(
      'CREATE TRIGGER audit_write AFTER INSERT OR UPDATE OR DELETE ON %s
       FOR EACH ROW EXECUTE FUNCTION audit.note(%L, false)', audited, table_name);
    -- Postgres runs the AFTER triggers of a foreign key's action at the end of the client's
    -- statement, where they look like its own. BEFORE triggers run inside of the action.
    EXECUTE format(
      'CREATE TRIGGER audit_cascade BEFORE UPDATE OR DELETE ON %s
       FOR EACH ROW WHEN (pg_trigger_depth() > 0) EXECUTE FUNCTION audit.note(%L, true)', audited, table_name);
  END LOOP;
END $$;

CREATE VIEW audit.written_by_cascades AS
SELECT
  name AS "table",
  count(*) FILTER (WHERE by_cascade AND action = 'insert')::int AS "insert",
  count(*) FILTER (WHERE by_cascade AND action = 'update')::int AS "update",
  count(*) FILTER (WHERE by_cascade AND action = 'delete')::int AS "delete"
FROM audit.tables LEFT JOIN audit.notes ON table_name = name
GROUP BY name ORDER BY name;

CREATE VIEW audit.written_by_statements AS
SELECT
  name AS "table",
  count(*) FILTER (WHERE NOT by_cascade AND action = 'insert')::int - cascades."insert" AS "insert",
  count(*) FILTER (WHERE NOT by_cascade AND action = 'update')::int - cascades."update" AS "update",
  count(*) FILTER (WHERE NOT by_cascade AND action = 'delete')::int - cascades."delete" AS "delete"
FROM audit.tables
JOIN audit.written_by_cascades AS cascades ON cascades."table" = name
LEFT JOIN audit.notes ON table_name = name
GROUP BY name, cascades."insert", cascades."update", cascades."delete" ORDER BY name;

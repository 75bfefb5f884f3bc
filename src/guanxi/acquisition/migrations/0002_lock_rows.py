from django.db import migrations

from guanxi.kit.rows import LockRows

# No scope holds before a key is known. Both answer only to whoever has a key that works: the first says where it
# belongs, the second writes one row there.
SOURCE_OF_KEY = """
CREATE FUNCTION guanxi_source_of_key(hash bytea)
RETURNS TABLE (source bigint, workspace bigint, kind text, origins text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS 'SELECT id, workspace_id, kind, ARRAY(SELECT jsonb_array_elements_text(origins))
    FROM acquisition_source WHERE stopped_at IS NULL
    AND (key_hash = hash OR (old_key_hash = hash AND old_until > now()))'
"""
TAKE_BATCH = """
CREATE FUNCTION guanxi_take_batch(source bigint, hash bytea, call text, size integer, body bytea) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS 'INSERT INTO acquisition_batch (workspace_id, source_id, call, body, size, received_at, attempts, taken, repeated,
                                   refused, refusals, people)
    SELECT workspace_id, id, $3, $5, $4, now(), 0, 0, 0, 0, ''[]'', ''{}'' FROM acquisition_source
    WHERE id = $1 AND stopped_at IS NULL AND (key_hash = $2 OR (old_key_hash = $2 AND old_until > now()))
    RETURNING id'
"""


class Migration(migrations.Migration):
    dependencies = [("acquisition", "0001_initial")]

    operations = [
        LockRows(
            "acquisition_source",
            "acquisition_batch",
            "acquisition_seenids",
            "acquisition_eventname",
            "acquisition_eventproperty",
        ),
        migrations.RunSQL(SOURCE_OF_KEY, "DROP FUNCTION guanxi_source_of_key(bytea)"),
        migrations.RunSQL(TAKE_BATCH, "DROP FUNCTION guanxi_take_batch(bigint, bytea, text, integer, bytea)"),
    ]

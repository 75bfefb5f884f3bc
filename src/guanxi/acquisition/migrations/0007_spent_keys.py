"""Whose a write key was that works no more: whoever connects the site is told that it is still in use."""

from __future__ import annotations

from django.db import migrations

SOURCE_OF_SPENT_KEY = """
CREATE FUNCTION guanxi_source_of_spent_key(hash bytea) RETURNS TABLE (source bigint, workspace bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS 'SELECT id, workspace_id FROM acquisition_source WHERE key_hash = hash OR old_key_hash = hash'
"""


class Migration(migrations.Migration):
    dependencies = [("acquisition", "0006_turned_away")]

    operations = [migrations.RunSQL(SOURCE_OF_SPENT_KEY, "DROP FUNCTION guanxi_source_of_spent_key(bytea)")]

from django.db import migrations

from guanxi.kit.rows import AppendOnly, LockRows

# The one question asked before any scope holds: where does this login work? It runs as the owner, to whom
# row-level security does not apply.
WORKSPACES_OF = """
CREATE FUNCTION guanxi_workspaces_of(login bigint) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS 'SELECT workspace_id FROM governance_staff WHERE user_id = login AND is_active'
"""

# The table of Django's DatabaseCache, which `createcachetable` would make; the application role may not.
CACHE = """
CREATE TABLE guanxi_cache (cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL);
CREATE INDEX guanxi_cache_expires ON guanxi_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("governance", "0001_initial")]

    operations = [
        LockRows(
            "governance_unit",
            "governance_staff",
            "governance_consententry",
            "governance_consent",
            "governance_suppression",
        ),
        AppendOnly("governance_consententry"),
        migrations.RunSQL(WORKSPACES_OF, "DROP FUNCTION guanxi_workspaces_of(bigint)"),
        migrations.RunSQL(CACHE, "DROP TABLE guanxi_cache"),
    ]

import django.db.models.functions.comparison
from django.db import migrations, models

TRIGGERS = """
CREATE FUNCTION guanxi_addresses_came() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE people_person person
    SET has_email = person.has_email OR held.email, has_phone = person.has_phone OR held.phone
    FROM (SELECT person_id, bool_or(kind = 'email') AS email, bool_or(kind = 'phone') AS phone
          FROM came WHERE kind IN ('email', 'phone') GROUP BY person_id) held
    WHERE person.id = held.person_id AND (held.email > person.has_email OR held.phone > person.has_phone);
    RETURN NULL;
END $$;

CREATE FUNCTION guanxi_addresses_settle(people bigint[]) RETURNS void LANGUAGE sql AS $$
    UPDATE people_person person SET has_email = held.email, has_phone = held.phone
    FROM (SELECT one, EXISTS (SELECT FROM people_identity WHERE person_id = one AND kind = 'email') AS email,
                 EXISTS (SELECT FROM people_identity WHERE person_id = one AND kind = 'phone') AS phone
          FROM unnest(people) one) held
    WHERE person.id = held.one AND (person.has_email, person.has_phone) <> (held.email, held.phone)
$$;

CREATE FUNCTION guanxi_addresses_went() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM guanxi_addresses_settle(ARRAY(SELECT DISTINCT person_id FROM went WHERE kind IN ('email', 'phone')));
    RETURN NULL;
END $$;

CREATE FUNCTION guanxi_addresses_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM guanxi_addresses_settle(ARRAY(
        SELECT DISTINCT unnest(ARRAY[went.person_id, came.person_id]) FROM went JOIN came USING (id)
        WHERE (went.person_id, went.kind) <> (came.person_id, came.kind)));
    RETURN NULL;
END $$;

CREATE TRIGGER addresses_came AFTER INSERT ON people_identity REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION guanxi_addresses_came();
CREATE TRIGGER addresses_went AFTER DELETE ON people_identity REFERENCING OLD TABLE AS went
    FOR EACH STATEMENT EXECUTE FUNCTION guanxi_addresses_went();
CREATE TRIGGER addresses_moved AFTER UPDATE ON people_identity REFERENCING OLD TABLE AS went NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION guanxi_addresses_moved();
"""
NO_TRIGGERS = """
DROP TRIGGER addresses_came ON people_identity;
DROP TRIGGER addresses_went ON people_identity;
DROP TRIGGER addresses_moved ON people_identity;
DROP FUNCTION guanxi_addresses_came(), guanxi_addresses_went(), guanxi_addresses_moved(),
    guanxi_addresses_settle(bigint[]);
"""
FILL = """
UPDATE people_person person SET has_email = held.email, has_phone = held.phone
FROM (SELECT person_id, bool_or(kind = 'email') AS email, bool_or(kind = 'phone') AS phone
      FROM people_identity WHERE kind IN ('email', 'phone') GROUP BY person_id) held
WHERE person.id = held.person_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0009_demo"),
        ("people", "0011_linking"),
    ]

    operations = [
        migrations.AddField(
            model_name="person",
            name="has_email",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="person",
            name="has_phone",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="trait",
            name="number",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Case(
                    models.When(
                        then=django.db.models.functions.comparison.Cast("value", models.FloatField()),
                        value__regex="^-?[0-9]{1,60}([.][0-9]{1,60})?$",
                    ),
                    default=models.Value(None),
                ),
                output_field=models.FloatField(),
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]

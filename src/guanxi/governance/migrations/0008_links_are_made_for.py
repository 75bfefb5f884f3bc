from django.db import migrations


class Migration(migrations.Migration):
    """A column `workspace_id` says that a row belongs to a workspace and is locked; a link belongs to its login."""

    dependencies = [("governance", "0007_invitations")]

    operations = [migrations.RenameField("signinlink", "workspace", "made_for")]

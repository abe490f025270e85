from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0021_option_order")]

    operations = [
        migrations.AddField(
            model_name="contactexport",
            name="of_anybody",
            field=models.BooleanField(db_default=True, default=True),
        ),
    ]

"""Exit with 0 when the web process of this container is ready."""

import http.client
import os
import sys

host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip().lstrip(".")
connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=5)
try:
    connection.request("GET", "/readyz", headers={"Host": host})
    status = connection.getresponse().status
except OSError as error:
    sys.exit(str(error))
sys.exit(0 if status == http.HTTPStatus.OK else f"/readyz answered {status}")

"""`python object_server.py PORT`: moto's S3 in its own process, by a Python that has moto.

GCS' XML interface is S3's, and obstore speaks nothing else to GCS; only who asks is said with a token there. No
emulator of GCS knows its uploads in parts, so this one stands for it: a token, or none, is taken for an S3 key.
"""

import sys

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

KEY = "AWS4-HMAC-SHA256 Credential=gcs/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
moto = DomainDispatcherApplication(create_backend_app)


def either(environment, start):
    if not environment.get("HTTP_AUTHORIZATION", "").startswith("AWS"):
        environment["HTTP_AUTHORIZATION"] = KEY
    return moto(environment, start)


run_simple("127.0.0.1", int(sys.argv[1]), either, threaded=True)

"""A server of completions on this machine, for tests: `python completions_server.py PORT`.

Answers a prompt of token ids with how many they are and the last of them. A key that is not "right-key" is refused with the
key in the message, as some servers do. The model "busy" is refused for a while, "broken" for good; "texts" takes texts alone.
"""

import json
import sys
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TIMES: Counter = Counter()


class Handler(BaseHTTPRequestHandler):
    """One request, one answer."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The models there are."""
        self.reply(200, {"data": [{"id": name} for name in ("base", "backward")]})

    def do_POST(self) -> None:
        """A completion, or why there is none."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key, prompt, model = self.headers.get("Authorization", ""), asked["prompt"], asked["model"]
        TIMES[str(prompt)] += 1
        if key not in ("", "Bearer right-key"):
            self.reply(401, {"error": f"no such key: {key}"})
        elif model == "broken" or (model == "texts" and not isinstance(prompt, str)):
            self.reply(400, {"error": f"cannot be done with {key}"})
        elif model == "busy" and TIMES[str(prompt)] < 3:
            self.reply(503, {})
        else:
            text = f"{len(prompt)} {prompt[-1]} STOP more" if asked.get("stop") else f"{len(prompt)} {prompt[-1]}"
            self.reply(200, {"choices": [{"text": text, "finish_reason": "stop"}]})

    def reply(self, status: int, body: dict) -> None:
        """Send JSON."""
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *about: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()

"""An echo bot in Python 3.8 or newer, without any package: somebody writes `/echo hello`, and it replies "hello".

    npm start -- token create Echo --scope read,post
    TOKEN=cbt_... python3 examples/echo.py http://127.0.0.1:5000 - echo.id

It answers everything once, also if it or the server is killed at any moment: the file has the id of the last event that it has
finished with, and when it comes back it first reads what it missed, its own answers included.
"""

import json, os, sys, time, urllib.error, urllib.request

chat, room, file = (sys.argv[1:] + ["http://127.0.0.1:5000", "-", "echo.id"][len(sys.argv) - 1 :])[:3]
headers = {"Authorization": "Bearer " + os.environ["TOKEN"]}


def request(method, path, body=None, **more):
    data = None if body is None else json.dumps(body).encode()
    url = chat.rstrip("/") + "/api/v1" + path
    # The server sends something every 5 seconds.
    return urllib.request.urlopen(urllib.request.Request(url, data, {**headers, **more}, method=method), timeout=30)


def ask(method, path, body, **more):
    """Asks until there is an answer. Returns None if the server does not want it."""
    while True:
        try:
            with request(method, path, body, **more) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code != 429:
                return print(path, error.code, json.load(error).get("detail"), file=sys.stderr)
        except (OSError, ValueError) as error:
            print(error, "- trying again", file=sys.stderr)
        time.sleep(2)


def events():
    """What happens in the room, behind the event whose id is in the file."""
    more = {"Last-Event-ID": open(file).read()} if os.path.exists(file) else {}
    event = {}
    for line in request("GET", f"/rooms/{room}/events", **more):
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name:
            event[name] = value
        else:
            if "data" in event:
                yield event.get("event"), json.loads(event["data"]), event.get("id")
            event = {}


def answer(messages):
    answered = {message.get("reply") for message in messages if message.get("by") == me}
    for message in messages:
        asked = message["content"].startswith("/echo ") and message.get("by") != me
        if asked and message["id"] not in answered:
            # A repeat with the same key is stored once.
            key = {"Idempotency-Key": f"echo-{message['id']}"}
            ask("POST", f"/rooms/{room}/messages", {"content": message["content"][6:], "reply": message["id"]}, **key)


def remember(place):
    """The file is whole at whatever moment this is killed."""
    with open(file + ".new", "w") as new:
        new.write(place)
        new.flush()
        os.fsync(new.fileno())
    os.replace(file + ".new", file)


me = ask("PUT", "/commands", {"commands": [{"name": "echo", "about": "Says it again"}]})["by"]
while True:
    try:
        missed = []
        for kind, data, place in events():
            if kind == "page":
                # Answers may be on a later page than what they answer. What a restored backup has was answered before.
                missed += [] if data.get("reset") else data["message"]
                if data["more"]:
                    continue
                answer(missed)
                missed = []
            elif kind == "message":
                answer([data])
            if place:
                remember(place)
    except urllib.error.HTTPError as error:
        if error.code < 500 and error.code != 429:
            sys.exit(f"{error.code} {json.load(error).get('detail')}")
    except (OSError, ValueError) as error:
        print(error, "- listening again", file=sys.stderr)
    time.sleep(2)

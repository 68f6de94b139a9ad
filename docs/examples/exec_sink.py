#!/usr/bin/env python3
"""An exec sink in Python: keeps the newest text of each review in an SQLite table.

It takes up to 100 events at a time and answers when they are committed.
"""
import json
import sqlite3
import sys


def keep(db, event):
    """Put one event into the table. A repeated or an older one changes nothing."""
    review, revision = event["review_id"], event["revision"]
    gone = event["kind"] == "withdrawn"
    db.execute(
        "insert into reviews values (?, ?, ?, ?) on conflict (review) do update"
        " set revision = excluded.revision, film = excluded.film, text = excluded.text"
        " where excluded.revision > revision",
        (review, revision, None if gone else event.get("film", {}).get("title"), None if gone else event.get("body_text")),
    )


def main(path):
    greeting = json.loads(sys.stdin.readline() or "{}")
    if greeting.get("protocol") != "filmwire.sink/1":
        sys.exit("this is no filmwire.sink/1")
    say({"protocol": "filmwire.sink/1", "name": "exec_sink.py", "version": "1.0", "batch": 100})

    db = sqlite3.connect(path)
    db.execute("create table if not exists reviews (review primary key, revision, film, text)")
    waiting = []
    for line in sys.stdin:
        if line.strip():
            waiting.append(json.loads(line))
            continue
        # An empty line: no more events come until these are answered.
        for event in waiting:
            keep(db, event)
        db.commit()
        for event in waiting:
            say({"id": event["event_id"], "verdict": "done"})
        waiting = []


def say(message):
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])

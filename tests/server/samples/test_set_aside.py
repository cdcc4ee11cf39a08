"""Samples that were refused: seen by a person, tried again, or forgotten. And samples that wait."""

from sample_calls import summaries, until

from mltui_server.samples import batch

GOOD = batch.encode([batch.PackedSeries("loss", bytes(16), bytes(16), None)])
BAD = b"\xc1 nonsense"


async def refuse(connection, run, *bodies: bytes) -> None:
    for at, body in enumerate(bodies, 1):
        await connection.execute(
            "INSERT INTO sample_refused (id, run_id, body, reason) VALUES (%s, %s, %s, 'field type conflict')",
            [at, run, body],
        )


async def test_what_was_refused_is_listed_and_makes_health_say_so(http, connection, run):
    assert (await http.get("/api/v1/samples/refused")).json() == []
    await refuse(connection, run, GOOD, BAD)
    unreadable, readable = (await http.get("/api/v1/samples/refused")).json()
    assert (readable["run_id"], readable["samples"], readable["keys"]) == (str(run), 2, ["loss"])
    assert (unreadable["samples"], unreadable["keys"]) == (0, [])
    assert (await http.get("/api/v1/samples/refused", params={"limit": 1})).json() == [unreadable]
    assert (await http.get("/api/v1/samples/refused", params={"limit": 0})).status_code == 422
    health = (await http.get("/health")).json()
    [component] = [one for one in health["components"] if one["name"] == "refused"]
    assert (health["status"], component["status"]) == ("degraded", "degraded")
    assert "set aside: 2 samples in 2 batches; the last: " in component["detail"]
    assert "field type conflict" in component["detail"]


async def test_tried_again_they_arrive_or_come_back(http, connection, run):
    await refuse(connection, run, GOOD, BAD)
    assert (await http.post("/api/v1/samples/refused/retry")).json() == {"samples": 2, "points": 0, "batches": 2}
    assert (await summaries(http, run, 2))["loss"]["count"] == 2

    async def back():
        return (await http.get("/api/v1/samples/refused")).json()

    [again] = await until(back)
    assert again["keys"] == []
    [event] = (await http.get("/api/v1/events", params={"action": "samples.retry"})).json()["items"]
    assert (event["object_id"], event["actor"], event["message"]) == (
        str(run),
        "ada",
        "refused: 2 samples in 2 batches",
    )


async def test_the_total_is_of_what_is_there_now(http, connection, run):
    async def total():
        return (await http.get("/api/v1/samples/refused/total")).json()

    assert await total() == {"samples": 0, "points": 0, "batches": 0}
    await refuse(connection, run, GOOD, BAD)
    assert await total() == {"samples": 2, "points": 0, "batches": 2}
    await connection.execute("DELETE FROM sample_refused WHERE id = 1")
    assert await total() == {"samples": 0, "points": 0, "batches": 1}


async def test_forgotten_they_are_gone(http, connection, run):
    await refuse(connection, run, GOOD)
    assert (await http.delete("/api/v1/samples/refused")).json() == {"samples": 2, "points": 0, "batches": 1}
    assert (await http.get("/api/v1/samples/refused")).json() == []
    assert (await http.delete("/api/v1/samples/refused")).json() == {"samples": 0, "points": 0, "batches": 0}
    assert len((await http.get("/api/v1/events", params={"action": "samples.forget"})).json()["items"]) == 1
    assert (await http.get("/health")).json()["status"] == "ok"

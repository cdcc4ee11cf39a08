"""Who shows a metric is told when its points have become readable."""

from mltui.wire.live import Topic


async def test_points_are_told_and_so_is_what_was_missed(http, server):
    made = (await http.post("/api/v1/metrics", json={"name": "depth", "type": "gauge"})).json()
    topic, url = f"points:{made['id']}", "/api/v1/metrics/depth/data"
    async with server.client() as listener:
        await listener.subscribe(Topic(topic, "0"))
        assert (await http.post(url, json={"value": 1})).status_code == 202
        notice = await listener.hear()
        assert (notice.topic, notice.cursor) == (topic, "1")
        assert (await http.get(url, params={"buckets": 1})).json()["cursor"] == 1
    assert (await http.post(url, json={"value": 2})).status_code == 202
    async with server.client("again") as listener:
        await listener.subscribe(Topic(topic, "1"))
        assert (await listener.hear()).cursor == "2"

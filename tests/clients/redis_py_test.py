"""redis-py, as a program uses it, with redis-server and with Redstart: `python3 -m unittest redis_py_test.py`."""

import pathlib
import socket
import subprocess
import tempfile
import threading
import unittest

import redis

REDSTART = pathlib.Path(__file__).parents[2] / "target/release/redstart"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Program:
    """What a program does; each server has a class of its own below."""

    # What tells the server its port, and the client's parameters besides that.
    port_flag = "--port"
    parameters = {}

    @classmethod
    def setUpClass(cls):
        port = free_port()
        command = [*cls.command, cls.port_flag, str(port), "--bind", "127.0.0.1"]
        cls.server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        if not any("Ready to accept connections" in line for line in cls.server.stdout):
            raise RuntimeError(f"{cls.command} has ended")
        cls.db = redis.Redis(port=port, decode_responses=True, **cls.parameters)

    @classmethod
    def tearDownClass(cls):
        cls.db.close()
        cls.server.terminate()
        cls.server.wait()
        cls.server.stdout.close()

    def setUp(self):
        self.db.flushall()

    def test_values_of_every_type(self):
        db = self.db
        db.set("s", 1, px=100_000)
        self.assertEqual((db.incr("s"), db.get("s")), (2, "2"))
        self.assertGreater(db.ttl("s"), 90)
        db.hset("h", mapping={"a": 1, "b": 2})
        self.assertEqual(db.hgetall("h"), {"a": "1", "b": "2"})
        db.zadd("z", {"a": 1.5, "b": 2})
        self.assertEqual(db.zrange("z", 0, -1, withscores=True), [("a", 1.5), ("b", 2.0)])
        db.geoadd("g", (13.361389, 38.115556, "Palermo"))
        self.assertAlmostEqual(db.geopos("g", "Palermo")[0][0], 13.361389, places=5)
        with self.assertRaisesRegex(redis.ResponseError, "WRONGTYPE"):
            db.lpush("s", 1)
        self.assertEqual(sorted(db.scan_iter()), ["g", "h", "s", "z"])

    def test_a_pipeline_that_is_written_before_it_is_read(self):
        value = "x" * 10_000
        pipeline = self.db.pipeline(transaction=False)
        for number in range(2_000):
            pipeline.set(f"k{number}", value)
            pipeline.get(f"k{number}")
        self.assertEqual(pipeline.execute(), [True, value] * 2_000)

    def test_a_transaction_that_is_tried_again(self):
        def double(pipe):
            value = int(pipe.get("n") or 1)
            pipe.multi()
            pipe.set("n", value * 2)

        self.assertEqual(self.db.transaction(double, "n"), [True])
        with self.db.pipeline() as pipe:
            pipe.watch("n")
            self.db.set("n", 7)
            pipe.multi()
            pipe.get("n")
            self.assertRaises(redis.WatchError, pipe.execute)

    def test_pubsub(self):
        pubsub = self.db.pubsub(ignore_subscribe_messages=True)
        pubsub.subscribe("c")
        pubsub.psubscribe("d*")
        while not self.db.pubsub_numpat():
            pass
        self.assertEqual((self.db.publish("c", "x"), self.db.publish("dd", "y")), (1, 1))
        messages = (message for message in pubsub.listen())
        self.assertEqual([next(messages)["data"] for _ in range(2)], ["x", "y"])
        pubsub.close()

    def test_blocking(self):
        taken = []
        worker = threading.Thread(target=lambda: taken.append(self.db.blpop("q", timeout=10)))
        worker.start()
        while self.db.info("clients")["blocked_clients"] == 0:
            pass
        self.db.rpush("q", "job")
        worker.join()
        self.assertEqual(taken, [("q", "job")])


class WithRedisServer(Program, unittest.TestCase):
    command = ["redis-server", "--save", ""]


class WithRedstart(Program, unittest.TestCase):
    command = [str(REDSTART)]


class OverTls(Program):
    """The same program behind TLS, where both sides show the same certificate."""

    port_flag = "--tls-port"

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        key, certificate = (f"{folder.name}/{name}" for name in ["key.pem", "certificate.pem"])
        what = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 2 -subj /CN=localhost"
        names = ["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"]
        files = ["-keyout", key, "-out", certificate]
        subprocess.run(["openssl", *what.split(), *names, *files], check=True, capture_output=True)
        files = ["--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", certificate]
        cls.command = [*cls.command, "--port", "0", *files]
        cls.parameters = {
            "ssl": True,
            "ssl_certfile": certificate,
            "ssl_keyfile": key,
            "ssl_ca_certs": certificate,
        }
        super().setUpClass()

    def test_who_shows_nothing_is_sent_away(self):
        parameters = {**self.db.connection_pool.connection_kwargs}
        parameters.update(ssl_certfile=None, ssl_keyfile=None)
        with self.assertRaises(redis.ConnectionError):
            redis.Redis(ssl=True, **parameters).ping()


class WithRedisServerOverTls(OverTls, unittest.TestCase):
    command = ["redis-server", "--save", ""]


class WithRedstartOverTls(OverTls, unittest.TestCase):
    command = [str(REDSTART)]

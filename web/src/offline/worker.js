// The page without a network: this service worker keeps the files of one build, so that the page opens with or without a server. What is asked of
// the network first is only the page itself; the names of all other files change with what is in them. `VERSION` and `FILES` stand above, written
// there by the build (web/build/offline.js).

const CACHE = `redstart-${VERSION}`;

self.addEventListener("install", (event) => {
  // A build is kept as a whole or not at all. All that an open page needs it has loaded, so it is in nobody's way. What has its content in its name
  // is not sent for again.
  const requests = FILES.map((file) => new Request(file, { cache: file.startsWith("assets/") ? "force-cache" : "no-cache" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(requests)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const forget = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name.startsWith("redstart-") && name !== CACHE).map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(forget());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(self.registration.scope)) return;
  event.respondWith(request.mode === "navigate" ? page(request) : file(request));
});

/** The page as its server has it now, or else as it was. */
async function page(request) {
  try {
    const response = await fetch(request);
    if (response.ok) return response;
  } catch {
    // There is no network.
  }
  const cache = await caches.open(CACHE);
  return (await cache.match("./")) ?? Response.error();
}

async function file(request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(request, { ignoreSearch: true })) ?? fetch(request);
}

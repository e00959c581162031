/** Has the browser keep the page, once it is there, so that it opens without a network; and look at once whether there is a newer one. */
export function keepOffline(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  const register = async () => {
    try {
      const registration = await navigator.serviceWorker.register("./worker.js");
      if (registration.active !== null) await registration.update();
    } catch {
      // There is no network, or the browser keeps nothing for this page.
    }
  };
  if (document.readyState === "complete") void register();
  else addEventListener("load", () => void register());
}

/** Has the browser keep the page, once it is there, so that it opens without a network. */
export function keepOffline(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  const register = () => void navigator.serviceWorker.register("./worker.js").catch(() => {}); // Not from a file, or in a private window.
  if (document.readyState === "complete") register();
  else addEventListener("load", register);
}

// Theme and time zone: kept in cookies, so that the first HTML of the next visit is already right. Works without a circuit.
const year = 31536000;
const root = document.documentElement;
const keep = (name, value) => { document.cookie = `${name}=${encodeURIComponent(value)};path=/;max-age=${value ? year : 0};samesite=lax`; };

function mark() {
  const chosen = root.dataset.theme || "system";
  for (const button of document.querySelectorAll("[data-theme-choice]"))
    button.setAttribute("aria-pressed", button.dataset.themeChoice === chosen);
}

function choose(theme) {
  if (theme === "system") delete root.dataset.theme; else root.dataset.theme = theme;
  keep("wobble-theme", theme === "system" ? "" : theme);
  mark();
  document.dispatchEvent(new Event("wobble:theme"));
}

document.addEventListener("click", event => {
  const button = event.target.closest?.("[data-theme-choice]");
  if (button) choose(button.dataset.themeChoice);
  // Blazor takes over links within the page and only scrolls.
  if (event.target.closest?.(".skip")) { event.preventDefault(); document.getElementById("content")?.focus(); }
  if (event.target.closest?.(".lost .reload")) { event.preventDefault(); location.reload(); }
});
// The page lost its circuit. When the Dashboard is back but knows it no more, the page is read anew; what somebody typed would be lost by that, so
// then the bar at the foot offers it. When Blazor has given up trying, the Dashboard is still asked for.
const lost = document.getElementById("components-reconnect-modal");
const answersAgain = 5000;
let typed = false, asking;
document.addEventListener("input", event => { if (event.target.matches?.("main input, main textarea, main select")) typed = true; });
const readAnew = () => { if (!typed) location.reload(); };
lost?.addEventListener("components-reconnect-state-changed", event => {
  const state = event.detail?.state;
  clearInterval(asking);
  if (state === "rejected") readAnew();
  if (state === "failed") asking = setInterval(async () => {
    const answer = await fetch(new URL("healthz", document.baseURI), { cache: "no-store" }).catch(() => null);
    if (!answer?.ok) return;
    clearInterval(asking);
    lost.classList.replace("components-reconnect-failed", "components-reconnect-rejected");
    readAnew();
  }, answersAgain);
});

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => document.dispatchEvent(new Event("wobble:theme")));

// The circuit renders the buttons anew: mark them again when it has.
new MutationObserver(() => { if (document.querySelector("[data-theme-choice]:not([aria-pressed])")) mark(); }).observe(document.body, { childList: true, subtree: true });

// Behind a proxy Wobble may lie below a path: addresses in pages begin at Wobble's own root, and get that path here, also when the circuit renders them anew.
const base = new URL(document.baseURI).pathname;
if (base !== "/") {
  const below = (element, name) => {
    const address = element.getAttribute(name);
    if (address.startsWith("/") && !address.startsWith("//") && !address.startsWith(base)) element.setAttribute(name, base + address.slice(1));
  };
  const all = () => {
    for (const link of document.querySelectorAll('a[href^="/"]')) below(link, "href");
    for (const form of document.querySelectorAll('form[action^="/"]')) below(form, "action");
  };
  new MutationObserver(all).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["href", "action"] });
  all();
}

/** The viewer's time zone, IANA; kept for the next request. */
export function zone() {
  const name = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
  keep("wobble-zone", name);
  return name;
}

root.dataset.script = "";
zone();
mark();

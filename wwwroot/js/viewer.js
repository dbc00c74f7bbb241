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
  if (event.target.closest?.(".lost .reload")) { event.preventDefault(); location.reload(); }
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => document.dispatchEvent(new Event("wobble:theme")));

// The circuit renders the buttons anew: mark them again when it has.
new MutationObserver(() => { if (document.querySelector("[data-theme-choice]:not([aria-pressed])")) mark(); }).observe(document.body, { childList: true, subtree: true });

/** The viewer's time zone, IANA; kept for the next request. */
export function zone() {
  const name = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
  keep("wobble-zone", name);
  return name;
}

root.dataset.script = "";
zone();
mark();

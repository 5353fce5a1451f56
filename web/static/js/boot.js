// Runs before the first paint: the theme, and which shell to show.
"use strict";
(() => {
  const root = document.documentElement;
  try {
    const theme = localStorage.getItem("ferry.theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    if (localStorage.getItem("ferry.account")) root.dataset.account = "";
  } catch {
    // Storage is blocked: the page says so later.
  }
})();

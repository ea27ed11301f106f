// Runs before the first paint so that no page flashes in the wrong theme.
(function () {
  var root = document.documentElement;
  root.dataset.script = "on";
  try {
    var theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch { /* Storage may be forbidden; the system's theme applies then. */ }
})();

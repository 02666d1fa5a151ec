// Light or dark: as the system has it, or as it was chosen here.

const CHOICES = ["system", "light", "dark"];

/** Makes a button go through the choices. */
export function showTheme(press) {
  const set = (choice) => {
    if (choice === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
    localStorage.setItem("theme", choice);
    press.textContent = `Colours: ${choice}`;
    press.dataset.choice = choice;
  };
  const kept = localStorage.getItem("theme");
  set(CHOICES.includes(kept) ? kept : "system");
  press.addEventListener("click", () => set(CHOICES[(CHOICES.indexOf(press.dataset.choice) + 1) % CHOICES.length]));
}

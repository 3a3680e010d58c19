// The menu works without a script; with one it also closes at a tap beside it and at Escape.

const groups = () => document.querySelectorAll(".nav details[open]");

addEventListener("pointerdown", (event) => {
  for (const group of groups()) if (!group.contains(event.target)) group.open = false;
});
addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const group of groups()) {
    group.open = false;
    group.querySelector("summary").focus();
  }
});
// Whoever moves on with the Tab key leaves the group behind.
addEventListener("focusin", (event) => {
  for (const group of groups()) if (!group.contains(event.target)) group.open = false;
});

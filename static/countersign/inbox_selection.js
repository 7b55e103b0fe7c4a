/* Several requests at once: ticks, and the buttons that act on all that are ticked. Without this script the ticks
   and the buttons work as they stand. */

import { toast } from "./toast.js";

const bar = document.getElementById("selection");
const count = document.getElementById("selected-count");
const clear = document.getElementById("clear-selection");
const pickAll = () => document.getElementById("pick-all");

const boxes = () => [...document.querySelectorAll("#rows input[name=selected]")];
export const selected = () => boxes().filter((box) => box.checked);

/* Say how many are ticked; called whenever rows or ticks have changed. */
export function showSelection() {
    const number = selected().length;
    bar.hidden = number === 0;
    document.body.classList.toggle("has-selection", number > 0);
    count.textContent = `${number} selected`;
    clear.hidden = number === 0;
    for (const box of boxes()) box.closest("tr").classList.toggle("is-selected", box.checked);
    const all = pickAll();
    if (!all) return;
    all.hidden = boxes().length === 0;
    const box = all.querySelector("input");
    box.checked = number > 0 && number === boxes().length;
    box.indeterminate = number > 0 && number < boxes().length;
}

/* False when the row can't be ticked. */
export function select(row, isOn) {
    const box = row?.querySelector("input[name=selected]");
    if (!box) return false;
    box.checked = isOn ?? !box.checked;
    showSelection();
    return true;
}

export function selectNothing() {
    for (const box of selected()) box.checked = false;
    showSelection();
}

/* Press the button for all that are ticked; false when nothing is. */
export function actOnSelection(name) {
    if (!selected().length) return false;
    const button = bar.querySelector(`[data-bulk=${name}]`);
    if (button) button.click();
    else toast("warning", "Several at once can't be decided here.");
    return true;
}

export function followTicks() {
    document.addEventListener("change", ({ target }) => {
        if (target.closest("#pick-all")) for (const box of boxes()) box.checked = target.checked;
        if (target.matches("#rows input[type=checkbox]")) showSelection();
    });
    clear.addEventListener("click", selectNothing);
    /* A browser that comes back to the page has its old ticks. */
    window.addEventListener("pageshow", showSelection);
    showSelection();
}

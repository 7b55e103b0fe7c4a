/* The request form: the fields of the chosen way alone, of a row the field of its kind alone. */

import "../countersign/page.js";
import { followRows } from "../configs/rows.js";

const form = document.getElementById("request-form");

function showWay() {
    const way = form.querySelector("[name=way]:checked")?.value;
    for (const part of form.querySelectorAll("[data-for-way]")) part.hidden = Boolean(way) && !part.dataset.forWay.split(" ").includes(way);
}

/* What stands in a field that is put away would be sent unseen: it is emptied with it. */
function showKind(row) {
    const isSecret = row.querySelector("[data-entry-kind]").value === "secret";
    for (const [selector, isShown] of [[".entry-value", !isSecret], [".entry-secret", isSecret]]) {
        const label = row.querySelector(selector);
        label.hidden = !isShown;
        if (!isShown) label.querySelector("input").value = "";
    }
}

function showRows() {
    for (const row of form.querySelectorAll("[data-row]")) showKind(row);
}

form.addEventListener("change", (event) => {
    if (event.target.matches("[name=way]")) showWay();
    if (event.target.matches("[data-entry-kind]")) showKind(event.target.closest("[data-row]"));
});
followRows(form, showRows);
showWay();
showRows();

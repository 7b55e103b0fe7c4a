/* The forms in which people configure: the code editor, rows that move, a preview that follows, and a guard
   for what is not saved. Without this script the same buttons ask the server. */

import "../countersign/clock.js";
import { followRegions } from "../countersign/live.js";
import { closeMenus } from "../countersign/menus.js";
import { openEditor } from "./editor.js";
import { followRows } from "./rows.js";

const QUIET_MS = 400;

const form = document.getElementById("config-form");
const preview = document.getElementById("preview");
const sign = form.querySelector("[data-unsaved-sign]");
let isUnsaved = "unsaved" in form.dataset;
let timer = 0;
let asked = 0;

/* What is not saved -------------------------------------------------------------------------- */

function markUnsaved() {
    isUnsaved = true;
    sign.hidden = false;
}

addEventListener("beforeunload", (event) => {
    if (isUnsaved) event.preventDefault();
});

/* The preview -------------------------------------------------------------------------------- */

/* Problems stand beside their field or row; a row's field reads `rules.3.pattern`. */
function showProblems() {
    for (const place of form.querySelectorAll("[data-problems]")) place.replaceChildren();
    for (const problem of preview.querySelectorAll("[data-field-problems] > [data-at]")) {
        const place = findPlace(problem.dataset.at);
        if (!place) continue;
        place.append(problem.querySelector(".problem").cloneNode(true));
        problem.hidden = true;
        preview.querySelector("[data-remarks]").hidden = false;
    }
}

function findPlace(path) {
    const [field, index] = path.split(".");
    const row = form.querySelector(`[data-problem-row="${CSS.escape(`${field}.${index}`)}"]`);
    const own = row ?? form.querySelector(`[data-field="${CSS.escape(path)}"]`) ?? form.querySelector(`[data-field="value_${CSS.escape(index ?? "")}"]`);
    return (own ?? form.querySelector(`[data-field="${CSS.escape(field)}"]`))?.querySelector("[data-problems]");
}

/* The fields for a prompt's variables are others once another prompt is chosen; what was typed stays. */
function showValues(page) {
    const fresh = page.getElementById("values");
    const old = document.getElementById("values");
    if (!fresh || !old) return;
    const names = (element) => [...element.querySelectorAll("textarea")].map((field) => field.name).join();
    if (names(fresh) !== names(old)) old.replaceWith(fresh);
}

async function showPreview() {
    const mine = ++asked;
    preview.setAttribute("aria-busy", "true");
    try {
        const answer = await fetch(form.dataset.preview, { method: "POST", body: new FormData(form), credentials: "same-origin" });
        const html = await answer.text();
        /* An answer that was overtaken says nothing; one that is no piece of the page is left to the button. */
        if (mine !== asked || !answer.ok || answer.redirected) return;
        const page = new DOMParser().parseFromString(html, "text/html");
        preview.replaceChildren(...page.getElementById("preview").childNodes);
        showValues(page);
        showProblems();
    } catch {
        /* Offline: the button still asks. */
    } finally {
        if (mine === asked) preview.setAttribute("aria-busy", "false");
    }
}

function showSoon() {
    clearTimeout(timer);
    timer = setTimeout(showPreview, QUIET_MS);
}

/* The editor --------------------------------------------------------------------------------- */

function listDeclared() {
    return new Set([...form.querySelectorAll("[data-variable-name]")].map((field) => field.value.trim()));
}

const editors = [...form.querySelectorAll("textarea[data-editor]")].map((textarea) =>
    openEditor(textarea, {
        label: textarea.labels[0]?.textContent.trim() ?? "Text",
        describedBy: textarea.closest(".field").querySelector(".help")?.textContent.trim() ?? "",
        listDeclared,
    }),
);

/* -------------------------------------------------------------------------------------------- */

form.addEventListener("input", (event) => {
    markUnsaved();
    showSoon();
    if (event.target.matches("[data-variable-name]")) for (const editor of editors) editor.refresh();
});
form.addEventListener("change", showSoon);
form.addEventListener("submit", (event) => {
    if (event.submitter?.value === "preview") {
        event.preventDefault();
        showPreview();
        return;
    }
    isUnsaved = false;
});
followRows(form, () => {
    markUnsaved();
    showSoon();
    for (const editor of editors) editor.refresh();
});
if (isUnsaved) sign.hidden = false;
closeMenus();
followRegions();
showProblems();
